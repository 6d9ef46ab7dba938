"""The fleet as it is, with nothing patched: this machine and two nodes over HTTP that are killed again and again.

How long, and how to repeat one: see `chaos.py`.
"""

import contextlib
import random
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.access import Access
from engine.library import Library
from engine.model.access import Role
from tests.faults.chaos import CALM, SECONDS, originals, prints, rage, rows, seeded
from tests.faults.conftest import MAIN, integrity

PICTURES = max(60, int(2.2 * SECONDS))  # enough that this machine alone would take long: else no host is worth it
REAL = 2  # real files of each kind
ALIKE = 0.9  # of what an analyzer says of everything: what travels is a JPEG of the original, and scores differ by it


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """What is read, and one of it twice."""
    kinds = ("text", "documents", "audio", "people/groups", "video_made")
    folder = originals(tmp_path / "pictures", PICTURES, kinds, REAL)
    shutil.copy2(folder / "picture 000.jpg", folder / "copy of picture 000.jpg")
    return folder


class Box:
    """A node of its own: `kinora serve --node` on a port of loopback, killed and started again."""

    def __init__(self, folder: Path, name: str) -> None:
        self.library, self.name = folder / name, name
        self.log = folder / f"{name}.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with Library.open(self.library, work=False) as made:
            made.set("jobs.workers", 1)
            _, self.token = Access(made.database).make(Role.OPERATOR)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, MAIN, "--library", self.library, "serve", "--node", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log)

    def kill(self) -> None:
        if self.process is None:
            return
        workers: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            workers = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        psutil.wait_procs(workers, timeout=20)  # they end with the one who started them
        self.process = None


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[list[Box]]:
    made = [Box(tmp_path, "oak"), Box(tmp_path, "elm")]
    try:
        for box in made:
            box.start()
        yield made
    finally:
        for box in made:
            box.kill()


def alone(path: Path, pictures: Path) -> None:
    """Read everything without any host."""
    with Library.open(path) as library:
        library.set("jobs.workers", 1)
        for _ in library.add([pictures], watch=False):
            pass
        assert library.wait_idle(CALM)


def told(library: Path) -> dict[str, Counter[tuple[object, ...]]]:
    """What each analyzer says of each file: kinds, labels and the words of texts, without scores and places."""
    found: dict[str, Counter[tuple[object, ...]]] = defaultdict(Counter)
    for content, analyzer, kind, label, text in rows(
        library,
        "SELECT a.content, f.analyzer, f.kind, f.label, f.text FROM finding f JOIN asset a ON a.id = f.asset_id",
    ):
        for word in str(text).split() or [""]:
            found[str(analyzer)][content, kind, label, word.casefold()] += 1
    return found


def likeness(one: Counter[tuple[object, ...]], other: Counter[tuple[object, ...]]) -> float:
    """The share of what both say."""
    return (one & other).total() / max(1, (one | other).total())


class Killer:
    """Kills a node at random, and starts it again."""

    def __init__(self, seed: int, boxes: list[Box], library: Library) -> None:
        self.chance, self.boxes, self.library = random.Random(seed), boxes, library
        self.kills = 0

    def one(self) -> None:
        """Kill one."""
        box = self.chance.choice(self.boxes)
        box.kill()
        self.kills += 1
        time.sleep(self.chance.choice((0.0, 0.0, 1.0, 3.0)))
        box.start()
        for state in self.library.hosts.states()[1:]:
            if state.aside_until:
                self.library.hosts.trust(state.row.id)  # what a person would do, so that the storm goes on


@pytest.mark.slow
@pytest.mark.timeout(int(3 * SECONDS + 3 * CALM))
def test_nodes_die_at_random_and_every_job_is_done_once(
    with_packs: dict[str, str], boxes: list[Box], pictures: Path, tmp_path: Path
) -> None:
    before, seed = prints(pictures), seeded()
    quiet, loud = tmp_path / "quiet", tmp_path / "loud"
    alone(quiet, pictures)
    with Library.open(loud) as library:
        library.set("jobs.workers", 1)
        for box in boxes:
            library.hosts.add(box.url, token=box.token, name=box.name, pinned="")
        for _ in library.add([pictures], watch=False):
            pass
        began = time.monotonic()
        killer = Killer(seed, boxes, library)
        rage(killer.chance, 4.0, killer.one)
        assert library.wait_idle(CALM), library.queue()
        took = time.monotonic() - began
    did = Counter(dict(rows(loud, "SELECT host, count(*) FROM attempt WHERE outcome = 'done' GROUP BY host")))
    print(f"seed {seed}: {killer.kills} kills in {SECONDS:.0f} s; done after {took:.0f} s; {dict(did)}")  # noqa: T201

    assert integrity(loud) == "ok"
    assert killer.kills >= SECONDS / 10
    assert did["oak"] + did["elm"] > 0, "nothing was done elsewhere"
    sql = "SELECT a.content, j.analyzer, j.version, j.state, j.error_code FROM job j JOIN asset a ON a.id = j.asset_id"
    assert Counter(rows(loud, sql)) == Counter(rows(quiet, sql)), f"seed {seed}"
    assert not rows(loud, "SELECT 1 FROM job GROUP BY asset_id, analyzer HAVING count(*) > 1")
    assert not rows(loud, "SELECT 1 FROM attempt WHERE outcome = 'done' GROUP BY job_id HAVING count(*) > 1")
    expected, found = told(quiet), told(loud)
    assert expected.keys() == found.keys()
    for analyzer, said in expected.items():
        other = found[analyzer]
        assert likeness(said, other) >= ALIKE, (analyzer, seed, said - other, other - said)
    assert prints(pictures) == before
