"""Where a Dask worker does an order: its parts on the disk, its tasks in a worker process that can be ended."""

import contextlib
import hashlib
import itertools
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import AnalyzerFailed, Cancelled, KinoraError, Retry
from engine.hosts.base import Lost, Returned
from engine.hosts.bundling import WriteManifest, start_of, write_parcel
from engine.hosts.cluster import about
from engine.hosts.cluster.crew import Crew
from engine.hosts.cluster.frames import MOST_BODY
from engine.hosts.offers import refusal
from engine.jobs import wire
from engine.jobs.orders import NAMED, Order, OrderTask, failed, sendable
from engine.language import tr

LOOK = 0.1  # seconds between looks whether an order is still wanted
GRACE = 1.0  # seconds in which a task may stop by itself
BLAMELESS = 3  # workers that may end with an order before it began a task

Said = wire.Done | wire.Failed


class Station:
    """Does one order on each of its threads; every call may block."""

    def __init__(
        self,
        folder: Path,
        slots: int,
        settings: Mapping[str, Any],
        *,
        name: str = "",
        write_manifest: WriteManifest = write_parcel,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self._name = name
        self._blobs = folder / "blobs"
        self._orders = folder / "orders"
        self._write_manifest = write_manifest
        self._versions = about.versions() if versions is None else versions
        self._numbers = itertools.count(1)
        self._boxes: dict[int, queue.SimpleQueue[Any]] = {}
        self._held: dict[str, int] = {}  # blobs that orders use now
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._crew = Crew(workers=slots, memory=int(settings["jobs.memory"]), recycle=int(settings["jobs.recycle"]),
                          log_path=folder / "workers.log")  # fmt: skip
        for place in (self._blobs, self._orders):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._crew.start(self._heard)

    def close(self) -> None:
        """End the worker processes, and whoever waits for them."""
        self._closed.set()
        self._crew.stop()

    def work(self, request: bytes, pieces: Sequence[bytes], unwanted: Callable[[], bool]) -> bytes:
        """Do an order; `unwanted` tells when nobody waits for it any more.

        The reply is JSON: `{"answers": [...]}`, or `{"missing": [SHA-256, ...]}` when parts are neither here nor among
        the pieces.
        """
        told = json.loads(request)
        order, keys = Order.from_json(told["order"]), set(told["keys"])
        tasks = {task.key: task for task in order.tasks if task.key in keys}
        try:
            about.same(self._versions, tr("A worker"), told["versions"])
        except KinoraError as error:
            return self._reply({key: failed(error) for key in tasks})
        names = [part.sha256 for part in order.parts]
        with self._holding(names):
            for name, data in zip(told["pieces"], pieces, strict=True):
                self._keep(name, data)
            missing = [name for name in dict.fromkeys(names) if not (self._blobs / name).exists()]
            if missing:
                return json.dumps({"missing": missing}).encode()
            return self._reply(self._answers(order, tasks, unwanted))

    # --- an order -----------------------------------------------------------------------------------------------------

    def _answers(self, order: Order, tasks: dict[str, OrderTask], unwanted: Callable[[], bool]) -> dict[str, Said]:
        found: dict[str, Said] = {}
        for key, task in list(tasks.items()):
            error = refusal(task, self.settings)
            if error is not None:
                found[key] = failed(error)
                del tasks[key]
        blameless = 0
        while tasks and not unwanted() and not self._closed.is_set():
            lost = self._once(order, tasks, found, unwanted)
            blameless += lost is not None
            if lost is not None and blameless >= BLAMELESS:
                found.update({key: failed(lost.error, Retry.SMALLER) for key in tasks})
                tasks.clear()
        return found

    def _once(
        self, order: Order, tasks: dict[str, OrderTask], found: dict[str, Said], unwanted: Callable[[], bool]
    ) -> Lost | None:
        """Let a process do what is open; what it answers leaves `tasks`. A loss that blames nobody is returned."""
        number, keys = next(self._numbers), list(tasks)
        box = self._boxes[number] = queue.SimpleQueue()
        manifest = self._orders / f"{number}.json"
        try:
            self._write_manifest(order, self._blobs, manifest)
            self._crew.send(start_of(number, order, tasks.values(), manifest, self.settings), deadline=order.deadline)
            for event in self._events(number, box, unwanted):
                if isinstance(event, Lost):
                    return _blame(event, number, keys, tasks, found)
                if tasks.pop(keys[event.job], None) is not None:
                    found[keys[event.job]] = replace(event, bundle=0, job=0, epoch=0)
            for key in keys:
                if tasks.pop(key, None) is not None:
                    found[key] = failed(AnalyzerFailed(tr("The worker gave no answer.")))
        except KinoraError as error:
            found.update({key: failed(error) for key in keys if tasks.pop(key, None) is not None})
        finally:
            self._boxes.pop(number, None)
            with contextlib.suppress(OSError):
                manifest.unlink()
        return None

    def _events(self, number: int, box: "queue.SimpleQueue[Any]", unwanted: Callable[[], bool]) -> Any:
        """What is heard of a bundle until its end; once it is unwanted its task stops, or its process ends."""
        asked: float | None = None
        while True:
            try:
                event = box.get(timeout=LOOK)
            except queue.Empty:
                if self._closed.is_set():
                    raise Cancelled from None
                if asked is None and unwanted():
                    asked = time.monotonic()
                    self._crew.cancel(number)
                elif asked is not None and time.monotonic() - asked > GRACE:
                    self._crew.end(number)
                continue
            if isinstance(event, wire.Ended):
                return
            yield event
            if isinstance(event, Lost):
                return

    def _heard(self, message: wire.Message | Lost | Returned) -> None:
        if isinstance(message, (Lost, Returned)):
            for number in message.bundles:
                if (box := self._boxes.get(number)) is not None:
                    box.put(message)
        elif isinstance(message, (wire.Done, wire.Failed, wire.Ended)) and (box := self._boxes.get(message.bundle)):
            box.put(message)

    def _reply(self, found: Mapping[str, Said]) -> bytes:
        rows, used = [], 0
        for key, said in found.items():
            row = sendable(key, said)
            if used + len(row) > MOST_BODY // 2:
                row = sendable(key, failed(AnalyzerFailed(tr("What was found cannot be sent."))))
            used += len(row)
            rows.append(row)
        return f'{{"worker":{json.dumps(self._name)},"answers":[{",".join(rows)}]}}'.encode()

    # --- parts --------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _holding(self, names: Sequence[str]) -> Any:
        with self._lock:
            for name in names:
                self._held[name] = self._held.get(name, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                for name in names:
                    self._held[name] -= 1
                    if not self._held[name]:
                        del self._held[name]
            self._make_room()

    def _keep(self, name: str, data: bytes) -> None:
        if not NAMED.fullmatch(name) or hashlib.sha256(data).hexdigest() != name:
            return  # it is told as missing
        place = self._blobs / name
        part = place.with_name(f"{name}.{threading.get_ident()}")
        part.write_bytes(data)
        part.replace(place)

    def _make_room(self) -> None:
        """Let parts go that were used longest ago, down to the cap."""
        cap = int(self.settings["node.blobs"]) << 30
        with self._lock:
            there = []
            for entry in os.scandir(self._blobs):
                with contextlib.suppress(OSError):
                    told = entry.stat()
                    there.append((told.st_mtime, told.st_size, entry))
            used = sum(size for _, size, _ in there)
            for _, size, entry in sorted(there, key=lambda one: one[0]):
                if used <= cap:
                    return
                if entry.name not in self._held:
                    with contextlib.suppress(OSError):
                        Path(entry.path).unlink()
                        used -= size


def _blame(
    lost: Lost, number: int, keys: Sequence[str], tasks: dict[str, OrderTask], found: dict[str, Said]
) -> Lost | None:
    """The task that ran is to blame for its process; the others go on without it."""
    if lost.began is not None and lost.began[0] == number:
        key = keys[lost.began[1]]
        if tasks.pop(key, None) is not None:
            found[key] = failed(lost.error, Retry.SMALLER)
        return None
    return lost
