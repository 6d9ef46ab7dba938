"""Vector spaces: the nearest stored vectors to a question, exactly those that the database holds and a filter lets by.

The truth is the table of embeddings; an index file under `vectors/` only proposes. Vectors that are newer than it are
compared one by one, and whatever is proposed is looked up in the table: what was deleted drops out, what does not meet
the condition drops out, and the score is computed anew from the stored numbers. So an index may be stale, small or
missing, and the answer is still right; it only takes longer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.search.indexes import IndexFile, build, opened, sweep, sweep_strangers, worth
from engine.store import spaces
from engine.store.db import Database
from engine.store.plan import ALWAYS, Condition
from engine.store.spaces import Space
from engine.store.where import compiled, few

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

log = logging.getLogger(__name__)

HELD = 20_000  # vectors that are kept in memory beside an index; more are read anew for each question
BLOCK = 8_192  # vectors that are read at once
PAUSE = 60.0  # seconds before the next try when one failed
MOST = 16_384  # proposals that are looked up for one question
FIRST = 64
EACH = 8  # vectors of one asset that come before those of others: a long film must not crowd out the rest
NARROW = 500  # assets: under a condition that leaves so few, only their vectors are compared
REMEMBERED = 256  # questions whose nearest vector of all is remembered
SELECTIVE = 4  # when a condition keeps less than a fourth of what is proposed, it is asked before the vectors


@dataclass(frozen=True, slots=True)
class Near:
    """A stored vector near a question: its own id, its moment and asset, the cosine."""

    id: int
    moment: int
    asset: int
    score: float
    fp16: bytes = field(default=b"", repr=False, compare=False)


@dataclass(slots=True)
class _Held:
    """What is kept in memory of a space: the index file, and the vectors that came after it."""

    index: IndexFile | None = None
    looked: bool = False  # whether an index file was looked for
    last: int = 0  # the newest id among `ids`, or of the index
    ids: list[int] = field(default_factory=list)
    assets: list[int] = field(default_factory=list)
    blocks: list[Any] = field(default_factory=list)


class Spaces:
    """The spaces of a library; every method may be called from any thread."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._lock = threading.Lock()
        self._held: dict[int, _Held] = {}
        self._samples: dict[int, tuple[Space, Floats]] = {}
        self._bests: OrderedDict[tuple[int, int, bytes], float] = OrderedDict()
        self._closing = threading.Event()
        self._not_before = 0.0
        self._building: threading.Thread | None = None

    def find(
        self,
        connection: Any,
        space: Space,
        questions: Sequence[Floats] | Floats,
        where: Condition = ALWAYS,
        most: int = 200,
        least: float = -1.0,
    ) -> list[Near]:
        """The `most` vectors nearest to any of the questions, best first, none below the cosine `least`.

        Where there are more, of no asset more than its `EACH` best are taken before those of others.
        """
        return self.seek(connection, space, questions, where, most, least)[0]

    def seek(
        self,
        connection: Any,
        space: Space,
        questions: Sequence[Floats] | Floats,
        where: Condition,
        most: int,
        least: float,
    ) -> tuple[list[Near], float]:
        """As `find`, with the cosine of the nearest vector of all, whatever the condition."""
        import numpy as np

        asked = np.stack(list(questions)).astype(np.float32)
        held = self._hold(connection, space)
        condition = compiled(connection, where)
        size, allowed = most + FIRST, None
        best = self._remembered(space, asked)
        few_ = None if best is None or where == ALWAYS else few(connection, where, condition, NARROW)
        if few_ is not None:
            allowed = np.array(few_, np.int64)
        while True:
            proposed, highest, lowest = self._proposed(connection, space, held, asked, size, allowed)
            if allowed is None:
                best = self._remembered(space, asked, highest)
            found = _scored(spaces.truth(connection, proposed, condition), asked, least)
            through = len(proposed) < size or lowest < least
            narrow = allowed is None and where != ALWAYS and len(found) * SELECTIVE < len(proposed)
            first, rest = _shared(found)
            if (len(first) >= most and not narrow) or through or size >= MOST:
                return sorted([*first, *rest][:most], key=_order), -1.0 if best is None else best
            if allowed is None and where != ALWAYS:
                allowed = np.array(spaces.under(connection, condition), np.int64)
            else:
                size *= 4

    def _remembered(self, space: Space, asked: Floats, best: float | None = None) -> float | None:
        """The cosine of the nearest vector of all to a question as long as nothing changes; a new one is kept."""
        key = space.id, space.epoch, asked.tobytes()
        with self._lock:
            if best is not None:
                self._bests[key] = max(best, self._bests.get(key, -1.0))
                while len(self._bests) > REMEMBERED:
                    self._bests.popitem(last=False)
            return self._bests.get(key)

    def sample(self, connection: Any, space: Space, most: int = 2_000) -> Floats:
        """Vectors that stand for the whole space; the same ones until it has grown or shrunk by a twentieth."""
        import numpy as np

        with self._lock:
            before, found = self._samples.get(space.id, (None, None))
        if before is not None and found is not None and abs(space.epoch - before.epoch) <= before.count // 20:
            return found
        raw = spaces.sample(connection, space, most)
        made = np.frombuffer(b"".join(raw), "<f2").reshape(-1, space.dim).astype(np.float32)
        with self._lock:
            self._samples[space.id] = space, made
        return made

    def refresh(self, *, wait: bool = False) -> None:
        """Let the indexes be made that are missing or stale, in the background (the owner only).

        Only of spaces that were searched: nobody searches among faces and voices so, and no copy of them lies about.
        With `wait`, of every space, and until they are there.
        """
        with self._lock:
            if not self._database.own or self._closing.is_set() or time.monotonic() < self._not_before:
                return
            if self._building is None or not self._building.is_alive():
                asked = None if wait else set(self._held)
                self._building = threading.Thread(
                    target=self._build_all, args=(asked,), name="kinora-vectors", daemon=True
                )
                self._building.start()
            thread = self._building
        if wait:
            thread.join()

    @property
    def building(self) -> bool:
        """Whether an index file is being made."""
        return self._building is not None and self._building.is_alive()

    def close(self) -> None:
        """Let a building that is under way end, and let go of the files."""
        self._closing.set()
        with self._lock:
            thread = self._building
        if thread is not None:
            thread.join()
        with self._lock:
            self._held.clear()
            self._samples.clear()
            self._bests.clear()

    # --- searching ----------------------------------------------------------------------------------------------------

    def _hold(self, connection: Any, space: Space) -> _Held:
        """Bring what is kept in memory up to the view that is searched."""
        with self._lock:
            held = self._held.setdefault(space.id, _Held())
            if not held.looked:
                held.looked = True
                held.index = opened(self._folder, space)
                held.last = held.index.last if held.index else 0
            lacks = worth(space.count) and (held.index is None or held.index.stale(space))
            self._keep(connection, space, held)
        if lacks:
            self.refresh()
        return held

    def _keep(self, connection: Any, space: Space, held: _Held) -> None:
        """Read what came since; if that is too much to keep, every search reads it."""
        import numpy as np

        if space.last <= held.last:
            return
        if len(held.ids) + spaces.later(connection, space.id, held.last, HELD + 1) > HELD:
            return
        for rows in _blocks(connection, space, held.last):
            held.ids += [row[0] for row in rows]
            held.assets += [row[1] for row in rows]
            held.blocks.append(_matrix(rows, space.dim))
            held.last = rows[-1][0]
        if len(held.blocks) > 1:
            held.blocks = [np.concatenate(held.blocks)]

    def _proposed(
        self, connection: Any, space: Space, held: _Held, asked: Floats, size: int, allowed: Any
    ) -> tuple[list[int], float, float]:
        """Up to `size` ids that may be the nearest ones, their highest cosine, and one that no other vector exceeds."""
        import numpy as np

        with self._lock:
            index, blocks, last = held.index, list(held.blocks), held.last
            ids, owners = np.array(held.ids, np.int64), np.array(held.assets, np.int64)
        parts: list[tuple[Any, Any]] = []
        if index is not None:
            parts.append(index.search(asked, size, allowed))
        if blocks:
            parts.append(_compared(ids, owners, blocks[0], asked, allowed))
        if space.last > last:
            for rows in _blocks(connection, space, last):
                here, of = (np.array([row[at] for row in rows], np.int64) for at in (0, 1))
                parts.append(_compared(here, of, _matrix(rows, space.dim), asked, allowed))
                parts = [_top(parts, size)]
        if not parts:
            return [], -1.0, -1.0
        found, scores = _top(parts, size)
        return (found.tolist(), float(scores[0]), float(scores[-1])) if len(scores) else ([], -1.0, -1.0)

    # --- making indexes -----------------------------------------------------------------------------------------------

    def _build_all(self, asked: set[int] | None) -> None:
        try:
            with self._database.read() as connection:
                found = spaces.listing(connection)
            for space in found:
                if self._closing.is_set():
                    return
                if asked is None or space.id in asked:
                    self._build(space)
            sweep(self._folder, found)
            sweep_strangers(self._folder, found)
        except Exception:  # an index is a help, not a need: without one searches go on, slower
            log.exception("an index of vectors could not be made")
            self._not_before = time.monotonic() + PAUSE

    def _build(self, space: Space) -> None:
        if not worth(space.count):
            return
        index = opened(self._folder, space)
        if index is None or index.stale(space):
            with self._database.read() as connection:
                rows = _blocks(connection, space, 0)
                index = build(self._folder, space, rows, stopped=self._closing.is_set)
        if index is None:
            return
        with self._lock:
            held = self._held.setdefault(space.id, _Held())
            if held.index is not None and held.index.made == index.made:
                return
            self._held[space.id] = _Held(index, looked=True, last=index.last)


