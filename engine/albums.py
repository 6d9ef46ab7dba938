"""Albums of a library: made, filled, put in order and deleted, each a decision; and those that fill themselves."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from engine.decided import Decided
from engine.errors import KinoraError, NotFound
from engine.language import tr
from engine.model import AlbumRow
from engine.search.saved import Saved
from engine.store import albums, decisions
from engine.store.act import Act
from engine.store.db import Database


class Albums:
    """`library.albums`; every method may be called from any thread."""

    def __init__(self, database: Database, decided: Decided, searches: Saved, count: Callable[[str], int]) -> None:
        self._database = database
        self._decided = decided
        self._searches = searches
        self._count = count

    def listing(self) -> list[AlbumRow]:
        """The albums by name, with the number of their assets."""
        with self._database.read() as connection:
            return albums.listing(connection)

    def smart(self) -> list[AlbumRow]:
        """The smart albums: the saved searches by name, not counted (see `count`)."""
        return [
            AlbumRow(one.id, one.name, -1, None, one.query, one.sort, smart=True) for one in self._searches.listing()
        ]

    def count(self, query: str) -> int:
        """How many assets a smart album has now. Raises QueryError."""
        return self._count(query)

    def named(self, name: str) -> AlbumRow:
        """The album of a name, whatever its case, or of a number (`#3`).

        Raises:
            NotFound: there is none.
        """
        clean = " ".join(name.split()).casefold()
        for one in self.listing():
            if one.name.casefold() == clean or f"#{one.id}" == clean:
                return one
        raise NotFound(tr("There is no album “{name}”.", name=name), hint=tr("`kinora albums` lists them."))

    def make(self, name: str, ids: Sequence[int] = ()) -> int:
        """Make an album with these assets in it; return its number.

        Raises:
            NameTaken: the name is empty or too long, or another album has it.
        """
        return self._decided.record(lambda connection: _made(connection, name, ids))

    def rename(self, album_id: int, name: str) -> None:
        """Give an album another name. Raises NotFound, NameTaken."""
        self._do(partial(albums.rename, album_id=album_id, name=name))

    def delete(self, album_id: int) -> None:
        """Delete an album; its assets stay, and undoing brings it back with all of them. Raises NotFound."""
        self._do(partial(albums.delete, album_id=album_id))

    def add(self, album_id: int, ids: Sequence[int]) -> int:
        """Put assets at the end of an album; return how many are new to it. Raises NotFound."""
        return self._do(partial(albums.add, album_id=album_id, asset_ids=ids))

    def remove(self, album_id: int, ids: Sequence[int]) -> int:
        """Take assets out of an album; return how many were in it. Raises NotFound."""
        return self._do(partial(albums.remove, album_id=album_id, asset_ids=ids))

    def move(self, album_id: int, ids: Sequence[int], before: int | None) -> int:
        """Put members in front of another one (None: at the end); return how many changed place. Raises NotFound."""
        return self._do(partial(albums.move, album_id=album_id, asset_ids=ids, before=before))

    def told(self, act: str, **given: Any) -> Any:
        """Do what another start of Kinora asks for. Raises KinoraError."""
        if act not in ("make", "rename", "delete", "add", "remove", "move"):
            raise KinoraError(tr("Albums cannot be told to {act}.", act=act))
        return getattr(self, act)(**given)

    def _do(self, plan: Callable[[sqlite3.Connection], Act]) -> int:
        """Carry an act out; nothing is written down when nothing changes. Return how many members it is about."""

        def decide(connection: sqlite3.Connection) -> int:
            act = plan(connection)
            if any(act.after.values()):
                decisions.carry_out(connection, act)
            return len(act.after.get("members", ())) + len(act.after.get("out", ()))

        return self._decided.record(decide)


def _made(connection: sqlite3.Connection, name: str, ids: Sequence[int]) -> int:
    act = albums.make(connection, name, ids)
    decisions.carry_out(connection, act)
    return int(act.after["albums"][0][0])
