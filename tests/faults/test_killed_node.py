"""kill -9 of a node at any instant: every answer arrives, and none comes again once it was acknowledged."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostError
from engine.hosts.http import HttpNode
from engine.jobs import wire
from engine.jobs.orders import Order
from tests import nodes

PROJECT = Path(__file__).resolve().parent.parent.parent
QUICK = ("blob:3", "ordered:2", "begun:4", "committed:5")
SLOW = ("blob:1", "ordered:1", "begun:1", "begun:5", "commit:2", "commit:4", "commit:7", "committed:2", "committed:9")


class Process:
    """A node's process, which is started anew whenever it is dead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.running: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self, crash_at: str = "") -> None:
        """Start it, and wait until it serves."""
        surroundings = {**os.environ, "PYTHONPATH": str(PROJECT),
                        "KINORA_TEST_ANALYZER": f"{nodes.ANALYZER}=tests.nodes:Reads"}  # fmt: skip
        if crash_at:
            surroundings["KINORA_CRASH_AT"] = crash_at
        self.running = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.noding", str(self.folder), str(self.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings, cwd=PROJECT,
        )  # fmt: skip
        self.starts += 1
        assert self.running.stdout is not None
        self.running.stdout.readline()

    def ensure(self) -> None:
        """Start it if it is dead."""
        if self.running is None or self.running.poll() is not None:
            self.end()
            self.start()

    def kill(self) -> None:
        """End it with -9."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)

    def end(self) -> None:
        """Let it end in order, if it can, and let go of its pipes."""
        if self.running is not None:
            with contextlib.suppress(OSError):
                self.running.communicate(timeout=20)
            self.running = None


async def work(
    process: Process, orders: list[Order], paths: dict[str, Path], disturb: Callable[[], None]
) -> Counter[str]:
    """As a host does: ask again for what is not answered after each loss; how often each key was taken in."""
    open_ = {order.tasks[0].key: order for order in orders}
    taken: Counter[str] = Counter()
    acknowledged: set[str] = set()
    deadline = time.monotonic() + 100
    while open_ and time.monotonic() < deadline:
        await asyncio.to_thread(process.ensure)
        node = HttpNode(process.url, "first")
        try:
            names = {part.sha256 for order in open_.values() for part in order.parts}
            for name in await node.missing(names):
                await node.put(name, paths[name])
            for order in open_.values():
                await node.submit([order])
            while open_:
                for answer in await node.answers(1.0):
                    disturb()
                    assert answer.key not in acknowledged, "it came again after it was acknowledged"
                    await node.acknowledge([answer.key])
                    if isinstance(answer.message, wire.Failed):  # begun too often: as the queue does, ask once more
                        assert answer.message.code == "host-lost"
                        await node.submit([open_[answer.key]])
                        continue
                    acknowledged.add(answer.key)
                    if open_.pop(answer.key, None) is not None:
                        assert nodes.labels(answer)
                        taken[answer.key] += 1
        except HostError:
            await asyncio.sleep(0.05)
        finally:
            await node.close()
    await asyncio.to_thread(process.ensure)
    last = HttpNode(process.url, "first")
    left = await last.answers(0.5)
    await last.acknowledge([answer.key for answer in left])
    assert {answer.key for answer in left} <= taken.keys()  # a lost acknowledgement, at most
    assert await last.answers(0.2) == []
    await last.close()
    return taken


def run(
    folder: Path, count: int, disturb: Callable[[Process], Any], crash_at: str = ""
) -> tuple[Counter[str], Process]:
    """Send orders to a node that is disturbed."""
    made = [nodes.order_of(f"picture {number} ".encode() * 50) for number in range(count)]
    paths = nodes.files(folder / "here", {name: body for _, blobs in made for name, body in blobs.items()})
    process = Process(folder / "node")
    try:
        process.start(crash_at)
        taken = asyncio.run(work(process, [order for order, _ in made], paths, lambda: disturb(process)))
    finally:
        process.end()
    assert taken == Counter(order.tasks[0].key for order, _ in made)
    return taken, process


@pytest.mark.parametrize(
    "point", [*QUICK[:2], *(pytest.param(one, marks=pytest.mark.slow) for one in (*QUICK[2:], *SLOW))]
)
def test_killed_at_a_named_instant(tmp_path: Path, point: str) -> None:
    _, process = run(tmp_path, 6, lambda process: None, crash_at=point)
    assert process.starts >= 2


@pytest.mark.slow
def test_killed_again_and_again(tmp_path: Path) -> None:
    chance = random.Random(7)
    kills = iter(range(12))

    def disturb(process: Process) -> None:
        if chance.random() < 0.3 and next(kills, None) is not None:
            process.kill()

    _, process = run(tmp_path, 60, disturb)
    assert process.starts > 5
