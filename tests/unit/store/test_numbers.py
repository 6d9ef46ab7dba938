"""Long lists of numbers are read, sorted out and handed on without an object for each."""

import contextlib
import json
import sqlite3
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store import numbers
from engine.store.numbers import both, distinct, gathered, packed, parts, within

SOME = st.lists(st.integers(-(2**40), 2**40), max_size=12)


@given(SOME)
def test_what_sqlite_gives_is_read(values: list[int]) -> None:
    sql, doubled = "SELECT group_concat(value) FROM json_each(?)", json.dumps(values * 2)
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        assert numbers.numbers(connection, sql, (json.dumps(values),)).tolist() == values
        assert numbers.numbers(connection, sql, (doubled,), ascending=True).tolist() == sorted(values * 2)
        assert distinct(connection, sql, (doubled,)).tolist() == sorted(set(values))
    assert gathered(iter(values)).tolist() == sorted(set(values))


def test_a_list_that_cannot_be_read_keeps_no_place() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for _ in range(4):
            with pytest.raises(sqlite3.OperationalError):
                numbers.numbers(connection, "SELECT nothing")
        assert numbers.numbers(connection, "SELECT '1,2'").tolist() == [1, 2]


@given(SOME, SOME)
def test_they_are_sets(one: list[int], other: list[int]) -> None:
    there = gathered(other)
    assert both(gathered(one), there).tolist() == sorted({*one, *other})
    assert within(np.array(one, np.int64), there).tolist() == [number in other for number in one]
    assert packed(gathered(one)[within(gathered(one), there)]).tolist() == sorted(set(one) & set(other))


def test_they_are_handed_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "PART", 3)
    whole = list(range(8))
    assert list(parts(array("q", whole))) == list(parts(gathered(whole))) == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert list(parts(array("q"))) == []
    assert packed(np.arange(10, dtype=np.int64)[::3]).tolist() == [0, 3, 6, 9]
