"""Rates: windows that slide, that outlive a restart, and that cost no write for each request."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.serve.rates import MOST_SUBJECTS, Limit, Rates, place_of
from engine.store.db import Database

FIVE = Limit(5, 60)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path / "kinora.db", own=True)
    found.open()
    yield found
    found.close()


def test_so_many_and_then_a_wait_that_ends(database: Database) -> None:
    clock = Clock()
    rates = Rates(database, 120, clock)
    assert [rates.hit("a", FIVE) for _ in range(5)] == [0.0] * 5
    wait = rates.hit("a", FIVE)
    assert 0 < wait <= 60
    assert rates.hit("b", FIVE) == 0.0
    assert rates.hit("a", Limit(0, 60)) == 0.0
    clock.now += 130
    assert rates.hit("a", FIVE) == 0.0


def test_a_count_outlives_a_restart(database: Database) -> None:
    clock = Clock()
    rates = Rates(database, 120, clock)
    for _ in range(5):
        rates.hit("a", FIVE)
    rates.flush()
    database.write(lambda connection: None)
    again = Rates(database, 120, clock)
    assert again.hit("a", FIVE) > 0
    assert again.hit("b", FIVE) == 0


def test_requests_cost_no_write_and_the_flush_one(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = Rates(database, 120, Clock())
    writes: list[object] = []
    monkeypatch.setattr(database, "submit", lambda work, change=None: writes.append(work))
    for _ in range(1000):
        rates.hit("a", Limit(10_000, 60))
    assert not writes
    rates.flush()
    rates.flush()
    assert len(writes) == 1


def test_a_clock_that_is_set_back_holds_nobody_for_a_year(database: Database) -> None:
    clock = Clock()
    rates = Rates(database, 120, clock)
    for _ in range(5):
        rates.hit("a", FIVE)
    clock.now -= 365 * 86_400
    assert rates.hit("a", FIVE) == 0.0
    rates.flush()
    clock.now += 365 * 86_400
    assert rates.hit("a", FIVE) == 0.0


def test_many_strangers_fill_no_memory(database: Database) -> None:
    rates = Rates(database, 120, Clock())
    for number in range(MOST_SUBJECTS + 50):
        rates.hit(f"address {number}", FIVE)
    assert len(rates._counts) == MOST_SUBJECTS


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.floats(0.0, 40.0), min_size=20, max_size=80))
def test_no_span_ever_lets_twice_the_limit_pass(database: Database, steps: list[float]) -> None:
    clock = Clock()
    rates = Rates(database, 120, clock)
    passed = []
    for step in steps:
        clock.now += step
        for _ in range(3):
            if rates.hit("a", FIVE) == 0.0:
                passed.append(clock.now)
    for at in passed:
        assert sum(at <= one < at + FIVE.span for one in passed) < 2 * FIVE.most


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_network_of_one_customer_is_one_address(address: str, place: str) -> None:
    assert place_of(address) == place
