"""A node in memory, a cutter that cuts nothing and a host that is reached at once, for the tests of the fleet."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import HostLost, KinoraError
from engine.hosts.loop import Loop
from engine.hosts.remote import RemoteHost
from engine.jobs import wire
from engine.jobs.orders import PROTOCOL, Answer, Capabilities, Order, OrderTask, Part, key_of
from engine.model import Facts, Finding, FindingKind, HostKind, HostRow

KINDS = {"tags": FindingKind.LABEL}


class MemoryNode:
    """Takes orders and answers them at once, or as `answer` says; every method may be made to fail."""

    def __init__(self) -> None:
        self.sent = self.received = 0
        self.blobs: set[str] = set()
        self.puts: list[str] = []
        self.installed: list[Path] = []
        self.orders: dict[str, Order] = {}
        self.spool: dict[str, Answer] = {}
        self.acknowledged: list[str] = []
        self.cancelled: list[str] = []
        self.executed: list[str] = []
        self.failing: dict[str, Exception] = {}
        self.held = False  # takes orders, answers nothing
        self.able = Capabilities(PROTOCOL, "9.9", {"ocr": 1, "tags": 1}, slots=2, clock=time.time())
        self.answer: Callable[[OrderTask], wire.Done | wire.Failed] = lambda task: wire.Done(
            0,
            0,
            0,
            (Finding(KINDS.get(task.analyzer, FindingKind.TEXT), text=f"of {task.analyzer}", label="ocr"),),
            seconds=0.01,
        )

    def check(self, name: str) -> None:
        if name in self.failing:
            raise self.failing[name]

    async def capabilities(self) -> Capabilities:
        self.check("capabilities")
        return self.able

    async def missing(self, names: Collection[str]) -> set[str]:
        self.check("missing")
        return set(names) - self.blobs

    async def put(self, name: str, path: Path) -> None:
        self.check("put")
        self.puts.append(name)
        self.blobs.add(name)

    async def install(self, pack: Path) -> None:
        self.installed.append(pack)

    async def submit(self, orders: Sequence[Order]) -> None:
        self.check("submit")
        for order in orders:
            self.orders[order.id] = order
            for task in order.tasks:
                if task.key not in self.spool and not self.held:
                    self.executed.append(task.key)
                    self.spool[task.key] = Answer(task.key, self.answer(task))

    async def answers(self, wait: float) -> list[Answer]:
        until = time.monotonic() + wait
        while time.monotonic() < until:
            self.check("answers")
            if self.spool:
                return list(self.spool.values())
            await asyncio.sleep(0.01)
        return []

    async def acknowledge(self, keys: Collection[str]) -> None:
        self.check("acknowledge")
        self.acknowledged.extend(keys)
        for key in keys:
            self.spool.pop(key, None)

    async def cancel(self, orders: Collection[str]) -> None:
        self.cancelled.extend(orders)

    async def close(self) -> None:
        pass


class Cutter:
    """Gives each asset one part, named by its content."""

    def __init__(self) -> None:
        self.failing: KinoraError | None = None
        self.released: list[int] = []
        self.size = 1

    async def pack(self, start: wire.Start) -> tuple[Part, ...]:
        if self.failing is not None:
            raise self.failing
        return (Part("picture", start.content.encode().hex().ljust(64, "0")[:64], self.size),)

    def path_of(self, part: Part) -> Path:
        return Path(part.sha256)

    def release(self, bundle: int) -> None:
        self.released.append(bundle)


def order_of(start: wire.Start, parts: tuple[Part, ...]) -> Order:
    tasks = tuple(OrderTask(key_of(parts, one.analyzer, 1, {}), one.analyzer, 1, {}) for one in start.tasks)
    return Order(f"{start.bundle:032x}", start.kind, Facts(), parts, tasks)


class Reached:
    """A remote host over memory nodes; each connection gets the same node unless `lost` says that nobody is there."""

    def __init__(
        self,
        name: str = "box",
        *,
        price: float = 0.0,
        travellers: Mapping[str, int] | None = None,
        most: int | None = None,
    ) -> None:
        self.node = MemoryNode()
        self.cutter = Cutter()
        self.loop = Loop(f"kinora-{name}")
        self.lost: KinoraError | None = None
        self.stuck = False  # whoever connects from now on waits for an answer that never comes
        self.connections = 0
        self.able = {"ocr": 1, "tags": 1} if travellers is None else travellers
        self.host = RemoteHost(
            HostRow(1, HostKind.HTTP, name, "https://box"), self._open, self.cutter, self.loop, order_of=order_of,
            travellers=lambda: self.able, pack_folder=Path, price=price, most=most,
        )  # fmt: skip

    async def _open(self) -> MemoryNode:
        self.connections += 1
        if self.stuck:
            await asyncio.sleep(600)
        if self.lost is not None:
            raise self.lost
        return self.node

    def drop(self, error: KinoraError | None = None) -> None:
        """Break the connection, and every new one."""
        self.lost = error or HostLost("gone")
        for name in ("answers", "capabilities", "submit", "missing", "acknowledge"):
            self.node.failing[name] = self.lost

    def mend(self) -> None:
        self.lost = None
        self.node.failing.clear()
        self.host.retry()

    def close(self) -> None:
        self.host.stop()
        self.loop.close()


class Heard:
    """What a host said."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._new = threading.Condition()

    def __call__(self, message: Any) -> None:
        with self._new:
            self.messages.append(message)
            self._new.notify_all()

    def wait(self, true: Callable[[list[Any]], object], seconds: float = 30.0) -> list[Any]:
        with self._new:
            assert self._new.wait_for(lambda: true(self.messages), seconds), self.messages
            return list(self.messages)

    def of(self, kind: type) -> Iterator[Any]:
        return (one for one in self.messages if isinstance(one, kind))
