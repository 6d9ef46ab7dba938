"""Pairing: one code, one token, few tries, a short time."""

from pathlib import Path

import pytest

from engine.model.access import Role
from engine.serve.pairing import LASTS, TRIES, Pairing, PairingRefused
from engine.serve.rates import Limit, Limits
from tests.unit.serve.fronts import Desk, served


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pairing(desk: Desk, clock: Clock) -> Pairing:
    return Pairing(desk.access, clock)


def test_a_code_opens_once(pairing: Pairing, desk: Desk) -> None:
    code = pairing.show(Role.EDITOR)
    row, secret = pairing.exchange(f" {code.lower()} ", "tablet", "192.0.2.1")
    assert desk.access.check(secret, "").role is Role.EDITOR
    assert row.label == "tablet"
    with pytest.raises(PairingRefused):
        pairing.exchange(code, "", "")


def test_a_code_grows_old_and_is_not_guessed(pairing: Pairing, clock: Clock) -> None:
    code = pairing.show()
    clock.now += LASTS + 1
    with pytest.raises(PairingRefused):
        pairing.exchange(code, "", "")
    code = pairing.show()
    for _ in range(TRIES):
        with pytest.raises(PairingRefused):
            pairing.exchange("AAAA-AAAA" if code != "AAAA-AAAA" else "BBBB-BBBB", "", "")
    with pytest.raises(PairingRefused):
        pairing.exchange(code, "", "")


def test_no_code_opens_nothing(pairing: Pairing) -> None:
    for code in ("", "-", " ", "AAAA-AAAA", "ÄÖ☃"):
        with pytest.raises(PairingRefused):
            pairing.exchange(code, "", "")


def test_a_new_code_takes_the_place_of_the_old_one(pairing: Pairing) -> None:
    old, new = pairing.show(), pairing.show()
    assert old != new
    with pytest.raises(PairingRefused):
        pairing.exchange(old, "", "")
    pairing.exchange(new, "", "")


def test_a_client_pairs_over_the_network_and_wrong_codes_are_counted(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(failures=Limit(3, 900)), count=1) as desk:
        assert desk.front.pairing is not None
        code = desk.front.pairing.show(Role.VIEWER)
        given = desk.ask("/v1/pair", None, method="POST", json={"code": code, "label": "phone"}).json()
        assert desk.ask("/v1/me", None, token=given["token"]).json()["label"] == "phone"
        for _ in range(3):
            assert desk.ask("/v1/pair", None, method="POST", json={"code": "x"}).status_code == 400
        code = desk.front.pairing.show(Role.VIEWER)
        assert desk.ask("/v1/pair", None, method="POST", json={"code": code}).status_code == 429
        log = [action for _, action, _ in desk.log()]
        assert log.count("pair.refused") == 3
        assert "token.new" in log
