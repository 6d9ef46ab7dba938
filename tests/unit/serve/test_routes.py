"""The routes of a library: what they answer, and what they keep to themselves."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.access import NotAllowed
from engine.errors import QueryError, TookTooLong
from engine.model import Finding, FindingKind, Moment
from engine.model.access import SCOPES, Principal, Role, Scope
from engine.serve.asking import allowed
from engine.store import findings
from engine.store.limits import limited
from tests.unit.serve.fronts import Desk
from tests.unit.test_corrections import hears, said


def who(role: Role) -> Principal:
    return Principal("ab", "", role, SCOPES[role], "192.0.2.1")


def test_assets_come_a_page_at_a_time(desk: Desk) -> None:
    first = desk.ask("/v1/assets?limit=2&sort=name", Role.VIEWER).json()
    assert (first["total"], first["next"], len(first["assets"])) == (3, 2, 2)
    second = desk.ask("/v1/assets?limit=2&sort=name&offset=2", Role.VIEWER).json()
    assert second["next"] is None
    assert [one["name"] for one in first["assets"] + second["assets"]] == ["0.png", "1.png", "2.png"]
    assert first["assets"][0]["kind"] == "photo"
    assert desk.ask("/v1/assets?offset=99", Role.VIEWER).json()["assets"] == []


def test_where_a_file_lies_is_told_only_to_who_may_know(desk: Desk, tmp_path: Path) -> None:
    desk.library.tag([1], "sea")
    plain, paths = desk.ask("/v1/assets/1", Role.VIEWER), desk.ask("/v1/assets/1", Role.EDITOR)
    assert plain.json()["files"] == []
    assert plain.json()["tags"] == ["sea"]
    assert str(tmp_path) not in plain.text
    assert paths.json()["files"][0].startswith(str(tmp_path))
    for path in ("/v1/search?q=tag:sea", "/v1/export?q=tag:sea", "/v1/export?form=csv", "/v1/facets", "/v1/jobs"):
        assert str(tmp_path) not in desk.ask(path, Role.VIEWER).text, path
    assert str(tmp_path) in desk.ask("/v1/search?q=tag:sea", Role.EDITOR).text
    assert str(tmp_path) in desk.ask("/v1/export?q=tag:sea", Role.EDITOR).text


def test_a_search_says_where_it_is_wrong(desk: Desk) -> None:
    answer = desk.ask("/v1/search?q=sea+(", Role.VIEWER)
    assert answer.status_code == 400
    told = answer.json()["error"]
    assert (told["code"], told["start"], told["end"]) == ("query", 4, 5)
    found = desk.ask("/v1/search?q=0.png", Role.VIEWER).json()
    assert found["hits"][0]["asset"]["name"] == "0.png"
    assert found["hits"][0]["moments"]


def test_a_search_that_takes_too_long_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(TookTooLong), limited(0.05), desk.library.database.read() as connection:
        connection.execute(slow).fetchone()
    with desk.library.database.read() as connection:  # the next one has its own time
        assert connection.execute("SELECT 1").fetchone() == (1,)

    def search(*_: Any) -> Any:
        with desk.library.database.read() as connection:
            return connection.execute(slow).fetchone()

    monkeypatch.setattr("engine.serve.routes.search.SECONDS", 0.05)
    monkeypatch.setattr(desk.library, "search", search)
    answer = desk.ask("/v1/search?q=sea", Role.EDITOR)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "took-too-long")


FILES = (
    "like:/etc/passwd", 'like:"/etc/passwd"', "like:../x.png", "pose:/etc/passwd", "sea OR like:/etc/passwd",
    "-like:/etc/passwd", "(sea (like:x.png))", "similar:/etc/passwd", "like:#1,/etc/passwd",
)  # fmt: skip


def test_an_example_is_never_a_file_of_this_machine(desk: Desk) -> None:
    for query in FILES:
        with pytest.raises(QueryError, match="asset"):
            allowed(query, who(Role.ADMIN))
        for path in ("/v1/assets", "/v1/search", "/v1/facets", "/v1/export", "/v1/assets/1/moments"):
            assert desk.ask(path, Role.ADMIN, params={"q": query}).status_code == 400, (path, query)


@pytest.mark.parametrize(
    ("query", "scope"),
    [("person:Ann", Scope.PEOPLE), ("who:Ann", Scope.PEOPLE), ("person:Ann with:Ben", Scope.PEOPLE),
     ("-pet:Rex", Scope.PEOPLE), ("has:faces", Scope.PEOPLE), ("sea OR (has:faces)", Scope.PEOPLE),
     ("in:Holidays", Scope.PATHS), ("folder:Holidays", Scope.PATHS)],
)  # fmt: skip
def test_people_and_folders_are_asked_for_only_by_who_may(query: str, scope: Scope) -> None:
    with pytest.raises(NotAllowed, match=scope.value):
        allowed(query, who(Role.VIEWER))
    assert allowed(query, who(Role.EDITOR)) == query
    for fine in ("sea", "like:#1", "like:#1@3.5", "pose:sitting", "has:text", "type:photo year:2024"):
        assert allowed(fine, who(Role.VIEWER)) == fine


def finds(desk: Desk, *found: Finding) -> None:
    def put(connection: Any) -> None:
        findings.replace(connection, 1, "faces", 1, found)

    desk.library.database.write(put)


def test_faces_and_voices_are_told_only_to_who_may_know(desk: Desk) -> None:
    finds(desk, Finding(FindingKind.FACE, Moment(), score=0.9), Finding(FindingKind.LABEL, label="sea", score=0.5))
    kinds = {one["kind"] for one in desk.ask("/v1/assets/1/findings", Role.VIEWER).json()}
    assert kinds == {"label"}
    assert desk.ask("/v1/assets/1/findings?kind=face", Role.VIEWER).status_code == 403
    found = desk.ask("/v1/assets/1/findings?kind=face", Role.EDITOR).json()
    assert [one["kind"] for one in found] == ["face"]
    assert "vector" not in found[0]


def test_a_preview_has_a_tag_and_is_sent_once(desk: Desk, tmp_path: Path) -> None:
    assert desk.ask("/v1/assets/1/preview", Role.VIEWER).status_code == 404
    place = desk.library._pictures.small(desk.library.asset(1).cell.content)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\xff\xd8 a picture")
    first = desk.ask("/v1/assets/1/preview", Role.VIEWER)
    assert first.content == b"\xff\xd8 a picture"
    assert first.headers["content-type"] == "image/jpeg"
    assert first.headers["cache-control"].startswith("private")
    again = desk.ask("/v1/assets/1/preview", Role.VIEWER, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for side in ("0", "99999", "x", "nan"):
        assert desk.ask(f"/v1/assets/1/picture?side={side}", Role.VIEWER).status_code == 422
    assert desk.ask("/v1/assets/1/picture?time=nan", Role.VIEWER).status_code == 422


def test_an_original_is_sent_as_it_is_or_in_parts_and_that_is_written_down(desk: Desk) -> None:
    path = desk.library.original(1)
    before = path.stat()
    body = path.read_bytes()
    assert desk.ask("/v1/assets/1/original", Role.VIEWER).status_code == 403
    whole = desk.ask("/v1/assets/1/original", Role.EDITOR)
    assert whole.content == body
    assert whole.headers["content-disposition"].startswith("attachment")
    part = desk.ask("/v1/assets/1/original", Role.EDITOR, headers={"range": "bytes=3-9"})
    assert (part.status_code, part.content) == (206, body[3:10])
    after = path.stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)
    assert [action for _, action, _ in desk.log()].count("original") == 2
    path.unlink()
    assert desk.ask("/v1/assets/1/original", Role.EDITOR).status_code == 410


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trick=st.one_of(
    st.sampled_from(["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd",
                     "1/../../kinora.db", "1%00", "..\\..\\kinora.db", "-1", "0", "1e3", "\uff11", "9" * 40, "1;",
                     "%31", "2"]),
    st.text(st.sampled_from("./\\%0e2f1~-kinora"), min_size=1, max_size=24),
))  # fmt: skip
def test_no_path_leads_to_the_disk(desk: Desk, trick: str) -> None:
    from urllib.parse import quote

    originals = {desk.library.original(asset).read_bytes() for asset in (1, 2, 3)}
    for kind in ("preview", "original", "picture", "subtitles", "findings"):
        for spelled in (quote(trick, safe="/%"), quote(trick, safe="")):
            answer = desk.ask(f"/v1/assets/{spelled}/{kind}", Role.ADMIN)
            assert answer.status_code in (200, 404, 414, 422), (spelled, kind, answer.text)
            if answer.status_code == 200:  # it was a number after all, such as %31: then it is that asset's
                drawn = answer.content.startswith(b"\xff\xd8")
                assert drawn or answer.content in originals or isinstance(answer.json(), list | dict), (spelled, kind)
            assert b"root:" not in answer.content
            assert b"SQLite" not in answer.content


def test_what_an_editor_decides_can_be_undone_and_is_written_down(desk: Desk) -> None:
    assert desk.ask("/v1/tags", Role.VIEWER, method="POST", json={"assets": [1], "add": ["sea"]}).status_code == 403
    assert desk.ask("/v1/tags", Role.EDITOR, method="POST", json={"assets": [1, 2], "add": ["sea"]}).json() == {
        "count": 2
    }
    assert desk.ask("/v1/tags", Role.EDITOR).json() == [{"name": "sea", "count": 2}]
    desk.ask("/v1/tags", Role.EDITOR, method="POST", json={"assets": [2], "remove": ["sea"]})
    desk.ask("/v1/rating", Role.EDITOR, method="POST", json={"assets": [1], "rating": 4})
    assert desk.ask("/v1/assets/1", Role.EDITOR).json()["rating"] == 4
    assert desk.ask("/v1/tags", Role.EDITOR, method="POST", json={"assets": [1, 99], "add": ["x"]}).status_code == 404
    assert desk.ask("/v1/rating", Role.EDITOR, method="POST", json={"assets": [1], "rating": 9}).status_code == 422
    cut = desk.ask("/v1/albums", Role.EDITOR, method="POST", content=b'{"name": ',
                   headers={"Content-Type": "application/json"})  # fmt: skip
    assert (cut.status_code, cut.json()["error"]["text"]) == (422, "The body is no JSON that can be read.")
    desk.library.undo()
    assert desk.ask("/v1/assets/1", Role.EDITOR).json()["rating"] is None
    log = [(action, result) for _, action, result in desk.log() if action.startswith("POST")]
    assert ("POST /v1/tags", "ok") in log
    assert ("POST /v1/tags", "404") in log
    assert ("POST /v1/rating", "422") in log
    assert "refused" in [action for _, action, _ in desk.log()]


def test_albums_are_made_filled_and_deleted(desk: Desk) -> None:
    made = desk.ask("/v1/albums", Role.EDITOR, method="POST", json={"name": "Sea", "assets": [1]})
    assert made.status_code == 201
    number = made.json()["id"]
    assert desk.ask("/v1/albums", Role.EDITOR, method="POST", json={"name": "sea"}).status_code == 409
    url = f"/v1/albums/{number}/assets"
    assert desk.ask(url, Role.EDITOR, method="POST", json={"assets": [1, 2, 3]}).json() == {"count": 2}
    assert desk.ask(url, Role.EDITOR, method="DELETE", json={"assets": [2]}).json() == {"count": 1}
    assert desk.ask("/v1/albums", Role.VIEWER).json() == [{"id": number, "name": "Sea", "count": 2}]
    assert desk.ask(f"/v1/albums/{number}", Role.EDITOR, method="DELETE").json() == {"count": 1}
    assert desk.ask(f"/v1/albums/{number}", Role.EDITOR, method="DELETE").status_code == 404


def test_the_queue_is_read_and_steered(desk: Desk) -> None:
    numbers = desk.ask("/v1/queue", Role.VIEWER).json()
    waiting, held = numbers["waiting"], numbers["held"]
    assert waiting > 0
    rows = desk.ask("/v1/jobs?state=waiting&limit=2", Role.VIEWER).json()
    assert len(rows) == 2
    assert desk.ask("/v1/jobs/cancel", Role.VIEWER, method="POST", json={}).status_code == 403
    one = desk.ask("/v1/jobs/cancel", Role.OPERATOR, method="POST", json={"ids": [rows[0]["id"]]})
    assert one.json() == {"count": 1}
    assert desk.ask("/v1/queue/pause", Role.OPERATOR, method="POST").json()["paused"] is True
    assert desk.ask("/v1/queue/resume", Role.OPERATOR, method="POST").json()["paused"] is False
    rest = desk.ask("/v1/jobs/cancel", Role.OPERATOR, method="POST", json={}).json()["count"]
    assert rest == waiting + held - 1
    assert desk.ask("/v1/jobs/retry", Role.OPERATOR, method="POST", json={"ids": [-1]}).status_code == 422


def test_exports_are_streamed_and_written_down(desk: Desk) -> None:
    body = desk.ask("/v1/export?q=type:photo", Role.VIEWER)
    assert len(json.loads(body.text)) == 3
    assert "attachment" in body.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(desk.ask("/v1/export?form=csv", Role.EDITOR).text)))
    assert [row["kind"] for row in rows] == ["photo"] * 3
    assert rows[0]["path"]
    assert "path" not in desk.ask("/v1/export?form=csv", Role.VIEWER).text.splitlines()[0]
    assert desk.ask("/v1/assets/99/subtitles", Role.VIEWER).status_code == 404  # nothing left
    desk.settle()
    told = [row for row in reversed(desk.access.audit()) if row.action == "export"]
    assert [row.object for row in told] == ["json of 3: type:photo", "csv of 3: ", "csv of 3: "]
    role_of = {row.id: row.role for row in desk.access.rows()}
    assert [role_of[row.who] for row in told] == [Role.VIEWER, Role.EDITOR, Role.VIEWER]


def test_subtitles_name_nobody_to_who_may_not_know(desk: Desk) -> None:
    hears(desk.library, said(0, 2, "Hello again"))
    text = desk.ask("/v1/assets/1/subtitles", Role.VIEWER)
    assert text.headers["content-type"].startswith("text/vtt")
    assert "Hello again" in text.text
    assert "<v " not in text.text
    assert "00:00:00,000" in desk.ask("/v1/assets/1/subtitles?form=srt", Role.EDITOR).text
    assert desk.ask("/v1/assets/2/subtitles", Role.EDITOR).status_code == 404
    assert desk.ask("/v1/assets/2/subtitles?form=exe", Role.EDITOR).status_code == 422


def test_settings_health_and_who_am_i(desk: Desk) -> None:
    assert desk.ask("/v1/settings", Role.EDITOR).status_code == 403
    desk.library.set("model.url", "http://user:secret@127.0.0.1:1/v1")
    answer = desk.ask("/v1/settings", Role.ADMIN)
    assert "secret" not in answer.text
    assert {one["key"] for one in answer.json()} > {"net.offline", "serve.rate_token"}
    assert desk.ask("/v1/health/live", None).json()["alive"] is True
    assert desk.ask("/v1/health/ready", None).json() == {"ready": True}
    parts = desk.ask("/v1/health", Role.OPERATOR).json()
    assert {"database"} <= {one["name"] for one in parts} or len(parts) > 3
    me = desk.ask("/v1/me", Role.VIEWER).json()
    assert (me["role"], me["scopes"]) == ("viewer", ["library:read"])


def test_people_are_behind_a_scope_of_their_own(desk: Desk) -> None:
    assert desk.ask("/v1/people", Role.OPERATOR).status_code == 403
    assert desk.ask("/v1/people", Role.EDITOR).json() == []
    assert desk.ask("/v1/people/1", Role.EDITOR).status_code == 404
    assert desk.ask("/v1/people/1/appearances", Role.EDITOR).status_code == 404
    assert desk.ask("/v1/people/appearances/1/picture", Role.EDITOR).status_code == 404


def test_names_of_people_and_folders_are_read_by_who_may(desk: Desk) -> None:
    parts = [("name", "sea.jpg"), ("person", "Annabel Quill"), ("folder", "Zanzibar")]
    desk.library.database.write(lambda connection: findings.set_whole(connection, 1, parts))
    assert "Annabel" in desk.ask("/v1/search?q=annabel", Role.EDITOR).text
    for route in ("assets/1/findings", "search?q=annabel", "search?q=zanzibar", "assets/1/moments?q=annabel",
                  "assets/1/moments?q=zanzibar"):  # fmt: skip
        told = desk.ask(f"/v1/{route}", Role.VIEWER)
        assert told.status_code == 200
        assert "Annabel" not in told.text, route
        assert "Zanzibar" not in told.text, route
    assert "sea.jpg" in desk.ask("/v1/search?q=sea", Role.VIEWER).text


def test_a_quota_of_bytes_ends_reading_but_not_asking_how_much(desk: Desk) -> None:
    from engine.model.access import Quota

    token = desk.token(Role.VIEWER, quota=Quota(bytes=500))
    found = [desk.ask("/v1/assets", None, token=token).status_code for _ in range(4)]
    assert found[0] == 200
    assert found[-1] == 429
    assert "500 bytes" in desk.ask("/v1/assets", None, token=token).json()["error"]["text"]
    assert desk.ask("/v1/me", None, token=token).json()["quota"]["bytes"] == 500


def test_openapi_says_what_is_answered(desk: Desk) -> None:
    found = desk.ask("/v1/openapi.json", None).json()
    for path, methods in found["paths"].items():
        for method, told in methods.items():
            good = next(value for code, value in told["responses"].items() if code.startswith("2"))
            assert good.get("content"), (method, path)
            schema = next(iter(good["content"].values())).get("schema", {"file": True})
            assert schema, (method, path)
    assert "401" in found["paths"]["/v1/search"]["get"]["responses"]
