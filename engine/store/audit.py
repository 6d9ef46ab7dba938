"""The log of what was asked over the network: append-only, each line with the hash of the one before."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.access import AuditRow, Chain

COLUMNS = "number, at, who, scope, action, object, address, result, hash"
BEGIN = "0" * 64
LONGEST = 500  # characters of a field


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be written down."""

    who: str
    action: str
    object: str = ""
    scope: str = ""
    address: str = ""
    result: str = "ok"


def append(connection: sqlite3.Connection, act: Act) -> str:
    """Write a line; return its hash."""
    length, before = _head(connection)
    told = tuple(_short(one) for one in (act.who, act.scope, act.action, act.object, act.address, act.result))
    row = (length + 1, round(time.time(), 3), *told)
    digest = _hash(before, row)
    connection.execute("INSERT INTO audit VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, digest))
    connection.execute("UPDATE audit_head SET length = ?, hash = ?", (length + 1, digest))
    return digest


def rows(connection: sqlite3.Connection, limit: int = 100, before: int | None = None) -> list[AuditRow]:
    """The latest lines, the newest first; `before`: only those with a lower number."""
    top = (1 << 62) if before is None else before
    found = connection.execute(
        f"SELECT {COLUMNS} FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?", (top, limit)
    )
    return [AuditRow(*row) for row in found]


def verify(connection: sqlite3.Connection) -> Chain:
    """Whether every line is as it was written, none is missing, and the last one is the last that was written."""
    length, head = _head(connection)
    at, before = 0, BEGIN
    for row in _all(connection):
        at += 1
        if row[0] != at or _hash(before, row[:-1]) != row[-1]:
            return Chain(length, head, at)
        before = row[-1]
    return Chain(length, head, None if (at, before) == (length, head) else min(at, length) + 1)


def _all(connection: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    return iter(connection.execute(f"SELECT {COLUMNS} FROM audit ORDER BY number"))


def _head(connection: sqlite3.Connection) -> tuple[int, str]:
    length, digest = connection.execute("SELECT length, hash FROM audit_head").fetchone()
    return int(length), str(digest)


def _hash(before: object, row: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps([before, *row], ensure_ascii=True).encode()).hexdigest()


def _short(text: str) -> str:
    """A field without what could forge a line on a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text[:LONGEST])
