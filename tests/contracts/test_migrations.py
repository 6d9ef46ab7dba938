"""Every earlier schema grows into the fresh one; strangers and newer libraries are refused and left alone."""

import sqlite3
from pathlib import Path

import pytest

from engine.errors import LibraryDamaged, LibraryNewer
from engine.store import migrations
from engine.store.db import Database

NAMES = [name for name, _ in migrations.STEPS]


def plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    )
    return [tuple(str(value) for value in row) for row in rows]


@pytest.mark.parametrize("known", range(len(NAMES)))
def test_every_earlier_version_grows_into_the_fresh_schema(tmp_path: Path, known: int) -> None:
    old, fresh = plain(tmp_path / "old.db"), plain(tmp_path / "fresh.db")
    try:
        migrations.migrate(old, stop_before=NAMES[known])
        assert migrations.version(old) == known
        assert migrations.migrate(old) == NAMES[known:]
        migrations.migrate(fresh)
        assert schema(old) == schema(fresh)
        assert migrations.migrate(old) == []
    finally:
        old.close()
        fresh.close()


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = plain(tmp_path / "k.db")
    try:
        broken = (*migrations.STEPS[:2], ("s9999_broken", ("CREATE TABLE half(a)", "CREATE TABLE half(a)")))
        monkeypatch.setattr(migrations, "STEPS", broken)
        with pytest.raises(sqlite3.OperationalError):
            migrations.migrate(connection)
        assert migrations.version(connection) == 2
        assert not any(row[1] == "half" for row in schema(connection))
    finally:
        connection.close()


def test_a_newer_library_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "kinora.db"
    connection = plain(path)
    migrations.migrate(connection)
    connection.execute(f"PRAGMA user_version = {len(NAMES) + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LibraryNewer, match="newer Kinora"):
        Database(path, own=True).open()
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    connection = plain(tmp_path / "kinora.db")
    connection.execute("CREATE TABLE theirs(a)")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(LibraryDamaged, match="not a Kinora library"):
        Database(tmp_path / "kinora.db", own=True).open()
