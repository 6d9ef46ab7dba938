"""Hosts that come, go, lie, fail, fill up and fall silent at random: whatever they do, every job is done once.

The hosts are in memory, the queue is a real one. The seed is printed; `KINORA_CHAOS_SEED` repeats it.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import (
    DamagedFile,
    HostFull,
    HostKeyChanged,
    HostLimited,
    HostLost,
    KinoraError,
    StorageFull,
    WorkerCrashed,
)
from engine.hosts import conversation, remote
from engine.jobs import wire
from engine.model import Finding, FindingKind
from tests.unit.hosts.afar import MemoryNode, Reached
from tests.unit.hosts.test_fleet import Bench, until

SECONDS, CALM = 12.0, 60.0
AWAY: tuple[Callable[[], KinoraError], ...] = (
    lambda: HostLost("gone"), lambda: HostKeyChanged("another key"), lambda: HostFull("full"),
    lambda: HostLimited("too many", after=0.1),
)  # fmt: skip
UNCUT: tuple[type[KinoraError], ...] = (DamagedFile, StorageFull, WorkerCrashed)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for module, name, value in (
        (remote, "PAUSES", (0.02, 0.05)), (remote, "GRACE", 0.2), (conversation, "LULL", 0.01),
        (conversation, "WAIT", 0.2), (conversation, "PULSE", 0.2),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    made = Bench(tmp_path)
    made.home.workers = 8
    yield made
    made.close()


class Storm:
    """What happens, one thing after the other."""

    def __init__(self, seed: int, bench: Bench) -> None:
        self.chance, self.bench = random.Random(seed), bench
        self.hosts: list[Reached] = []
        self.joined = 0

    def join(self) -> None:
        if len(self.hosts) < 4:
            self.joined += 1
            given = {"travellers": {self.chance.choice(("ocr", "tags")): 1}} if self.chance.random() < 0.4 else {}
            self.hosts.append(self.bench.join(f"host {self.joined}", **given))

    def leave(self, one: Reached) -> None:
        self.hosts.remove(one)
        self.bench.fleet.leave(one.host.name)
        self.bench.reached.remove(one)
        one.close()

    def here(self) -> None:
        """Something happens on this machine."""
        match self.chance.randrange(4):
            case 0 | 1:
                self.bench.put(self.chance.randint(1, 6), "ocr", "tags")
            case 2:
                self.bench.home.room = self.chance.randint(0, 1)
            case _:
                self.bench.fleet._seconds["this machine", "ocr"] = self.chance.choice((0.1, 5.0))
                running = [job for out in list(self.bench.scheduler._out.values()) for job in list(out.open)]
                self.bench.scheduler.cancel(running[:3])
        self.bench.scheduler.wake()

    def there(self, one: Reached) -> None:
        """Something happens to a host."""
        node, chance = one.node, self.chance
        match chance.randrange(9):
            case 0:
                one.drop(chance.choice(AWAY)())
            case 1 | 2:
                one.mend()
            case 3:
                one.cutter.failing = chance.choice(UNCUT)("not cut") if chance.random() < 0.4 else None
            case 4:
                node.answer = lambda task: wire.Done(0, 0, 0, (Finding(FindingKind.FACE),))
            case 5:
                node.answer = lambda task: wire.Failed(0, 0, 0, "bug", "It fell over.")
            case 6:
                node.answer, node.held = MemoryNode().answer, False
            case 7:
                node.held = True
                one.host._turnaround = chance.choice((0.0, 0.5, 3.0))
            case _:
                one.host._stays = lambda start: chance.random() < 0.3

    def rage(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            kind, one = self.chance.randrange(10), self.chance.choice(self.hosts) if self.hosts else None
            if one is None or kind == 0:
                self.join()
            elif kind == 1:
                self.leave(one)
            elif kind < 5:
                self.here()
            else:
                self.there(one)
            time.sleep(self.chance.uniform(0.0, 0.05))


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(3))
def test_whatever_hosts_do_every_job_is_done_once(bench: Bench, turn: int) -> None:
    seed = int(os.environ.get("KINORA_CHAOS_SEED", random.randrange(1 << 30)))
    storm = Storm(seed, bench)
    for _ in range(3):
        storm.join()
    bench.scheduler.start()
    storm.rage(SECONDS)
    for one in storm.hosts:
        one.drop(HostLost("gone"))  # what they still have comes home
    bench.home.room = 4
    bench.scheduler.wake()
    until(lambda: bench.states().keys() == {"done"}, CALM)
    assert bench.scheduler.wait_idle(10)
    done = [host for host, outcome in bench.attempts() if outcome == "done"]
    print(f"seed {seed}: {len(done)} jobs, {sum(host != 'this machine' for host in done)} of them on hosts")  # noqa: T201
    assert len(done) == sum(bench.states().values()) > 0
    with bench.database.read() as connection:
        twice = "SELECT 1 FROM attempt WHERE outcome = 'done' GROUP BY job_id HAVING count(*) > 1"
        assert not connection.execute(twice).fetchall()
        assert connection.execute("SELECT count(*) FROM finding").fetchone()[0] == len(done)
