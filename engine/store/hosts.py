"""Hosts that were added, what failed on them, and how long they rest."""

import json
import sqlite3
import time
from typing import Any

from engine.errors import NameTaken, NotFound
from engine.language import tr
from engine.model import Change, HostKind, HostRow

CHANGED = Change(frozenset({"hosts"}))
COLUMNS = "id, kind, name, address, pinned, enabled, options, added"


def rows(connection: sqlite3.Connection) -> list[HostRow]:
    """Every host beside this machine, in the order of adding."""
    return [_row(row) for row in connection.execute(f"SELECT {COLUMNS} FROM host ORDER BY id")]


def get(connection: sqlite3.Connection, host_id: int) -> HostRow:
    """One host. Raises NotFound."""
    row = connection.execute(f"SELECT {COLUMNS} FROM host WHERE id = ?", (host_id,)).fetchone()
    if row is None:
        raise NotFound(tr("There is no host {host_id}.", host_id=host_id), hint=tr("`kinora hosts list` names them."))
    return _row(row)


def add(connection: sqlite3.Connection, host: HostRow) -> HostRow:
    """Keep a host; its number is given here. Raises NameTaken."""
    _free(connection, host.name, 0)
    values = (host.kind.value, host.name, host.address, host.pinned, int(host.enabled), json.dumps(dict(host.options)))
    (number,) = connection.execute(
        "INSERT INTO host(kind, name, address, pinned, enabled, options, added) VALUES(?, ?, ?, ?, ?, ?, ?) "
        "RETURNING id",
        (*values, time.time()),
    ).fetchone()
    return get(connection, number)


def change(connection: sqlite3.Connection, host_id: int, **values: Any) -> HostRow:
    """Change the name, the pin, the options, or whether it is on. Raises NotFound, NameTaken."""
    get(connection, host_id)
    if "name" in values:
        _free(connection, values["name"], host_id)
    for column, value in values.items():
        assert column in ("name", "pinned", "enabled", "options", "address"), column
        if column == "name":  # what failed there failed there, however it is called
            old = get(connection, host_id).name
            connection.execute("UPDATE OR REPLACE strike SET host = ? WHERE host = ?", (value, old))
        stored = json.dumps(dict(value)) if column == "options" else int(value) if column == "enabled" else value
        connection.execute(f"UPDATE host SET {column} = ? WHERE id = ?", (stored, host_id))
    return get(connection, host_id)


def remove(connection: sqlite3.Connection, host_id: int) -> HostRow:
    """Forget a host, with what failed on it. Raises NotFound."""
    row = get(connection, host_id)
    connection.execute("DELETE FROM host WHERE id = ?", (host_id,))
    connection.execute("DELETE FROM strike WHERE host = ?", (row.name,))
    return row


def strike(connection: sqlite3.Connection, job_id: int, host: str, code: str) -> None:
    """Remember that a job failed on a host: it is not asked for it again."""
    connection.execute(
        "INSERT INTO strike SELECT id, ?, ?, ? FROM job WHERE id = ? ON CONFLICT DO UPDATE SET at = excluded.at, "
        "code = excluded.code",
        (host, time.time(), code, job_id),
    )


def forget_strikes(connection: sqlite3.Connection, host: str) -> None:
    """Let a host be asked again for what failed there."""
    connection.execute("DELETE FROM strike WHERE host = ?", (host,))


def set_aside(connection: sqlite3.Connection, name: str, until: float, why: str) -> None:
    """Let a host rest until then (time.time()); 0 ends it."""
    connection.execute("UPDATE host SET aside_until = ?, aside_why = ? WHERE name = ?", (until, why, name))


def aside(connection: sqlite3.Connection) -> dict[str, tuple[float, str]]:
    """Until when hosts rest (time.time()) and why, by name."""
    found = connection.execute("SELECT name, aside_until, aside_why FROM host WHERE aside_until > 0")
    return {name: (until, why) for name, until, why in found}


def _free(connection: sqlite3.Connection, name: str, host_id: int) -> None:
    taken = connection.execute("SELECT 1 FROM host WHERE name = ? AND id <> ?", (name, host_id)).fetchone()
    if taken or not name.strip():
        raise NameTaken(tr("There is already a host {name!r}.", name=name))


def _row(row: tuple[Any, ...]) -> HostRow:
    number, kind, name, address, pinned, enabled, options, added = row
    return HostRow(number, HostKind(kind), name, address, pinned, bool(enabled), json.loads(options), added)
