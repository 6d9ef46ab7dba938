"""Renting: the rules one by one, money and time on the disk, and the facade over the fake of Vast.ai."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.cli import run
from engine.cli.rent import _signed
from engine.errors import HostKeyChanged, HostLost, HostRefused, OfferGone, OverBudget, RentalError, SettingInvalid
from engine.hosts.base import Opener
from engine.hosts.rental import autoscale, guess, reconcile
from engine.hosts.rental.autoscale import Decision, Rented, Situation, decide
from engine.hosts.rental.guess import Load
from engine.hosts.rental.opener import RentalOpener, identity, key_pair, public_of
from engine.hosts.rental.reconcile import Do
from engine.hosts.rental.vast import Vast
from engine.keys import Keys
from engine.library import Library
from engine.model import (
    Caps,
    HostKind,
    HostRow,
    HostState,
    HostStatus,
    Instance,
    Need,
    Offer,
    RentalRow,
    RentalState,
)
from engine.model.contracts import RISEN, SLACK, Contract, charge, micros, reservation
from engine.renting import Rentals
from engine.store import audit, rentals, spending
from tests.fakes.boxes import HOST_KEY
from tests.fakes.provider import KEY
from tests.fakes.vast import FakeVast
from tests.unit.hosts.renting import BEGIN, YEAR, Clocks, Paper
from tests.waiting import until

MARK = reconcile.prefix("0123456789abcdef")
DAY = 86_400.0


def contract(**more: Any) -> Contract:
    price = more.pop("price", micros(0.5))
    base = Contract(
        1, "vast", f"{MARK}a", RentalState.STARTING, "RTX 4090", "o1", "i1", "", "", price, 0,
        reservation(price, 3600, 0), 0, 0, None, 3600.0, 60.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0, 0, "", False,
    )  # fmt: skip
    return replace(base, **more)


def machine(**more: Any) -> Instance:
    return replace(Instance("i1", f"{MARK}a", "running", price=0.5), **more)


def wanted(label: str = "a", **more: Any) -> Contract:
    return contract(label=MARK + label, **more)


# --- what to do about the difference


def told(contracts: list[Contract], listed: list[Instance]) -> list[tuple[Do, str]]:
    return [(one.do, one.found.id if one.found else "") for one in reconcile.plan(MARK, contracts, listed)]


def test_books_and_provider_that_agree_need_nothing() -> None:
    assert told([contract()], [machine()]) == []


@pytest.mark.parametrize(
    ("about", "found", "expected"),
    [
        ({}, {"state": "stopped"}, [(Do.END, "i1")]),
        ({}, {"state": "failed", "text": "OCI runtime create failed"}, [(Do.END, "i1")]),
        ({"elapsed": 3601.0}, {}, [(Do.END, "i1")]),
        ({}, {"price": 0.6}, [(Do.END, "i1")]),
        ({"elapsed": 1300.0}, {"state": "starting"}, [(Do.END, "i1")]),
        ({"elapsed": 1300.0, "state": RentalState.RUNNING}, {}, []),
        ({"state": RentalState.ENDING}, {}, [(Do.DESTROY, "i1")]),
        ({"state": RentalState.REQUESTING, "instance": ""}, {}, [(Do.ADOPT, "i1")]),
        ({"state": RentalState.REQUESTING, "instance": ""}, {"state": "stopped"}, [(Do.ADOPT, "i1"), (Do.END, "i1")]),
        ({"missed": 1}, {}, [(Do.SEEN, "i1")]),
    ],
)
def test_a_machine_is_kept_or_ended(about: dict[str, Any], found: dict[str, Any], expected: list[Any]) -> None:
    assert told([contract(**about)], [machine(**found)]) == expected


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, Do.WAIT),
        ({"missed": 2}, Do.CLOSE),
        ({"state": RentalState.REQUESTING, "instance": ""}, Do.WAIT),
        ({"state": RentalState.REQUESTING, "instance": "", "missed": 2}, Do.FAIL),
        ({"state": RentalState.ENDING}, Do.CLOSE),
        ({"state": RentalState.ENDING, "instance": ""}, Do.WAIT),
    ],
)
def test_a_machine_that_is_not_listed(about: dict[str, Any], expected: Do) -> None:
    assert told([contract(**about)], []) == [(expected, "")]


def test_a_machine_of_ours_without_a_rental_is_an_orphan_and_others_are_never_named() -> None:
    others = [machine(id=f"x{n}", label=label) for n, label in
              enumerate(["", "kinora:", MARK[:-1], f"{MARK[:-1]}9:a", MARK, "KINORA:01234567:a"])]  # fmt: skip
    assert told([], [machine(id="i9", label=f"{MARK}z"), *others]) == [(Do.ORPHAN, "i9")]
    assert told([contract()], [machine(), machine(id="i2")]) == [(Do.SPARE, "i2")]
    assert told([], [machine(state="gone")]) == []


def test_destroying_is_tried_again_for_ever_ever_more_slowly() -> None:
    pauses = [reconcile.pause(tries) for tries in range(20)]
    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] == 300
    assert [reconcile.alarming(tries) for tries in (1, 2, 3, 50)] == [False, False, True, True]


# --- money and time on the disk


@pytest.fixture
def paper() -> Iterator[Paper]:
    made = Paper()
    yield made
    made.close()


def at(clocks: Clocks) -> Callable[[Any], str]:
    return lambda connection: rentals.beat(connection, clocks.now())


def intend(paper: Paper, clocks: Clocks, label: str = "a", **more: Any) -> Contract:
    return paper.write(lambda connection: rentals.intend(connection, clocks.now(), wanted(label, **more)))


def end(paper: Paper, clocks: Clocks, number: int) -> None:
    paper.write(lambda connection: rentals.close(connection, clocks.now(), number, RentalState.ENDED, ""))


def test_amounts_are_rounded_up_and_reserved_to_the_hard_stop_and_a_little_longer() -> None:
    assert micros(0.1) == 100_000
    assert micros(0.0000001) == 1
    assert charge(micros(1.0), 1800) == 500_000
    assert reservation(micros(1.0), 3600, 50) == charge(micros(RISEN), 3600 + SLACK) + 50  # a rise that is borne


def test_what_is_done_with_money_is_in_the_log_that_stays(paper: Paper) -> None:
    paper.write(lambda connection: spending.set_caps(connection, Caps(job=5, day=5, month=5, total=5)))
    clock = Clocks()
    made = paper.write(lambda connection: rentals.intend(connection, clock.now(), wanted()))
    paper.write(lambda connection: rentals.close(connection, clock.now(), made.id, RentalState.FAILED, "no answer"))
    told = [(row.action, row.object) for row in reversed(audit.rows(paper.connection))]
    assert [action for action, _ in told] == ["spend.reserve", "spend.failed"]
    assert told[0][1].startswith("rental 1 at vast: 0.6")
    assert told[1][1] == "rental 1 at vast: 0.000000 USD"
    assert audit.verify(paper.connection).broken is None


def test_nothing_is_rented_without_a_cap(paper: Paper) -> None:
    with pytest.raises(OverBudget, match="no cap"):
        intend(paper, Clocks())
    assert paper.connection.execute("SELECT count(*) FROM rental").fetchone() == (0,)


@pytest.mark.parametrize("scope", ["job", "day", "month", "total"])
def test_each_cap_counts_what_is_reserved(paper: Paper, scope: str) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(**{scope: 1.0})))
    intend(paper, clocks)  # $0.625 of $1
    if scope == "job":
        intend(paper, clocks, "b")
        with pytest.raises(OverBudget, match="one rental"):
            intend(paper, clocks, "c", reserved=1_000_001)
        return
    with pytest.raises(OverBudget, match=r"\$0\.6"):
        intend(paper, clocks, "b")
    paper.write(lambda connection: rentals.close(connection, clocks.now(), 1, RentalState.FAILED, ""))
    intend(paper, clocks, "b")


def test_a_new_day_and_a_new_month_begin_with_nothing_spent(paper: Paper) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(day=0.7, month=1.5)))
    for number in range(2):
        intend(paper, clocks, str(number))
        clocks.true += 3600
        end(paper, clocks, number + 1)
        with pytest.raises(OverBudget, match="today"):
            intend(paper, clocks, "x")
        clocks.true += DAY
        paper.write(at(clocks))
    with pytest.raises(OverBudget, match="month"):
        intend(paper, clocks, "x")
    clocks.true += 31 * DAY
    intend(paper, clocks, "x")


def test_what_was_booked_too_much_yesterday_is_no_money_for_today(paper: Paper) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(day=0.7)))
    intend(paper, clocks)
    clocks.true += 20 * 3600  # the computer sleeps; the machine ends itself after an hour
    paper.write(at(clocks))
    paper.write(lambda connection: rentals.close(connection, clocks.now(), 1, RentalState.ENDED, "", gone=True))
    assert [line.amount < 0 for line in spending.ledger(paper.connection)] == [True, False]
    found = spending.spent(paper.connection, "2027-01-16", {})
    assert found.by_day == (("2027-01-15", 0.628125),)  # all that was reserved
    assert (found.today, found.total) == (0, 0.628125)
    with pytest.raises(OverBudget, match="today"):
        intend(paper, clocks, "b", reserved=700_001)


def test_what_was_spent_today_is_over_tomorrow_also_where_nothing_was_looked_at_since(paper: Paper) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=9)))
    intend(paper, clocks)
    clocks.true += 3600
    end(paper, clocks, 1)
    clocks.true += 3 * DAY
    today = rentals.day(rentals.believed(paper.connection, clocks.now()))
    found = spending.spent(paper.connection, today, {})
    assert (found.today, found.month, found.total) == (0, 0.5, 0.5)


def test_the_ledger_is_only_added_to(paper: Paper) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=9)))
    intend(paper, clocks)
    clocks.true += 1800
    paper.write(lambda connection: rentals.close(connection, clocks.now(), 1, RentalState.ENDED, ""))
    for statement in ("UPDATE spend SET amount = 0", "DELETE FROM spend", "DELETE FROM rental"):
        with pytest.raises(sqlite3.IntegrityError):
            paper.connection.execute(statement)
    paper.write(lambda connection: rentals.bill(connection, clocks.now(), 1, 0.2))
    paper.write(lambda connection: rentals.bill(connection, clocks.now(), 1, 0.2))
    lines = spending.ledger(paper.connection)
    assert [(line.amount, line.estimated) for line in lines] == [(-0.05, False), (0.25, True)]
    assert spending.spent(paper.connection, "2027-01-15", {}).total == 0.2


def test_a_bill_is_never_believed_below_what_certainly_ran(paper: Paper) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=9)))
    intend(paper, clocks)
    paper.write(lambda connection: rentals.move(connection, 1, RentalState.RUNNING, among=tuple(RentalState)))
    clocks.true += 3600
    paper.write(lambda connection: rentals.close(connection, clocks.now(), 1, RentalState.ENDED, ""))
    paper.write(lambda connection: rentals.bill(connection, clocks.now(), 1, 0.01))
    assert rentals.get(paper.connection, 1).row().cost == 0.5


@pytest.mark.parametrize("years", [-1, 1, -40])
@pytest.mark.parametrize("whose", ["wrong", "theirs"])
def test_a_clock_that_jumps_moves_neither_the_day_nor_the_hard_stop(paper: Paper, years: int, whose: str) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(day=0.7)))
    intend(paper, clocks)
    clocks.true += 600
    setattr(clocks, whose, years * YEAR)
    assert paper.write(at(clocks)) == "2027-01-15"
    clocks.true += 600
    paper.write(at(clocks))
    assert rentals.get(paper.connection, 1).elapsed == pytest.approx(1200)
    with pytest.raises(RentalError, match="until they agree"):
        intend(paper, clocks, "b")
    setattr(clocks, whose, 0.0)
    with pytest.raises(OverBudget, match="today"):
        intend(paper, clocks, "b")


@pytest.mark.parametrize("years", [-40, -1, 1])
def test_after_a_start_with_a_wrong_clock_the_provider_tells_the_day_and_nothing_is_rented(
    paper: Paper, years: int
) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(day=0.7)))
    intend(paper, clocks)
    clocks.true += 600
    clocks.reboot()
    clocks.wrong = years * YEAR  # its battery is empty
    assert paper.write(lambda connection: rentals.beat(connection, replace(clocks.now(), theirs=None))) == "2027-01-15"
    assert rentals.get(paper.connection, 1).elapsed == 0, "nobody knows how long it was off"
    assert paper.write(at(clocks)) == "2027-01-15"
    assert rentals.get(paper.connection, 1).elapsed == pytest.approx(600)
    with pytest.raises(RentalError, match="until they agree"):
        intend(paper, clocks, "b")
    clocks.wrong = 0.0  # the network has set it
    with pytest.raises(OverBudget, match="today"):
        intend(paper, clocks, "b")
    clocks.true += DAY
    end(paper, clocks, 1)
    clocks.true += DAY
    intend(paper, clocks, "b")


def test_a_provider_that_says_less_than_was_believed_lets_hard_stops_count_as_reached(paper: Paper) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=9)))
    intend(paper, clocks)
    clocks.reboot()
    clocks.theirs = -YEAR
    assert paper.write(at(clocks)) == "2027-01-15"
    assert rentals.get(paper.connection, 1).left <= 0
    clocks.wrong = -YEAR  # two clocks against what is remembered
    assert paper.write(at(clocks)) == "2026-01-15"


def test_nothing_is_rented_where_nobody_tells_the_time(paper: Paper) -> None:
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=9)))
    with pytest.raises(RentalError, match="does not say what time"):
        paper.write(lambda connection: rentals.intend(connection, replace(Clocks().now(), theirs=None), wanted()))


def test_what_runs_into_a_new_month_is_booked_in_the_month_in_which_it_ran(paper: Paper) -> None:
    clocks = Clocks()
    clocks.true += 16 * DAY + 15 * 3600  # the last day of the month, in the evening
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=99)))
    intend(paper, clocks, seconds=72 * 3600.0, price=micros(1.0))
    first = rentals.midnight(clocks.true) + DAY
    before = (first - clocks.true) / 3600
    clocks.true += 48 * 3600
    clocks.reboot()
    paper.write(at(clocks))
    end(paper, clocks, 1)
    booked = spending.spent(paper.connection, "2027-02-02", {})
    assert booked.by_day[0] == ("2027-01-31", pytest.approx(before, abs=0.01))
    assert (booked.month, booked.today) == (pytest.approx(48 - before, abs=0.01), pytest.approx(24 - before, abs=0.01))


def test_over_a_boot_the_provider_tells_how_much_time_went_by(paper: Paper) -> None:
    clocks = Clocks()
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=9)))
    intend(paper, clocks)
    clocks.true += 100
    paper.write(at(clocks))
    clocks.true += 7200
    clocks.reboot()
    paper.write(at(clocks))
    found = rentals.get(paper.connection, 1)
    assert (found.elapsed, found.ran) == (pytest.approx(7300), 0)
    paper.write(lambda connection: rentals.close(connection, clocks.now(), 1, RentalState.ENDED, "", gone=True))
    assert rentals.get(paper.connection, 1).cost == found.reserved  # it ended itself, at its hard stop


def test_a_machine_of_ours_that_nobody_remembers_is_taken_back_with_an_alarm(paper: Paper) -> None:
    clocks = Clocks()
    found = machine(label=f"{MARK}lost", started=BEGIN - 3600)
    made = paper.write(lambda connection: rentals.orphan(connection, clocks.now(), "vast", found, "found"))
    assert made is not None
    assert (made.state, made.alarm, made.instance) == (RentalState.ENDING, True, "i1")
    assert made.cost == pytest.approx(500_000, rel=0.01)
    assert paper.write(lambda connection: rentals.orphan(connection, clocks.now(), "vast", found, "again")) is None


def test_what_was_measured_on_a_gpu_is_the_mean_over_all_rentals(paper: Paper) -> None:
    attempts = [("objects", "a", "done", 4.0), ("objects", "a", "done", 2.0), ("objects", "a", "late", 99.0),
                ("objects", "b", "done", 9.0)]  # fmt: skip
    paper.connection.executemany("INSERT INTO attempt VALUES(?, ?, ?, ?)", attempts)
    paper.write(lambda connection: rentals.learn(connection, "a", "RTX", 2))
    paper.write(lambda connection: rentals.learn(connection, "b", "RTX", 1))
    assert rentals.paces(paper.connection, "RTX") == {"objects": pytest.approx(4.0)}


# --- more or fewer


def situation(**more: Any) -> Situation:
    return replace(Situation(True, 500, 7200.0, 600.0, 400.0, (), 2, 300.0), **more)


def test_one_more_comes_after_two_looks_that_agree() -> None:
    first = decide(situation())
    assert first == Decision(agreed=1)
    assert decide(situation(agreed=first.agreed)) == Decision(rent=1)


@pytest.mark.parametrize(
    "more",
    [{"on": False}, {"jobs": autoscale.LEAST_JOBS - 1}, {"since": 60.0}, {"here": 900.0},
     {"rented": (Rented(1, 0.0), Rented(2, 0.0))}, {"boot": 4000.0}],
)  # fmt: skip
def test_none_comes_where_it_is_not_worth_it_or_not_allowed(more: dict[str, Any]) -> None:
    assert decide(situation(agreed=5, **more)) == Decision()


def test_idle_ones_go_also_where_nothing_is_rented_by_itself() -> None:
    rented = (Rented(1, 301.0), Rented(2, 10.0))
    assert decide(situation(on=False, rented=rented)).end == (1,)
    assert decide(situation(on=False, rented=rented, idle=0.0)).end == ()
    assert decide(situation(rented=(*rented, Rented(3, 0.0)), idle=0.0, most=2)).end == (1,)


# --- forecast

OFFER = Offer("vast", "o1", "RTX 4090", 1, 24 << 30, 0.4, traffic=0.01, down=500.0)


def test_a_forecast_says_minutes_and_money() -> None:
    load = Load({"objects": 1000, "speech": 10}, {"objects": 2.0, "speech": 60.0})
    told = guess.forecast(load, OFFER, 2.0, {})
    assert (told.jobs, told.here) == (1010, 2600.0)
    assert told.there > told.boot >= guess.BOOT
    assert told.cost < told.most == pytest.approx(0.4 * RISEN * 2.25 + 0.01 + guess.unseen(OFFER), rel=1e-4)
    measured = guess.forecast(load, replace(OFFER, down=1e6), 2.0, {"objects": 9.0, "speech": 1.0}, boot=100.0)
    assert measured.there == pytest.approx(100 + 9010)
    assert "will not all be done" in measured.text


def test_a_forecast_without_work_says_so() -> None:
    assert "No job" in guess.forecast(Load({}, {}), OFFER, 1.0, {}).text


# --- the way in


def test_the_key_is_a_file_only_while_it_is_needed(tmp_path: Path) -> None:
    private, public = key_pair("kinora")
    assert public.startswith(public_of(private))
    with identity(tmp_path / "k", private) as file:
        assert file.read_text() == private
        assert file.stat().st_mode & 0o077 == 0
    assert not (tmp_path / "k").exists()


class Door:
    """What opens instead of SSH; it remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, str, str]] = []

    def __call__(self, address: str, pinned: str, options: dict[str, Any]) -> Any:
        async def enter() -> str:
            self.given.append((address, pinned, Path(options["identity"]).read_text()))
            return "node"

        return enter


