"""Searches that the user keeps."""

import sqlite3
import time

from engine.errors import NotFound
from engine.language import tr
from engine.model import SavedSearch


def listing(connection: sqlite3.Connection) -> list[SavedSearch]:
    """All of them by name."""
    rows = connection.execute("SELECT id, name, query, sort FROM saved_search ORDER BY name COLLATE NOCASE")
    return [SavedSearch(*row) for row in rows]


def put(connection: sqlite3.Connection, name: str, query: str, sort: str) -> SavedSearch:
    """Keep a search under a name; one of that name is replaced."""
    row = connection.execute(
        "INSERT INTO saved_search(name, query, sort, made) VALUES(?, ?, ?, ?) "
        "ON CONFLICT(name) DO UPDATE SET query = excluded.query, sort = excluded.sort RETURNING id, name, query, sort",
        (name, query, sort, time.time()),
    ).fetchone()
    return SavedSearch(*row)


def rename(connection: sqlite3.Connection, search_id: int, name: str) -> bool:
    """Give a search another name; False when another one has it.

    Raises:
        NotFound: there is no such search.
    """
    taken = connection.execute("SELECT id FROM saved_search WHERE name = ?", (name,)).fetchone()
    if taken is not None and taken[0] != search_id:
        return False
    if not connection.execute("UPDATE saved_search SET name = ? WHERE id = ?", (name, search_id)).rowcount:
        raise NotFound(tr("There is no saved search {search_id}.", search_id=search_id))
    return True


def delete(connection: sqlite3.Connection, search_id: int) -> None:
    """Forget a search.

    Raises:
        NotFound: there is none of this number.
    """
    if not connection.execute("DELETE FROM saved_search WHERE id = ?", (search_id,)).rowcount:
        raise NotFound(tr("There is no saved search {search_id}.", search_id=search_id))
