"""Live progress: merged, only for who may, and over by itself when the token or the front ends."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from engine.errors import HostLimited
from engine.model import Change
from engine.model.access import SCOPES, Principal, Role
from engine.serve import live as module
from engine.serve.live import MOST_EACH, Events, Live
from tests.unit.serve.fronts import Desk
from tests.waiting import until

WHO = Principal("ab", "", Role.VIEWER, SCOPES[Role.VIEWER], "192.0.2.1")


@pytest.fixture
def live(desk: Desk) -> Live:
    return desk.front.live


def counts(live: Live, on: bool = True) -> None:
    live.counts = lambda who: on


def test_it_begins_with_how_things_stand_and_goes_on_with_merged_changes(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    counts(live)

    async def hear() -> list[Any]:
        messages = live.join(WHO).messages()
        first = await anext(messages)
        for number in range(100):
            live._heard(Change(frozenset({"assets"}), frozenset({number})))
        live._heard(Change(frozenset({"albums"})))
        second = await anext(messages)
        live._heard(Change(frozenset({"assets"})))
        third = await anext(messages)
        await messages.aclose()
        return [first, second, third]

    first, second, third = asyncio.run(hear())
    assert first["queue"]["waiting"] > 0
    assert second["topics"] == ["albums", "assets"]
    assert second["assets"] == list(range(100))
    assert (third["many"], third["assets"]) == (True, [])
    assert live.count == 0


def test_a_heartbeat_and_the_end_with_the_token(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    monkeypatch.setattr(module, "HEARTBEAT", 0.02)
    counts(live)

    async def hear() -> list[Any]:
        messages, heard = live.join(WHO).messages(), []
        async for message in messages:
            heard.append(message)
            if len(heard) == 3:
                counts(live, False)
        return heard

    heard = asyncio.run(hear())
    assert heard[1:] == [None, None]


def test_only_so_many_listen(live: Live) -> None:
    async def crowd() -> None:
        for _ in range(MOST_EACH):
            live.join(WHO)
        with pytest.raises(HostLimited):
            live.join(WHO)
        live.join(Principal("cd", "", Role.VIEWER, SCOPES[Role.VIEWER], ""))

    asyncio.run(crowd())


def test_who_reads_too_slowly_is_let_go(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW", 0.05)
    counts(live)

    async def stand_still() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.sleep(30)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                await asyncio.sleep(30)

        async with asyncio.timeout(20):
            await Events(live.join(WHO))({"type": "http"}, receive, send)

    asyncio.run(stand_still())
    assert live.count == 0


def test_events_are_events(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    monkeypatch.setattr(module, "HEARTBEAT", 0.02)
    counts(live)
    said: list[dict[str, Any]] = []

    async def listen() -> None:
        async def receive() -> dict[str, Any]:
            while len(said) < 3:
                await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        await Events(live.join(WHO))({"type": "http"}, receive, send)

    asyncio.run(listen())
    headers = dict(said[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert b"content-length" not in headers
    line = said[1]["body"].decode()
    assert line.startswith("id: 1\ndata: {")
    assert line.endswith("\n\n")
    assert json.loads(line.partition("data: ")[2])["topics"] == ["jobs"]
    assert said[2]["body"] == b": alive\n\n"


def test_a_socket_hears_the_same_and_needs_a_token(desk: Desk) -> None:
    token = desk.token(Role.VIEWER)
    with desk.client.websocket_connect(
        "ws://127.0.0.1:8765/v1/live", headers={"authorization": f"Bearer {token}"}
    ) as socket:
        assert socket.receive_json()["queue"]["waiting"] > 0
        desk.library.rate([1], 5)
        heard: set[str] = set()
        while "decisions" not in heard:
            heard |= set(socket.receive_json()["topics"])
        socket.close()
        until(lambda: desk.front.live.count == 0)
        assert socket.receive()["type"] == "websocket.close"
    for headers in ({}, {"authorization": "Bearer no"}, {"authorization": f"Bearer {token}", "host": "evil.example"},
                    {"authorization": f"Bearer {token}", "origin": "http://evil.example"}):  # fmt: skip
        with (
            pytest.raises(WebSocketDisconnect),
            desk.client.websocket_connect("ws://127.0.0.1:8765/v1/live", headers=headers),
        ):
            pass


def test_the_end_of_the_front_ends_every_listener(live: Live) -> None:
    counts(live)

    async def listen() -> None:
        messages = live.join(WHO).messages()
        await anext(messages)
        live.close()
        async with asyncio.timeout(20):
            assert [one async for one in messages] == []

    asyncio.run(listen())


def test_the_last_number_is_the_one_that_is_true(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that was counted a moment ago is not told of a change that came after it."""
    monkeypatch.setattr(module, "QUEUE_FOR", 0.02)
    waiting = live._library.queue()
    change = Change(frozenset({"jobs"}))
    for number in (5, 4, 0):
        monkeypatch.setattr(live._library, "queue", lambda number=number: replace(waiting, waiting=number))
        live._heard(change)
        assert live.told(change)["queue"]["waiting"] == number
    monkeypatch.setattr(live._library, "queue", lambda: pytest.fail("nothing changed: nothing is counted"))
    assert live.told(change)["queue"]["waiting"] == 0


def test_nothing_is_left_in_this_folder(desk: Desk, tmp_path: Path) -> None:
    names = {path.name for path in (tmp_path / "library").iterdir()}
    assert not [name for name in names if "cert" in name or "key" in name]
