"""Two libraries of one user and one budget: whatever ends in between, together they never pass a cap."""

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from engine.account import Account
from engine.errors import KinoraError, OverBudget, RentalError
from engine.home import account_folder
from engine.hosts.rental import reconcile
from engine.hosts.rental.vast import Vast
from engine.keys import Keys
from engine.library import Library
from engine.model import Caps, Need, RentalState
from engine.model.contracts import Contract, Elsewhere
from engine.renting import Rentals
from engine.store import rentals, spending
from engine.tenancy import Tenancy
from tests.fakes.provider import KEY
from tests.fakes.vast import FakeVast
from tests.unit.hosts.renting import BEGIN, Crash, Paper
from tests.unit.hosts.test_rental_property import Calm, examples

NAMES = ("0123456789abcdef", "fedcba9876543210")
DAY = 86_400.0


# --- two real libraries


@pytest.fixture
def fake() -> FakeVast:
    return FakeVast(now=time.time())


@pytest.fixture
def both(tmp_path: Path, fake: FakeVast) -> Iterator[list[Rentals]]:
    """The rentals of two libraries with the same key."""
    with Library.open(tmp_path / "one", work=False) as one, Library.open(tmp_path / "two", work=False) as two:
        made = [renting(library, fake) for library in (one, two)]
        for rented in made:
            rented.set_key("vast", KEY)
            rented.set_caps(Caps(day=0.6))
        yield made
        for rented in made:
            rented.close()


