"""Packs that a client gives a node, made of its blobs: one after the other, off the event loop."""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from engine.home import packs_folder
from engine.packs import gathered, install
from engine.packs.pack import Pack, brought
from engine.serve.blobs import Blobs, owner_of

log = logging.getLogger(__name__)


class Packs:
    """Installs packs one after the other, off the event loop."""

    def __init__(self, blobs: Blobs, folder: Path, settings: Callable[[], Mapping[str, Any]]) -> None:
        self._blobs = blobs
        self._folder = folder
        self._settings = settings
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], Future[None]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ThreadPoolExecutor-packs")

    def open(self) -> None:
        """Take away what a run that was killed left half put together."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def ask(self, principal: str, raw: Any, *, consent: bool) -> tuple[list[str], "Future[None] | None"]:
        """Say which files of a pack are missing; if none is, install it.

        The future answers when the pack is on the shelf; it is None, with nothing missing, when it is there already.

        Raises:
            PackInvalid: the description is none, or a file in it has no hash or size.
        """
        pack = brought(raw)
        if gathered.here(pack):
            return [], None
        owner, names = owner_of(principal), [file.sha256 for file in pack.files]
        with self._lock:
            running = self._running.get((owner, pack.ref))
            if running is not None and not (running.done() and running.exception() is None):
                if running.done():  # its error is told once, then it may be tried anew
                    del self._running[owner, pack.ref]
                return [], running
            missing = self._blobs.hold(owner, names)
            if missing:
                return missing, None
            future = self._pool.submit(self._install, owner, pack, consent)
            future.add_done_callback(lambda _: self._blobs.release(owner, names))
            self._running[owner, pack.ref] = future
            return [], future

    def busy(self) -> bool:
        """Whether a pack is being installed."""
        with self._lock:
            return any(not future.done() for future in self._running.values())

    def close(self) -> None:
        """Wait for what is being installed; nothing more is begun."""
        self._pool.shutdown(cancel_futures=True)

    def _install(self, owner: str, pack: Pack, consent: bool) -> None:
        settings = self._settings()
        terms = install.Terms(
            packs_folder(), consent, bool(settings.get("net.offline", False)), device=str(settings["packs.device"])
        )
        gathered.take_in(pack, partial(self._blobs.path, owner), self._folder / f"{owner}-{pack.id}", terms)
        log.info("a client brought the pack %s", pack.ref)
