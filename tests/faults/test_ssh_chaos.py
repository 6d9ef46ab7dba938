"""A real SSH server, a real library, and everything that can die dies: in the end every result is there, once.

How long, and how to repeat one: see `chaos.py`.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.library import Library
from tests.faults.chaos import CALM, SECONDS, originals, prints, rage, rows, seeded
from tests.faults.conftest import WHAT, integrity
from tests.sshd import Sshd, ended, running, started

REAL = 8  # real files of each kind
STILL = 2.5  # seconds that a node stands still
PICTURES = max(30, int(1.5 * SECONDS))  # so that there is work as long as things die
PROJECT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with running(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """What is read."""
    return originals(tmp_path / "pictures", PICTURES, ("text", "documents", "audio", "video_made"), REAL)


def added(library: Path, sshd: Sshd, node: Path) -> None:
    """Make a library that has the host."""
    with Library.open(library, work=False) as made:
        made.set("jobs.workers", 1)
        options = sshd.options(node, idle_exit=60)
        made.hosts.add(sshd.address, pinned=sshd.pinned, name="box", options=options)


class App:
    """The program that is killed and started again."""

    def __init__(self, library: Path, samples: Path, log: Path) -> None:
        self.command = [sys.executable, "-m", "tests.faults.lane", str(library), str(samples)]
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.told: dict[str, object] = {}
        self.away = 0  # jobs that the host did, over all lives
        self.reader: threading.Thread | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=log)
        self.reader = threading.Thread(target=self._read, args=(self.process,), name="chaos-reader")
        self.reader.start()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.end()

    def end(self) -> int:
        assert self.process is not None
        assert self.reader is not None
        code = self.process.wait()
        self.reader.join()
        self.away += int(str(self.told.get("away", 0)))
        self.told = {}
        return code

    def over(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with contextlib.suppress(ValueError):
                    self.told = json.loads(line)


def nodes(node: Path) -> list[int]:
    """The processes of the node itself, without its workers."""
    return [pid for pid in started(node) if "serve" in psutil.Process(pid).cmdline()]


class Faults:
    """What goes wrong, at random."""

    def __init__(self, seed: int, app: App, sshd: Sshd, node: Path) -> None:
        self.chance = random.Random(seed)
        self.app, self.sshd, self.node = app, sshd, node
        self.did: Counter[str] = Counter()

    def one(self) -> None:
        """Let one thing go wrong."""
        kind = self.chance.choice(("node", "app", "session", "still"))
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            if kind == "app":
                self.app.kill()
                self.did["app"] += 1
                self.app.start()
            elif kind == "session":
                self.did["session"] += bool(self.sshd.cut())
            else:
                for pid in nodes(self.node):
                    if kind == "node":
                        os.kill(pid, signal.SIGKILL)
                    else:
                        os.kill(pid, signal.SIGSTOP)
                        time.sleep(STILL)
                        os.kill(pid, signal.SIGCONT)
                    self.did[kind] += 1


def finished(app: App, patience: float) -> None:
    until = time.monotonic() + patience
    while not app.over() and time.monotonic() < until:
        time.sleep(0.1)
    told = app.told
    if not app.over():
        app.kill()
        pytest.fail(f"not done after {patience:.0f} s: {told}\n{app.log.read_text()[-3000:]}")
    assert app.end() == 0, app.log.read_text()[-3000:]


def said(library: Path) -> dict[str, list[str]]:
    """Everything that a library knows, twice if it has it twice."""
    return {name: sorted(json.dumps(row) for row in rows(library, sql)) for name, sql in WHAT.items()}


@pytest.mark.slow
@pytest.mark.timeout(int(3 * SECONDS + 3 * CALM))
def test_whatever_dies_every_result_is_there_once(sshd: Sshd, pictures: Path, tmp_path: Path) -> None:
    before = prints(pictures)
    quiet, loud = tmp_path / "quiet", tmp_path / "loud"
    node = tmp_path / "far" / "node"
    node.parent.mkdir()
    try:
        added(quiet, sshd, node)
        calm = App(quiet, pictures, tmp_path / "quiet.log")
        calm.start()
        finished(calm, CALM)
        travelled = calm.away
        assert travelled >= PICTURES, "the lane was not used"

        added(loud, sshd, node)
        seed = seeded()
        app = App(loud, pictures, tmp_path / "loud.log")
        faults = Faults(seed, app, sshd, node)
        app.start()
        began = time.monotonic()
        rage(faults.chance, 3.5, faults.one)
        finished(app, CALM)
        took = time.monotonic() - began
        print(f"seed {seed}: {dict(faults.did)} in {SECONDS:.0f} s; done after {took:.0f} s; host {app.away} jobs")  # noqa: T201

        assert faults.did.total() >= SECONDS / 8, faults.did
        assert integrity(loud) == "ok"
        states = Counter(str(state) for (state,) in rows(loud, "SELECT state FROM job"))
        assert states == Counter(str(state) for (state,) in rows(quiet, "SELECT state FROM job"))
        assert not rows(loud, "SELECT 1 FROM job GROUP BY asset_id, analyzer HAVING count(*) > 1")
        expected, found = said(quiet), said(loud)
        for name, listed in expected.items():
            assert found[name] == listed, f"{name} (seed {seed})"
        assert prints(pictures) == before
        with Library.open(loud, work=False) as library:
            (row,) = library.hosts.rows()
            library.hosts.remove(row.id, wipe=True)
        assert started(node) == []
        assert not node.exists()
    finally:
        ended(node)
