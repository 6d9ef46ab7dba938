"""Looking at one asset: its stored preview, a large picture of it drawn by a worker, and where its original lies."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import FileMissing, StoreError
from engine.language import tr
from engine.model import AssetRow, Cell, Preview
from engine.pictures import SIDE, Pictures


class Viewing:
    """Draws what the window looks at; only the owner of a library stores what was drawn."""

    def __init__(self, pictures: Pictures, *, owner: bool) -> None:
        self._pictures = pictures
        self._owner = owner

    def preview(self, cell: Cell, asset: Callable[[int], AssetRow]) -> Path | None:
        """The stored preview (JPEG), None while there is none; one that was deleted is drawn again."""
        path = self._pictures.small(cell.content)
        if path.exists():
            return path
        if not (cell.preview and self._owner):
            return None
        with contextlib.suppress(StoreError, FileMissing):
            source = self.render(asset(cell.id), {"side": SIDE, "page": None, "time": None})
            self._pictures.save(cell.content, Preview(SIDE, source.read_bytes()))
            return self._pictures.small(cell.content)
        return None

    def render(self, row: AssetRow, options: dict[str, Any]) -> Path:
        """A large picture (JPEG), drawn by a worker. Raises KinoraError."""
        cell = row.cell
        return self._pictures.large(cell.content, cell.kind, row.facts.mime, row.facts, place(row), options)


def place(row: AssetRow) -> Any:
    """A file of the asset that can be reached. Raises FileMissing."""
    for one in row.files:
        if one.state == "present" and os.path.lexists(one.raw):
            return one
    raise FileMissing(tr("The file of “{name}” cannot be reached now.", name=row.cell.name))
