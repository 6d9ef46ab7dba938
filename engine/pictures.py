"""Pictures that stand for assets: small previews from the queue, large ones drawn on request by their own worker."""

import contextlib
import itertools
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DamagedFile, KinoraError, StoreError, error_classes, not_written
from engine.hosts.base import Lost
from engine.hosts.local import LocalHost
from engine.jobs import wire
from engine.language import tr
from engine.model import Facts, FileRow, Kind, Preview, Step

SIDE = 384  # pixels, the longest side of a stored preview
LARGE_BYTES = 512 << 20  # of large pictures kept on the disk
WAIT = 60.0  # seconds for one large picture
MEASURE_BYTES = 256 << 20  # of measures kept on the disk
PATIENCE = 0.2  # seconds between two looks whether a measure is still wanted
WORKERS = 2  # so that a long measure does not keep the viewer waiting


class Pictures:
    """The preview folder of a library and the worker that draws for the viewer."""

    def __init__(self, folder: Path, log_path: Path | None = None) -> None:
        self.folder = folder
        self._log_path = log_path
        self._host: LocalHost | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[bytes]] = {}
        self._under_way: dict[Path, tuple[int, Future[bytes]]] = {}
        self._kept: dict[Path, OrderedDict[Path, int]] = {}  # by folder, the longest unused first
        self._closed = False

    def small(self, content: str) -> Path:
        """Where the preview of a content lies, if it was drawn."""
        return self.folder / content[:2] / f"{content}.jpg"

    def save(self, content: str, preview: Preview) -> None:
        """Store a preview, whole or not at all. A full disk costs only the picture: it is drawn again later."""
        with contextlib.suppress(OSError):
            write_whole(self.small(content), preview.jpeg)

    def large(self, content: str, kind: Kind, mime: str, facts: Facts, place: FileRow, options: dict[str, Any]) -> Path:
        """Return a large picture of an asset, of a page or of a second of it, drawing it if it is not there.

        Raises:
            KinoraError: the file cannot be drawn; the sentence says why.
        """
        name = "-".join(f"{key[0]}{value:g}" for key, value in sorted(options.items()) if value is not None)
        target = self.folder / "large" / f"{content[:32]}-{name}.jpg"
        if target.exists():
            return target
        told = {key: value for key, value in options.items() if value is not None}
        start = _Start(place, kind, mime, content, facts, "render", told)
        return self._made(target, start)

    def measures(self, content: str, of: str) -> Path:
        """Where the measures of a content lie, if they were made."""
        return self.folder / "measures" / f"{content[:32]}-{of}.bin"

    def measure(self, content: str, kind: Kind, mime: str, facts: Facts, place: FileRow, of: str) -> Iterator[Step]:
        """Measure a film or recording (`frames`, `peaks`: see `engine.jobs.measure`); closing it stops the work.

        Raises:
            KinoraError: it cannot be measured; the sentence says why.
        """
        target = self.measures(content, of)
        if target.exists():
            return
        number, answer = self._begin(target, _Start(place, kind, mime, content, facts, "measure", {"of": of}))
        try:
            while not answer.done():
                yield Step(text=tr("Reading the file"))
                with contextlib.suppress(TimeoutError):
                    answer.exception(PATIENCE)
            self._keep(target, answer.result(), MEASURE_BYTES)
        finally:
            if not answer.done():
                self._give_up(number)
            self._end(target)

    def _made(self, target: Path, start: "_Start") -> Path:
        number, answer = self._begin(target, start)
        try:
            made = answer.result(WAIT)
        except TimeoutError as error:
            self._give_up(number)
            raise DamagedFile(tr("Drawing this picture took too long."), hint=tr("Try again.")) from error
        finally:
            self._end(target)
        self._keep(target, made, LARGE_BYTES)
        return target

    def _begin(self, target: Path, start: "_Start") -> "tuple[int, Future[bytes]]":
        with self._lock:
            if self._closed:
                raise StoreError(tr("The library is closed."))
            number, answer = self._under_way.get(target) or self._ask(start)
            self._under_way[target] = number, answer
        return number, answer

    def _end(self, target: Path) -> None:
        with self._lock:
            self._under_way.pop(target, None)

    def close(self) -> None:
        """Stop the worker."""
        with self._lock:
            self._closed = True
            host, self._host = self._host, None
        if host is not None:
            host.stop()
        for answer in list(self._waiting.values()):
            if not answer.done():
                answer.set_exception(StoreError(tr("The library is closed.")))

    def _ask(self, asked: "_Start") -> "tuple[int, Future[bytes]]":
        if self._host is None:
            self._host = LocalHost(workers=WORKERS, log_path=self._log_path)
            self._host.start(self._heard)
        number = next(self._numbers)
        answer: Future[bytes] = Future()
        self._waiting[number] = answer
        task = wire.Task(number, number, asked.task, asked.options)
        place = asked.place
        start = wire.Start(
            number, place.raw, asked.kind, asked.mime, asked.content, place.size, place.mtime_ns, (task,), asked.facts
        )
        self._host.send(start, deadline=WAIT)
        return number, answer

    def _give_up(self, number: int) -> None:
        """Nobody waits any longer: the worker is free for the next picture."""
        with self._lock:
            self._waiting.pop(number, None)
            host = self._host
        if host is not None:
            host.cancel(number)

    def _heard(self, message: Any) -> None:
        match message:
            case wire.Done(bundle=number, previews=previews) if previews:
                self._answer(number, previews[0].jpeg)
            case wire.Failed(bundle=number):
                cls = error_classes().get(message.code, KinoraError)
                error = cls.__new__(cls)
                KinoraError.__init__(error, message.text, hint=message.hint)
                self._answer(number, error)
            case Lost(bundles=bundles, error=error):
                for number in bundles:
                    self._answer(number, error)

    def _answer(self, number: int, result: bytes | KinoraError) -> None:
        answer = self._waiting.pop(number, None)
        if answer is None or answer.done():
            return
        if isinstance(result, bytes):
            answer.set_result(result)
        else:
            answer.set_exception(result)

    def _keep(self, path: Path, made: bytes, most: int) -> None:
        """Store what was made; the folder stays under its cap, the longest unused go first."""
        try:
            write_whole(path, made)
        except OSError as error:
            raise not_written(error, tr("keep the picture")) from error
        with self._lock:
            kept = self._kept.get(path.parent)
            if kept is None:
                found = sorted(path.parent.glob(f"*{path.suffix}"), key=lambda one: one.stat().st_mtime)
                kept = self._kept[path.parent] = OrderedDict((one, one.stat().st_size) for one in found)
            kept[path] = len(made)
            kept.move_to_end(path)
            while sum(kept.values()) > most and len(kept) > 1:
                old, _ = kept.popitem(last=False)
                with contextlib.suppress(OSError):
                    old.unlink()


@dataclass(frozen=True, slots=True)
class _Start:
    """What is asked of the worker, of which file."""

    place: FileRow
    kind: Kind
    mime: str
    content: str
    facts: Facts
    task: str
    options: dict[str, Any]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def room(folder: Path) -> int:
    """Free bytes on the disk of a folder."""
    return shutil.disk_usage(folder).free
