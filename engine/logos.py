"""Logos: taught by one example, forgotten again, each a decision that can be undone."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import KinoraError, NeedsPack, NotFound, SettingInvalid
from engine.language import tr
from engine.model import Box
from engine.packs import shelf
from engine.search import logos as looking
from engine.store import assets, decisions, logos
from engine.store.logos import REGIONS, Example

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from engine.decided import Decided
    from engine.encoding import Encoding
    from engine.search.spaces import Spaces
    from engine.store.db import Database

TASKS = ("picture-embedding", "image-text")  # as the analyzer `titles` chooses


class Logos:
    """The logos of one library; every method may be called from any thread."""

    def __init__(
        self,
        database: Database,
        decided: Decided,
        spaces: Spaces,
        encoding: Encoding,
        settings: Callable[[], Mapping[str, Any]],
        original: Callable[[int], Path],
    ) -> None:
        self._database = database
        self._decided = decided
        self._spaces = spaces
        self._encoding = encoding
        self._settings = settings
        self._original = original

    def listing(self) -> list[tuple[int, str, int]]:
        """Every logo: the id of its first example, its name, and how many assets show it."""
        with self._database.read() as connection:
            found: dict[str, tuple[int, str, int]] = {}
            for example in logos.examples(connection):
                if example.name.casefold() not in found:
                    seen = looking.seen(self._spaces, connection, example.name)
                    found[example.name.casefold()] = example.id, example.name, len({near.asset for near in seen})
        return list(found.values())

    def teach(self, name: str, asset_id: int, box: Box, time: float | None = None, page: int | None = None) -> int:
        """Learn what a logo looks like from a part of a picture; more examples of one name add up. Return its id.

        Raises:
            SettingInvalid: the name or the box is empty.
            NeedsPack: no pack turns pictures into numbers.
            NotFound, FileMissing, MediaError: the picture cannot be had.
        """
        clean = " ".join(name.split())
        whole, box = all(math.isfinite(value) for value in box), _inside(*box)
        if not clean or not whole or min(box[2:]) <= 0:
            raise SettingInvalid(tr("A logo needs a name and a part of a picture."), hint=tr("Draw a box around it."))
        space, fp16 = self._vector(asset_id, box, time, page)
        values = {"name": clean, "asset_id": asset_id, "x": box[0], "y": box[1], "w": box[2], "h": box[3],
                  "time": time, "page": page, "made": clock.time()}  # fmt: skip

        def decide(connection: sqlite3.Connection) -> int:
            kept = logos.new(connection, values, space, fp16)
            _decide(connection, tr("Taught the logo “{clean}”", clean=clean), {"off": [kept]}, {"on": [kept]})
            return int(kept["id"])

        return self._decided.record(decide)

    def forget(self, logo_id: int) -> None:
        """Forget a logo with all its examples.

        Raises:
            NotFound: there is none of that id.
        """

        def decide(connection: sqlite3.Connection) -> None:
            first = logos.state(connection, logo_id)
            if first is None:
                raise NotFound(tr("There is no such logo."))
            kept = [logos.state(connection, one.id) for one in logos.examples(connection, first["name"])]
            states = [state for state in kept if state is not None]
            _decide(connection, tr("Forgot the logo “{first}”", first=first["name"]), {"on": states}, {"off": states})

        self._decided.record(decide)

    def told(self, act: str, **given: Any) -> Any:
        """Do what another start of Kinora asks for. Raises KinoraError."""
        if act not in ("teach", "forget"):
            raise KinoraError(tr("Logos cannot be told to {act}.", act=act))
        if "box" in given:
            given["box"] = Box(*given["box"])
        return getattr(self, act)(**given)

    def _vector(self, asset_id: int, box: Box, time: float | None, page: int | None) -> tuple[str, bytes]:
        """The space and vector of a part of a picture: a stored one that lies over it, or one made now."""
        import numpy as np

        ref, task = self._pack()
        space = ref + REGIONS
        example = Example(0, "", "", b"", asset_id, box, time, page)
        with self._database.read() as connection:
            row = assets.get(connection, asset_id)
            stored = looking.at_place(connection, example, space)
        if stored is not None:
            return space, stored
        _, made = self._encoding.picture(ref, task, self._original(asset_id), row.cell.kind, row.facts.mime,
                                         box=list(box), time=time, page=page)  # fmt: skip
        return space, np.asarray(made, "<f2").tobytes()

    def _pack(self) -> tuple[str, str]:
        chosen = shelf.chosen(self._settings())
        for task in TASKS:
            if task in chosen:
                return chosen[task], task
        raise NeedsPack(tr("Logos are known by the numbers that a pack makes of pictures."), hint="kinora packs")


def _inside(x: float, y: float, w: float, h: float) -> Box:
    """The part of a box that lies on the picture."""
    left, top, right, bottom = max(0.0, x), max(0.0, y), min(1.0, x + w), min(1.0, y + h)
    return Box(left, top, right - left, bottom - top)


def _decide(connection: sqlite3.Connection, said: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    logos.apply(connection, after)
    decisions.record(connection, "logo", said, before, after)