def opener(fake: FakeVast, vast: Vast, number: str, door: Door, learnt: list[Any]) -> RentalOpener:
    return RentalOpener(
        lambda: vast, number, lambda: "secret", look=0.0, make=door, works=lambda: learnt.append("works"),
        learnt=lambda address, pinned: learnt.append((address, pinned)),
    )  # fmt: skip


def test_the_host_key_comes_from_the_log_and_is_pinned() -> None:
    import asyncio

    fake = FakeVast()
    fake.boot, fake.ssh = (0.0, 1.0), ("127.0.0.1", 2222)
    vast = Vast(KEY, url=fake.url, transport=fake.transport(), sleep=fake.advance)
    number = vast.rent(vast.search(Need())[0], f"{MARK}a", seconds=600, key=key_pair("t")[1])
    fake.advance(10)
    door, learnt = Door(), []
    way = opener(fake, vast, number, door, learnt)
    assert asyncio.run(way()) == "node"
    assert asyncio.run(way()) == "node"
    assert door.given == [("ssh://root@127.0.0.1:2222", HOST_KEY, "secret")] * 2
    assert learnt[:2] == [("ssh://root@127.0.0.1:2222", HOST_KEY), "works"]


def test_a_machine_with_another_key_than_its_log_says_is_to_be_destroyed() -> None:
    import asyncio

    fake = FakeVast()
    fake.boot = (0.0, 1.0)
    vast = Vast(KEY, url=fake.url, transport=fake.transport(), sleep=fake.advance)
    number = vast.rent(vast.search(Need())[0], f"{MARK}a", seconds=600, key=key_pair("t")[1])
    fake.advance(10)

    async def enter() -> None:
        raise HostKeyChanged("root@box shows another key than before.")

    way = RentalOpener(lambda: vast, number, lambda: "secret", look=0.0, make=lambda *given: enter)
    with pytest.raises(HostKeyChanged, match="in its log") as told:
        asyncio.run(way())
    assert "Destroy it" in told.value.hint