def _blocks(connection: Any, space: Space, after: int) -> Iterator[list[tuple[int, int, bytes]]]:
    while after < space.last and (rows := spaces.rows(connection, space.id, after, space.last, BLOCK)):
        yield rows
        after = rows[-1][0]


def _matrix(rows: Sequence[tuple[int, int, bytes]], dim: int) -> Floats:
    import numpy as np

    return np.frombuffer(b"".join(row[2] for row in rows), "<f2").reshape(-1, dim).astype(np.float32)


def _best(matrix: Floats, asked: Floats) -> Floats:
    """The cosine of each row with the question that is nearest to it."""
    import numpy as np

    few = len(matrix) <= BLOCK  # then the threads of the matrix product would take longer to meet than one takes
    return np.asarray((np.einsum("nd,md->nm", matrix, asked) if few else matrix @ asked.T).max(axis=1))


def _compared(ids: Any, assets: Any, matrix: Floats, asked: Floats, allowed: Any) -> tuple[Any, Any]:
    """Ids and cosines of rows, of the assets in `allowed` only."""
    import numpy as np

    if allowed is not None:
        mask = np.isin(assets, allowed)
        ids, matrix = ids[mask], matrix[mask]
    return ids, _best(matrix, asked) if len(matrix) else np.zeros(0, np.float32)


