"""Files that an analyzer has not read yet."""

import sqlite3
from collections.abc import Sequence

from engine.model import Hold


def counts(connection: sqlite3.Connection, analyzers: Sequence[str]) -> list[tuple[str, int, bool]]:
    """Of each analyzer how many of its jobs wait, and whether they wait for a pack (then only those are counted)."""
    found = []
    for analyzer in analyzers:
        held, free = connection.execute(
            "SELECT coalesce(sum(hold & ?1 <> 0), 0), coalesce(sum(hold = 0), 0) FROM job "
            "WHERE state = 'waiting' AND analyzer = ?2",
            (Hold.PACK, analyzer),
        ).fetchone()
        found.append((analyzer, held or free, bool(held)))
    return found