def test_a_machine_that_fails_or_says_no_key_is_not_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr("engine.hosts.rental.opener.KEYS", 0.05)
    fake = FakeVast()
    fake.boot = (0.0, 1.0)
    vast = Vast(KEY, url=fake.url, transport=fake.transport(), sleep=fake.advance)
    number = vast.rent(vast.search(Need())[0], f"{MARK}a", seconds=600, key=key_pair("t")[1])
    fake.advance(10)
    fake.boxes[number].log = "no key here"
    door = Door()
    with pytest.raises(HostLost, match="which key"):
        asyncio.run(opener(fake, vast, number, door, [])())
    fake.boxes[number].stop(fake.now)
    with pytest.raises(HostLost, match="stopped"):
        asyncio.run(opener(fake, vast, number, door, [])())
    assert door.given == []


# --- the facade over the fake


class Desk:
    """A library that rents at a fake whose clock is real, and what its hosts were told."""

    def __init__(self, library: Library, fake: FakeVast) -> None:
        self.library, self.fake = library, fake
        self.hosts: list[tuple[RentalRow, bool]] = []
        self.rentals = Rentals(
            library.database, library.settings, Keys(library.path), on_host=self.heard,
            makers={"vast": lambda key: Vast(key, url=fake.url, transport=fake.transport(), sleep=fake.advance)},
        )  # fmt: skip

    def heard(self, row: RentalRow, opener: Opener | None) -> None:
        self.hosts.append((row, opener is not None))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Library.open(tmp_path / "library", work=False) as library:
        made = Desk(library, FakeVast(now=time.time()))
        yield made
        made.rentals.close()


