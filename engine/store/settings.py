"""The settings that differ from their defaults, and small facts that the program keeps for itself."""

import json
import sqlite3
import uuid
from datetime import datetime
from typing import Any

from engine.errors import SettingInvalid
from engine.settings import BY_KEY, defaults, option
from engine.store import history

OWN = "kinora."  # keys that are no options


def all_settings(connection: sqlite3.Connection) -> dict[str, Any]:
    """Every option with its value; what a stored value no longer fits falls back to the default."""
    values = defaults()
    for key, raw in connection.execute("SELECT key, value FROM setting"):
        known = BY_KEY.get(key)
        if known is None:
            continue
        try:
            values[key] = known.clean(json.loads(raw))
        except SettingInvalid:
            continue
    return values


def put(connection: sqlite3.Connection, key: str, value: Any) -> Any:
    """Store one option; return it as stored.

    Raises:
        SettingInvalid: there is no such option, or it does not take this value.
    """
    known = option(key)
    clean = known.clean(value)
    if key == "search.history" and not clean:
        history.clear(connection)
    if clean == known.default:
        connection.execute("DELETE FROM setting WHERE key = ?", (key,))
    else:
        _store(connection, key, clean)
    return clean


def name_library(connection: sqlite3.Connection) -> None:
    """Give a new library its own name and note when it was made."""
    made = datetime.now().astimezone().isoformat()
    connection.execute("INSERT OR IGNORE INTO library VALUES(1, ?, ?)", (uuid.uuid4().hex, made))


def library_name(connection: sqlite3.Connection) -> str:
    """The name of a library (hex digits)."""
    return str(connection.execute("SELECT uuid FROM library").fetchone()[0])


def own(connection: sqlite3.Connection, key: str, default: Any = None) -> Any:
    """Return a fact that the program keeps for itself."""
    row = connection.execute("SELECT value FROM setting WHERE key = ?", (OWN + key,)).fetchone()
    return default if row is None else json.loads(row[0])


def put_own(connection: sqlite3.Connection, key: str, value: Any) -> None:
    """Keep a fact of the program."""
    _store(connection, OWN + key, value)


def _store(connection: sqlite3.Connection, key: str, value: Any) -> None:
    connection.execute(
        "INSERT INTO setting VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        (key, json.dumps(value)),
    )
