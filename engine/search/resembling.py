"""Examples to search by: what is meant by one, and what resembles it where no model but only its look was measured."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import FileMissing
from engine.language import mark, tr
from engine.model import Kind
from engine.search.filters import EXAMPLE
from engine.search.likeness import NEAR, codes_of
from engine.search.spaces import Near
from engine.store import assets, files, twins
from engine.store.db import Database
from engine.store.plan import Condition
from engine.store.where import compiled

LOOSE = 4  # bits more than near duplicates may differ in: unlike photos were never nearer than 14
ONLY_LOOK = mark(
    "Only the look as a whole was compared: it finds pictures that are nearly the same. A pack for pictures that look "
    "alike, or for search by meaning, finds more."
)


@dataclass(frozen=True, slots=True)
class Place:
    """What an example means: the asset (0: none), its second, page and part (left, top, width, height), its file."""

    asset: int
    time: float | None = None
    page: int | None = None
    box: list[float] | None = None
    path: Path | None = None

    @property
    def part(self) -> dict[str, Any]:
        """The part of the file that is meant, as workers are asked for it."""
        return {"time": self.time, "page": self.page, "box": self.box}

    @property
    def whole(self) -> bool:
        """Whether a stored asset is meant as it is, or a second of it."""
        return bool(self.asset) and self.box is None and self.page is None


def place_of(database: Database, example: str) -> Place:
    """Read an example as typed: `#12`, `#12@3.5`, `#12@p2`, a part of these, or a path.

    Raises:
        NotFound, FileMissing: there is no such asset, no such file.
    """
    if match := EXAMPLE.fullmatch(example):
        number, page, second, part = match.groups()
        with database.read() as connection:
            assets.get(connection, int(number))
        box = [float(edge or 0) for edge in part.split(";")] if part else None
        return Place(int(number), float(second) if second else None, int(page) if page else None, box)
    path = Path(example).expanduser().resolve()
    with database.read() as connection:
        asset = assets.by_path(connection, os.fsencode(path.parent), os.fsencode(path.name))
    if asset is None and not path.is_file():
        raise FileMissing(
            tr("There is no file {example} to look for its like.", example=example),
            hint=tr("like: takes a file or #12."),
        )
    return Place(asset or 0, path=path)


def file_of(database: Database, place: Place) -> tuple[Path, Kind, str]:
    """The file of an example, its kind and type (empty: to be found out).

    Raises:
        FileMissing: it cannot be reached.
    """
    kind, mime, path = Kind.OTHER, "", place.path
    if place.asset:
        with database.read() as connection:
            row = assets.get(connection, place.asset)
            file = next((one for one in files.of_asset(connection, place.asset) if one.state == "present"), None)
        kind, mime = row.cell.kind, row.facts.mime
        if file is not None:
            path = Path(file.path)
    if path is None:
        raise FileMissing(tr("The file of the example cannot be reached now."))
    return path, kind, mime


def resembling(
    connection: Any, bits: Sequence[str], where: Condition, most: int, without: int
) -> tuple[tuple[Near, float], ...]:
    """The pictures and frames whose hashes differ least from these, and what each is better than."""
    import numpy as np

    rows = twins.looks(connection, compiled(connection, where))
    if not rows:
        return ()
    codes = codes_of([row[2] for row in rows])
    far = np.min(
        [np.bitwise_count(codes[:, 0] ^ one[0]) for one in codes_of(bits)], axis=0
    )  # of views of the example, the nearest counts
    order = np.argsort(far, kind="stable")
    sorted_far = far[order]
    found: dict[int, tuple[Near, float]] = {}
    for at in order[: np.searchsorted(sorted_far, NEAR + LOOSE - 1, side="right")].tolist():
        asset, moment, _ = rows[at]
        if asset != without and asset not in found:
            farther = len(rows) - int(np.searchsorted(sorted_far, far[at], side="right"))
            found[asset] = Near(0, moment, asset, round(1 - int(far[at]) / 64, 4)), farther / max(1, len(rows) - 1)
    return tuple(found.values())[:most]
