"""The lane over SSH on loopback: set up for other measurements, and what it adds to HTTP that goes straight."""

import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.hosts.ssh import SshOpener
from engine.hosts.ssh.opener import SshNode
from engine.library import Library
from engine.model import HostRow
from tests.bench.rows import row
from tests.sshd import Sshd, ended, running

ASKED = 200  # questions whose median is told
BLOB = 256 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Lane:
    """A real SSH server of this machine, and the folder in which it keeps a node."""

    sshd: Sshd
    node: Path

    @property
    def options(self) -> dict[str, Any]:
        """Of the host's row: the libraries of this very environment are used there."""
        return self.sshd.options(self.node, idle_exit=300)

    def join(self, library: Library, name: str = "ssh lane") -> HostRow:
        """Let a library use it."""
        return library.hosts.add(self.sshd.address, pinned=self.sshd.pinned, name=name, options=self.options)

    def opener(self) -> SshOpener:
        """Reach its node without a library."""
        return SshOpener(self.sshd.address, self.sshd.pinned, self.options)


@contextlib.contextmanager
def lane() -> Iterator[Lane]:
    """A lane that lasts as long as the block; pytest's Skipped is raised where there is no sshd."""
    with tempfile.TemporaryDirectory(prefix="kinora-ssh-") as room:
        keys, node = Path(room) / "sshd", Path(room) / "far" / "node"
        keys.mkdir()
        node.parent.mkdir()
        with running(keys) as sshd:
            try:
                yield Lane(sshd, node)
            finally:
                ended(node)


def run(quick: bool) -> list[dict[str, Any]]:
    """Time to a first answer, and what the way through SSH costs against the same node straight."""
    with lane() as one:
        return asyncio.run(_measure(one, 20 if quick else ASKED, BLOB >> 4 if quick else BLOB, one.node.parent))


async def _measure(one: Lane, asked: int, size: int, room: Path) -> list[dict[str, Any]]:
    from engine.hosts.http import HttpNode

    connect = one.opener()
    first, there = await _timed(connect)
    await there.close()
    again, there = await _timed(connect)
    state = _state(one)
    straight = HttpNode(f"http://127.0.0.1:{state['port']}", state["token"])
    slow, quick = await _median(there, asked), await _median(straight, asked)
    rates = [await _upload(node, size, room) for node in (there, straight)]
    await straight.close()
    await there.close()
    return [
        row("ssh-first", "from an address to the first answer of a node that was not there", f"{first:.2f} s",
            f"{again:.2f} s when it runs", first / again, "< 10 s with the libraries there"),
        row("ssh-ask", "a question through SSH", f"{slow * 1e3:.2f} ms", f"{quick * 1e3:.2f} ms straight", slow / quick,
            "< 5 ms on loopback"),
        row("ssh-put", "a blob through SSH", f"{rates[0]:.0f} MB/s", f"{rates[1]:.0f} MB/s straight",
            rates[0] / rates[1], "> 117 MB/s (1 Gbit/s)"),
    ]  # fmt: skip


def _state(one: Lane) -> dict[str, Any]:
    import json

    return dict(json.loads(next(one.node.glob("*/*/node.json")).read_text()))


async def _timed(connect: Callable[[], Awaitable[SshNode]]) -> tuple[float, SshNode]:
    began = time.perf_counter()
    node = await connect()
    await node.missing([])
    return time.perf_counter() - began, node


async def _median(node: Any, asked: int) -> float:
    taken = []
    for _ in range(asked):
        began = time.perf_counter()
        await node.missing(["0" * 64])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def _upload(node: Any, size: int, room: Path) -> float:
    """MB a second of a blob that was not there."""
    data = os.urandom(1 << 20) * (size >> 20) + os.urandom(16)
    place = room / "blob"
    place.write_bytes(data)
    name = sha256(data).hexdigest()
    began = time.perf_counter()
    await node.put(name, place)
    return len(data) / 1e6 / (time.perf_counter() - began)


if __name__ == "__main__":
    for line in run(quick=False):
        print(line)
