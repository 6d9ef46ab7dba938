"""The same promises over the real client of Vast.ai and its fake: whatever it answers, and when an answer is lost."""

import logging
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from engine.hosts.rental import reconcile
from engine.hosts.rental.opener import key_pair
from engine.hosts.rental.vast import Vast
from engine.model import Caps, Need, Offer
from engine.store import rentals, spending
from engine.tenancy import Tenancy
from tests.fakes.boxes import Box
from tests.fakes.provider import KEY
from tests.fakes.vast import FakeVast
from tests.unit.hosts.renting import YEAR, Clocks, Paper

MARK = reconcile.prefix("0123456789abcdef")
NEED = Need(gpu_memory=8 << 30, price=5.0, down=0.0, reliability=0.5, disk=20)
_, PUBLIC = key_pair("test")
FAULTS: dict[str, dict[str, Any]] = {
    "": {}, "429": {"status": 429, "text": "API requests too frequent"}, "500": {"status": 500, "text": "oops"},
    "503 but done": {"status": 503, "text": "gateway", "drop": "after"}, "lost before": {"drop": "before"},
    "lost after": {"drop": "after"},
}  # fmt: skip


class OverVast(RuleBasedStateMachine):
    """A library that rents at the fake, through the client that it rents with."""

    def __init__(self) -> None:
        super().__init__()
        self.clocks = Clocks()
        self.fake = FakeVast(now=self.clocks.true)
        self.fake.boot = (2.0, 90.0)
        self.clocks.slept = self.pass_time
        self.paper = Paper()
        self.foreign: list[str] = []
        self.start()

    def teardown(self) -> None:
        self.paper.close()

    def start(self) -> None:
        """The program starts."""
        self.paper.countdown = -1
        self.vast = Vast(KEY, url=self.fake.url, transport=self.fake.transport(), clock=lambda: self.clocks.true,
                         sleep=self.pass_time)  # fmt: skip
        self.tenancy = Tenancy(self.paper, MARK, self.clocks, lambda name: self.vast, key=lambda: PUBLIC)  # type: ignore[arg-type]

    def pass_time(self, seconds: float) -> None:
        self.clocks.true += seconds
        self.fake.advance(seconds)

    def surviving(self) -> AbstractContextManager[None]:
        return self.paper.surviving(self.start)

    @initialize(total=st.sampled_from([0.5, 1.5, 4.0]))
    def allow(self, total: float) -> None:
        self.total = total
        self.paper.write(lambda connection: spending.set_caps(connection, Caps(total=total)))

    @rule(which=st.integers(0, 3), hours=st.sampled_from([0.25, 1.0, 3.0]), fault=st.sampled_from(list(FAULTS)),
          odd=st.sampled_from(["", "", "risen", "low bid", "taken", "oci", "stuck"]),
          crash=st.sampled_from([0, 0, 0, 1, 2, 3]), after=st.booleans())  # fmt: skip
    def rent(self, which: int, hours: float, fault: str, odd: str, crash: int, after: bool) -> None:
        offers: list[Offer] = []
        with self.surviving():
            offers = self.vast.search(NEED)
        if not offers:
            return
        offer = offers[which % len(offers)]
        if FAULTS[fault]:
            self.fake.fault("rent", **FAULTS[fault])
        if odd == "risen":
            self.fake.rise(offer.id, 1.5)
        if odd == "low bid":
            offer = Offer(**{**_fields(offer), "bid": 0.001})
        self.fake.taken = 410 if odd == "taken" else 0
        self.fake.fate = odd if odd in ("oci", "stuck") else ""
        self.paper.countdown, self.paper.after = crash, after
        with self.surviving():
            self.tenancy.rent(offer, hours * 3600)
        self.fake.taken, self.fake.fate, self.fake.faults = 0, "", []

    @rule(seconds=st.sampled_from([10.0, 60.0, 600.0, 4000.0, 20_000.0]))
    def advance(self, seconds: float) -> None:
        left = seconds
        while left > 0:
            step = min(left, 60.0 if left == seconds else 300.0)
            self.pass_time(step)
            left -= step
            with self.surviving():
                self.tenancy.reconcile(["vast"])

    @rule()
    def look(self) -> None:
        self.fake.faults.clear()
        self.pass_time(300.0)  # whatever pause was asked for is over
        with self.surviving():
            self.tenancy.reconcile(["vast"])
        opened = {one.label for one in self.tenancy.opened()}
        assert [box.label for box in self.ours() if box.alive and box.label not in opened] == []

    @rule(
        times=st.integers(1, 4),
        at=st.sampled_from(["destroy", "list", "show", "*"]),
        fault=st.sampled_from(list(FAULTS)),
    )
    def trouble(self, times: int, at: str, fault: str) -> None:
        if FAULTS[fault]:
            self.fake.fault(at, **FAULTS[fault], times=times)

    @rule(which=st.integers(0, 9))
    def end(self, which: int) -> None:
        opened = self.tenancy.opened()
        if opened:
            with self.surviving():
                self.tenancy.end(opened[which % len(opened)].id)

    @rule(which=st.integers(0, 9))
    def outbid(self, which: int) -> None:
        living = [box for box in self.ours() if box.alive]
        if living:
            living[which % len(living)].stop(self.fake.now)

    @rule(years=st.sampled_from([-1.0, 0.0, 1.0]), theirs=st.sampled_from([-1.0, 0.0, 1.0]))
    def jump(self, years: float, theirs: float) -> None:
        self.clocks.wrong, self.fake.skew = years * YEAR, theirs * YEAR

    @rule(label=st.sampled_from(["", "kinora:012345678:x", "kinora:01234567", "kinora:fedcba98:y"]))
    def neighbour(self, label: str) -> None:
        if len(self.foreign) < 3:
            offer = self.fake.add_offer(rentable=False, gpu_name="Titan")
            body = {"label": label, "image": "x", "disk": 10}
            self.foreign.append(self.fake._make(self.fake.offers[offer], body, None).id)

    @invariant()
    def the_cap_holds(self) -> None:
        assert sum(box.cost for box in self.ours()) <= getattr(self, "total", 0.0) + 1e-6

    @invariant()
    def nobody_else_is_touched(self) -> None:
        asked = {call.path.strip("/").split("/")[-1] for call in self.fake.asked("destroy")}
        assert not asked & set(self.foreign)

    @invariant()
    def nothing_is_forgotten_and_nothing_asked_twice(self) -> None:
        labels = [box.label for box in self.ours()]
        assert len(labels) == len(set(labels))
        with self.paper.read() as connection:
            assert set(labels) <= {one.label for one in rentals.listed(connection, 10_000)}

    def ours(self) -> list[Box]:
        return [box for box in self.fake.boxes.values() if box.id not in self.foreign]


def _fields(offer: Offer) -> dict[str, Any]:
    return {name: getattr(offer, name) for name in Offer.__dataclass_fields__}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("engine.tenancy", "engine.hosts.rental.vast", "httpx2", "httpx"):
        monkeypatch.setattr(logging.getLogger(name), "disabled", True)


def _run(number: int, steps: int) -> None:
    few = settings(max_examples=number, stateful_step_count=steps, deadline=None, database=None,
                   suppress_health_check=list(HealthCheck))  # fmt: skip
    run_state_machine_as_test(OverVast, settings=few)


def test_no_cap_is_passed_over_the_client_of_vast() -> None:
    _run(40, 20)


@pytest.mark.slow
def test_no_cap_is_passed_over_the_client_of_vast_many_times() -> None:
    _run(400, 40)
