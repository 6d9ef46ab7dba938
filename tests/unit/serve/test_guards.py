"""No route without a guard, and no way past one."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.testclient import TestClient

from engine.access import Access
from engine.model.access import SCOPES, Role, Scope
from engine.serve.app import create_app, front_for
from engine.serve.front import bearer
from engine.serve.orders import NodeService
from tests.unit.keeping import kept
from tests.unit.serve.fronts import Desk, served

OPEN = {"/v1/health/live", "/v1/health/ready", "/v1/openapi.json", "/v1/pair"}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Desk]:
    """A front with everything, the routes of a node too (whose work is not started)."""
    with kept(tmp_path, 1) as library:
        service = NodeService(library.database, library.path, library.settings, host=object())  # type: ignore[arg-type]
        front = front_for(library, service=service)
        with TestClient(create_app(front), base_url="http://127.0.0.1", client=("192.0.2.7", 1)) as client:
            yield Desk(library, client, front)
        front.live.close()


def routes(app: Any) -> list[APIRoute]:
    found: list[Any] = []
    todo = list(app.routes)
    while todo:
        one = todo.pop()
        more = getattr(one, "routes", None) or getattr(getattr(one, "original_router", None), "routes", None)
        todo.extend(more) if more and not isinstance(one, APIRoute) else found.append(one)
    return found


def guards(route: Any) -> set[str]:
    todo, found = [route.dependant], set()
    while todo:
        one = todo.pop()
        todo.extend(one.dependencies)
        if hasattr(one.call, "scope"):
            found.add(str(one.call.scope))
    return found


def guarded(desk: Desk) -> dict[tuple[str, str], str]:
    """The guard of each method and path."""
    found: dict[tuple[str, str], str] = {}
    for route in routes(desk.client.app):
        if isinstance(route, APIWebSocketRoute):
            assert route.path == "/v1/live"  # it asks by itself: see test_live
            continue
        assert isinstance(route, APIRoute), route
        scopes = guards(route)
        assert len(scopes) == 1, (route.path, scopes)
        found.update({(method, route.path): next(iter(scopes)) for method in route.methods or ()})
    return found


def filled(path: str) -> str:
    return re.sub(r"{name}", "0" * 64, re.sub(r"{(?!name)[a-z]+}", "1", path))


def test_every_route_has_one_guard_and_only_these_are_for_everybody(whole: Desk) -> None:
    found = guarded(whole)
    assert {path for _, path in found} == set(whole.ask("/v1/openapi.json").json()["paths"])
    assert len(found) > 30
    assert {path for (_, path), guard in found.items() if guard == "everybody"} == OPEN
    assert {path for _, path in found if path.startswith("/v1/node")} == {
        path for (_, path), guard in found.items() if guard == Scope.RUN
    }


def test_every_route_refuses_who_has_no_token_that_counts(whole: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    access = whole.access
    revoked, revoked_secret = access.make(Role.ADMIN)
    access.revoke(revoked.id)
    good = whole.token(Role.ADMIN)
    _, expired = access.make(Role.ADMIN, days=1e-7)
    time.sleep(0.02)
    wrong = {"revoked": revoked_secret, "expired": expired, "unknown": good[:-1] + ("A" if good[-1] != "A" else "B"),
             "shape": "admin", "none": ""}  # fmt: skip
    monkeypatch.setattr(whole.front.rates, "count", lambda *_: None)
    for (method, path), guard in guarded(whole).items():
        if guard == "everybody":
            continue
        for why, secret in wrong.items():
            answer = whole.ask(filled(path), None, method=method, token=secret)
            assert answer.status_code == 401, (why, method, path, answer.text)
            if method != "HEAD":
                assert answer.json()["error"]["code"] == "token", (why, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_role_may_do_what_its_scopes_say_and_no_more(whole: Desk) -> None:
    for role in Role:
        for (method, path), guard in guarded(whole).items():
            if guard in ("everybody", "any"):
                continue
            mine = Scope(guard) in SCOPES[role]
            if mine and path == "/v1/events":  # it does not end
                continue
            answer = whole.ask(filled(path), role, method=method)
            if mine:
                assert answer.status_code not in (401, 403), (role, method, path)
            else:
                assert answer.status_code == 403, (role, method, path, answer.text)
                assert method == "HEAD" or guard in answer.json()["error"]["text"]


def test_a_node_alone_has_no_routes_of_a_library(tmp_path: Path) -> None:
    with kept(tmp_path, 1) as library:
        service = NodeService(library.database, library.path, library.settings, host=object())  # type: ignore[arg-type]
        front = front_for(library, service=service)
        with TestClient(create_app(front, only_node=True), base_url="http://127.0.0.1") as client:
            found = client.get("/v1/openapi.json").json()["paths"]
            secret = front.access.make(Role.ADMIN)[1]
            head = {"authorization": f"Bearer {secret}"}
            assert client.get("/v1/assets", headers=head).status_code == 404
            assert client.get("/v1/node/capabilities", headers=head).status_code == 200
        front.live.close()
    assert not [path for path in found if "assets" in path or "people" in path]


def test_a_token_in_the_address_is_none(desk: Desk) -> None:
    secret = desk.token()
    for query in (f"?token={secret}", f"?access_token={secret}", f"?authorization=Bearer%20{secret}"):
        assert desk.ask("/v1/me" + query, None).status_code == 401
    assert desk.ask("/v1/me", None, headers={"cookie": f"token={secret}"}).status_code == 401
    assert desk.ask("/v1/me", None, headers={"authorization": f"Basic {secret}"}).status_code == 401


def test_one_more_scope_opens_one_more_door(desk: Desk) -> None:
    plain, more = desk.token(Role.VIEWER), desk.token(Role.VIEWER, extra=(Scope.PEOPLE,))
    assert desk.ask("/v1/people", None, token=plain).status_code == 403
    assert desk.ask("/v1/people", None, token=more).json() == []


def test_wrong_tokens_are_counted_before_they_are_looked_at(tmp_path: Path) -> None:
    with served(tmp_path) as desk:
        good = desk.token()
        most = desk.front.limits.failures.most
        for _ in range(most):
            assert desk.ask("/v1/me", None, token="guess").status_code == 401
        refused = desk.ask("/v1/me", None, token=good)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 1
        assert desk.ask("/v1/me", None, token=good, headers={"x-forwarded-for": "198.51.100.1"}).status_code == 429
        actions = [action for _, action, _ in desk.log()]
        assert actions.count("token.refused") == most
    with kept_again(tmp_path) as again:  # after a restart it goes on to count
        assert again.ask("/v1/me", None, token=good).status_code == 429


def kept_again(folder: Path) -> Any:
    from contextlib import contextmanager

    from engine.library import Library

    @contextmanager
    def opened() -> Iterator[Desk]:
        with Library.open(folder / "library", work=False) as library:
            front = front_for(library, access=Access(library.database))
            with TestClient(create_app(front), base_url="http://127.0.0.1", client=("192.0.2.7", 1)) as client:
                yield Desk(library, client, front)
            front.live.close()

    return opened()


def test_only_the_bearer_header_names_a_token() -> None:
    from starlette.requests import HTTPConnection

    def of(value: str) -> str | None:
        return bearer(HTTPConnection({"type": "http", "headers": [(b"authorization", value.encode())]}))

    assert of("Bearer abc") == of("bearer  abc ") == "abc"
    assert of("Bearer") is None
    assert of("abc") is None
