"""Tokens, quotas and the log: what is kept, what counts, and that nobody can change what was written."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import access as facade
from engine.access import Access, TokenInvalid
from engine.errors import HostLimited, KinoraError, NotFound
from engine.model.access import SCOPES, Quota, Role, Scope
from engine.store import audit, migrations
from engine.store.audit import Act
from engine.store.db import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path / "kinora.db", own=True)
    found.open()
    yield found
    found.close()


@pytest.fixture
def access(database: Database) -> Access:
    return Access(database)


def settled(database: Database) -> None:
    database.write(lambda connection: None)


def test_a_token_is_random_and_only_its_hash_is_kept(access: Access, database: Database) -> None:
    row, secret = access.make(Role.EDITOR, "  the   tablet ", days=30)
    assert secret.startswith(f"kinora_{row.id}_")
    assert len(secret.rsplit("_", 1)[0]) + 1 + 43 == len(secret) or len(secret) == 59
    assert row.label == "the tablet"
    assert secret != access.make(Role.EDITOR)[1]
    access.check(secret, "192.0.2.1")
    settled(database)
    body = b"".join(path.read_bytes() for path in database.path.parent.iterdir() if path.is_file())
    assert secret.encode() not in body
    assert secret.rsplit("_", 1)[1].encode() not in body
    assert facade.hash_of(secret).encode() in body


def test_a_token_counts_until_it_is_revoked_or_expires(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    row, secret = access.make(Role.VIEWER, days=1)
    who = access.check(secret, "192.0.2.1")
    assert (who.id, who.scopes, who.address) == (row.id, SCOPES[Role.VIEWER], "192.0.2.1")
    assert access.valid(who)
    now = time.time()
    monkeypatch.setattr(facade.time, "time", lambda: now + 86_401)
    with pytest.raises(TokenInvalid, match="expired"):
        access.check(secret, "192.0.2.1")
    assert not access.valid(who)
    monkeypatch.undo()
    access.revoke(row.id)
    with pytest.raises(TokenInvalid, match="revoked"):
        access.check(secret, "192.0.2.1")
    with pytest.raises(NotFound):
        access.revoke("ffffffff")
    for wrong in ("", None, "kinora_", secret[:-1], secret + "x", secret.upper(), "kinora_" + "0" * 52):
        with pytest.raises(TokenInvalid):
            access.check(wrong, "192.0.2.1")


@pytest.mark.parametrize("days", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_length_that_cannot_be_is_refused(access: Access, days: float) -> None:
    with pytest.raises(KinoraError, match="A token lasts"):
        access.make(Role.VIEWER, days=days)


def test_the_last_use_is_written_once_a_minute(access: Access, database: Database) -> None:
    row, secret = access.make(Role.VIEWER)
    writes: list[Any] = []
    real = database.submit
    database.submit = lambda work, change=None: writes.append(work) or real(work, change)  # type: ignore[method-assign]
    for _ in range(50):
        access.check(secret, "192.0.2.9")
    assert len(writes) == 1
    settled(database)
    access.reload()
    found = next(one for one in access.rows() if one.id == row.id)
    assert found.used == pytest.approx(time.time(), abs=5)
    assert found.address == "192.0.2.9"


def test_the_token_of_a_run_has_always_the_same_id_and_ends_with_it(access: Access) -> None:
    first = access.announce()
    second = access.announce()
    assert access.check(second, "127.0.0.1").id == facade.RUN
    assert access.check(second, "127.0.0.1").role is Role.OPERATOR
    with pytest.raises(TokenInvalid):
        access.check(first, "127.0.0.1")
    access.end_run()
    with pytest.raises(TokenInvalid):
        access.check(second, "127.0.0.1")


def test_a_quota_is_counted_written_down_and_used_up(access: Access, database: Database) -> None:
    row, _ = access.make(Role.OPERATOR, quota=Quota(jobs_day=3, bytes=1000, gpu_day=10.0))
    free, _ = access.make(Role.OPERATOR)
    access.allow(row.id, jobs=3, size=1000)
    access.charge(row.id, jobs=2, size=600, seconds=4.0, requests=1)
    with pytest.raises(HostLimited, match="3 jobs of today") as told:
        access.allow(row.id, jobs=2)
    assert 0 < told.value.after <= 86_400
    with pytest.raises(HostLimited, match="1,000 bytes") as told:
        access.allow(row.id, size=401)
    assert told.value.after == 0
    access.allow(row.id, jobs=1, size=400)
    access.flush()
    access.charge(row.id, seconds=6.0)
    with pytest.raises(HostLimited, match="10 seconds of work"):
        access.allow(row.id, jobs=1)
    access.allow(row.id, size=1)  # what it has may still be fetched
    access.allow(free.id, jobs=10**9, size=10**15)
    access.flush()
    settled(database)
    again = Access(database).used(row.id)
    assert (again.jobs, again.jobs_day, again.bytes, again.gpu, again.requests) == (2, 2, 600, 10.0, 1)


def test_a_new_day_begins_the_quota_of_a_day_anew(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    row, _ = access.make(Role.OPERATOR, quota=Quota(jobs_day=2))
    access.charge(row.id, jobs=2)
    with pytest.raises(HostLimited):
        access.allow(row.id, jobs=1)
    monkeypatch.setattr(facade, "today", lambda: "2999-01-01")
    access.allow(row.id, jobs=2)
    used = access.used(row.id)
    assert (used.jobs, used.jobs_day) == (2, 0)


def test_what_other_starts_of_kinora_may_ask(access: Access) -> None:
    made = access.told("new", role="viewer", label="x", days=None, extra=["people:read"], quota={"jobs": 5})
    assert access.check(made["token"], "").may(Scope.PEOPLE)
    (row,) = access.told("list")
    assert row["quota"]["jobs"] == 5
    assert made["token"] not in str(row)
    access.told("revoke", token_id=made["id"])
    told = access.told("audit", limit=10)
    assert [one["action"] for one in told["rows"]] == ["token.revoke", "token.new"]
    assert told["chain"]["broken"] is None
    with pytest.raises(KinoraError):
        access.told("forget")


# --- the log ---------------------------------------------------------------------------------------------------------


def test_the_log_takes_lines_and_gives_none_back(access: Access, database: Database) -> None:
    access.record(Act("ab", "export", "json of 3: \x1b[31mred\n", "library:read", "192.0.2.1"))
    settled(database)
    (row,) = access.audit()
    assert (row.who, row.action, row.result) == ("ab", "export", "ok")
    assert "\x1b" not in row.object
    assert "\n" not in row.object
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="the log stays"):
            database.write(lambda connection, statement=statement: connection.execute(statement) and None)
    assert access.verify().broken is None


TEXTS = st.text(max_size=12)
ACTS = st.lists(st.builds(Act, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), min_size=2, max_size=8)
COLUMNS = ("at", "who", "scope", "action", "object", "address", "result", "hash")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTS, st.data())
def test_any_change_to_the_log_is_found(acts: list[Act], data: st.DataObject) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in dict(migrations.STEPS)["s0015_access"]:
        connection.execute(statement)
    for act in acts:
        audit.append(connection, act)
    whole = audit.verify(connection)
    assert (whole.length, whole.broken) == (len(acts), None)
    connection.execute("DROP TRIGGER audit_stays")
    connection.execute("DROP TRIGGER audit_is_kept")
    line = data.draw(st.integers(1, len(acts)))
    what = data.draw(st.sampled_from(["change", "remove", "cut", "add", "swap"]))
    if what == "change":
        column = data.draw(st.sampled_from(COLUMNS))
        before = connection.execute(f"SELECT {column} FROM audit WHERE number = ?", (line,)).fetchone()[0]
        after = before + 1 if column == "at" else before + "x"
        connection.execute(f"UPDATE audit SET {column} = ? WHERE number = ?", (after, line))
    elif what == "remove":
        connection.execute("DELETE FROM audit WHERE number = ?", (line,))
    elif what == "cut":
        connection.execute("DELETE FROM audit WHERE number >= ?", (line,))
    elif what == "add":
        connection.execute("INSERT INTO audit SELECT number + 1, at, who, scope, action, object, address, result, hash "
                           "FROM audit WHERE number = ?", (len(acts),))  # fmt: skip
    else:
        for old, new in ((1, 900), (2, 1), (900, 2)):
            connection.execute("UPDATE audit SET number = ? WHERE number = ?", (new, old))
    found = audit.verify(connection).broken
    assert found is not None
    assert found <= len(acts) + 1
    connection.close()
