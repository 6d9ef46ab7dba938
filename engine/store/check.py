"""Finding damage: what SQLite says of its file, and whether the tables agree with each other and with the disk."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.model import Step
from engine.store import findings, words
from engine.store.db import Database, explain
from engine.store.findings import OPEN


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be, and what mends it."""

    code: str
    text: str
    mend: str


ORPHANS = (
    (
        "files without their asset",
        "SELECT count(*) FROM file f LEFT JOIN asset a ON a.id = f.asset_id "
        "WHERE f.asset_id IS NOT NULL AND a.id IS NULL",
    ),
    (
        "findings without their moment",
        "SELECT count(*) FROM finding f LEFT JOIN moment m ON m.id = f.moment_id WHERE m.id IS NULL",
    ),
    (
        "findings without their asset",
        "SELECT count(*) FROM finding f LEFT JOIN asset a ON a.id = f.asset_id WHERE a.id IS NULL",
    ),
    (
        "jobs without their asset",
        "SELECT count(*) FROM job j LEFT JOIN asset a ON a.id = j.asset_id WHERE a.id IS NULL",
    ),
    (
        "vectors without their finding",
        "SELECT count(*) FROM embedding v LEFT JOIN finding f ON f.id = v.finding_id WHERE f.id IS NULL",
    ),
    (
        "vectors of the wrong length",
        "SELECT count(*) FROM embedding v JOIN space s ON s.id = v.space_id WHERE length(v.fp16) <> 2 * s.dim",
    ),
)


def check(database: Database, previews: Path) -> Iterator[Step | Problem]:
    """Look for damage; yields progress and the problems found."""
    yield Step(0, 4, "Checking the database file")
    try:
        with database.read() as connection:
            yield from _file(connection)
            yield Step(1, 4, "Checking the tables")
            yield from _tables(connection)
            yield Step(2, 4, "Checking the search index")
            yield from _words(connection)
            yield Step(3, 4, "Checking the previews")
            yield from _previews(connection, previews)
    except sqlite3.DatabaseError as error:
        yield Problem("database", explain(error, "read the library").text, "Restore the last backup: `kinora restore`.")
    yield Step(4, 4, "Done")


def _file(connection: sqlite3.Connection) -> Iterator[Problem]:
    for (line,) in connection.execute("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Problem(
                "database", f"The database file is damaged: {line}.", "Restore the last backup: `kinora restore`."
            )


def _tables(connection: sqlite3.Connection) -> Iterator[Problem]:
    for what, sql in ORPHANS:
        count = connection.execute(sql).fetchone()[0]
        if count:
            yield Problem("tables", f"{count:,} {what}.", "Restore the last backup, or add the folders again.")
    wrong = connection.execute(
        "SELECT count(*) FROM (SELECT analyzer, state, hold <> 0 AS held, count(*) AS n FROM job GROUP BY 1, 2, 3) j "
        "LEFT JOIN tally t ON t.analyzer = j.analyzer AND t.state = j.state AND t.held = j.held WHERE t.n IS NOT j.n"
    ).fetchone()[0]
    if wrong:
        yield Problem(
            "tally", "The counts of the queue do not agree with its jobs.", "`kinora check --repair` counts anew."
        )


def _words(connection: sqlite3.Connection) -> Iterator[Problem]:
    indexed = words.size(connection)
    wanted = connection.execute(
        f"SELECT count(DISTINCT moment_id) FROM finding WHERE text <> '' AND {OPEN}"
    ).fetchone()[0]
    if indexed != wanted:
        text = f"The search index holds {indexed:,} moments, the library {wanted:,}."
        yield Problem("words", text, "`kinora check --repair` makes the index anew.")


def _previews(connection: sqlite3.Connection, previews: Path) -> Iterator[Problem]:
    lost = sum(
        not (previews / content[:2] / f"{content}.jpg").exists()
        for (content,) in connection.execute("SELECT content FROM asset WHERE preview > 0")
    )
    if lost:
        yield Problem("previews", f"{lost:,} previews are gone.", "They are drawn again when they are next looked at.")


def repair(connection: sqlite3.Connection) -> int:
    """Make what is only derived anew: the search index and the queue's counts. Return the moments indexed."""
    connection.execute("DELETE FROM tally")
    connection.execute("INSERT INTO tally SELECT analyzer, state, hold <> 0, count(*) FROM job GROUP BY 1, 2, 3")
    return findings.rebuild_words(connection)
