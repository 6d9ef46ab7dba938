"""What every request passes first: names, origins, sizes, times, and how errors look."""

import asyncio
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from engine.model.access import Role
from engine.serve import shield
from engine.serve.rates import Limit, Limits
from engine.serve.shield import named_here
from tests.unit.serve.fronts import Desk, served


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True), ("127.0.0.1:8765", True), ("[::1]:8765", True), ("[::1]", True), ("localhost:1", True),
        ("LOCALHOST", True), ("192.168.1.5:8765", True), ("box.local:8765", True), ("box.local.", True),
        ("evil.example", False), ("evil.example:8765", False), ("127.0.0.1.evil.example", False), ("", False),
        ("localhost.evil.example", False), ("box.local.evil.example", False), ("[evil]", False), ("1.2.3", False),
    ],
)  # fmt: skip
def test_a_name_is_known_or_a_number(host: str, here: bool) -> None:
    assert named_here(host, frozenset({"box.local"})) is here


def test_a_foreign_name_is_not_answered(desk: Desk) -> None:
    answer = desk.ask("/v1/me", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "host"


ORIGINS: list[tuple[dict[str, str], int]] = [
    ({}, 200),
    ({"origin": "http://127.0.0.1:8765"}, 200),
    ({"origin": "http://127.0.0.1:9999"}, 403),
    ({"origin": "https://127.0.0.1:8765"}, 403),
    ({"origin": "http://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"sec-fetch-site": "none"}, 200),
]


def test_pages_of_other_origins_may_not_ask(desk: Desk) -> None:
    assert [desk.ask("/v1/me", headers=headers).status_code for headers, _ in ORIGINS] == [code for _, code in ORIGINS]


def test_no_answer_opens_the_door_to_other_origins(desk: Desk) -> None:
    answer = desk.ask("/v1/me", method="OPTIONS", headers={"access-control-request-method": "GET"})
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_answer_has_the_headers_that_keep_browsers_out(desk: Desk) -> None:
    for path in ("/v1/me", "/v1/health/live", "/v1/nothing", "/", "/v1/assets?q=(", "/v1/" + "a" * 2000):
        headers = desk.ask(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers
        assert "server" not in headers


def test_over_tls_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    with served(tmp_path, tls=True, count=1) as desk:
        assert "max-age" in desk.ask("/v1/health/live", None).headers["strict-transport-security"]


def test_errors_look_alike(desk: Desk) -> None:
    for path, status, code in (("/v1/nothing", 404, "not-found"), ("/v1/assets/999", 404, "not-found"),
                               ("/v1/assets/x", 422, "invalid"), ("/v1/assets?limit=0", 422, "invalid"),
                               ("/v1/search?q=year%3Ax", 400, "query")):  # fmt: skip
        answer = desk.ask(path)
        assert answer.status_code == status, answer.text
        told = answer.json()["error"]
        assert told["code"] == code
        assert told["text"]
    assert desk.ask("/v1/me", method="DELETE").status_code == 405


def test_a_bug_is_told_without_details_and_is_in_the_log(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(desk.library, "listing", broken)
    with caplog.at_level(logging.ERROR):
        answer = desk.ask("/v1/assets")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "42" not in answer.text
    assert "the secret is 42" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_long_address_is_refused(desk: Desk) -> None:
    assert desk.ask("/v1/assets?q=" + "a" * 5000).status_code == 414
    assert desk.ask("/v1/" + "a" * 2000).status_code == 414


def test_a_body_that_says_it_is_too_long_is_not_read(desk: Desk) -> None:
    answer = desk.ask("/v1/tags", method="POST", content=b"x" * (shield.SMALL + 1))
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert desk.ask("/v1/tags", method="POST", content=b"x", headers={"content-length": "abc"}).status_code == 413


def test_a_body_that_does_not_say_so_is_cut_off(desk: Desk) -> None:
    def endless() -> Iterable[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    answer = desk.ask("/v1/tags", method="POST", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too-much"


async def spoken(app: Any, messages: list[dict[str, Any]], path: str, token: str, pause: float) -> list[dict[str, Any]]:
    """What an app answers to a body that comes in these pieces, and then no more."""
    said: list[dict[str, Any]] = []
    left = list(messages)

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        await asyncio.sleep(pause)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "root_path": "", "scheme": "http", "http_version": "1.1", "client": ("192.0.2.7", 1), "server": ("x", 1),
             "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode()),
                         (b"content-type", b"application/json")]}  # fmt: skip
    await app(scope, receive, send)
    return said


def test_a_body_that_dribbles_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shield, "STALL", 0.05)
    begun = [{"type": "http.request", "body": b'{"assets": [1]', "more_body": True}]
    said = asyncio.run(spoken(desk.client.app, begun, "/v1/tags", desk.token(Role.EDITOR), 30.0))
    assert said[0]["status"] == 408
    assert json.loads(said[1]["body"])["error"]["code"] == "slow"


def test_an_address_that_asks_too_often_waits(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(address=Limit(5, 60)), count=1) as desk:
        found = [desk.ask("/v1/health/live", None, headers={"x-forwarded-for": f"198.51.100.{n}"}) for n in range(7)]
        assert [one.status_code for one in found] == [200] * 5 + [429] * 2
        assert int(found[-1].headers["retry-after"]) >= 1


def test_a_token_that_asks_too_often_waits_and_another_does_not(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(token=Limit(3, 60)), count=1) as desk:
        first, second = desk.token(), desk.token()
        assert [desk.ask("/v1/me", None, token=first).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert desk.ask("/v1/me", None, token=second).status_code == 200


def test_requests_and_bytes_are_counted(desk: Desk) -> None:
    token = desk.token(Role.OPERATOR)
    for _ in range(3):
        desk.ask("/v1/queue", None, token=token)
    used = desk.ask("/v1/me", None, token=token).json()["used"]
    assert used["requests"] == 3
    assert used["bytes"] > 300
    text = desk.ask("/v1/metrics", None, token=token).text
    assert 'kinora_requests_total{method="GET",route="/v1/queue",status="200"} 3.0' in text
    assert 'kinora_jobs{state="waiting"}' in text
    assert 'kinora_host_running{host="' in text
    desk.ask("/v1/assets/../../etc/passwd")
    desk.ask("/v1/" + "a" * 50)
    text = desk.ask("/v1/metrics", None, token=token).text
    assert "passwd" not in text
    assert "aaaa" not in text  # a stranger cannot make as many series as he likes
