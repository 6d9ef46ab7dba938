"""A node's routes: what is not right is refused in a sentence, quotas hold, and it knows when it is idle."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from engine.errors import HostLimited
from engine.jobs import wire
from engine.jobs.orders import PROTOCOL, sendable
from engine.model import Finding, FindingKind
from engine.serve import orders as serving
from engine.serve.blobs import owner_of
from engine.serve.orders import Use
from tests import nodes
from tests.waiting import until


class Idle:
    """A host that never has room: what is ordered waits."""

    name = "idle"

    def start(self, listener: Any) -> None: ...
    def free(self) -> int:
        return 0

    def send(self, start: Any, *, deadline: float) -> None: ...
    def cancel(self, bundle: int) -> None: ...
    def landed(self, bundle: int, job: int) -> None: ...
    def stop(self) -> None: ...


@pytest.fixture
def used() -> list[tuple[str, Use]]:
    return []


@pytest.fixture
def ask(tmp_path: Path, used: list[tuple[str, Use]]) -> Iterator[Callable[..., httpx2.Response]]:
    """Ask a node whose work stands still; `ask.service` is it."""

    def charge(principal: str, use: Use) -> None:
        used.append((principal, use))
        if sum(one.jobs for _, one in used) > 3:
            raise HostLimited("The quota of this token is used up.", after=90)

    with (
        nodes.node_service(tmp_path / "node", host=Idle(), charge=charge) as service,
        nodes.served(nodes.app_of(service)) as server,
        httpx2.Client(base_url=server.url + "/v1/node", trust_env=False, timeout=60) as client,
    ):

        def asking(method: str, path: str, token: str = "first", **more: Any) -> httpx2.Response:
            headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
            return client.request(method, path, headers=headers, **more)

        asking.service = service  # type: ignore[attr-defined]
        yield asking


def put(ask: Callable[..., httpx2.Response], content: bytes) -> str:
    name = sha256(content).hexdigest()
    answer = ask("PUT", f"/blob/{name}", params={"size": len(content)}, content=content)
    assert answer.json() == {"have": len(content), "whole": True}
    return name


def told(answer: httpx2.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["text"].endswith("."), error
    return answer.status_code, error["code"]


def test_nobody_gets_in_without_a_token(ask: Callable[..., httpx2.Response]) -> None:
    asked = [
        ("GET", "/capabilities"), ("POST", "/missing"), ("GET", f"/blob/{'a' * 64}"), ("HEAD", f"/blob/{'a' * 64}"),
        ("PUT", f"/blob/{'a' * 64}?size=1"), ("POST", "/packs/x@1"), ("POST", "/orders"), ("GET", "/answers"),
        ("POST", "/acknowledge"), ("POST", "/cancel"),
    ]  # fmt: skip
    assert {ask(method, path, token="wrong").status_code for method, path in asked} == {401}


WRONG: tuple[tuple[str, bytes, tuple[int, str]], ...] = (
    ("/missing", b"not json", (400, "unreadable")), ("/missing", b"[]", (400, "unreadable")),
    ("/missing", b"[" * 50_000, (400, "unreadable")),
    ("/missing", b'{"names":' + b"[" * 100 + b"]" * 100 + b"}", (413, "too-much")),
    ("/missing", b'{"names": "abc"}', (400, "unreadable")), ("/missing", b'{"names": [1]}', (400, "unreadable")),
    ("/missing", b'{"names": ["../../etc/passwd"]}', (422, "blob")),
    ("/missing", b'{"names": "' + b"x" * (5 << 20) + b'"}', (413, "too-much")),
    ("/missing", json.dumps({"names": ["a" * 64] * 20_001}).encode(), (413, "too-much")),
    ("/orders", b'{"orders": {}}', (400, "unreadable")), ("/orders", b'{"orders": [{}]}', (422, "order")),
    ("/orders", json.dumps({"orders": [{}] * 300}).encode(), (422, "order")),
    ("/acknowledge", b"{}", (400, "unreadable")), ("/cancel", b'{"orders": [null]}', (400, "unreadable")),
    ("/packs/x@1", b'{"id": "../x"}', (422, "pack")),
    ("/packs/x@1", b'{"id": "y", "version": 1}', (422, "pack")), ("/packs/x@1", b'{"id": "x"}', (422, "pack")),
)  # fmt: skip


def test_a_body_that_is_not_right_is_refused(ask: Callable[..., httpx2.Response]) -> None:
    for path, content, expected in WRONG:
        assert told(ask("POST", path, content=content)) == expected, (path, content[:80])


def test_names_of_blobs_are_no_paths(ask: Callable[..., httpx2.Response], tmp_path: Path) -> None:
    for name in ("..%2f..%2fkinora.db", "A" * 64, "a" * 63):
        for method in ("GET", "HEAD", "PUT"):
            answer = ask(method, f"/blob/{name}", params={"size": 3}, content=b"abc" if method == "PUT" else None)
            assert answer.status_code in (404, 422), (method, name)
    assert not (tmp_path / "node" / "node" / "blobs").exists()


def test_a_blob_goes_there_and_comes_back(ask: Callable[..., httpx2.Response]) -> None:
    name = put(ask, b"a boat " * 1000)
    assert ask("HEAD", f"/blob/{name}").headers["kinora-whole"] == "yes"
    assert ask("GET", f"/blob/{name}").content == b"a boat " * 1000
    assert ask("GET", f"/blob/{name}", headers={"Range": "bytes=2-5"}).content == b"boat"
    assert ask("GET", f"/blob/{name}", token="second").status_code == 404
    assert ask("HEAD", f"/blob/{name}", token="second").headers["kinora-have"] == "0"


def test_an_upload_that_cannot_be_is_refused(ask: Callable[..., httpx2.Response]) -> None:
    name = "a" * 64
    assert told(ask("PUT", f"/blob/{name}", params={"size": 2}, content=b"abc")) == (422, "blob")
    assert told(ask("PUT", f"/blob/{name}", params={"size": 3}, content=b"abc")) == (422, "blob")
    wrong = ask("PUT", f"/blob/{name}", params={"size": 9, "offset": 5}, content=b"abcd")
    assert (told(wrong), wrong.headers["kinora-have"]) == ((409, "offset"), "0")
    assert told(ask("PUT", f"/blob/{name}", params={"size": 17 << 30}, content=b"abcd")) == (422, "blob")


def test_a_full_disk_is_told(ask: Callable[..., httpx2.Response], monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    answer = ask("PUT", f"/blob/{'a' * 64}", params={"size": 3}, content=b"abc")
    assert told(answer) == (507, "full")


def test_another_protocol_is_refused_by_name(ask: Callable[..., httpx2.Response]) -> None:
    answer = ask("GET", "/capabilities", headers={"Kinora-Protocol": "99"})
    assert told(answer) == (426, "host-skew")
    assert ask("GET", "/capabilities", headers={"Kinora-Protocol": str(PROTOCOL + 1)}).status_code == 200


def order(ask: Callable[..., httpx2.Response], *contents: bytes) -> tuple[httpx2.Response, Any]:
    made, blobs = nodes.order_of(*contents)
    for content in blobs.values():
        put(ask, content)
    return ask("POST", "/orders", json={"orders": [made.to_json()]}), made


def test_orders_without_their_blobs_are_not_taken(ask: Callable[..., httpx2.Response]) -> None:
    made, blobs = nodes.order_of(b"a boat")
    answer = ask("POST", "/orders", json={"orders": [made.to_json()]})
    assert answer.json() == {"missing": {made.id: list(blobs)}}


def test_quotas_are_charged_and_refuse(ask: Callable[..., httpx2.Response], used: list[tuple[str, Use]]) -> None:
    first, made = order(ask, b"one")
    assert first.status_code == 202
    assert ask("POST", "/orders", json={"orders": [made.to_json()]}).status_code == 202  # known: charged once
    assert [(who, one.jobs, one.bytes) for who, one in used] == [("anna", 0, 3), ("anna", 1, 0)]
    order(ask, b"two")
    order(ask, b"three")
    refused, _ = order(ask, b"four")
    assert told(refused) == (429, "host-limited")
    assert refused.headers["retry-after"] == "90"


def test_too_much_that_waits_is_refused(ask: Callable[..., httpx2.Response], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_OPEN", 1)
    assert order(ask, b"one")[0].status_code == 202
    assert told(order(ask, b"two")[0]) == (429, "host-limited")


def test_it_is_idle_when_nobody_asks_and_nothing_waits(ask: Callable[..., httpx2.Response]) -> None:
    service = ask.service  # type: ignore[attr-defined]
    ask("GET", "/capabilities")
    before = service.idle()
    time.sleep(0.02)
    assert service.idle() > before
    ask("GET", "/capabilities", token="wrong")
    assert service.idle() > before
    _, made = order(ask, b"one")
    until(lambda: service.idle() == 0.0)
    ask("POST", "/cancel", json={"orders": [made.id]})
    until(lambda: service.idle() > 0.0)


def test_a_long_poll_ends_when_the_node_does(ask: Callable[..., httpx2.Response]) -> None:
    service = ask.service  # type: ignore[attr-defined]

    async def wait() -> bytes:
        waiting = asyncio.create_task(service.answers("anna", 25.0, 0))
        await asyncio.sleep(0.05)
        service.release()
        async with asyncio.timeout(30):
            found: bytes = await waiting
            return found

    assert json.loads(asyncio.run(wait()))["answers"] == []


def test_what_json_has_no_word_for_is_not_sent() -> None:
    finding = Finding(FindingKind.LABEL, label="NaN", score=float("nan"))
    body = json.loads(sendable("a" * 64, wire.Done(3, 4, 5, (finding,))))
    assert (body["message"]["t"], body["message"]["code"]) == ("failed", "bug")
    fine = Finding(FindingKind.LABEL, label="NaN is a word", score=0.5)
    assert json.loads(sendable("a" * 64, wire.Done(3, 4, 5, (fine,))))["message"]["t"] == "done"


def test_wiping_leaves_nothing(tmp_path: Path) -> None:
    async def fill(service: Any) -> str:
        made, blobs = nodes.order_of(b"private")
        (name,) = blobs
        upload = await service.begin("anna", name, 7, 0)
        upload.write(b"private")
        upload.finish()
        upload.close()
        await service.submit("anna", [made.to_json()])
        return json.loads(await service.answers("anna", 0.0, 0))["spool"]

    with nodes.node_service(tmp_path / "node", host=Idle(), wipe=True) as service:
        before = asyncio.run(fill(service))
    assert not (tmp_path / "node" / "node").exists()
    with nodes.node_service(tmp_path / "node", host=Idle()) as service:
        assert service._runner.busy() <= 1
        assert json.loads(asyncio.run(service.answers("anna", 0.0, 0)))["spool"] != before


def sent(service: Any, content: bytes) -> tuple[Any, Path]:
    """An order whose blob is there, and where that lies."""
    made, _ = nodes.order_of(content)
    (name,) = (part.sha256 for part in made.parts)
    upload = service.blobs.begin(owner_of("anna"), name, len(content), 0)
    upload.write(content)
    upload.finish()
    upload.close()
    return made, service.blobs.path(owner_of("anna"), name)


def test_a_node_that_ends_because_nobody_comes_keeps_no_blob(tmp_path: Path) -> None:
    with nodes.node_service(tmp_path / "node", host=Idle(), idle_exit=0.01) as service:
        _, place = sent(service, b"private")
        until(lambda: service.idle() > 0.01)
    assert not place.exists()
    with nodes.node_service(tmp_path / "node", host=Idle(), idle_exit=60.0) as service:
        _, place = sent(service, b"private")
        service.heard()
    assert place.exists()  # it was told to end: who was here a moment ago may be back
    with nodes.node_service(tmp_path / "node", host=Idle()) as service:
        until(lambda: service.idle() > 0.01)
    assert place.exists()  # a node that stays is a cache


def test_what_a_killed_node_left_goes_at_its_next_start_but_not_what_an_order_waits_for(tmp_path: Path) -> None:
    with nodes.node_service(tmp_path / "node", host=Idle(), idle_exit=60.0) as service:
        made, waited_for = sent(service, b"asked")
        _, left = sent(service, b"left")
        _, fresh = sent(service, b"fresh")
        assert asyncio.run(service.submit("anna", [made.to_json()])) == {}
        half = tmp_path / "node" / "node" / "incoming" / "x" / "model.onnx"
        half.parent.mkdir(parents=True)
        half.write_bytes(b"half")
    for place in (waited_for, left):
        os.utime(place, (time.time() - 61, time.time() - 61))
    with nodes.node_service(tmp_path / "node", host=Idle(), idle_exit=60.0) as service:
        assert [place.exists() for place in (waited_for, left, fresh, half)] == [True, False, True, False]
        until(lambda: service.idle() == 0.0)
