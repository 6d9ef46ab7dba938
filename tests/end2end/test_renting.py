"""A machine is rented, works, and is destroyed: the fake of Vast.ai, a real SSH server, Kinora itself as its node."""

import getpass
from pathlib import Path

import pytest

from engine.library import Library
from engine.model import RentalState
from tests.bench.renting import market, pictures, rented, until_first
from tests.waiting import until


@pytest.mark.slow
@pytest.mark.skipif(getpass.getuser() != "root", reason="one logs in to rented machines as root")
def test_a_rented_machine_does_jobs_and_ends(tmp_path: Path) -> None:
    shown = pictures(tmp_path / "in", 80)
    with market() as one, Library.open(tmp_path / "library") as library:
        one.lend_to(library)
        library.pause()
        list(library.add([shown]))
        row = one.rent(library)
        assert until_first(library) is not None, [(state.status, state.text) for state in rented(library)]
        assert library.rentals.rows()[0].state is RentalState.RUNNING
        assert library.wait_idle(120)
        assert library.search("harbour").total == 80
        library.rentals.destroy(row.id)
        assert one.fake.alive() == []
        until(lambda: not rented(library))
        assert library.rentals.rows()[0].state is RentalState.ENDED
