"""Index files of vectors: made of the database's rows, written whole or not at all, thrown away without regret.

    vectors     shape    what it is                                     why
    < 4,000     none     the rows themselves, in memory                 compared in a few milliseconds
    < 100,000   exact    fp16 as stored (SQfp16), all of them compared  exact; 9 ms at 100,000 x 512 on one core
    < 3,000,000 coded    1 bit a dimension (RaBitQ), the best refined   a third of the time at the same recall; filters
                         on fp16                                        make it faster, building costs seconds
    beyond      lists    the same codes in inverted lists (IVF)         only a part is compared; minutes to build

An index is two or three files: `<space>-....ids` (id and asset of each row), `<space>-....faiss`, and with codes
`<space>-....fp16` (the rows as stored). `<space>.json` names them with their sizes and hashes and is written last:
without it, or when it does not agree, there is no index, and the next owner makes it again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.store.spaces import Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

FORMAT = 1
SMALL = 4_000  # fewer vectors need no index
CODED = 100_000
LISTS = 3_000_000
STALE = 0.1  # of the vectors new or gone: the index is made anew
REFINED = 4  # times as many as asked for are compared again in full
LEAST_REFINED = 4_096
AMONG = 2_000  # rows that are compared without looking at any index
BITS = 3  # of a question's numbers beside 1 bit of a vector's: 4 find as much and take a third longer
PROBED = 64  # lists that one question looks into
HASHED = 64 << 20  # bytes up to which a file is checked as a whole; of larger ones samples are
TRAINED = 100_000  # vectors from which codes and lists are learnt
PART = 65_536


@dataclass(frozen=True, slots=True)
class Shapes:
    """From how many vectors on which shape is made (other numbers for tests)."""

    small: int = SMALL
    coded: int = CODED
    lists: int = LISTS

    def of(self, count: int) -> str:
        """The shape for so many vectors."""
        if count < self.small:
            return "none"
        return "exact" if count < self.coded else "coded" if count < self.lists else "lists"


shapes = Shapes()


def worth(count: int) -> bool:
    """Whether so many vectors are worth an index."""
    return shapes.of(count) != "none"


@dataclass(slots=True)
class IndexFile:
    """An open index: proposes ids. Its files are mapped, not read."""

    made: str  # what tells one making from another
    last: int  # the newest id in it
    count: int
    epoch: int
    shape: str
    ids: NDArray[np.int64]  # count x 2: id, asset
    rows: NDArray[np.float16]  # count x dim
    exact: Any
    coded: Any = None
    keep: list[Any] = field(default_factory=list)

    def stale(self, space: Space) -> bool:
        """Whether so much came or went since that it should be made anew."""
        moved = abs(space.epoch - self.epoch)
        return moved > max(shapes.small, STALE * self.count) or space.last < self.last

    def search(self, asked: Any, size: int, allowed: Any = None) -> tuple[Any, Any]:
        """Ids and cosines of up to `size` rows for each question, of the assets in `allowed` only; not in order."""
        import numpy as np

        selector = None if allowed is None else _Chosen(self.ids, allowed)
        size = min(size, self.count)
        if selector is not None and selector.count <= max(size, AMONG):
            return self._among(selector.places, asked, size)
        if self.coded is None:
            scores, places = self.exact.search(asked, size, params=_parameters(self.shape, selector))
            return self._flat(places, scores)
        wide = min(self.count, max(LEAST_REFINED, size * REFINED))
        _, places = self.coded.search(asked, wide, params=_parameters(self.shape, selector))
        return self._among(np.unique(places[places >= 0]), asked, size)

    def _among(self, places: Any, asked: Any, size: int) -> tuple[Any, Any]:
        """Compare some rows in full."""
        import numpy as np

        if not len(places):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        part = _plain(self.rows.shape[1])
        part.add_sa_codes(np.ascontiguousarray(self.rows[places]).view(np.uint8))
        scores, found = part.search(asked, min(size, len(places)))
        return self._flat(np.where(found >= 0, places[found], -1), scores)

    def _flat(self, places: Any, scores: Any) -> tuple[Any, Any]:
        """Ids and scores of what several questions found, of each row the best."""
        import numpy as np

        known = places >= 0
        flat, values = places[known], scores[known]
        if len(places) > 1:
            order = np.argsort(-values, kind="stable")
            _, firsts = np.unique(flat[order], return_index=True)
            flat, values = flat[order[firsts]], values[order[firsts]]
        return np.asarray(self.ids[flat, 0]), values


class _Chosen:
    """A selector of the rows whose assets are allowed."""

    def __init__(self, ids: Any, allowed: Any) -> None:
        import numpy as np

        assets = np.asarray(ids[:, 1])
        table = np.zeros(int(max(assets.max(initial=0), allowed.max(initial=0))) + 1, bool)
        table[allowed] = True
        mask = table[assets]
        self.places = np.flatnonzero(mask)
        self.count = len(self.places)
        self.bits = np.packbits(mask, bitorder="little")


def _faiss() -> Any:
    """FAISS with one thread: one question is one thread's work, and others would only spin beside it."""
    import faiss

    faiss.omp_set_num_threads(1)
    return faiss


