"""The spool of a node: a key is one work, an answer comes until it is acknowledged, clients are apart."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import spool
from engine.store.db import Database

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = Database(tmp_path / "kinora.db", own=True)
    database.open()
    database.close()
    with sqlite3.connect(tmp_path / "kinora.db", isolation_level=None) as found:
        yield found
    found.close()


def keys(connection: sqlite3.Connection, principal: str = "anna", after: int = 0) -> list[str]:
    found, _ = spool.answers(connection, principal, after, most=99, most_bytes=1 << 20)
    return [one.body for one in found]


def test_a_key_is_one_work_and_belongs_to_the_last_order_that_asks(connection: sqlite3.Connection) -> None:
    assert spool.accept(connection, "anna", "one", "{1}", [A, B], 1) == [A, B]
    assert spool.accept(connection, "anna", "two", "{2}", [B, C], 2) == [C]
    assert spool.accept(connection, "bert", "one", "{3}", [A], 3) == [A]
    left = {(one.principal, one.id): (one.body, one.keys) for one in spool.unfinished(connection)}
    assert left == {
        ("anna", "one"): ("{1}", {A}), ("anna", "two"): ("{2}", {B, C}), ("bert", "one"): ("{3}", {A}),
    }  # fmt: skip
    assert spool.known(connection, "anna", [A, B, C]) == {A, B, C}
    assert spool.known(connection, "bert", [A, B, C]) == {A}


def test_an_order_whose_keys_all_moved_is_forgotten_and_the_other_is_kept(connection: sqlite3.Connection) -> None:
    spool.accept(connection, "anna", "one", "{1}", [A], 1)
    assert spool.accept(connection, "anna", "two", "{2}", [A], 2) == []
    assert [(one.id, one.keys) for one in spool.unfinished(connection)] == [("two", {A})]
    assert spool.cancel(connection, "anna", ["one"]) == []
    assert spool.cancel(connection, "bert", ["two"]) == []
    assert spool.cancel(connection, "anna", ["two"]) == [A]
    assert spool.unfinished(connection) == []


def test_an_answer_is_given_until_it_is_acknowledged_and_never_twice(connection: sqlite3.Connection) -> None:
    spool.accept(connection, "anna", "one", "{1}", [A], 1)
    assert spool.answer(connection, "anna", A, "first")
    assert not spool.answer(connection, "anna", A, "second")
    assert not spool.answer(connection, "bert", A, "other")
    assert spool.unfinished(connection) == []
    assert keys(connection) == keys(connection) == ["first"]
    assert keys(connection, "bert") == []
    assert spool.acknowledge(connection, "bert", [A]) == 0
    assert spool.acknowledge(connection, "anna", [A, B]) == 1
    assert keys(connection) == []


def test_who_asks_again_hears_again_behind_what_was_heard(connection: sqlite3.Connection) -> None:
    spool.accept(connection, "anna", "one", "{1}", [A, B], 1)
    spool.answer(connection, "anna", A, "a")
    spool.answer(connection, "anna", B, "b")
    _, after = spool.answers(connection, "anna", 0, most=99, most_bytes=1 << 20)
    assert keys(connection, after=after) == []
    assert spool.accept(connection, "anna", "two", "{2}", [A], 2) == []
    assert keys(connection, after=after) == ["a"]


def test_numbers_are_never_given_twice_and_those_of_another_spool_begin_anew(connection: sqlite3.Connection) -> None:
    spool.accept(connection, "anna", "one", "{1}", [A, B], 1)
    spool.answer(connection, "anna", A, "a")
    _, after = spool.answers(connection, "anna", 0, most=99, most_bytes=1 << 20)
    spool.acknowledge(connection, "anna", [A])
    spool.answer(connection, "anna", B, "b")
    assert keys(connection, after=after) == ["b"]
    assert keys(connection, after=after + 1000) == ["b"]


def test_a_reply_is_bounded_but_brings_one_at_least(connection: sqlite3.Connection) -> None:
    spool.accept(connection, "anna", "one", "{1}", [A, B, C], 1)
    for key in (A, B, C):
        spool.answer(connection, "anna", key, "x" * 100)
    found, after = spool.answers(connection, "anna", 0, most=99, most_bytes=10)
    assert len(found) == 1
    found, after = spool.answers(connection, "anna", after, most=99, most_bytes=200)
    assert len(found) == 2
    found, _ = spool.answers(connection, "anna", 0, most=2, most_bytes=1 << 20)
    assert len(found) == 2


def test_answers_grow_old_by_the_time_that_the_node_ran(connection: sqlite3.Connection) -> None:
    spool.accept(connection, "anna", "one", "{1}", [A, B], 1)
    spool.answer(connection, "anna", A, "a")
    assert spool.age(connection, 60.0, 100.0) == 0
    spool.answer(connection, "anna", B, "b")
    assert spool.age(connection, 60.0, 100.0) == 1
    assert keys(connection) == ["b"]


def test_wiping_makes_it_another_spool(connection: sqlite3.Connection) -> None:
    before = spool.identity(connection)
    spool.accept(connection, "anna", "one", "{1}", [A, B], 1)
    spool.answer(connection, "anna", A, "a")
    spool.wipe(connection)
    assert spool.identity(connection) != before
    assert spool.held(connection, "anna") == (0, 0)
    assert spool.unfinished(connection) == []