def _top(parts: Sequence[tuple[Any, Any]], size: int) -> tuple[Any, Any]:
    """The best `size` of several lists of ids and scores, best first."""
    import numpy as np

    ids = np.concatenate([part[0] for part in parts])
    scores = np.concatenate([part[1] for part in parts])
    if len(ids) > size:
        chosen = np.argpartition(-scores, size - 1)[:size]
        ids, scores = ids[chosen], scores[chosen]
    order = np.argsort(-scores, kind="stable")
    return ids[order], scores[order]


def _scored(rows: Iterator[spaces.Row], asked: Floats, least: float) -> list[Near]:
    """Rows with their exact cosines, best first, none below `least`."""
    import numpy as np

    kept = list(rows)
    if not kept:
        return []
    matrix = np.frombuffer(b"".join(row.fp16 for row in kept), "<f2").reshape(len(kept), -1).astype(np.float32)
    scores = _best(matrix, asked).tolist()
    found = [Near(row.id, row.moment, row.asset, score, row.fp16) for row, score in zip(kept, scores, strict=True)]
    return sorted((near for near in found if near.score >= least), key=_order)


def _order(near: Near) -> tuple[float, int]:
    return -near.score, near.id


def _shared(found: Sequence[Near]) -> tuple[list[Near], list[Near]]:
    """The `EACH` best vectors of each asset, and the others; both in order."""
    counts: dict[int, int] = {}
    first: list[Near] = []
    rest: list[Near] = []
    for near in found:
        count = counts[near.asset] = counts.get(near.asset, 0) + 1
        (first if count <= EACH else rest).append(near)
    return first, rest