def _plain(dim: int) -> Any:
    """An index that compares all its rows, as they are stored."""
    faiss = _faiss()
    return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _parameters(shape: str, selector: _Chosen | None) -> Any:
    faiss = _faiss()
    chosen = None
    if selector is not None:
        chosen = faiss.IDSelectorBitmap(len(selector.bits) * 8, faiss.swig_ptr(selector.bits))
    if shape == "lists":
        return faiss.SearchParametersIVF(sel=chosen, nprobe=PROBED)
    return faiss.SearchParameters(sel=chosen) if chosen is not None else None


# --- files -----------------------------------------------------------------------------------------------------------


def opened(folder: Path, space: Space) -> IndexFile | None:
    """The index of a space, if there is a whole one."""
    try:
        told = json.loads((folder / f"{_name(space)}.json").read_text(encoding="utf-8"))
        if told["format"] != FORMAT or told["space"] != space.name or told["dim"] != space.dim:
            return None
        for name, mark in told["files"].items():
            if Path(name).name != name or _mark(folder / name) != mark:
                log.warning("the index of %s is damaged and is made anew", space.name)
                return None
        return _open(folder, told)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        log.warning("the index of %s cannot be read and is made anew: %s", space.name, error)
        return None


def _open(folder: Path, told: Mapping[str, Any]) -> IndexFile:
    import numpy as np

    faiss = _faiss()
    base, count, dim = folder / told["base"], int(told["count"]), int(told["dim"])
    ids = np.memmap(f"{base}.ids", "<i8", "r", shape=(count, 2))
    coded: Any = None
    exact: Any = None
    if told["shape"] == "exact":
        exact = faiss.read_index(f"{base}.faiss", faiss.IO_FLAG_MMAP_IFC)
        rows = faiss.rev_swig_ptr(exact.codes.data(), count * dim * 2).view("<f2").reshape(count, dim)
    else:  # mapped codes of RaBitQ crash this FAISS; they are small
        coded = faiss.read_index(f"{base}.faiss")
        rows = np.memmap(f"{base}.fp16", "<f2", "r", shape=(count, dim))
    if told["shape"] == "coded":
        coded.qb, coded.centered = BITS, True
    return IndexFile(str(told["base"]), int(told["last"]), count, int(told["epoch"]), str(told["shape"]), ids, rows,
                     exact, coded)  # fmt: skip