def ready(desk: Desk, **caps: float) -> Offer:
    desk.rentals.set_key("vast", KEY)
    desk.rentals.set_caps(Caps(**(caps or {"day": 5.0})))
    return desk.rentals.offers("vast", Need())[0]


def test_without_a_key_nothing_is_asked_and_nothing_runs(desk: Desk) -> None:
    desk.rentals.open()
    assert not [one for one in threading.enumerate() if one.name == "kinora-rentals"]
    with pytest.raises(HostRefused, match="no key"):
        desk.rentals.offers("vast")
    assert not desk.rentals.has_key("vast")
    assert desk.fake.calls == []


def test_keys_are_kept_and_forgotten_and_odd_ones_refused(desk: Desk) -> None:
    desk.rentals.set_key("vast", f" {KEY}\n")
    assert desk.rentals.has_key("vast")
    desk.rentals.set_key("vast", "")
    assert not desk.rentals.has_key("vast")
    with pytest.raises(HostRefused):
        desk.rentals.set_key("vast", "no key\nat all")
    raw = (desk.library.path / "kinora.db").read_bytes()
    assert KEY.encode() not in raw


def test_it_rents_tells_the_hosts_and_ends(desk: Desk) -> None:
    desk.rentals.open()
    offer = ready(desk)
    row = desk.rentals.rent(offer, 1.0)
    assert row.state is RentalState.STARTING
    money = desk.rentals.spending()
    assert money.reserved + money.total == pytest.approx(row.reserved, abs=1e-5)  # it may have been looked at already
    assert [(told.id, on) for told, on in desk.hosts] == [(row.id, True)]
    assert [box.label for box in desk.fake.alive()] == [row.label]
    desk.rentals.destroy(row.id)
    assert desk.fake.alive() == []
    assert desk.rentals.rows()[0].state is RentalState.ENDED
    assert desk.hosts[-1][1] is False
    assert desk.rentals.spending().reserved == 0


