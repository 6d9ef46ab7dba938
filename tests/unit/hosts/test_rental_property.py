"""Whatever happens, no cap is passed, no machine lives without a rental, and nobody else's machine is touched."""

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from engine.errors import NotFound
from engine.hosts.rental import reconcile
from engine.hosts.rental.provider import RentUnclear
from engine.model import Caps, RentalState, contracts
from engine.model.contracts import SLACK, Contract
from engine.store import rentals, spending
from engine.store.rentals import beat
from engine.store.spending import _booked as booked
from engine.tenancy import Tenancy
from tests.unit.hosts.renting import YEAR, Clocks, Machine, Market, Paper

LIBRARY = "0123456789abcdef"
MARK = reconcile.prefix(LIBRARY)
SIMILAR = ("", "kinora:", "kinora:01234567", "kinora:012345678:a", "kinora:0123456:a", "KINORA:01234567:a",
           "my kinora:01234567:a", "kinora:fedcba98:a", MARK)  # fmt: skip
FAULTS = ("taken", "risen", "limited", "refused by 500", "done by 500", "lost before", "lost after", "low bid",
          "breaks", "crash")  # fmt: skip
OUTAGE = 300.0  # seconds that nobody can look after a machine which does not run as it should, in all
PENNY = 1e-5
EPOCH = date(1970, 1, 1).toordinal()
CRASH = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5])  # at which write the program ends; 0: it does not
CAP = st.sampled_from([None, 0.7, 2.0, 5.0, 12.0])


