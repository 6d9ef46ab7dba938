from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.store import words
from engine.store.db import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "kinora.db", own=True)
    made.open()
    yield made
    made.close()


def put(database: Database, *texts: str) -> None:
    for number, text in enumerate(texts, start=1):
        database.write(lambda connection, row=(number << 20, text): words.put(connection, *row))


def ask(database: Database, question: Any, *arguments: Any) -> Any:
    with database.read() as connection:
        return question(connection, *arguments)


def terms(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return dict(connection.execute("SELECT term, doc FROM vocabulary"))


def test_put_and_remove_leave_nothing(database: Database) -> None:
    texts = ["Käse 我是中国人", "서울 Straße", "e\u0301te\u0301 !!!", "!!!"]
    put(database, *texts)
    assert ask(database, words.size) == 4
    assert ask(database, words.document_frequency, "kase") == 1
    for number, text in enumerate(texts, start=1):
        database.write(lambda connection, row=(number << 20, text): words.remove(connection, *row))
    assert ask(database, words.size) == 0
    assert terms(database) == {}


def test_removing_without_a_text_does_nothing(database: Database) -> None:
    put(database, "one")
    database.write(lambda connection: words.remove(connection, 7 << 20, ""))
    assert ask(database, words.size) == 1
    with database.read() as connection:
        assert connection.execute("SELECT bm25(words) < 0 FROM words WHERE words MATCH 'one'").fetchall() == [(1,)]


def test_clear(database: Database) -> None:
    put(database, "one", "two")
    database.write(words.clear)
    assert ask(database, words.size) == 0
    assert terms(database) == {}


def test_settling_and_optimizing_keep_the_words(database: Database) -> None:
    put(database, *(f"word{number} all" for number in range(40)))
    before = terms(database)
    while database.write(words.settle):
        pass
    database.write(words.optimize)
    assert terms(database) == before
    assert before["all"] == 40


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sunfolwer", "sunflower"),
        ("sunflowr", "sunflower"),
        ("sunnflower", "sunflower"),
        ("usnflower", "sunflower"),
        ("unflower", "sunflower"),
        ("zunflower", "sunflower"),
        ("szunflower", "sunflower"),
        ("sxnflower", "sunflower"),
        ("sunflawar", "sunflower"),
        ("bech", "beach"),
        ("baech", "beach"),
    ],
)
def test_similar_terms(database: Database, typed: str, meant: str) -> None:
    put(database, "sunflower beach", "mountain 2019")
    assert ask(database, words.similar_terms, typed) == [meant]


@pytest.mark.parametrize("typed", ["sunflower", "sunxxxwer", "xy", "2018", "中", "beaxx"])
def test_nothing_similar(database: Database, typed: str) -> None:
    put(database, "sunflower beach 2019 中国")
    assert ask(database, words.similar_terms, typed) == []


def test_the_nearest_and_most_frequent_comes_first(database: Database) -> None:
    put(database, "boat", "boat", "beat", "bolt bolt")
    assert ask(database, words.similar_terms, "bxat") == ["boat", "beat"]


def test_complete_words(database: Database) -> None:
    put(database, "beach bear", "beach", "cat")
    assert ask(database, words.complete_words, "be") == [("beach", 2), ("bear", 1)]
    assert ask(database, words.complete_words, "be", 1) == [("beach", 2)]
    assert ask(database, words.begins_a_word, "bea")
    assert not ask(database, words.begins_a_word, "dog")
