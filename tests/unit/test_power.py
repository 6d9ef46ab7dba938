"""What the work does on battery and while the whole screen is in use, with stand-ins for the machine."""

import time
from pathlib import Path

import pytest

from engine.library import Library
from engine.observe import power
from engine.observe.power import Power, Rest, decide
from engine.settings import defaults
from tests.waiting import until


def test_rules() -> None:
    settings = defaults()
    assert decide(settings, Power()) == Rest()
    assert decide(settings, Power(battery=False, fullscreen=False)) == Rest()
    assert decide(settings, Power(battery=True)).why == "battery"
    assert decide(settings, Power(battery=True), frozenset({"battery"})) == Rest()
    assert decide(settings, Power(True, True), frozenset({"battery"})).why == "fullscreen"
    slow = decide(settings | {"jobs.on_battery": "slow"}, Power(battery=True))
    assert (slow.why, slow.slow) == ("battery", True)
    both = decide(settings | {"jobs.on_battery": "slow"}, Power(True, True))
    assert (both.why, both.slow) == ("fullscreen", False), "a pause comes before going slowly"
    assert decide(settings | {"jobs.on_battery": "go on"}, Power(battery=True)) == Rest()


def test_a_machine_without_a_battery_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert power.on_battery() is None
    monkeypatch.setattr(psutil, "sensors_battery", lambda: 1 / 0, raising=False)
    with pytest.raises(ZeroDivisionError):
        power.on_battery()  # a bug is not taken for an answer


def test_the_work_pauses_on_battery_and_goes_on_by_itself(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with Library.open(tmp_path / "library") as library:
        told = [Power(battery=True)]
        library.care.sense = lambda: told[0]
        assert library.care.look() == Rest(), "without a window nobody could say go on: a script is never held up"
        library.care.attend()
        assert library.care.look().why == "battery"
        for number in range(3):
            (tmp_path / "in" / f"{number}.txt").write_text(f"The brass key {number}", encoding="utf-8")
        list(library.add([tmp_path / "in"], watch=False))
        assert library.wait_idle(20)
        status = library.queue()
        assert status.waiting > 0
        assert (status.resting, status.slowed, status.paused) == ("Paused while on battery", False, False)
        told[0] = Power(battery=False)
        library.care.look()
        until(lambda: not library.queue().waiting)
        assert library.queue().resting == ""


def test_go_on_anyway_lasts_until_the_battery_is_left(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        told = [Power(battery=True)]
        library.care.sense = lambda: told[0]
        library.care.attend()
        assert library.care.look().why == "battery"
        library.care.go_on()
        assert library.care.look() == Rest()
        told[0] = Power(battery=False)
        assert library.care.look() == Rest()
        told[0] = Power(battery=True)
        assert library.care.look().why == "battery", "the next time it pauses again"
        library.care.whole_screen(True)
        library.set("jobs.on_battery", "go on")
        assert library.care.look().why == "fullscreen", "a film of its own on the whole screen counts, too"


def test_slowly_means_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(6):
        (tmp_path / "in" / f"{number}.txt").write_text(f"The brass key {number}", encoding="utf-8")
    with Library.open(tmp_path / "library") as library:
        library.set("jobs.on_battery", "slow")
        library.care.sense = lambda: Power(battery=True)
        library.care.attend()
        assert library.care.look().slow
        list(library.add([tmp_path / "in"], watch=False))
        most = 0
        deadline = time.monotonic() + 60
        while library.queue().waiting and time.monotonic() < deadline:
            assets = {row.asset for row in library.jobs() if row.state.value == "running"}
            most = max(most, len(assets))
        assert library.queue().waiting == 0
        assert most <= 1
