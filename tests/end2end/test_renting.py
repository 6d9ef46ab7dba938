"""A machine is rented, works, and is destroyed: the fake of Vast.ai, a real SSH server, Kinora itself as its node."""

import getpass
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from engine import tenant
from engine.hosts import remote
from engine.hosts.fleet import Fleet
from engine.hosts.local import LocalHost
from engine.hosts.rental import autoscale, guess
from engine.library import Library
from engine.model import Caps, RentalState
from tests.bench.renting import market, pictures, rented, until_first
from tests.waiting import until


@pytest.mark.slow
@pytest.mark.skipif(getpass.getuser() != "root", reason="one logs in to rented machines as root")
def test_a_rented_machine_does_jobs_and_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "engine.hosts.rechecking")
    shown = pictures(tmp_path / "in", 80)
    with market() as one, Library.open(tmp_path / "library") as library:
        one.lend_to(library)
        library.set("hosts.recheck", 1.0)
        library.pause()
        list(library.add([shown]))
        row = one.rent(library)
        assert until_first(library) is not None, [(state.status, state.text) for state in rented(library)]
        assert library.rentals.rows()[0].state is RentalState.RUNNING
        assert library.wait_idle(120)
        assert library.search("harbour").total == 80
        assert {"alike"} == {record.message.rpartition(" ")[2] for record in caplog.records}, "some were looked into"
        library.rentals.destroy(row.id)
        assert one.fake.alive() == []
        until(lambda: not rented(library))
        assert library.rentals.rows()[0].state is RentalState.ENDED


def looked_at(library: Library) -> int:
    """Pictures of which all is done that is not done elsewhere."""
    status = library.queue()
    done = next(rate.done for rate in status.rates if rate.analyzer == "look")
    return 0 if status.waiting or status.running else done


@pytest.mark.slow
@pytest.mark.skipif(getpass.getuser() != "root", reason="one logs in to rented machines as root")
def test_machines_come_and_go_by_themselves_as_far_as_the_caps_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, name, value in [(tenant, "EVERY", 0.3), (tenant, "CALM", 1.0), (tenant, "BILLS", 0.5),
                               (autoscale, "CALM", 1.0), (guess, "BOOT", 0.5), (guess, "SETUP_BYTES", 0),
                               (guess, "USUAL_BYTES", 1), (remote, "FIRST_GUESS", 0.05)]:  # fmt: skip
        monkeypatch.setattr(place, name, value)
    monkeypatch.setattr(tenant, "decide", lambda now: autoscale.decide(replace(now, idle=now.idle / 12)))
    with market() as one, Library.open(tmp_path / "library") as library:
        rentals = library.rentals
        one.lend_to(library)
        library.set("rent.idle", 1)
        library.set("rent.auto", True)

        own, slow = LocalHost.free, False
        # However quick this machine is, it leaves the rented one something to do.
        monkeypatch.setattr(LocalHost, "free", lambda host: 0 if slow else own(host))
        monkeypatch.setattr(Fleet, "_rate_here", lambda fleet, analyzer: 0.01)

        def burst(number: int) -> None:
            library.set("analyzers.off", library.hosts.travellers())
            list(library.add([pictures(tmp_path / str(number), 40, 40 * number)]))
            until(lambda: looked_at(library) == 40 * number, 60)

        for number in (1, 2):
            slow = False
            burst(number)
            slow = True
            library.set("analyzers.off", ())
            until(lambda: len(rentals.rows()) == number, 60)  # noqa: B023
            until(lambda: any(state.done for state in rented(library)), 60)
            until(lambda: rentals.load().count < autoscale.LEAST_JOBS, 120)
            slow = False
            assert library.wait_idle(240)
            until(lambda: [row.state for row in rentals.rows()] == [RentalState.ENDED] * number, 60)  # noqa: B023
            assert one.fake.alive() == []
            until(lambda: not rented(library))
        until(lambda: abs(rentals.spending().total - sum(one.fake.bill().values())) < 1e-4)
        assert sum(line.amount for line in rentals.ledger()) == pytest.approx(rentals.spending().total, abs=1e-6)
        assert rentals.spending().halted == ""
        rentals.set_caps(Caps(day=5.0, total=rentals.spending().total + 0.05))
        burst(3)
        slow = True
        library.set("analyzers.off", ())
        until(lambda: rentals.spending().halted, 60)
        slow = False
        assert "in all" in rentals.spending().halted
        assert library.wait_idle(240), "what may not be rented for is done here"
        assert len(rentals.rows()) == 2
        until(lambda: not rentals.spending().halted)
        assert library.search("harbour").total == 120
