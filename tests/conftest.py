"""Fixtures for every test: real media, small libraries, and the watch for leaked threads, timers and processes."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ["KINORA_LANGUAGE"] = "en"
# No test may touch the keyring of whoever runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
os.environ["KINORA_SECRETS_PASSPHRASE"] = "open sesame, but only in tests"
# Hundreds of processes are started: they shall not compile the engine each time, whatever the machine's rule is.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


import gc
import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import psutil
import pytest

sys.dont_write_bytecode = False  # nor shall pytest rewrite every test in each run

PROJECT = Path(__file__).resolve().parent.parent


def _shared(name: str) -> Path | None:
    override = os.environ.get(f"KINORA_TEST_{name.upper()}")
    places = [Path(override)] if override else [PROJECT.parent / "shared" / name]
    return next((place for place in places if place.is_dir()), None)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """One worker more than there are cores: while a test waits for a process, another one computes.

    The slow tests keep the cores busy by themselves: storms of processes that are killed.
    """
    return (yield) + (config.option.markexpr != "slow")


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end: no collection of garbage need go through them again."""
    gc.collect()
    gc.freeze()


OFTEN, SELDOM = 20_000, 60  # objects made since the last collection; tests between two complete ones


@pytest.fixture(autouse=True)
def _garbage_stays_on_this_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the window: a widget in a cycle must not end on a thread of the engine that happens to collect."""
    gc.disable()
    yield
    if request.session.testscollected and next(_ended) % SELDOM == 0:
        gc.collect()
    elif gc.get_count()[0] > OFTEN:
        gc.collect(1)


_ended = itertools.count(1)


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real media beside the project; the test is skipped where it is absent."""
    place = _shared("media")
    if place is None:
        pytest.skip("no folder of real media (set KINORA_TEST_MEDIA to one)")
    return place


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder of small real models beside the project; the test is skipped where it is absent."""
    place = _shared("models")
    if place is None:
        pytest.skip("no folder of small models (set KINORA_TEST_MODELS to one)")
    return place


@pytest.fixture(autouse=True, scope="session")
def _no_packs() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="kinora-packs-") as folder:
        os.environ["KINORA_PACKS"] = os.path.join(folder, "packs")
        os.environ["KINORA_SPENT"] = os.path.join(folder, "accounts")
        os.mkdir(os.environ["KINORA_PACKS"])
        yield


@pytest.fixture(autouse=True)
def _own_account(_no_packs: None) -> None:
    """What one test spends is nothing to the next; the folder is made when something is rented."""
    os.environ["KINORA_ACCOUNT"] = os.path.join(os.environ["KINORA_SPENT"], str(next(_accounts)))


_accounts = itertools.count(1)


@pytest.fixture(scope="session")
def real_shelf(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packs made of the small real models; nothing uses it until a test asks for `with_packs`."""
    from tests.packs import real_packs

    return real_packs(models, tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def with_packs(real_shelf: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Have the packs of small real models installed; what a job of them carries: the pack for each task."""
    from engine.packs.shelf import chosen

    monkeypatch.setenv("KINORA_PACKS", str(real_shelf))
    return chosen({})


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that leaves a thread or a child process behind."""
    threads = set(threading.enumerate())
    children = {child.pid for child in _children()}
    yield
    deadline = time.monotonic() + 5
    left: list[str] = []
    while time.monotonic() < deadline:
        left = [
            f"thread {t.name}" for t in threading.enumerate() if t not in threads and t.is_alive() and not _tolerated(t)
        ]
        left += [
            f"process {child.pid}"
            for child in _children()
            if child.pid not in children and child.status() != psutil.STATUS_ZOMBIE
        ]
        if not left:
            return
        time.sleep(0.05)
    pytest.fail(f"left behind: {', '.join(left)}")


def _children() -> list[psutil.Process]:
    """Every process under this one."""
    if hasattr(os, "waitid"):
        try:  # one call where there is none; else every process of the machine is looked at, twice in each test
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return []
    return psutil.Process().children(recursive=True)


def _tolerated(thread: threading.Thread) -> bool:
    # Python's own pool threads and tqdm's monitor live as long as the process by design.
    return thread.name.startswith(("ThreadPoolExecutor", "tqdm", "Dummy", "pytest_timeout"))
