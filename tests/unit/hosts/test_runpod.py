"""The client of RunPod against a fake that was made by its published description."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from engine.errors import HostLimited, HostLost, HostRefused, OfferGone, RentalError
from engine.hosts.rental.onstart import host_key_from
from engine.hosts.rental.provider import Provider, RentUnclear
from engine.hosts.rental.runpod import RunPod
from engine.model import Need, Offer
from tests.fakes.boxes import HOST_KEY
from tests.fakes.provider import KEY
from tests.fakes.runpod import FakeRunPod

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILXGDN/SclOozk1xsDztpmhGiKkkrfQB9SKoO8dSIQQZ me@example.com"
LABEL = "kinora:01234567:one"
DISK = 40 * 0.10 / 720


@pytest.fixture
def fake() -> FakeRunPod:
    return FakeRunPod()


@pytest.fixture
def runpod(fake: FakeRunPod) -> RunPod:
    return RunPod(KEY, transport=fake.transport(), clock=lambda: fake.now)


def rent(runpod: Provider, offer: Offer | None = None) -> str:
    return runpod.rent(offer or runpod.search(Need())[0], LABEL, seconds=3600, key=PUBLIC)


def test_offers_are_sorts_of_gpu_in_its_own_halls(fake: FakeRunPod, runpod: RunPod) -> None:
    found = runpod.search(Need())
    assert [(offer.id, offer.price) for offer in found] == [
        ("SECURE:NVIDIA RTX A4000", pytest.approx(0.25 + DISK, abs=1e-5)),
        ("SECURE:NVIDIA GeForce RTX 4090", pytest.approx(0.44 + DISK, abs=1e-5)),
    ]
    assert found[0].reliability == found[0].down == 0.0  # it does not tell: nothing is made up
    assert [offer.gpu for offer in runpod.search(Need(gpu="rtx 4090"))] == ["RTX 4090"]
    assert [offer.gpu for offer in runpod.search(Need(gpu_memory=24 << 30))] == ["RTX 4090"]
    assert runpod.search(Need(price=0.2)) == []
    assert runpod.search(Need(interruptible=True)) == []
    fake.gpus[0]["secure"] = False
    assert len(runpod.search(Need())) == 1


def test_machines_of_other_people_only_for_who_asks_for_less(runpod: RunPod) -> None:
    found = runpod.search(Need(reliability=0.9))
    assert [offer.id.partition(":")[0] for offer in found] == ["COMMUNITY", "SECURE", "COMMUNITY", "SECURE"]


def test_a_machine_from_rent_to_end(fake: FakeRunPod, runpod: RunPod) -> None:
    number = rent(runpod)
    body = fake.asked("rent")[0].body
    assert body["name"] == LABEL
    assert body["ports"] == ["22/tcp"]
    assert body["env"]["PUBLIC_KEY"] == PUBLIC
    assert body["gpu"] == {"id": "NVIDIA RTX A4000", "count": 1, "minCudaVersion": "13.0"}
    assert fake.boxes[number].seconds == 3600
    found = runpod.get(number)
    assert found is not None
    assert (found.state, found.label, found.address, found.port) == ("starting", LABEL, "", 0)
    fake.advance(10)
    assert [one.state for one in runpod.list("kinora:")] == ["starting"]
    fake.advance(40)
    found = runpod.get(number)
    assert found is not None
    assert (found.state, found.address, found.port) == ("running", "198.51.100.9", 22001)
    assert host_key_from(runpod.logs(number)) == HOST_KEY
    fake.advance(600)
    assert runpod.billed(number) == pytest.approx(fake.bill()[number])
    assert runpod.billed("other") is None
    assert runpod.credit() == pytest.approx(50 - fake.bill()[number])
    runpod.destroy(number)
    runpod.destroy(number)
    assert runpod.get(number) is None
    assert runpod.list("") == ()
    with pytest.raises(RentalError, match="no further keys"):
        runpod.attach_key(number, PUBLIC)


@pytest.mark.parametrize("status", [400, 409, 500])
def test_no_machine_left_is_a_gone_offer_whatever_its_status(fake: FakeRunPod, runpod: RunPod, status: int) -> None:
    offer = runpod.search(Need())[0]
    fake.full = status
    with pytest.raises(OfferGone, match="no longer any instances"):
        rent(runpod, offer)


def test_a_price_that_rose_is_not_paid(fake: FakeRunPod, runpod: RunPod) -> None:
    offer = runpod.search(Need())[0]
    fake.rise(1.5)
    with pytest.raises(OfferGone, match="price rose"):
        rent(runpod, offer)
    assert not fake.alive()
    fake.fault("destroy", status=500, text="oops")
    with pytest.raises(RentUnclear, match="could not be destroyed"):
        rent(runpod, offer)


def test_no_credit_and_wrong_arguments_are_told(fake: FakeRunPod, runpod: RunPod) -> None:
    offer = runpod.search(Need())[0]
    fake.money = 0.0
    with pytest.raises(RentalError, match="not enough credit"):
        rent(runpod, offer)
    fake.fault("rent", status=422, text=json.dumps({"title": "Unprocessable Entity", "detail": "disk is too small"}))
    with pytest.raises(RentalError, match="disk is too small"):
        rent(runpod, offer)


@pytest.mark.parametrize(
    "fault",
    [{"drop": "before"}, {"drop": "after"}, {"status": 502, "text": "Bad Gateway"}, {"status": 504, "drop": "after"},
     {"status": 200, "text": "<html>", "drop": "after"}, {"status": 201, "text": "{}", "drop": "after"}],
)  # fmt: skip
def test_a_lost_answer_is_unclear_and_the_machine_is_found_by_its_name(
    fake: FakeRunPod, runpod: RunPod, fault: dict[str, Any]
) -> None:
    offer = runpod.search(Need())[0]
    fake.fault("rent", **fault)
    with pytest.raises(RentUnclear):
        rent(runpod, offer)
    assert len(fake.asked("rent")) == 1
    assert len(runpod.list("kinora:01234567:")) == int("after" in fault.values())


@pytest.mark.parametrize(("fate", "state"), [("stuck", "starting"), ("error", "failed"), ("exited", "stopped")])
def test_states_are_read(fake: FakeRunPod, runpod: RunPod, fate: str, state: str) -> None:
    fake.fate = fate
    number = rent(runpod)
    fake.advance(1000)
    found = runpod.get(number)
    assert found is not None
    assert found.state == state


def test_terminated_is_gone(fake: FakeRunPod, runpod: RunPod) -> None:
    number = rent(runpod)
    fake.boxes[number].state = "terminated"
    assert runpod.get(number) is None
    assert runpod.list("") == ()


def test_pages_are_read_where_there_are_some(fake: FakeRunPod, runpod: RunPod) -> None:
    for number in range(7):
        fake._make(
            fake.gpus[0], {"name": f"kinora:a:{number}", "disk": 40, "image": "i", "ports": [], "env": {}, "gpu": {}}
        )
    for page in (0, 3):
        fake.page = page
        assert len(runpod.list("kinora:a:")) == 7
    assert runpod.list("kinora:b:") == ()
    fake._list = lambda *_: type(fake.too_often())(  # type: ignore[method-assign]
        200, {"pods": [], "pagination": {"hasNextPage": True, "nextCursor": "same"}}
    )
    with pytest.raises(RentalError):
        runpod.list("kinora:a:")


def test_a_429_with_a_time_is_heeded_and_the_last_offers_are_shown(fake: FakeRunPod, runpod: RunPod) -> None:
    first = runpod.search(Need())
    fake.rate = {"search": 1e9, "list": 5.0}
    assert runpod.search(Need()) == first
    fake.advance(100)
    with pytest.raises(HostLimited):
        runpod.search(Need())
    runpod.list("")
    with pytest.raises(HostLimited) as caught:
        runpod.list("")
    assert caught.value.after == 12.0


def test_a_wrong_key_and_a_missing_right_are_told(fake: FakeRunPod) -> None:
    with pytest.raises(HostRefused, match="missing bearer token"):
        RunPod("wrong", transport=fake.transport()).search(Need())
    fake.keys["small"] = {"read", "write"}
    small = RunPod("small", transport=fake.transport())
    number = rent(small)
    assert small.billed(number) is None
    with pytest.raises(HostRefused, match="access denied"):
        small.credit()


def test_the_key_is_in_one_header_only(fake: FakeRunPod, runpod: RunPod) -> None:
    number = rent(runpod)
    runpod.list("")
    runpod.logs(number)
    runpod.credit()
    runpod.destroy(number)
    for call in fake.calls:
        assert KEY not in call.path + json.dumps([call.query, call.body])
        assert [name for name, value in call.headers.items() if KEY in value] == ["authorization"]


def test_a_clock_that_is_a_year_off_does_not_matter(fake: FakeRunPod, runpod: RunPod) -> None:
    fake.skew = -365 * 86_400.0
    number = rent(runpod)
    fake.advance(600)
    found = runpod.get(number)
    assert found is not None
    assert abs(found.started - (time.time() - 600)) < 5


def test_destroying_that_fails_is_told(fake: FakeRunPod, runpod: RunPod) -> None:
    number = rent(runpod)
    fake.fault("destroy", status=503, text="later")
    with pytest.raises(HostLost):
        runpod.destroy(number)
    fake.fault("destroy", status=400, text='{"detail": "locked"}')
    with pytest.raises(RentalError, match="locked"):
        runpod.destroy(number)
    runpod.destroy(number)
    for wrong in ("../../account", "", "a b"):
        with pytest.raises(RentalError, match="no machine of RunPod"):
            runpod.destroy(wrong)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"pods": 7}', b'{"id": "other"}'])
def test_nonsense_is_an_error_and_no_answer(body: bytes) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, stream=httpx2.ByteStream(body))

    runpod = RunPod(KEY, transport=httpx2.MockTransport(answer))
    for call in (lambda: runpod.list(""), runpod.credit, lambda: runpod.get("pod7")):
        with pytest.raises(RentalError):
            call()


def test_a_log_that_never_ends_is_read_until_it_is_silent(fake: FakeRunPod) -> None:
    class Stream(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'data: {"source": "container", "line": "KINORA-HOST-KEY ' + HOST_KEY.encode() + b'"}\n\n'
            raise httpx2.ReadTimeout("silent")

    answer = httpx2.MockTransport(lambda request: httpx2.Response(200, stream=Stream()))
    assert host_key_from(RunPod(KEY, transport=answer).logs("pod7")) == HOST_KEY


def test_over_a_real_connection(fake: FakeRunPod) -> None:
    with fake.serve() as url:
        runpod = RunPod(KEY, url=url)
        offer = replace(runpod.search(Need())[0])
        number = rent(runpod, offer)
        assert HOST_KEY in runpod.logs(number)
        fake.fault("destroy", drop="after")
        with pytest.raises(HostLost):
            runpod.destroy(number)
        runpod.destroy(number)
    assert not fake.alive()