class Calm(RuleBasedStateMachine):
    """One library that rents, in a world where nothing is odd but time."""

    tenancy_class: type[Tenancy] = Tenancy

    def __init__(self) -> None:
        super().__init__()
        self.clocks = Clocks()
        self.clocks.slept = self.wait
        self.market = Market(self.clocks)
        self.paper = Paper()
        self.caps = Caps()
        self.misled = False  # whoever tells the day is wrong, and nobody says otherwise: it cannot be known
        self.start()

    def teardown(self) -> None:
        self.paper.close()

    def start(self) -> None:
        """The program starts: nothing is known but what is on the disk."""
        self.paper.countdown, self.market.ahead = -1, None
        self.tenancy = self.tenancy_class(self.paper, MARK, self.clocks, lambda name: self.market)  # type: ignore[arg-type]

    def surviving(self) -> AbstractContextManager[None]:
        return self.paper.surviving(self.start)

    def wait(self, seconds: float) -> None:
        """Time goes by, as far as it may with a machine that only the program could end."""
        needy = [one for one in self.market.ours() if one.alive and self.needs_care(one)]
        if self.market.unreachable or self.market.stubborn:
            seconds = min([seconds, *(OUTAGE - one.untended for one in needy)])
            for one in needy:
                one.untended += seconds
        self.market.pass_time(seconds)

    @staticmethod
    def needs_care(one: Machine) -> bool:
        """Whether its own hard stop does not protect from what it costs."""
        return one.state != "running" or bool(one.text)

    # --- what the user does

    @initialize(job=CAP, day=CAP, month=CAP, total=CAP, credit=st.sampled_from([1000.0, 1000.0, 4.0]),
                hours=st.sampled_from([0, 0, 360, 399]))  # fmt: skip
    def allow(self, job: float, day: float, month: float, total: float, credit: float, hours: int) -> None:
        self.clocks.true += hours * 3600  # some worlds begin where a month ends
        self.caps = Caps(job, day, month, total)
        self.market.money = credit
        self.paper.write(lambda connection: spending.set_caps(connection, self.caps))

    @rule(offer=st.integers(0, 3), hours=st.sampled_from([0.25, 1.0, 3.0]))
    def rent_well(self, offer: int, hours: float) -> None:
        with self.surviving():
            self.tenancy.rent(self.market.offers[offer], hours * 3600)

    # --- what goes on by itself

    @rule()
    def look_calmly(self) -> None:
        self.tenancy.reconcile(["vast"])
        if not (self.market.unreachable or self.market.stubborn):
            self.agree()

    @rule(seconds=st.sampled_from([1.0, 30.0, 60.0, 400.0, 3000.0, 20_000.0, 90_000.0]))
    def advance(self, seconds: float) -> None:
        """Time goes by with the program at work."""
        rest = seconds - 60.0
        steps = [min(60.0, seconds), *(min(600.0, rest - at) for at in range(0, max(0, int(rest)), 600))]
        for step in steps:
            if step > 0:
                self.wait(step)
                with self.surviving():
                    self.tenancy.reconcile(["vast"])
            for one in self.tenancy.opened():
                there = next((m for m in self.market.alive() if m.id == one.instance), None)
                if there is not None and there.state == "running" and not self.market.unreachable:
                    self.tenancy.works(one.id)

    @rule(seconds=st.floats(1, 200_000))
    def away(self, seconds: float) -> None:
        """The computer is off, or the program is: only the nodes' own hard stops work."""
        needy = [one for one in self.market.ours() if one.alive and self.needs_care(one)]
        seconds = min([seconds, *(OUTAGE - one.untended for one in needy)])
        for one in needy:
            one.untended += seconds
        self.market.pass_time(seconds)
        self.start()

    # --- what others do

    @rule(years=st.sampled_from([-1.0, 1.0, 0.0, 30.0]))
    def jump(self, years: float) -> None:
        self.clocks.wrong = years * YEAR
        self.mislead()

    def mislead(self) -> None:
        """Two clocks that are wrong alike are believed, and after a boot that of the provider alone."""
        found = self.paper.connection.execute("SELECT boot FROM pulse").fetchone()
        alone = found is None or found[0] != self.clocks.now().boot
        self.misled |= self.clocks.theirs != 0 and (alone or self.clocks.theirs == self.clocks.wrong)

    # --- what must hold

    def agree(self) -> None:
        """The books and the provider agree: no machine of ours lives without an open rental."""
        labels = {one.label for one in self.tenancy.opened()}
        assert [one.label for one in self.market.alive() if not one.foreign and one.label not in labels] == []

    @invariant()
    def nobody_else_is_touched(self) -> None:
        foreign = {one.id for one in self.market.machines if one.foreign}
        assert not foreign & set(self.market.touched)
        assert all(one.alive for one in self.market.machines if one.foreign)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        known = {one.label for one in self.listed()}
        assert [one.label for one in self.market.ours() if one.label not in known] == []
        living = [one.label for one in self.market.ours()]
        assert len(living) == len(set(living)), "asked a second time"

    @invariant()
    def caps_hold(self) -> None:
        today = int(self.clocks.true // 86_400)
        worst = self.outstanding()
        billed = sum(one.billed for one in self.market.ours())
        if self.caps.total is not None:
            assert billed + worst <= self.caps.total + PENNY
        if self.caps.day is not None and not self.misled:
            spent = sum(one.days.get(today, 0.0) for one in self.market.ours())
            assert spent + worst <= self.caps.day + PENNY
        if self.caps.month is not None and not self.misled:
            spent = sum(money for one in self.market.ours() for day, money in one.days.items()
                        if month_of(day) == month_of(today))  # fmt: skip
            assert spent + worst <= self.caps.month + PENNY
        if self.caps.job is not None:
            assert max((one.billed for one in self.market.ours()), default=0.0) <= self.caps.job + PENNY

    def outstanding(self) -> float:
        """What the machines that live may still cost: up to their hard stops, and for destroying them."""
        left = 0.0
        for one in self.market.ours():
            if one.alive:
                seconds = max(0.0, one.seconds - (self.clocks.true - one.made)) + SLACK - one.untended
                left += one.agreed * seconds / 3600 + (0.0 if one.began else one.traffic)
        return left

    def listed(self) -> list[Contract]:
        with self.paper.read() as connection:
            return rentals.listed(connection, 10_000)


class Renting(Calm):
    """The same in a world that does what it can to cost more than was allowed."""

    @rule(offer=st.integers(0, 3), hours=st.floats(0.1, 6), fault=st.sampled_from(FAULTS), crash=CRASH,
          after=st.booleans(), traffic=st.floats(0, 0.2))  # fmt: skip
    def rent(self, offer: int, hours: float, fault: str, crash: int, after: bool, traffic: float) -> None:
        self.market.fault = fault
        self.paper.countdown, self.paper.after = crash, after
        before = len(self.market.machines)
        with self.surviving():
            self.tenancy.rent(self.market.offers[offer], hours * 3600, traffic)
        self.market.fault = ""
        for machine in self.market.machines[before:]:
            machine.traffic = traffic

    @rule(which=st.integers(0, 5), crash=CRASH, after=st.booleans())
    def end(self, which: int, crash: int, after: bool) -> None:
        opened = self.tenancy.opened()
        if opened:
            self.paper.countdown, self.paper.after = crash, after
            with self.surviving():
                self.tenancy.end(opened[which % len(opened)].id)

    @rule(crash=CRASH, after=st.booleans())
    def look(self, crash: int, after: bool) -> None:
        self.paper.countdown, self.paper.after = crash, after
        crashed = True
        with self.surviving():
            self.tenancy.reconcile(["vast"])
            crashed = False
        if not (crashed or self.market.unreachable or self.market.stubborn):
            self.agree()

    @rule(wrong=st.sampled_from([0.0, 0.0, 0.0, -YEAR, YEAR, -40 * YEAR]))
    def reboot(self, wrong: float) -> None:
        self.clocks.reboot()
        self.clocks.wrong = wrong
        self.mislead()
        self.start()

    @rule(years=st.sampled_from([-1.0, 1.0, 0.0]))
    def their_jump(self, years: float) -> None:
        self.clocks.theirs = years * YEAR
        self.mislead()

    @rule(on=st.sampled_from([False, False, True]))
    def unreachable(self, on: bool) -> None:
        self.market.unreachable = on

    @rule(times=st.sampled_from([0, 0, 1, 3, 5]))
    def stubborn(self, times: int) -> None:
        self.market.stubborn = times

    @rule(which=st.integers(0, 9), what=st.sampled_from(["outbid", "exited", "vanished", "risen"]))
    def mishap(self, which: int, what: str) -> None:
        living = [one for one in self.market.ours() if one.alive and not one.text]
        if not living:
            return
        one = living[which % len(living)]
        if what == "vanished":
            one.alive = False
        elif what == "risen":
            one.price, one.text = one.price * 1.5, "price rose"
        else:
            one.state, one.text = ("stopped" if what == "outbid" else "failed"), what

    @rule(label=st.sampled_from(SIMILAR))
    def neighbour(self, label: str) -> None:
        """Somebody rents a machine with the same account."""
        self.market.make(label, 0.3, foreign=True).state = "running"


class Calendar(Calm):
    """A short world in which only days and months matter, and what clocks say of them."""

    away = advance = look_calmly = None  # type: ignore[assignment]

    @initialize(day=st.sampled_from([None, 2.0]), hours=st.sampled_from([0, 399]))
    def allow(self, day: float, hours: int) -> None:  # type: ignore[override]
        super().allow(None, day, None if day else 2.0, None, 1000.0, hours)  # type: ignore[arg-type]

    @rule(before=st.sampled_from([600, 5000]), off=st.sampled_from([3000, 9000]))
    def over_midnight(self, before: int, off: int) -> None:
        """Rented in the evening; the program is off when the day ends."""
        self.market.pass_time(-(self.clocks.true + before) % 86_400)
        self.tenancy.reconcile(["vast"])
        self.rent_well(1, 3.0)
        self.market.pass_time(off)
        self.start()
        for hours in (3.0, 1.0, 0.25):
            self.rent_well(1, hours)

    @rule(years=st.sampled_from([-1.0, 1.0]))
    def by_a_wrong_clock(self, years: float) -> None:
        """Rented all that the day allows; then the clock is wrong."""
        for wrong in (0.0, years):
            self.jump(wrong)
            self.tenancy.reconcile(["vast"])
            for hours in (3.0, 1.0, 0.25):
                self.rent_well(1, hours)

    @rule()
    def until_tomorrow(self) -> None:
        """All that was rented has ended."""
        self.market.pass_time(86_400.0)
        self.tenancy.reconcile(["vast"])


class Ending(Renting):
    """A short world in which machines are rented, and cannot always be destroyed."""

    rent = look_calmly = away = jump = reboot = their_jump = unreachable = mishap = neighbour = None  # type: ignore[assignment]


def month_of(day: int) -> tuple[int, int]:
    """The month of a day since 1970."""
    found = date.fromordinal(EPOCH + day)
    return found.year, found.month


def examples(number: int, steps: int = 30) -> settings:
    return settings(max_examples=number, stateful_step_count=steps, deadline=None, database=None,
                    suppress_health_check=list(HealthCheck))  # fmt: skip


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Days of the world are days of the program; thousands of worlds are not written into the log."""
    monkeypatch.setattr(logging.getLogger("engine.tenancy"), "disabled", True)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("world", "number"), [(Calm, 120), (Renting, 200), (Calendar, 40)])
def test_no_cap_is_passed_and_nothing_is_forgotten(world: type[Calm], number: int) -> None:
    run_state_machine_as_test(world, settings=examples(number))


@pytest.mark.slow
@pytest.mark.parametrize("world", [Calm, Renting, Calendar])
def test_no_cap_is_passed_in_many_more_worlds(world: type[Calm]) -> None:
    run_state_machine_as_test(world, settings=examples(800, 40))


# --- that the test finds what it is for ------------------------------------------------------------------------------


class NoIntent(Tenancy):
    """Asks first and writes it down afterwards."""

    def rent(self, offer: Any, seconds: float, traffic: float = 0.0) -> Contract:
        wanted = self._wanted(offer, seconds, traffic)
        number = self.client(offer.provider).rent(offer, wanted.label, seconds=seconds, key="")
        contract = self._database.write(lambda connection: rentals.intend(connection, self._clock.now(), wanted))
        return self._check(contract, self._met(self.client(offer.provider), contract, number))


class CapsAfterwards(Tenancy):
    """Looks at the caps when the machine is rented already, one by one."""

    def rent(self, offer: Any, seconds: float, traffic: float = 0.0) -> Contract:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(spending, "refuse", lambda connection, today, reserved, others: None)
            contract = super().rent(offer, seconds, traffic)
        with self._database.read() as connection:
            spending.refuse(connection, "2027-01-15", 0)
        return contract


class AsksTwice(Tenancy):
    """Asks once more when the answer was lost."""

    def _ask(self, client: Any, contract: Contract, offer: Any, key: str) -> Contract:
        try:
            number = client.rent(offer, contract.label, seconds=contract.seconds, key=key)
        except RentUnclear:
            number = client.rent(offer, contract.label, seconds=contract.seconds, key=key)
        return self._check(contract, self._met(client, contract, number))


class Forgets(Tenancy):
    """Believes a lost answer to mean that there is nothing, and lets it be."""

    def _look_for(self, client: Any, contract: Contract, reads: int) -> None:
        self._close(contract, RentalState.FAILED, "")

    def _orphan(self, name: str, found: Any) -> None:
        return


class GivesUp(Tenancy):
    """Closes a rental although its machine could not be destroyed."""

    def _failed(self, contract: Contract, why: str) -> None:
        self._close(contract, RentalState.ENDED, why)


class LooksAwry(Tenancy):
    """Takes for its own whatever begins nearly like its label."""

    def __init__(self, database: Any, mark: str, *more: Any, **named: Any) -> None:
        super().__init__(database, mark.removesuffix(":"), *more, **named)


def by_the_wall(connection: Any, now: Any) -> str:
    """Measures time by the clock that anybody can set."""
    return beat(connection, replace(now, steady=now.wall, theirs=now.wall))


def counts_today(connection: Any, today: str, scope: str, others: Any) -> int:
    """Forgets each midnight what the month has cost."""
    return booked(connection, today, "day" if scope == "month" else scope, others)


def all_of_it(connection: Any, since: float, until: float) -> None:
    """Books on the day that is over what was spent after it, too."""
    for contract in rentals.opened(connection):
        spending.book(connection, contract, until, rentals.day(since))


def nothing_of_it(now: Any) -> str:
    """Rents whatever the clocks say."""
    return ""


@pytest.mark.parametrize(
    ("mutant", "world"),
    [(NoIntent, Renting), (CapsAfterwards, Renting), (AsksTwice, Renting), (Forgets, Renting), (GivesUp, Ending),
     (LooksAwry, Renting)],
)  # fmt: skip
def test_it_finds_a_program_that(mutant: type[Tenancy], world: type[Calm]) -> None:
    _found(type(mutant.__name__, (world,), {"tenancy_class": mutant}))


@pytest.mark.parametrize(
    "wrong",
    [
        {(rentals, "beat"): by_the_wall, (rentals, "doubt"): nothing_of_it},
        {(rentals, "_followed"): lambda expected, now: now.wall, (rentals, "doubt"): nothing_of_it},
        {(spending, "_booked"): counts_today},
        {(rentals, "_turn"): all_of_it},
    ],
    ids=["the time", "the day", "the month", "midnight"],
)
def test_it_finds_what_is_measured_wrongly(wrong: dict[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for (place, name), instead in wrong.items():
        monkeypatch.setattr(place, name, instead)
    _found(Calendar)


def test_it_finds_that_nothing_is_reserved_for_destroying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "SLACK", 0.0)
    _found(Calm)


def _found(machine: type[Calm]) -> None:
    # The same worlds each time: whether the search meets the mistake must not be left to luck.
    few = settings(examples(4000), phases=[Phase.generate], print_blob=False, derandomize=True)
    with pytest.raises((AssertionError, NotFound, KeyError), match=r"[\s\S]*"):
        run_state_machine_as_test(machine, settings=few)