def build(
    folder: Path,
    space: Space,
    rows: Iterable[Sequence[tuple[int, int, bytes]]],
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> IndexFile | None:
    """Make the index of a space of its rows in blocks; None when it was stopped, or nothing is there."""
    folder.mkdir(parents=True, exist_ok=True)
    base = f"{_name(space)}-{space.epoch}-{time.time_ns():x}"
    paths = {part: folder / f"{base}.{part}" for part in ("ids", "fp16", "faiss")}
    shape = shapes.of(space.count)
    began = time.monotonic()
    try:
        count = _write_rows(paths, rows, stopped)
        _write_codes(paths, count, space.dim, shape, stopped)
        told = {
            "format": FORMAT, "space": space.name, "dim": space.dim, "count": count, "epoch": space.epoch,
            "last": space.last, "shape": shape if shape != "none" else "exact", "base": base,
            "files": {path.name: _mark(path) for path in paths.values() if path.exists()},
        }  # fmt: skip
        _write_manifest(folder / f"{_name(space)}.json", told)
    except _Stopped:
        for path in paths.values():
            path.unlink(missing_ok=True)
        return None
    log.info("index of %s: %d vectors, %s, %.1f s", space.name, count, shape, time.monotonic() - began)
    sweep(folder, [space], keep=base)
    return opened(folder, space)


class _Stopped(Exception):
    """The library closes while an index is made."""


def _write_rows(
    paths: Mapping[str, Path], rows: Iterable[Sequence[tuple[int, int, bytes]]], stopped: Callable[[], bool]
) -> int:
    import numpy as np

    count = 0
    with paths["ids"].open("wb") as ids, paths["fp16"].open("wb") as codes:
        for block in rows:
            if stopped():
                raise _Stopped
            ids.write(np.array([row[:2] for row in block], "<i8").tobytes())
            codes.write(b"".join(row[2] for row in block))
            count += len(block)
        for stream in (ids, codes):
            stream.flush()
            os.fsync(stream.fileno())
    if not count:
        raise _Stopped
    return count


def _write_codes(paths: Mapping[str, Path], count: int, dim: int, shape: str, stopped: Callable[[], bool]) -> None:
    import numpy as np

    faiss = _faiss()
    rows = np.memmap(paths["fp16"], "<f2", "r", shape=(count, dim))
    metric = faiss.METRIC_INNER_PRODUCT
    index: Any
    if shape in ("none", "exact"):
        index = _plain(dim)
    elif shape == "coded":
        index = faiss.IndexRaBitQ(dim, metric)
    else:
        lists = max(16, min(65_536, int(4 * count**0.5)))
        index = faiss.index_factory(dim, f"IVF{lists},RaBitQ", metric)
    if not index.is_trained:
        index.train(np.asarray(rows[:: max(1, count // TRAINED)], np.float32))
    for begin in range(0, count, PART):
        if stopped():
            raise _Stopped
        part = np.asarray(rows[begin : begin + PART])
        if shape in ("none", "exact"):
            index.add_sa_codes(np.ascontiguousarray(part).view(np.uint8))
        else:
            index.add(part.astype(np.float32))
    faiss.write_index(index, str(paths["faiss"]))
    if shape in ("none", "exact"):  # its codes are the rows themselves
        del rows
        paths["fp16"].unlink()
    with paths["faiss"].open("rb+") as stream:
        os.fsync(stream.fileno())


def _write_manifest(path: Path, told: Mapping[str, Any]) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as stream:
        json.dump(told, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path, known: Iterable[Space], keep: str = "") -> None:
    """Remove files of former indexes of these spaces, and what an interrupted making left."""
    for space in known:
        name = _name(space)
        with contextlib.suppress(OSError, ValueError):
            base = keep or json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["base"]
            _remove(path for path in folder.glob(f"{name}-*") if not path.name.startswith(f"{base}."))


def sweep_strangers(folder: Path, known: Iterable[Space]) -> None:
    """Remove every file that belongs to none of these spaces: of spaces that are empty now, or gone."""
    names = tuple(f"{_name(space)}{end}" for space in known for end in (".json", "-"))
    if folder.is_dir():
        _remove(path for path in folder.iterdir() if not path.name.startswith(names))


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        with contextlib.suppress(OSError):
            path.unlink()


def _name(space: Space) -> str:
    """The space's name as a file may be called, told apart by its number."""
    return f"{re.sub(r'[^A-Za-z0-9._@-]', '_', space.name)[:80]}.{space.id}"


def _mark(path: Path) -> str:
    """Size and hash of a file; of a large one, of 256 pieces spread over it."""
    from blake3 import blake3

    size = path.stat().st_size
    hasher = blake3()
    with path.open("rb") as stream:
        if size <= HASHED:
            while piece := stream.read(1 << 20):
                hasher.update(piece)
        else:
            for number in range(256):
                stream.seek(number * (size - PART) // 255)
                hasher.update(stream.read(PART))
    return f"{size}:{hasher.hexdigest()}"
