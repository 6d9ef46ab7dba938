"""Readers of a library: one with a large cache is lent first, further ones are small, and few stand by."""

import contextlib
import sqlite3
from pathlib import Path

from engine.store import db
from engine.store.db import Database


def cache(connection: sqlite3.Connection) -> int:
    """KiB."""
    return -int(connection.execute("PRAGMA cache_size").fetchone()[0])


def test_the_reader_with_the_large_cache_is_lent_first(tmp_path: Path) -> None:
    database = Database(tmp_path / "kinora.db", own=True)
    database.open()
    with database.read() as first, database.read() as second, database.read() as third:
        assert [cache(first), cache(second), cache(third)] == [db.READER_KIB, db.SPARE_KIB, db.SPARE_KIB]
    for _ in range(3):
        with database.read() as one, database.read() as other:
            assert one is first
            assert other in (second, third)
    with contextlib.ExitStack() as lent:
        many = [lent.enter_context(database.read()) for _ in range(db.IDLE + 3)]
        assert len({id(one) for one in many}) == db.IDLE + 3
    assert len(database._readers) == db.IDLE
    with database.read() as again:
        assert again is first
    database.close()
    assert database._readers == []
