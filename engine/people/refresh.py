"""Clustering a library: read every face and voice, find out who is who, write what changed, soon after it may have."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import Cancelled, StoreError
from engine.language import tr
from engine.model import Change, Step
from engine.people.calibrate import scale
from engine.people.cluster import NOBODY, Faces, cluster
from engine.store import galleries, pets
from engine.store.db import Database
from engine.store.galleries import Gallery, Move, Rules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

SOON = 2.0  # seconds of quiet before the background looks
LATEST = 20.0  # seconds: it does not wait longer for quiet
SHARE = 5.0  # it rests this many times as long as it worked
CHANGED = Change(frozenset({"people", "assets"}))


class Refresher:
    """Keeps who-is-who up to date."""

    def __init__(self, database: Database, settings: Callable[[], Mapping[str, Any]]) -> None:
        self._database = database
        self._settings = settings
        self._work = threading.Lock()
        self._bell = threading.Condition()
        self._stale_at: float | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: tuple[Any, ...] | None = None

    def stale(self) -> None:
        """Faces, voices or decisions came: look soon, in the background."""
        with self._bell:
            if self._closing.is_set() or not self._database.own:
                return
            self._stale_at = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="kinora-people", daemon=True)
                self._thread.start()
            self._bell.notify()

    @property
    def busy(self) -> bool:
        """Whether faces and voices are compared now."""
        return self._work.locked()

    def close(self) -> None:
        """Stop looking; what was not written is found again."""
        self._closing.set()
        with self._bell:
            self._bell.notify()
        if self._thread is not None:
            self._thread.join()

    def refresh(self, *, force: bool = False) -> Iterator[Step]:
        """Find out who is who now; `force` looks also when nothing changed since the last time."""
        with self._work:
            with self._bell:
                self._stale_at = None
            offset = float(self._settings()["people.threshold"])
            self._look_for_animals()
            with self._database.read() as connection:
                seen = (*galleries.stamp(connection), offset)
            if not self._database.own or (seen == self._seen and not force):
                return
            for number, sort in enumerate(("face", "voice")):
                yield Step(number, 2, tr("Comparing faces") if sort == "face" else tr("Comparing voices"))
                self._sort(sort, offset)
            with self._database.read() as connection:
                self._seen = (*galleries.stamp(connection), offset)
            yield Step(2, 2, tr("Done"))

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Keep the background still for the length of the block: nothing old is written back."""
        with self._work:
            yield
        self._seen = None

    def settle(self) -> None:
        """Bring it up to date before the answer."""
        for _ in self.refresh():
            pass

    def _serve(self) -> None:
        rested = 0.0  # when it may work again
        while self._wait(rested):
            began = time.monotonic()
            try:
                self.settle()
            except (Cancelled, StoreError):
                if not self._closing.is_set():
                    log.warning("comparing faces was put off", exc_info=True)
            except Exception:  # nobody else would hear of it
                log.exception("comparing faces failed")
            rested = time.monotonic() + SHARE * (time.monotonic() - began)

    def _wait(self, rested: float) -> bool:
        """Wait until something came and then nothing for a while (but not for ever); False when closing."""
        with self._bell:
            while self._stale_at is None and not self._closing.is_set():
                self._bell.wait()
            first = time.monotonic()
            while not self._closing.is_set():
                now = time.monotonic()
                quiet = min((self._stale_at or now) + SOON, first + LATEST)
                left = max(quiet, rested) - now
                if left <= 0:
                    break
                self._bell.wait(left)
        return not self._closing.is_set()

    def _look_for_animals(self) -> None:
        """Look at the faces of before that was done, and at those that a file named."""
        while self._database.own and not self._closing.is_set():
            with self._database.read() as connection:
                unseen = pets.unseen(connection, galleries.CHUNK)
            if not unseen:
                break
            self._database.write(partial(pets.mark, asset_ids=unseen), CHANGED)

    def _sort(self, sort: str, offset: float) -> None:
        with self._database.read() as connection:
            found = galleries.load(connection, sort)
            rules = galleries.rules(connection)
        for gallery in found:
            faces = faces_of(gallery, rules, sort)
            known = scale(faces.vectors, faces.apart, offset)
            outcome = cluster(faces, known.threshold, self._closing.is_set)
            self._store(gallery, faces, outcome)
            touched = set(outcome.person.tolist()) - {NOBODY}
            log.info("%s: %d %ss, %d people, threshold %.3f", gallery.space, len(gallery.ids), sort, len(touched),
                     known.threshold)  # fmt: skip

    def _store(self, gallery: Gallery, faces: Faces, outcome: Any) -> None:
        moves = [
            Move(gallery.ids[row], gallery.people[row], int(outcome.person[row]), round(float(outcome.score[row]), 4))
            for row in range(len(gallery.ids))
            if outcome.person[row] != gallery.people[row]
        ]
        made: dict[int, int] = {}
        for begin in range(0, len(moves), galleries.CHUNK):
            part = moves[begin : begin + galleries.CHUNK]
            self._database.write(lambda connection, part=part: _write(connection, part, made), CHANGED)  # type: ignore[misc]
        if outcome.gone:
            self._database.write(partial(galleries.tidy, gone=outcome.gone), CHANGED)


def _write(connection: Any, moves: list[Move], made: dict[int, int]) -> None:
    galleries.index(connection, galleries.store(connection, moves, made))


def faces_of(gallery: Gallery, rules: Rules, sort: str) -> Faces:
    """The columns of a gallery as arrays, with the rules in terms of its rows."""
    import numpy as np

    vectors = np.frombuffer(bytes(gallery.vectors), "<f2").reshape(-1, gallery.dim).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    at = {number: row for row, number in enumerate(gallery.ids)} if rules.denied else {}
    return Faces(
        vectors, np.array(gallery.quality, np.float32),
        np.where(np.array(gallery.stray, bool), NOBODY, np.array(gallery.people, np.int64)),
        np.array(gallery.decided, bool), together(gallery, sort),
        frozenset((at[face], person) for face, person in rules.denied if face in at), rules.never, rules.touched,
    )  # fmt: skip


def together(gallery: Gallery, sort: str) -> NDArray[np.int64]:
    """Pairs of rows that are two people: faces seen at the same time, voices told apart in one recording."""
    import numpy as np

    by_place: dict[tuple[int, int], list[int]] = {}
    for row, place in enumerate(zip(gallery.assets, gallery.pages, strict=True)):
        by_place.setdefault(place, []).append(row)
    found = [
        (one, other)
        for rows in by_place.values()
        for at, one in enumerate(rows)
        for other in rows[at + 1 :]
        if sort == "voice" or gallery.starts[one] < 0 or _overlap(gallery, one, other)
    ]
    return np.array(found, np.int64).reshape(-1, 2)


def _overlap(gallery: Gallery, one: int, other: int) -> bool:
    shared = min(gallery.ends[one], gallery.ends[other]) - max(gallery.starts[one], gallery.starts[other])
    return shared > 0 or gallery.starts[one] == gallery.starts[other]
