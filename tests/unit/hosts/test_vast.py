"""The client of Vast.ai against a faithful fake of it, with every fault that is known of the real one."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from engine.errors import HostError, HostLimited, HostLost, HostRefused, OfferGone, RentalError
from engine.hosts.rental import PROVIDERS
from engine.hosts.rental.desk import FIRST, LONGEST, Desk, Unanswered
from engine.hosts.rental.onstart import host_key_from
from engine.hosts.rental.provider import Provider, RentUnclear
from engine.hosts.rental.vast import FATAL, Vast, state_of
from engine.model import Need, Offer
from engine.settings import BY_KEY
from tests.fakes.boxes import HOST_KEY, NEVER
from tests.fakes.provider import KEY
from tests.fakes.vast import FakeVast

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILXGDN/SclOozk1xsDztpmhGiKkkrfQB9SKoO8dSIQQZ me@example.com"
LABEL = "kinora:01234567:one"
YEAR = 365 * 86_400.0


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def fake() -> FakeVast:
    return FakeVast()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vast(fake: FakeVast, clock: Clock) -> Iterator[Vast]:
    found = Vast(KEY, transport=fake.transport(), clock=clock, sleep=lambda seconds: None)
    yield found
    found._desk.close()


def rent(vast: Provider, offer: Offer | None = None, label: str = LABEL) -> str:
    return vast.rent(offer or vast.search(Need())[0], label, seconds=3600, key=PUBLIC)


def test_it_is_a_provider(vast: Vast) -> None:
    provider: Provider = vast
    assert provider.name == "vast"
    assert tuple(kind.name for kind in PROVIDERS) == BY_KEY["rent.provider"].choices == ("vast", "runpod")


# --- searching --------------------------------------------------------------------------------------------------------


def test_offers_have_their_true_price_and_come_best_value_first(fake: FakeVast, vast: Vast) -> None:
    found = vast.search(Need(disk=100))
    assert [offer.gpu for offer in found] == ["RTX 4090", "RTX 3090", "RTX 3060"]  # A100: dearer than asked for
    assert found[0].price == pytest.approx(0.35 + 100 * 0.15 / 720, abs=1e-6)
    assert found[0].traffic == 0.01
    assert found[0].disk == 100
    assert found[0].gpu_memory == 24564 << 20  # megabytes there
    asked = fake.asked("search")[0].body
    assert asked["gpu_ram"] == {"gte": int(0.97 * 8192)}
    assert asked["allocated_storage"] == 100.0


def test_a_card_that_says_a_little_less_than_its_name_fits(vast: Vast) -> None:
    assert "RTX 4090" in [offer.gpu for offer in vast.search(Need(gpu_memory=24 << 30))]


def test_filters_that_the_server_does_not_heed_are_looked_at_again(fake: FakeVast, vast: Vast) -> None:
    fake.add_offer(gpu_ram=4000)
    fake.add_offer(reliability2=0.5)
    fake.add_offer(inet_down=5.0)
    fake.add_offer(dph_base=9.0)
    fake.add_offer(disk_space=10.0)
    fake.add_offer(rentable=False)
    fake.add_offer(gpu_name="RTX 9999", dph_base=float("nan"))
    everything = ["gpu_ram", "reliability2", "inet_down", "dph_total", "disk_space", "rentable", "gpu_name"]
    fake.ignored = everything
    assert len(vast.search(Need())) == 3
    assert [offer.gpu for offer in vast.search(Need(gpu="rtx_3090"))] == ["RTX 3090"]


def test_numbers_may_be_text_and_much_may_be_missing(fake: FakeVast, vast: Vast) -> None:
    fake.offers.clear()
    fake.add_offer(dph_base="0.30", gpu_ram="24564", reliability2="0.99", inet_down="900.5", storage_cost="0.15",
                   dlperf=None, duration=None, inet_up_cost=None, cpu_cores=None, geolocation=None)  # fmt: skip
    fake.ignored = ["dph_total"]
    fake._priced = lambda row, disk, bid: row  # type: ignore[method-assign]
    found = vast.search(Need())
    assert [offer.price for offer in found] == [pytest.approx(0.30 + 40 * 0.15 / 720, abs=1e-6)]
    assert (found[0].speed, found[0].ends, found[0].place) == (0.0, 0.0, "")


def test_bids_are_above_the_least_that_is_taken(fake: FakeVast, vast: Vast) -> None:
    found = vast.search(Need(interruptible=True, gpu="RTX 4090"))[0]
    assert found.bid == pytest.approx(0.35 * 0.6 * 1.1)
    assert found.price == pytest.approx(found.bid + 40 * 0.15 / 720, abs=1e-5)
    number = rent(vast, found)
    assert fake.asked("rent")[0].body["price"] == found.bid
    assert fake.boxes[number].bid
    fake.offers[found.id] |= {"rentable": True, "rented": False, "min_bid": None}
    fake._priced = lambda row, disk, bid: {**row, "dph_total": 0.1}  # type: ignore[method-assign]
    fake.ignored = ["min_bid"]
    assert found.id not in [offer.id for offer in vast.search(Need(interruptible=True))]  # it would be on demand


def test_no_more_than_64_are_given_and_taken(fake: FakeVast, vast: Vast) -> None:
    for _ in range(100):
        fake.add_offer()
    assert len(vast.search(Need())) == 64


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_429_in_plain_text_makes_us_wait_longer_each_time(fake: FakeVast, vast: Vast, clock: Clock) -> None:
    fake.fault("list", status=429, text="API requests too frequent", times=9)
    waits = []
    for _ in range(5):
        with pytest.raises(HostLimited) as caught:
            vast.list("kinora:")
        waits.append(caught.value.after)
        clock.at += waits[-1]
    assert waits == [FIRST, 30.0, 60.0, LONGEST, LONGEST]
    assert len(fake.asked("list")) == 5
    with pytest.raises(HostLimited):
        vast.list("kinora:")
    clock.at += 1
    with pytest.raises(HostLimited) as caught:  # nothing is asked in a pause
        vast.list("kinora:")
    assert len(fake.asked("list")) == 6
    assert caught.value.after == LONGEST - 1
    assert vast.credit() == 100.0  # each endpoint has its own


def test_a_pause_ends_with_an_answer(fake: FakeVast, vast: Vast, clock: Clock) -> None:
    fake.fault("list", status=429, text="slow down", times=2)
    for _ in range(2):
        with pytest.raises(HostLimited):
            vast.list("")
        clock.at += LONGEST
    assert vast.list("") == ()
    fake.fault("list", status=429, text="slow down")
    with pytest.raises(HostLimited) as caught:
        vast.list("")
    assert caught.value.after == FIRST


def test_a_retry_after_is_heeded_within_reason(fake: FakeVast, vast: Vast, clock: Clock) -> None:
    for told, after in (("7", 7.0), ("999999", 3600.0), ("soon", FIRST)):
        fresh = Vast(KEY, transport=fake.transport(), clock=clock)
        fake.fault("user", status=429, text="x", headers={"Retry-After": told})
        with pytest.raises(HostLimited) as caught:
            fresh.credit()
        assert caught.value.after == after


def test_the_quota_of_a_day_lasts_longer(fake: FakeVast, vast: Vast) -> None:
    fake.fault("search", status=429, text=json.dumps({"error": "search_quota_exceeded"}))
    with pytest.raises(HostLimited) as caught:
        vast.search(Need())
    assert 0 < caught.value.after <= 3600


def test_the_last_offers_are_shown_for_some_seconds_but_never_an_old_list_of_machines(
    fake: FakeVast, vast: Vast, clock: Clock
) -> None:
    first = vast.search(Need())
    vast.list("kinora:")
    fake.fault("search", status=429, text="too often", times=9)
    fake.fault("list", status=429, text="too often", times=9)
    clock.at += 60
    assert vast.search(Need()) == first
    with pytest.raises(HostLimited):
        vast.list("kinora:")
    with pytest.raises(HostLimited):  # another need was never answered
        vast.search(Need(disk=500))
    clock.at += 31
    with pytest.raises(HostLimited):
        vast.search(Need())


def test_the_limit_of_the_fake_itself_is_met(fake: FakeVast, vast: Vast) -> None:
    fake.rate = {"show": 5.0}
    number = rent(vast)
    with pytest.raises(HostLimited):  # renting has just looked
        vast.get(number)


def test_destroying_is_never_put_off(fake: FakeVast, vast: Vast) -> None:
    number = rent(vast)
    fake.fault("destroy", status=429, text="too often", times=2)
    for _ in range(2):
        with pytest.raises(HostLimited):
            vast.destroy(number)
    vast.destroy(number)
    assert not fake.alive()


# --- renting ----------------------------------------------------------------------------------------------------------


def test_a_machine_from_rent_to_end(fake: FakeVast, vast: Vast) -> None:
    offer = vast.search(Need())[0]
    number = rent(vast, offer)
    body = fake.asked("rent")[0].body
    assert body["label"] == LABEL
    assert body["price"] is None  # on demand
    assert body["runtype"].split()[0].startswith("ssh")
    assert body["cancel_unavail"] is True
    assert body["disk"] == 40
    assert len(body["onstart"]) <= 4048
    assert fake.boxes[number].seconds == 3600
    assert fake.boxes[number].keys == [PUBLIC]
    found = vast.get(number)
    assert found is not None
    assert (found.state, found.label, found.price) == ("starting", LABEL, pytest.approx(offer.price, abs=1e-5))
    fake.advance(61)
    found = vast.get(number)
    assert found is not None
    assert (found.state, found.address, found.port) == ("running", "203.0.113.7", 40022)  # there with spaces behind it
    assert host_key_from(vast.logs(number)) == HOST_KEY
    fake.advance(600)
    cost = fake.bill()[number]
    assert cost == pytest.approx((0.35 * 601 + 40 * 0.15 / 720 * 661) / 3600)
    assert vast.credit() == pytest.approx(100 - cost)
    assert vast.billed(number) == pytest.approx(cost)
    assert vast.billed("1") is None
    vast.destroy(number)
    vast.destroy(number)  # gone already
    assert vast.get(number) is None
    fake.advance(9999)
    assert fake.bill()[number] == pytest.approx(cost)


@pytest.mark.parametrize("status", [410, 404, 400])
def test_an_offer_that_is_taken(fake: FakeVast, vast: Vast, status: int) -> None:
    offer = vast.search(Need())[0]
    fake.taken = status
    with pytest.raises(OfferGone, match="no_such_ask"):
        rent(vast, offer)
    assert not fake.boxes


def test_a_price_that_rose_is_not_paid(fake: FakeVast, vast: Vast) -> None:
    offer = vast.search(Need())[0]
    fake.rise(offer.id, 1.2)
    with pytest.raises(OfferGone, match=r"from \$0\.358 to \$0\.428"):
        rent(vast, offer)
    assert not fake.alive()


def test_a_price_that_rose_and_a_machine_that_stays_is_unclear(fake: FakeVast, vast: Vast) -> None:
    offer = vast.search(Need())[0]
    fake.rise(offer.id, 1.2)
    fake.fault("destroy", status=500, text="oops")
    with pytest.raises(RentUnclear, match="could not be destroyed"):
        rent(vast, offer)


def test_a_bid_that_is_too_low_leaves_no_stopped_machine(fake: FakeVast, vast: Vast) -> None:
    offer = vast.search(Need(interruptible=True))[0]
    fake.offers[offer.id]["min_bid"] = 0.9
    with pytest.raises(RentalError, match="bid is too low"):
        rent(vast, offer)
    assert len(fake.boxes) == 1
    assert not fake.alive()  # success: false, and a machine whose disk costs money


def test_no_credit_and_wrong_arguments_are_told(fake: FakeVast, vast: Vast) -> None:
    offer = vast.search(Need())[0]
    fake.fault("user", status=200, text='{"id": 7, "balance": "3.5", "credit": null}')
    assert vast.credit() == 3.5
    fake.fault("user", status=200, text='{"id": 7}')
    with pytest.raises(RentalError, match="how much credit"):
        vast.credit()
    fake.money = 0.0
    with pytest.raises(RentalError, match="not enough credit") as caught:
        rent(vast, offer)
    assert "Add credit" in caught.value.hint
    fake.money = 1.0
    fake.fault("rent", status=400, text=json.dumps({"success": False, "error": "invalid_args", "msg": "disk"}))
    with pytest.raises(RentalError, match="invalid_args: disk"):
        rent(vast, offer)
    with pytest.raises(RentalError, match="no number"):
        rent(vast, replace(offer, id="../users/current"))


@pytest.mark.parametrize(
    "fault",
    [{"drop": "before"}, {"drop": "after"}, {"status": 502, "text": "Bad Gateway"}, {"status": 504, "drop": "after"},
     {"status": 200, "text": "<html>", "drop": "after"}, {"status": 200, "text": '{"success": true}', "drop": "after"}],
)  # fmt: skip
def test_a_lost_answer_is_unclear_and_the_machine_is_found_by_its_label(
    fake: FakeVast, vast: Vast, fault: dict[str, Any]
) -> None:
    offer = vast.search(Need())[0]
    fake.fault("rent", **fault)
    with pytest.raises(RentUnclear):
        rent(vast, offer)
    assert len(fake.asked("rent")) == 1  # never a second time
    listed = vast.list("kinora:01234567:")
    assert [one.label for one in listed] == ([LABEL] if "after" in fault.values() else [])


def test_what_was_not_even_sent_is_clear(fake: FakeVast) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route", request=request)

    vast = Vast(KEY, transport=httpx2.MockTransport(refuse))
    offer = Offer("vast", "1", "RTX 4090", 1, 24 << 30, 0.4)
    with pytest.raises(HostLost) as caught:
        rent(vast, offer)
    assert not isinstance(caught.value, RentUnclear | Unanswered)


def test_a_start_that_is_queued_is_given_back(fake: FakeVast, vast: Vast) -> None:
    offer = vast.search(Need())[0]
    fake.odd_rent = {
        "success": True,
        "new_contract": 31000000,
        "msg": "Required resources are currently unavailable, state change queued.",
    }
    with pytest.raises(OfferGone):
        rent(vast, offer)
    assert not fake.alive()


def test_a_stopped_machine_that_would_start_some_day_is_told_as_stopped(fake: FakeVast, vast: Vast) -> None:
    number = rent(vast, vast.search(Need(interruptible=True))[0])
    fake.outbid = 10.0
    box = fake.boxes[number]
    fake.advance(90)
    box.stop(fake.now)
    fake.busy = True
    fake.work("state", number, {}, {"state": "running"}, {})
    found = vast.get(number)
    assert found is not None
    assert found.state == "stopped"
    vast.destroy(number)
    fake.advance(9999)
    assert box.state != "running"


def test_a_key_that_cannot_be_attached_or_a_look_that_fails_costs_nothing(fake: FakeVast, vast: Vast) -> None:
    fake.fault("attach", status=500, text="later")
    fake.fault("show", drop="before")
    number = rent(vast)
    assert fake.alive()[0].id == number
    vast.attach_key(number, PUBLIC)
    vast.attach_key(number, PUBLIC)  # it has it already
    with pytest.raises(RentalError):
        vast.attach_key("123", PUBLIC)


# --- machines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fate", "state"),
    [("stuck", "starting"), ("oci", "failed"), ("image", "failed"), ("exited", "failed"), ("offline", "failed")],
)
def test_what_cannot_come_to_run_is_told_at_once(fake: FakeVast, vast: Vast, fate: str, state: str) -> None:
    fake.fate = fate
    number = rent(vast)
    fake.advance(1000)
    found = vast.get(number)
    assert found is not None
    assert found.state == state
    assert fake.bill()[number] == pytest.approx(40 * 0.15 / 720 * 1000 / 3600)  # the disk costs from the beginning


def test_outbid_is_stopped_and_costs_its_disk(fake: FakeVast, vast: Vast) -> None:
    fake.outbid = 300.0
    number = rent(vast, vast.search(Need(interruptible=True))[0])
    fake.advance(600)
    found = vast.get(number)
    assert found is not None
    assert (found.state, found.text) == ("stopped", "Instance was outbid.")
    assert found.price == pytest.approx(40 * 0.15 / 720)


@pytest.mark.parametrize(
    ("row", "state"),
    [({}, "starting"), ({"actual_status": None, "status_msg": None}, "starting"),
     ({"actual_status": "frozen"}, "stopped"),
     ({"actual_status": "running", "status_msg": "x failed"}, "running"), ({"actual_status": "Running "}, "running"),
     ({"actual_status": "unknown"}, "failed"), ({"actual_status": "rebooting"}, "starting"),
     ({"actual_status": 7}, "starting"), ({"cur_state": "stopped", "intended_status": "running"}, "starting"),
     ({"actual_status": "loading", "status_msg": "pull access denied for x"}, "failed")],
)  # fmt: skip
def test_states_are_read(row: dict[str, Any], state: str) -> None:
    assert state_of(row)[0] == state


def test_fatal_words_do_not_kill_what_only_loads() -> None:
    assert not FATAL.search("Pulling from library/error-pages: 3 of 7 layers")


@pytest.mark.parametrize(("ports", "address"), [("dicts", ("203.0.113.7", 40022)), ("ints", ("203.0.113.7", 40022)),
                                                ("none", ("ssh5.vast.ai", 30022))])  # fmt: skip
def test_the_address_comes_in_many_shapes(fake: FakeVast, vast: Vast, ports: str, address: tuple[str, int]) -> None:
    number = rent(vast)
    fake.advance(61)
    fake.ports = ports
    found = vast.get(number)
    assert found is not None
    assert (found.address, found.port) == address


def test_all_pages_are_read_and_only_what_begins_so_is_given(fake: FakeVast, vast: Vast) -> None:
    for number in range(60):
        fake.add_offer()
        fake._make(next(one for one in fake.offers.values() if one["rentable"]), {"label": f"kinora:a:{number}"}, None)
    fake._make(fake.add_offer() and fake.offers["7000063"], {"label": None}, None)
    fake._make(fake.offers["7000063"], {"label": "kinora:b:1"}, None)
    assert len(vast.list("kinora:a:")) == 60
    assert [one.label for one in vast.list("kinora:b:")] == ["kinora:b:1"]
    assert len(fake.asked("list")) == 6


def test_pages_that_go_in_circles_or_are_none_are_no_list(fake: FakeVast, vast: Vast) -> None:
    told = [
        {"instances": [], "next_token": "t0"},
        {"instances": None},
        {"success": True},
        [],
        {"instances": [], "next_token": 7},
    ]
    for body in told:
        fake._list = lambda *_, body=body: type(fake.too_often())(200, body)  # type: ignore[assignment, misc]
        with pytest.raises(HostError):
            vast.list("kinora:")
        fake.calls.clear()


def test_a_clock_that_is_a_year_off_does_not_matter(fake: FakeVast, vast: Vast) -> None:
    import time

    for skew in (YEAR, -YEAR):
        fake.skew = skew
        number = rent(vast)
        fake.advance(600)
        found = vast.get(number)
        assert found is not None
        assert abs(found.started - (time.time() - 600)) < 5
        assert all(abs(offer.ends - (time.time() + 30 * 86_400)) < 60 for offer in vast.search(Need()))


def test_a_price_that_is_raised_later_is_seen(fake: FakeVast, vast: Vast) -> None:
    number = rent(vast)
    fake.advance(100)
    fake.raise_price(number, 2.0)
    found = vast.get(number)
    assert found is not None
    assert found.price == pytest.approx(0.70 + 40 * 0.15 / 720)


def test_the_machine_ends_itself_although_nobody_looks(fake: FakeVast, vast: Vast) -> None:
    number = rent(vast)
    fake.advance(30 * 86_400)
    assert vast.get(number) is None
    assert fake.bill()[number] == pytest.approx((0.35 * 3600 + 40 * 0.15 / 720 * 3660) / 3600)
    assert fake.boxes[number].outbid_at == NEVER


def test_destroying_that_fails_is_told(fake: FakeVast, vast: Vast) -> None:
    number = rent(vast)
    fake.fault("destroy", status=500, text="oops")
    with pytest.raises(HostLost):
        vast.destroy(number)
    fake.fault("destroy", status=200, text='{"success": false, "msg": "busy"}')
    with pytest.raises(RentalError, match="busy"):
        vast.destroy(number)
    fake.fault("destroy", drop="after")
    with pytest.raises(HostLost):
        vast.destroy(number)
    vast.destroy(number)
    assert not fake.alive()


def test_logs_are_fetched_elsewhere_without_the_key(fake: FakeVast, vast: Vast) -> None:
    number = rent(vast)
    fake.log_waits = 3
    assert "starting" in vast.logs(number)
    assert all("authorization" not in call.headers for call in fake.asked("log"))
    fake.log_waits = 99
    with pytest.raises(RentalError, match="printed"):
        vast.logs(number)
    for url in ("http://169.254.169.254", "http://127.0.0.1:22", "file:///etc/passwd", "", "https://user:pw@host"):
        fake.url = url
        with pytest.raises(RentalError):
            vast.logs(number)


# --- the key ----------------------------------------------------------------------------------------------------------


def test_the_key_is_in_one_header_only_and_in_no_log(
    fake: FakeVast, vast: Vast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    number = rent(vast)
    vast.list("")
    vast.logs(number)
    vast.billed(number)
    fake.fault("user", status=500, text=f"what about {KEY}?")
    with pytest.raises(HostLost) as caught:
        vast.credit()
    assert KEY not in caught.value.text
    vast.destroy(number)
    for call in fake.calls:
        assert KEY not in call.path + json.dumps([call.query, call.body])
        assert [name for name, value in call.headers.items() if KEY in value] in (["authorization"], [])
    assert KEY not in caplog.text


def test_a_wrong_key_and_a_missing_right_are_told(fake: FakeVast) -> None:
    with pytest.raises(HostRefused, match="Invalid user key"):
        Vast("wrong", transport=fake.transport()).search(Need())
    fake.keys["small"] = {"misc"}
    small = Vast("small", transport=fake.transport())
    offer = small.search(Need())[0]
    with pytest.raises(HostRefused, match="instance_write") as caught:
        rent(small, offer)
    assert "docs/renting.md" in caught.value.hint
    fake.keys["usual"] = {"misc", "instance_read", "instance_write", "user_read"}
    usual = Vast("usual", transport=fake.transport())
    number = rent(usual, offer)
    assert usual.billed(number) is None  # billing_read is not asked for
    for key in ("", "   ", "a b", "ключ", "line\nbreak"):
        with pytest.raises(HostRefused):
            Vast(key)


# --- answers that are none --------------------------------------------------------------------------------------------


def test_nothing_is_followed_and_nothing_is_sent_unencrypted() -> None:
    def send(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"Location": "https://evil.example/"}, stream=httpx2.ByteStream(b""))

    with pytest.raises(RentalError, match="another place"):
        Vast(KEY, transport=httpx2.MockTransport(send)).credit()
    for url in ("http://console.vast.ai", "ftp://console.vast.ai", "console.vast.ai", "https://me:pw@console.vast.ai"):
        with pytest.raises(RentalError, match="https only"):
            Vast(KEY, url=url)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b"7", b'{"instances": 7}', b"[" * 5000, b'"' + b"x" * 99]
)
def test_nonsense_is_an_error_and_no_answer(body: bytes) -> None:
    vast = Vast(
        KEY, transport=httpx2.MockTransport(lambda request: httpx2.Response(200, stream=httpx2.ByteStream(body)))
    )
    for call in (lambda: vast.list(""), vast.credit, lambda: vast.logs("7"), lambda: vast.get("7")):
        with pytest.raises(RentalError):
            call()


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.hosts.rental.desk.MOST", 1000)

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b" " * 4096

    desk = Desk("X", "https://x.invalid", "k", transport=httpx2.MockTransport(
        lambda request: httpx2.Response(200, stream=Endless())))  # fmt: skip
    with pytest.raises(Unanswered, match="too much"):
        desk.fetch("GET", "https://x.invalid/", most=10_000)


def test_over_a_real_connection(fake: FakeVast) -> None:
    fake.log_waits = 0
    with fake.serve() as url:
        vast = Vast(KEY, url=url)
        offer = vast.search(Need())[0]
        number = rent(vast, offer)
        assert url in fake.boxes[number].body["onstart"]  # its watch asks the same provider
        assert HOST_KEY in vast.logs(number)
        fake.fault("list", drop="before")
        with pytest.raises(Unanswered):
            vast.list("")
        fake.advance(10)
        response = httpx2.post(
            f"{url}/_fake/set", json={"fate": "oci", "fault": {"at": "user", "status": 500}}, trust_env=False
        )
        assert response.status_code == 200
        more = {"raise_price": {"number": number, "factor": 2.0}}
        assert httpx2.post(f"{url}/_fake/set", json=more, trust_env=False).status_code == 200
        assert fake.boxes[number].base == pytest.approx(0.7)
        httpx2.post(f"{url}/_fake/advance", json={"seconds": 5}, trust_env=False)
        assert httpx2.get(f"{url}/_fake/instances", trust_env=False).json() == [number]
        assert httpx2.get(f"{url}/_fake/bill", trust_env=False).json()[number] > 0
        assert re.search("rent", httpx2.get(f"{url}/_fake/calls", trust_env=False).text)
        with pytest.raises(Unanswered):
            vast.credit()
    with pytest.raises(HostLost, match="cannot be reached"):
        vast.credit()


def test_a_machine_that_never_runs_is_destroyed_by_vast_itself_after_its_hard_stop() -> None:
    fake = FakeVast()
    fake.fate = "stuck"  # nothing of ours runs on it, and this computer is off
    vast = Vast(KEY, url=fake.url, transport=fake.transport(), sleep=fake.advance)
    number = vast.rent(vast.search(Need())[0], "kinora:01234567:a", seconds=1800.0, key=PUBLIC)
    fake.advance(1800 + 900)
    assert [box.id for box in fake.alive()] == [number]
    fake.advance(3601)
    assert fake.alive() == []


def test_a_machine_is_rented_also_where_vast_does_not_promise_that() -> None:
    fake = FakeVast()
    vast = Vast(KEY, url=fake.url, transport=fake.transport(), sleep=fake.advance)
    fake.fault("schedule", status=403, text="the key lacks it")
    number = vast.rent(vast.search(Need())[0], "kinora:01234567:a", seconds=1800.0, key=PUBLIC)
    assert [box.id for box in fake.alive()] == [number]
