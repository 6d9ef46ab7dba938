"""Looks into one answer of a rented machine now and then, by computing it here, too, before it is believed."""

import asyncio
import contextlib
import logging
import queue
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.analyzers import BY_NAME
from engine.errors import HostLied, KinoraError
from engine.hosts.base import Host, Lost, Returned
from engine.hosts.bundling import start_of, write_parcel
from engine.hosts.conversation import Sent
from engine.hosts.likeness import unlike
from engine.hosts.local import LocalHost
from engine.hosts.offers import refusal
from engine.hosts.remote import RemoteHost
from engine.jobs import wire
from engine.jobs.orders import Capabilities, Order, OrderTask
from engine.language import tr
from engine.model import Finding

log = logging.getLogger(__name__)

PATIENCE = 120.0  # seconds for computing one here; what takes longer is believed
FREE = frozenset({"caption"})  # whoever describes a picture twice may choose other words
SHARE = "hosts.recheck"

Message = wire.Done | wire.Failed
Heard = queue.Queue[wire.Message | Lost | Returned | None]


class Rechecker:
    """Computes one answer at a time on a worker of this machine, which ends again at once."""

    def __init__(
        self,
        folder: Path,
        settings: Callable[[], Mapping[str, Any]],
        *,
        log_path: Path | None = None,
        chance: Callable[[], float] = random.random,
        worker: Callable[..., Host] = LocalHost,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._log_path = log_path
        self._chance = chance
        self._worker = worker
        self._busy = 0.0  # until when at most one is being computed
        self._ended = False
        self._heard: Heard = queue.Queue()

    def chosen(self, task: OrderTask, message: Message) -> bool:
        """Whether this answer is to be computed here; who is told so must ask `differs` next. On one loop."""
        busy = self._ended or time.monotonic() < self._busy
        if busy or not isinstance(message, wire.Done) or task.analyzer in FREE:
            return False
        if self._chance() >= float(self._settings()[SHARE]):
            return False
        self._busy = time.monotonic() + 2 * PATIENCE
        return True

    async def differs(self, order: Order, task: OrderTask, blobs: Path, message: wire.Done) -> bool:
        """Whether this machine clearly finds something else; False also where it cannot tell."""
        return await asyncio.to_thread(self._differs, order, task, blobs, message)

    def stop(self) -> None:
        """Compute nothing more; what is being computed ends at once."""
        self._ended = True
        self._heard.put(None)

    def _differs(self, order: Order, task: OrderTask, blobs: Path, message: wire.Done) -> bool:
        try:
            ours = self._computed(order, task, blobs)
            kind = None if ours is None else unlike(ours, message.findings)
        except Exception:  # what cannot be looked into is no lie
            log.exception("an answer could not be computed here")
            return False
        finally:
            self._busy = 0.0
        log.info("an answer of %s was computed here: %s", task.analyzer, kind or ("not" if ours is None else "alike"))
        return kind is not None

    def _computed(self, order: Order, task: OrderTask, blobs: Path) -> tuple[Finding, ...] | None:
        """What this machine finds; None where it cannot say."""
        settings = self._settings()
        if refusal(task, settings) is not None:
            return None
        heard: Heard = queue.Queue()
        self._heard = heard
        manifest = self._folder / f"{order.id}.recheck"
        host = self._worker(workers=1, memory=int(settings["jobs.memory"]), log_path=self._log_path)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_parcel(order, blobs, manifest)
            host.start(heard.put)
            host.send(start_of(1, order, [task], manifest, settings), deadline=order.deadline)
            return None if self._ended else _awaited(heard)
        except (KinoraError, OSError) as error:
            log.info("an answer could not be computed here: %s", error)
            return None
        finally:
            host.stop()
            with contextlib.suppress(OSError):
                manifest.unlink()


def _awaited(heard: Heard) -> tuple[Finding, ...] | None:
    """What a worker finds; None when it fails, or takes too long."""
    until = time.monotonic() + PATIENCE
    with contextlib.suppress(queue.Empty):
        while True:
            match heard.get(timeout=max(0.0, until - time.monotonic())):
                case wire.Done(findings=findings):
                    return findings
                case None | wire.Failed() | wire.Ended() | Lost() | Returned():
                    return None
    return None


class WatchedHost(RemoteHost):
    """A host whose owner nobody knows: one that is caught with a wrong answer is given nothing more."""

    def __init__(self, *given: Any, rechecker: Rechecker, blobs: Path, **named: Any) -> None:
        super().__init__(*given, **named)
        self._rechecker = rechecker
        self._blobs = blobs
        self._caught: HostLied | None = None

    def hand_on(self, sent: Sent, key: str, message: Message) -> None:
        """Look into an answer before it goes on, if it is its turn. Raises HostLied: it was caught before."""
        if self._caught is not None:
            raise self._caught
        task = next((one for one in sent.order.tasks if one.key == key), None) if sent.order is not None else None
        if task is not None and isinstance(message, wire.Done) and self._rechecker.chosen(task, message):
            self._run(self._look(sent, task, message))
        else:
            super().hand_on(sent, key, message)

    async def _look(self, sent: Sent, task: OrderTask, message: wire.Done) -> None:
        assert sent.order is not None
        lied = await self._rechecker.differs(sent.order, task, self._blobs, message)
        if lied and self._caught is None:
            what = tr(BY_NAME[task.analyzer].title) if task.analyzer in BY_NAME else task.analyzer
            self._caught = HostLied(
                tr("{name} was looked into: for {what} it answered something else than this computer finds.",
                   name=self.name, what=what),
                hint=tr("What it answered before was kept; let it be done again where that matters."),
            )  # fmt: skip
            log.warning("%s", self._caught.text)
        elif not lied and self.holds(sent) and task.key in sent.open:
            super().hand_on(sent, task.key, message)

    def pulse(self, able: Capabilities, seconds: float) -> None:
        """A sign of life. Raises HostLied: it was caught."""
        if self._caught is not None:
            raise self._caught
        super().pulse(able, seconds)
