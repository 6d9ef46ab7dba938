"""How the level of parts and the opinion on the whole become the level of an asset."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model import Finding, FindingKind, Moment
from engine.model.safety import CERTAIN, LEVELS, SURE, fused
from engine.store import assets, findings
from engine.store.db import Database

PLAIN, HINT = ("safe", 1.0), ("safe", 0.7)
PART = ("suggestive", 0.6)


@pytest.mark.parametrize(
    ("level", "opinion", "answer"),
    [
        (None, None, ""),
        (PLAIN, None, "safe"),
        (("explicit", 0.5), None, "explicit"),
        # a sure opinion needs a hint, a certain one none; one step only, and explicit only where a part was seen
        (PLAIN, ("explicit", 0.92), "safe"),
        (PLAIN, ("explicit", 0.98), "suggestive"),
        (PLAIN, ("suggestive", 0.99), "suggestive"),
        (HINT, ("explicit", 0.75), "safe"),
        (HINT, ("suggestive", 0.8), "suggestive"),
        (HINT, ("explicit", 1.0), "suggestive"),
        (PART, ("explicit", 0.7), "suggestive"),
        (PART, ("explicit", 0.85), "explicit"),
        # an opinion lowers nothing
        (("explicit", 0.5), ("safe", 1.0), "explicit"),
        (PART, ("safe", 1.0), "suggestive"),
        (("explicit", 0.5), ("suggestive", 1.0), "explicit"),
        # alone
        (None, ("safe", 0.9), "safe"),
        (None, ("suggestive", 0.6), "safe"),
        (None, ("explicit", 0.61), "safe"),
        (None, ("explicit", 0.9), "suggestive"),
        (None, ("suggestive", 1.0), "suggestive"),
        (None, ("explicit", 0.99), "explicit"),
        # what no classifier of ours says
        (PLAIN, ("odd", 1.0), "safe"),
    ],
)
def test_the_rule(level: tuple[str, float] | None, opinion: tuple[str, float] | None, answer: str) -> None:
    assert fused(level, opinion) == answer


def test_it_never_lowers_and_raises_by_one_step() -> None:
    for own in LEVELS:
        for score in (0.0, 0.5, 1.0):
            for said in LEVELS:
                for sure in (0.0, SURE, CERTAIN, 1.0):
                    step = LEVELS.index(fused((own, score), (said, sure))) - LEVELS.index(own)
                    assert step in (0, 1)
                    assert step <= max(0, LEVELS.index(said) - LEVELS.index(own))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "kinora.db", own=True)
    opened.open()
    insert = "INSERT INTO asset(id, content, kind, size, added) VALUES(1, 'aa', 'video', 1, 0)"
    opened.write(lambda connection: connection.execute(insert).rowcount)
    yield opened
    opened.close()


def _level(label: str, score: float, kind: FindingKind = FindingKind.LEVEL) -> Finding:
    return Finding(kind, Moment(), label=label, score=score)


def _safety(database: Database, analyzer: str = "", *said: Finding) -> str:
    """Let an analyzer say something of the asset; return the level that this makes."""

    def work(connection: sqlite3.Connection) -> str:
        if analyzer:
            findings.replace(connection, 1, analyzer, 1, said)
        assets.summarise(connection, 1)
        return str(connection.execute("SELECT safety FROM asset WHERE id = 1").fetchone()[0])

    return database.write(work)


def test_an_asset_has_the_level_of_both(database: Database) -> None:
    assert _safety(database) == ""
    assert _safety(database, "meaning", _level("explicit", 0.9, FindingKind.OPINION)) == "suggestive"
    assert _safety(database, "safety", _level("safe", 1.0)) == "safe"
    assert _safety(database, "safety", _level("safe", 0.6)) == "suggestive"
    assert _safety(database, "meaning") == "safe"
    assert _safety(database, "safety", _level("suggestive", 0.6), _level("explicit", 0.5)) == "explicit"
