"""A library of the first release, with all that people and jobs put into it, becomes one of today and loses nothing."""

import contextlib
import json
import shutil
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine import senses
from engine.library import Library
from engine.model import JobState
from engine.store import backup, migrations
from engine.store.db import open_plain

FIRST = 4  # steps that the first release knew
KEPT = ("asset", "file", "folder", "root", "moment", "finding", "decision", "setting", "tag", "asset_tag", "not_twin",
        "attempt")  # fmt: skip
VECTORS = [("clip@1", 4), ("clip@1", 4), ("other@1", 8)]


def fp16(dim: int, value: float) -> bytes:
    return struct.pack(f"<{dim}e", *([value] * dim))


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A library as the first release left it: made by today's code, then poured into tables of four steps."""
    pictures = tmp_path / "in"
    pictures.mkdir()
    for number in range(4):
        Image.new("RGB", (60 + number, 40), (number * 50, 9, 9)).save(pictures / f"{number}.png")
    (pictures / "note.txt").write_text("The brass key is gone.", encoding="utf-8")
    with Library.open(tmp_path / "today", work=False) as library:
        for _ in library.add([pictures]):
            pass
        library.rate([1, 2], 4)
        library.tag([1], "Harbour")
        library.tag([2], "Wrong")
        library.undo()
        library.not_twins([3, 4])
        library.set("ocr.min_score", 0.7)
    folder = tmp_path / "library"
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / "kinora.db")) as connection:
        migrations.migrate(connection, stop_before=migrations.STEPS[FIRST][0])
        assert migrations.version(connection) == FIRST
        connection.execute("ATTACH ? AS today", (str(tmp_path / "today" / "kinora.db"),))
        for table in (*KEPT, "library"):
            names = ", ".join(f'"{row[1]}"' for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"INSERT INTO main.{table}({names}) SELECT {names} FROM today.{table}")
        _of_its_time(connection)
        connection.commit()
    shutil.rmtree(tmp_path / "today")
    return folder


def _of_its_time(connection: Any) -> None:
    """Jobs of the analyzers that there were, in every state, and findings with words and vectors."""
    states = ("waiting", "running", "done", "failed", "cancelled")
    assets = connection.execute("SELECT id, content FROM main.asset ORDER BY id").fetchall()
    for number, (asset_id, content) in enumerate(assets):
        for analyzer in ("probe", "look"):
            connection.execute(
                "INSERT INTO main.job(key, asset_id, analyzer, version, state, hold, error, created, updated) "
                "VALUES(?, ?, ?, 1, ?, ?, ?, 1, 1)",
                (f"{content}{analyzer}", asset_id, analyzer, states[number % 5], 2 * (number == 0), f"e{number}"),
            )
    for number, (space, dim) in enumerate(VECTORS):
        moment = (assets[number][0] << 20) | 500
        connection.execute("INSERT INTO main.moment(id, asset_id, analyzer, start) VALUES(?, ?, 'look', 1.5)",
                           (moment, assets[number][0]))  # fmt: skip
        row = connection.execute(
            "INSERT INTO main.finding(moment_id, asset_id, analyzer, version, kind, text) "
            "VALUES(?, ?, 'look', 1, 'text', 'zeppelin') RETURNING id",
            (moment, assets[number][0]),
        ).fetchone()
        connection.execute("INSERT INTO main.vector VALUES(?, ?, ?, ?, ?)",
                           (row[0], assets[number][0], space, dim, fp16(dim, number + 0.5)))  # fmt: skip


def rows(path: Path) -> dict[str, list[Any]]:
    with open_plain(path) as connection:
        found = {"job": connection.execute("SELECT key, asset_id, state, hold, error FROM job").fetchall()}
        return found | {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in KEPT}


def test_a_library_of_the_first_release_keeps_everything(first: Path) -> None:
    before = rows(first / "kinora.db")
    assert len(before["decision"]) == 5
    assert {row[2] for row in before["job"]} == {state.value for state in JobState}
    with Library.open(first, work=False) as library:
        assert library.search("zeppelin").total == 3
        assert library.search("brass").total == 1 or library.search("note").total == 1
        assert (library.asset(1).cell.rating, library.tags()) == (4, [("Harbour", 1)])
        assert library.settings()["ocr.min_score"] == 0.7
        with library.database.read() as connection:
            assert migrations.version(connection) == len(migrations.STEPS)
            spaces = connection.execute("SELECT name, dim, count FROM space ORDER BY name").fetchall()
            vectors = connection.execute("SELECT fp16 FROM embedding ORDER BY finding_id").fetchall()
            jobs = connection.execute("SELECT key, asset_id, state, error FROM job ORDER BY id").fetchall()
            tally = dict(connection.execute("SELECT state, sum(n) FROM tally GROUP BY state"))
        assert spaces == [("clip@1", 4, 2), ("other@1", 8, 1)]
        assert [row[0] for row in vectors] == [fp16(dim, at + 0.5) for at, (_, dim) in enumerate(VECTORS)]
        assert tally == {"waiting": 4, "running": 0, "done": 2, "failed": 2, "cancelled": 2}
        again = {"running": "waiting"}  # nobody runs any more
        assert jobs == [(key, at, again.get(state, state), said) for key, at, state, _, said in before["job"]]
        senses.reconcile(library.database, library.settings())
        assert {job.analyzer for job in library.asset(1).jobs} > {"probe", "look", "faces", "objects", "meaning"}
        assert library.undo() == "Undone: Marked 2 items as not duplicates"
        assert library.redo() is not None
        assert library.people.listing() == []
    after = rows(first / "kinora.db")
    for table in set(KEPT) - {"setting", "decision", "finding", "moment"}:
        width = len(before[table][0]) if before[table] else 0  # later steps only add columns
        assert [row[:width] for row in after[table]] == before[table], table
    ((*_, given),) = after["asset_tag"]
    assert given in [row[1] for row in before["decision"]]  # the decision knows when the tag was given
    for table in ("finding", "moment", "decision"):
        assert set(after[table]) >= set(before[table]), table
    with open_plain(first / f"kinora.db.schema-{FIRST}") as connection:  # the copy that is kept
        assert migrations.version(connection) == FIRST


def test_a_backup_of_the_first_release_is_verified_and_restored(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kinora-2026"
    folder.mkdir()
    shutil.copyfile(first / "kinora.db", folder / "kinora.db")
    told = backup.inspect(folder / "kinora.db")
    manifest = {"made": "2026-01-01", "sha256": backup.digest(folder / "kinora.db"), **told}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "person" not in told["rows"]  # type: ignore[operator]
    for _ in backup.restore(folder, tmp_path / "restored"):
        pass
    with Library.open(tmp_path / "restored", work=False) as library:
        assert library.search("zeppelin").total == 3