def test_a_second_rental_must_fit_beside_the_first(desk: Desk) -> None:
    offer = ready(desk, day=0.6)
    desk.rentals.rent(offer, 1.0)
    asked = len(desk.fake.asked("rent"))
    told = desk.rentals.forecast(offer, 1.0)
    assert not told.fits
    assert "today" in told.text
    with pytest.raises(OverBudget):
        desk.rentals.rent(desk.rentals.offers("vast", Need())[0], 1.0)
    assert len(desk.fake.asked("rent")) == asked
    assert desk.rentals.destroy_all() == 1


def test_a_poor_account_is_told_before(desk: Desk) -> None:
    desk.fake.money = 0.1
    offer = ready(desk)
    assert "credit" in desk.rentals.forecast(offer, 1.0).text
    with pytest.raises(OverBudget, match="credit"):
        desk.rentals.rent(offer, 1.0)
    assert desk.rentals.rows() == []


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 503, "text": "gateway", "drop": "after"}])
def test_a_lost_answer_is_found_by_its_label(
    desk: Desk, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.tenancy.APART", 0.0)
    offer = ready(desk)
    desk.fake.fault("rent", **fault)
    row = desk.rentals.rent(offer, 1.0)
    assert row.state is RentalState.STARTING
    assert len(desk.fake.asked("rent")) == 1
    desk.rentals.destroy_all()


@pytest.mark.parametrize(
    ("setup", "error"),
    [
        ({"fault": {"at": "rent", "drop": "before"}}, RentalError),
        ({"taken": 410}, OfferGone),
        ({"taken": 400}, OfferGone),
    ],
)
def test_what_came_to_nothing_costs_nothing(
    desk: Desk, setup: dict[str, Any], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.tenancy.APART", 0.0)
    offer = ready(desk)
    desk.fake.set(**setup)
    with pytest.raises(error):
        desk.rentals.rent(offer, 1.0)
    assert [row.state for row in desk.rentals.rows()] == [RentalState.FAILED]
    assert (desk.rentals.spending().total, desk.rentals.spending().reserved) == (0, 0)


def test_a_machine_that_cannot_be_destroyed_is_an_alarm_until_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "pause", lambda tries: 0.0)
    row = desk.rentals.rent(ready(desk), 1.0)
    desk.fake.fault("destroy", status=500, text="oops", times=4)
    with pytest.raises(RentalError, match="could not be destroyed yet"):
        desk.rentals.destroy(row.id)
    for _ in range(2):
        desk.rentals.reconcile()
    assert [(one.id, one.alarm) for one in desk.rentals.alarms()] == [(row.id, True)]
    for _ in range(3):
        desk.rentals.reconcile()
    assert desk.rentals.alarms() == []
    assert desk.fake.alive() == []


def test_a_provider_that_falls_silent_is_an_alarm_until_it_answers(desk: Desk) -> None:
    offer = ready(desk)
    desk.fake.fault("rent", drop="after")
    desk.fake.fault("list", drop="before", times=1)
    with pytest.raises(RentalError):
        desk.rentals.rent(offer, 1.0)
    assert [(one.state, "not known" in one.text) for one in desk.rentals.alarms()] == [(RentalState.REQUESTING, True)]
    desk.rentals.reconcile()
    assert desk.rentals.alarms() == []
    assert desk.rentals.rows()[0].state is RentalState.STARTING
    assert len(desk.fake.asked("rent")) == 1
    assert desk.rentals.destroy_all() == 1


def test_offline_asks_nothing_and_says_so(desk: Desk) -> None:
    offer = ready(desk)
    row = desk.rentals.rent(offer, 1.0)
    desk.library.set("net.offline", True)
    asked = len(desk.fake.calls)
    try:
        desk.rentals.reconcile()
        with pytest.raises(HostLost, match="Offline"):
            desk.rentals.rent(offer, 1.0)
        assert [(one.id, "Offline" in one.text) for one in desk.rentals.alarms()] == [(row.id, True)]
        assert len(desk.fake.calls) == asked
    finally:
        desk.library.set("net.offline", False)
    assert desk.rentals.destroy_all() == 1


def test_a_next_start_ends_what_was_left_and_finds_what_goes_on(desk: Desk) -> None:
    offer = ready(desk)
    row = desk.rentals.rent(offer, 1.0)
    again = Desk(desk.library, desk.fake)
    again.rentals.open()
    try:
        until(lambda: again.hosts)
        assert [(told.id, on) for told, on in again.hosts] == [(row.id, True)]
        assert again.rentals.destroy_all() == 1
    finally:
        again.rentals.close()


def test_jobs_that_stand_still_are_no_reason_to_rent(desk: Desk) -> None:
    from engine.model import QueueStatus, Rate

    rates = tuple(Rate(name, name, 50, 0, 0, 0, 0, 0, reason, 0.0, 100.0)
                  for name, reason in (("objects", ""), ("speech", "It needs a pack."), ("faces", "")))  # fmt: skip
    queue = QueueStatus(150, 0, 0, 0, 0, 0, True, 0.0, None, rates)
    rented = Rentals(desk.library.database, desk.library.settings, Keys(desk.library.path), queue=lambda: queue)
    assert rented.load().jobs == {"objects": 50}, "faces stay here"
    assert rented.stands()


def test_why_nothing_is_rented_by_itself_is_told_while_that_is_wanted(desk: Desk) -> None:
    desk.rentals.halt("No machine is rented by itself: it is too dear.")
    assert desk.rentals.spending().halted == ""
    desk.library.set("rent.auto", True)
    assert "too dear" in desk.rentals.spending().halted
    desk.rentals.halt("")
    assert desk.rentals.spending().halted == ""


def test_money_that_comes_back_is_written_as_people_write_it() -> None:
    assert (_signed(-0.0251), _signed(0.5)) == ("-$0.0251", "$0.5000")


def test_the_bill_puts_the_ledger_right(desk: Desk) -> None:
    from engine.tenant import Tenant

    row = desk.rentals.rent(ready(desk), 1.0)
    desk.fake.advance(1800)
    desk.rentals.destroy(row.id)
    billed = sum(desk.fake.bill().values())
    tenant = Tenant(desk.rentals, desk.library.database, desk.rentals._tenants(), desk.library.settings, tuple,
                    desk.rentals._clock)  # fmt: skip
    tenant.turn()
    assert desk.rentals.rows()[0].cost == pytest.approx(billed, abs=1e-5)
    assert desk.rentals.spending().total == pytest.approx(billed, abs=1e-5)
    lines = desk.rentals.ledger_csv().decode().splitlines()
    assert lines[0] == "time,rental,provider,what,usd,estimated"
    assert lines[-1].endswith(",no")


@pytest.mark.parametrize("amount", [-1.0, float("nan"), 1e9])
def test_a_cap_must_be_money(desk: Desk, amount: float) -> None:
    with pytest.raises(SettingInvalid):
        desk.rentals.set_caps(Caps(day=amount))


# --- the command line


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    fake = FakeVast(now=time.time())
    monkeypatch.setattr(
        "engine.hosts.rental.vast.Vast.__init__",
        lambda self, key, make=Vast.__init__: make(self, key, url=fake.url, transport=fake.transport()),
    )
    with Library.open(tmp_path / "library", work=False) as library:
        library.rentals.set_key("vast", KEY)

    def call(*words: str) -> tuple[int, Any]:
        code = run(["--library", str(tmp_path / "library"), "rent", *words])
        said = capsys.readouterr()
        try:
            return code, json.loads(said.out or said.err)
        except ValueError:
            return code, said.out + said.err

    return call


def test_the_whole_way_on_the_command_line(shell: Any, tmp_path: Path) -> None:
    code, said = shell("start", "--yes", "--hours", "1")
    assert (code, "no cap" in said) == (2, True)
    assert shell("budget", "--day", "2", "--total", "$10", "--json")[1]["caps"] == {
        "job": None, "day": 2.0, "month": None, "total": 10.0,
    }  # fmt: skip
    code, offers = shell("offers", "--json")
    assert code == 0
    code, said = shell("start", offers[0]["id"])
    assert (code, "nobody could be asked" in said) == (2, True)
    assert "expected cost" in said
    code, made = shell("start", offers[0]["id"], "--yes", "--hours", "1", "--json")
    assert (code, made["rental"]["state"]) == (0, "starting")
    assert "starting" in shell()[1]
    assert shell("stop", str(made["rental"]["id"]))[0] == 0
    assert shell("stop-all")[0] == 0
    target = tmp_path / "ledger.csv"
    assert shell("ledger", "--output", str(target))[0] == 0
    assert target.read_text().startswith("time,rental")
    assert shell("budget", "--day", "none", "--total", "none", "--json")[1]["caps"]["day"] is None
    assert shell("stop", "soon")[0] == 2
    for words in (("budget", "5"), ("list", "x"), ("stop", "1", "2"), ("offers", "vast")):
        code, said = shell(*words)
        assert (code, "takes other words" in said) == (2, True)


@pytest.mark.parametrize("words", [("stop-all",), ("stop", "1")])
def test_a_mistyped_library_is_not_one_where_nothing_is_rented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(["--library", str(tmp_path / "libary"), "rent", *words]) == 2
    assert "no library" in capsys.readouterr().err
    assert not (tmp_path / "libary").exists()


def test_a_key_is_read_from_the_standard_input_alone(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("another-key\n"))
    assert shell("key", "vast", "--json") == (0, {"key": "vast"})
    assert shell("offers")[0] == 2  # the fake does not take it


def test_what_a_crash_forgets_of_the_traffic_is_reserved_and_told_before(desk: Desk) -> None:
    offer = replace(ready(desk), traffic=0.05, down=800.0)
    told = desk.rentals.forecast(offer, 1.0)
    row = desk.rentals.rent(offer, 1.0)
    forgotten = 0.05 * 0.1 * guess.COUNTED  # 800 Mbit/s are a tenth of a GB a second
    assert guess.unseen(offer) == pytest.approx(forgotten)
    assert row.allowance == 1_000_000_000, "it is beyond what may travel"
    assert row.reserved == told.most == pytest.approx(offer.price * RISEN * 1.25 + 0.05 + forgotten, abs=1e-5)
    desk.rentals.destroy_all()


def test_what_travels_is_counted_between_two_looks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guess, "COUNTED", 0.01)
    row = desk.rentals.rent(replace(ready(desk), traffic=0.05), 1.0)
    host = HostRow(-row.id, HostKind.RENTAL, "rented", "vast://1")
    moved = iter(range(0, 10**9, 1000))
    desk.rentals._hosts = lambda: [HostState(host, HostStatus.READY, sent=next(moved), received=5)]
    desk.rentals.open()
    try:
        until(lambda: desk.rentals._tenants().get(row.id).moved > 5000)
        assert len(desk.fake.asked("list")) < 5, "no look at the provider for it"
    finally:
        desk.rentals.destroy_all()


def test_what_travels_is_kept_and_ends_with_what_was_reserved_for_it(paper: Paper) -> None:
    paper.write(lambda connection: spending.set_caps(connection, Caps(total=9)))
    metered = replace(wanted(), traffic=20_000, per_gb=10_000)
    made = paper.write(lambda connection: rentals.intend(connection, Clocks().now(), metered))
    assert made.allowance == 2_000_000_000
    paper.write(lambda connection: rentals.note(connection, made.id, moved=1_500_000_000))
    kept = rentals.get(paper.connection, made.id)
    assert (kept.allowance, kept.row().allowance) == (500_000_000, 500_000_000)
    paper.write(lambda connection: rentals.note(connection, made.id, moved=2_500_000_000))
    assert rentals.get(paper.connection, made.id).allowance == 0
    free = paper.write(lambda connection: rentals.intend(connection, Clocks().now(), wanted("b")))
    assert free.allowance is None
