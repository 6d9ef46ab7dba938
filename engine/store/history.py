"""What was searched for lately, on this machine alone: a few hundred lines that can be taken away."""

import sqlite3
import time

from engine.model import AskedRow

MOST = 300  # searches that are kept
GROWN = 120.0  # seconds in which a longer search that begins with a shorter one takes its place
WORTH = 86_400.0  # seconds that a search counts as younger for each time that something was opened from it
OPENED = 5  # times that count at most
# An opened search stays ahead of those that were only looked at for some days.
ORDER = f"at + {WORTH} * min(opened, {OPENED}) DESC, id DESC"


def listing(connection: sqlite3.Connection, beginning: str, limit: int) -> list[AskedRow]:
    """The searches that begin with these characters, or have a word that does; the likeliest first."""
    begins, within = (f"{sign}{_escaped(beginning)}%" for sign in ("", "% "))
    rows = connection.execute(
        "SELECT query, at, times, opened FROM asked "
        f"WHERE query LIKE ? ESCAPE '\\' OR query LIKE ? ESCAPE '\\' ORDER BY {ORDER} LIMIT ?",
        (begins, within, limit),
    )
    return [AskedRow(*row) for row in rows]


def note(connection: sqlite3.Connection, query: str, *, opened: bool) -> None:
    """Keep a search; `opened`: something was opened from what it found."""
    now = time.time()
    _outgrown(connection, query, now)
    connection.execute(
        "INSERT INTO asked(query, at, times, opened) VALUES(?1, ?2, 1, ?3) ON CONFLICT(query) "
        "DO UPDATE SET at = ?2, times = times + (?3 = 0), opened = opened + ?3",
        (query, now, int(opened)),
    )
    connection.execute(f"DELETE FROM asked WHERE id IN (SELECT id FROM asked ORDER BY {ORDER} LIMIT -1 OFFSET {MOST})")


def remove(connection: sqlite3.Connection, query: str) -> None:
    """Forget one search."""
    connection.execute("DELETE FROM asked WHERE query = ?", (query,))


def clear(connection: sqlite3.Connection) -> None:
    """Forget all of them."""
    connection.execute("DELETE FROM asked")


def _outgrown(connection: sqlite3.Connection, query: str, now: float) -> None:
    """Drop what was asked on the way to a longer search, unless something was opened from it."""
    rows = connection.execute(
        "SELECT id, query FROM asked WHERE opened = 0 AND times = 1 AND at > ?", (now - GROWN,)
    ).fetchall()
    gone = [(number,) for number, shorter in rows if shorter != query and query.startswith(shorter)]
    connection.executemany("DELETE FROM asked WHERE id = ?", gone)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