class Ring(Keys):
    """Keys in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.get, self.put = self.kept.get, self.kept.__setitem__  # type: ignore[method-assign, assignment]


def renting(library: Library, fake: FakeVast) -> Rentals:
    return Rentals(
        library.database, library.settings, Ring(),
        makers={"vast": lambda key: Vast(key, url=fake.url, transport=fake.transport(), sleep=fake.advance)},
    )  # fmt: skip


def best(rented: Rentals) -> Any:
    return rented.offers("vast", Need())[0]


def test_what_one_library_reserves_is_not_there_for_the_other(both: list[Rentals], fake: FakeVast) -> None:
    one, two = both
    row = one.rent(best(one), 1.0)
    told = two.forecast(best(two), 1.0)
    assert (told.fits, "today" in told.text) == (False, True)
    asked = len(fake.asked("rent"))
    with pytest.raises(OverBudget, match="today"):
        two.rent(best(two), 1.0)
    assert len(fake.asked("rent")) == asked
    assert two.rows() == [], "each has its own rentals"
    assert two.spending().elsewhere == pytest.approx(row.reserved, abs=1e-5)
    assert two.spending().reserved == pytest.approx(row.reserved, abs=1e-5)
    one.destroy(row.id)
    assert two.spending().elsewhere == pytest.approx(one.spending().total, abs=1e-5)
    assert two.rent(best(two), 1.0).state is RentalState.STARTING
    two.destroy_all()


def test_of_two_that_rent_at_the_same_moment_one_is_too_late(both: list[Rentals], fake: FakeVast) -> None:
    outcomes: list[str] = []

    def rent(rented: Rentals) -> None:
        offer = best(rented)
        start.wait()
        try:
            rented.rent(offer, 1.0)
            outcomes.append("rented")
        except KinoraError as error:
            outcomes.append(error.code)

    start = threading.Barrier(2)
    threads = [threading.Thread(target=rent, args=(rented,)) for rented in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted(["rented", OverBudget.code])
    assert len(fake.alive()) == 1
    for rented in both:
        rented.destroy_all()


def test_a_ledger_from_before_is_told_when_its_library_is_opened(both: list[Rentals]) -> None:
    one, two = both
    row = one.rent(best(one), 1.0)
    for file in account_folder().glob("*.json"):
        file.unlink()  # as it was before libraries told each other
    assert two.spending().elsewhere == 0
    one._tenancy = None
    one.open()
    assert two.spending().elsewhere == pytest.approx(row.reserved, abs=1e-5)
    one.destroy_all()


def test_nothing_is_rented_where_it_is_not_known_what_others_spent(both: list[Rentals], fake: FakeVast) -> None:
    one, two = both
    one.rent(best(one), 0.1)
    (file,) = account_folder().glob("*.json")
    file.write_text("{")
    offer = best(two)
    with pytest.raises(RentalError, match="cannot be read"):
        two.rent(offer, 0.1)
    assert len(fake.asked("rent")) == 1
    assert "cannot be read" in two.spending().halted
    one.destroy_all()


# --- the files


def account(folder: Path, name: str, has: Callable[[], Elsewhere]) -> Account:
    return Account(folder, name, has, rentals.day)


def test_what_a_killed_program_had_set_aside_stays_so_until_its_library_is_looked_at(tmp_path: Path) -> None:
    has = Elsewhere({"2027-01-15": 5}, 0, BEGIN)
    one = account(tmp_path, NAMES[0], lambda: has)
    two = account(tmp_path, NAMES[1], Elsewhere)
    one._tell(Elsewhere(has.by_day, 100, BEGIN))  # and then it is killed
    with two.reserving(7, BEGIN, BEGIN) as others:
        assert (others.held, others.since("2027")) == (100, 5)
    account(tmp_path, NAMES[0], lambda: has).refresh()
    assert two.elsewhere(BEGIN).held == 0
    assert one.elsewhere(BEGIN).held == 0, "what two wished for and did not get is free again"


def test_what_nobody_looks_after_any_more_counts_for_the_day_on_which_it_ended(tmp_path: Path) -> None:
    account(tmp_path, NAMES[0], lambda: Elsewhere({}, 100, BEGIN))._tell(Elsewhere({}, 100, BEGIN))
    two = account(tmp_path, NAMES[1], Elsewhere)
    assert two.elsewhere(BEGIN + 3600).held == 100
    later = two.elsewhere(BEGIN + 2 * DAY)
    assert (later.held, later.since(rentals.day(BEGIN)), later.since(rentals.day(BEGIN + DAY))) == (0, 100, 0)


def test_a_library_that_never_rented_leaves_no_file(tmp_path: Path) -> None:
    account(tmp_path / "account", NAMES[0], Elsewhere).refresh()
    assert not (tmp_path / "account").exists()


# --- whatever happens


class Mortal(Account):
    """Writes nothing any more once its program has ended, and ends it at a write of its own when told to."""

    countdown = 0

    def _tell(self, found: Elsewhere) -> None:
        if isinstance(sys.exc_info()[1], Crash):
            return
        self.countdown -= 1
        if self.countdown == 0:
            raise Crash
        super()._tell(found)


class TwoLibraries(Calm):
    """Two libraries that rent for the same money; either may end at any write."""

    account_class: type[Account] = Mortal
    rent_well = look_calmly = away = jump = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="kinora-two-")
        self.papers = [Paper(), Paper()]
        super().__init__()

    def teardown(self) -> None:
        super().teardown()
        for paper in self.papers:
            paper.close()
        self.folder.cleanup()

    def start(self) -> None:
        """Both programs start."""
        self.market.ahead = None
        self.tenancies = []
        for paper, name in zip(self.papers, NAMES, strict=True):
            paper.countdown = -1
            kept = self.account_class(Path(self.folder.name), name, lambda paper=paper: spending.figures(  # type: ignore[misc]
                paper.connection), rentals.day)  # fmt: skip
            self.tenancies.append(Tenancy(paper, reconcile.prefix(name), self.clocks, lambda name: self.market,  # type: ignore[arg-type]
                                          account=kept))  # fmt: skip
            self.tenancies[-1].refresh()

    @initialize(day=st.sampled_from([None, 2.0]), total=st.sampled_from([2.0, 5.0]))
    def allow(self, day: float | None, total: float) -> None:  # type: ignore[override]
        self.caps = Caps(day=day, total=total)
        for paper in self.papers:
            paper.write(lambda connection: spending.set_caps(connection, self.caps))

    @rule(side=st.integers(0, 1), offer=st.integers(0, 3), hours=st.sampled_from([0.25, 1.0, 3.0]),
          crash=st.sampled_from([0, 0, 1, 2, 3]), after=st.booleans(), told=st.sampled_from([0, 0, 1, 2]),
          fault=st.sampled_from(["", "", "lost after", "taken", "crash"]))  # fmt: skip
    def rent(self, side: int, offer: int, hours: float, crash: int, after: bool, told: int, fault: str) -> None:
        paper, tenancy = self.papers[side], self.tenancies[side]
        paper.countdown, paper.after, self.market.fault = crash, after, fault
        tenancy._account.countdown = told
        with paper.surviving(self.start):
            tenancy.rent(self.market.offers[offer], hours * 3600)
        tenancy._account.countdown, self.market.fault = 0, ""

    @rule(seconds=st.sampled_from([60.0, 3000.0, 20_000.0, 90_000.0]))
    def advance(self, seconds: float) -> None:
        for _ in range(0, int(seconds), 600):
            self.wait(min(600.0, seconds))
            for tenancy in self.tenancies:
                tenancy.reconcile(["vast"])
                for one in tenancy.opened():
                    tenancy.works(one.id)

    @rule(side=st.integers(0, 1))
    def end(self, side: int) -> None:
        for one in self.tenancies[side].opened():
            self.tenancies[side].end(one.id)

    def listed(self) -> list[Contract]:
        return [one for paper in self.papers for one in rentals.listed(paper.connection, 10_000)]


class Hasty(Account):
    """Tells the others when it is done."""

    def reserving(self, amount: int, now: float, stops: float) -> Any:  # type: ignore[override]
        import contextlib

        return contextlib.nullcontext(Elsewhere())


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logging.getLogger("engine.tenancy"), "disabled", True)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_two_libraries_never_pass_a_cap_together() -> None:
    run_state_machine_as_test(TwoLibraries, settings=examples(25, 15))


@pytest.mark.slow
def test_two_libraries_never_pass_a_cap_together_in_many_more_worlds() -> None:
    run_state_machine_as_test(TwoLibraries, settings=examples(400, 25))


def test_it_finds_that_nobody_counts_what_others_have(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.hosts.test_rental_property import _found

    _found(type("HastyWorld", (TwoLibraries,), {"account_class": Hasty}))
