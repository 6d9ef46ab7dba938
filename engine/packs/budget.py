"""Memory of loaded models: what is not used for a while or does not fit any more goes, the longest unused first."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from engine.language import tr
from engine.packs.devices import IDLE, MEMORY

log = logging.getLogger(__name__)

USUAL_MEMORY = 1500  # MB for all models of one worker together
USUAL_IDLE = 600.0  # seconds
MOST = 32  # things in one batch
SHARE = 0.25  # of the budget, for what one batch needs beside the model

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Held:
    model: Any
    size: int  # bytes, as measured
    used: float


class Loaded:
    """The loaded models of this process, counted by what they made it grow."""

    def __init__(
        self,
        *,
        resident: Callable[[], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()
        self._resident = resident or _resident
        self._clock = clock
        self._lock = threading.RLock()
        self._before: tuple[Hashable, int] | None = None  # the model loaded last, and the memory before

    def get(self, key: Hashable, make: Callable[[], Any], least: int = 0) -> Any:
        """Return the model of that key, making it when it is not loaded; `least` is what it must take (bytes)."""
        with self._lock:
            self._measure()
            self.tidy(keep=key)
            held = self._held.get(key)
            if held is None:
                self._shrink(budget() - least)
                before = self._resident()
                held = _Held(make(), least, self._clock())
                held.size = max(least, self._resident() - before)
                self._held[key] = held
                self._before = key, before
            held.used = self._clock()
            self._held.move_to_end(key)
            self._shrink(budget(), keep=key)
            return held.model

    def tidy(self, keep: Hashable = None) -> None:
        """Let go what was not used for a while; does nothing while a model is being loaded."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            until = self._clock() - idle()
            for key in [key for key, held in self._held.items() if held.used < until and key != keep]:
                self._drop(key, tr("was not used for a while"))
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Let go everything (a pack was changed or removed)."""
        with self._lock:
            for key in list(self._held):
                self._drop(key, tr("is asked for anew"))

    def sizes(self) -> dict[Hashable, int]:
        """What each loaded model takes, in bytes."""
        return {key: held.size for key, held in self._held.items()}

    def _measure(self) -> None:
        """What the process grew since the last model was loaded is that model's: many load in their first run."""
        if self._before is not None:
            key, before = self._before
            if key in self._held:
                self._held[key].size = max(self._held[key].size, self._resident() - before)
            self._before = None

    def _shrink(self, most: int, keep: Hashable = None) -> None:
        while len(self._held) > (keep is not None) and sum(held.size for held in self._held.values()) > most:
            self._drop(next(key for key in self._held if key != keep), tr("makes room for another"))

    def _drop(self, key: Hashable, why: str) -> None:
        held = self._held.pop(key)
        log.info("the model %s %s (%d MB)", key, why, held.size >> 20)
        del held
        gc.collect()
        trim()


def budget() -> int:
    """Bytes for the models of this process together."""
    return (_number(MEMORY) or USUAL_MEMORY) << 20


def idle() -> float:
    """Seconds after which an unused model goes."""
    return float(_number(IDLE) or USUAL_IDLE)


def batch_size(one: int, *, limit: int | None = None, most: int = MOST) -> int:
    """How many things fit into one batch, when the first of them took `one` bytes beside the model."""
    room = int((budget() if limit is None else limit) * SHARE)
    return max(1, min(most, room // one if one > 0 else most))


def in_batches(
    items: Sequence[Item], run: Callable[[Sequence[Item]], Sequence[Result]], *, most: int = MOST
) -> list[Result]:
    """Run over a chunk of items in batches whose size is chosen once, from the peak of memory of the first item."""
    if not items:
        return []
    with Peak() as peak:
        found = list(run(items[:1]))
    size = batch_size(peak.bytes, most=most)
    for begin in range(1, len(items), size):
        found.extend(run(items[begin : begin + size]))
    return found


class Peak:
    """Measures how far the process grows meanwhile, where the system tells (Linux); elsewhere what stays."""

    def __init__(self) -> None:
        self.bytes = 0
        self._before = 0

    def __enter__(self) -> Peak:
        _reset_peak()
        self._before = _resident()
        return self

    def __exit__(self, *exception: object) -> None:
        self.bytes = max(0, _peak() - self._before)


def trim() -> None:
    """Give freed memory back to the system: glibc keeps it otherwise."""
    if sys.platform == "linux" and (libc := _libc()) is not None:
        libc.malloc_trim(0)


@cache
def _libc() -> Any:
    try:
        found = ctypes.CDLL("libc.so.6")
        found.malloc_trim.argtypes = [ctypes.c_size_t]
    except (OSError, AttributeError):  # another C library
        return None
    return found


def _number(name: str) -> int:
    value = os.environ.get(name, "")
    return int(value) if value.isdigit() else 0


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _reset_peak() -> None:
    if sys.platform == "linux":
        try:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        except OSError:
            log.debug("the system does not let the peak of memory be measured")


def _peak() -> int:
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return _resident()
