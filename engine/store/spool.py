"""The spool of a node: orders until they are finished, answers until they are acknowledged; each client's apart."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """An order with tasks that are not answered yet."""

    principal: str
    id: str
    body: str  # JSON, as it came
    tries: int  # how often it was begun
    keys: frozenset[str]  # of the tasks that are not answered


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer that is not acknowledged: its number and its JSON."""

    number: int
    body: str


def identity(connection: sqlite3.Connection) -> str:
    """Which spool this is."""
    return str(connection.execute("SELECT id FROM spool").fetchone()[0])


def accept(
    connection: sqlite3.Connection, principal: str, order_id: str, body: str, keys: Collection[str], accepted: int
) -> list[str]:
    """Keep an order; return the keys that are new.

    A key that is being worked on belongs to this order from now on; one that has an answer gets it again, and is not
    done again.
    """
    new, kept = [], False
    for key in keys:
        if _again(connection, principal, key, order_id):
            continue
        kept = True
        before = connection.execute(
            "SELECT order_id FROM spool_task WHERE principal = ? AND key = ?", (principal, key)
        ).fetchone()
        connection.execute("INSERT OR REPLACE INTO spool_task VALUES(?, ?, ?)", (principal, key, order_id))
        if before is None:
            new.append(key)
        elif before[0] != order_id:
            _sweep(connection, principal, before[0])
    if kept:
        connection.execute(
            "INSERT INTO spool_order(principal, id, body, accepted) VALUES(?, ?, ?, ?) "
            "ON CONFLICT(principal, id) DO UPDATE SET body = excluded.body",
            (principal, order_id, body, accepted),
        )
    return new


def _again(connection: sqlite3.Connection, principal: str, key: str, order_id: str) -> bool:
    """Give an answer that is there a new number, so that who asks anew hears it anew."""
    found = connection.execute(
        "DELETE FROM spool_answer WHERE principal = ? AND key = ? RETURNING body", (principal, key)
    ).fetchone()
    if found is not None:
        _put(connection, principal, key, order_id, found[0])
    return found is not None


def _put(connection: sqlite3.Connection, principal: str, key: str, order_id: str, body: str) -> None:
    connection.execute(
        "INSERT INTO spool_answer(principal, key, order_id, body) VALUES(?, ?, ?, ?)", (principal, key, order_id, body)
    )


def known(connection: sqlite3.Connection, principal: str, keys: Collection[str]) -> set[str]:
    """Those of these keys that are being worked on or have an answer."""
    listed = json.dumps(list(keys))
    found = connection.execute(
        "SELECT key FROM spool_task WHERE principal = ? AND key IN (SELECT value FROM json_each(?)) UNION "
        "SELECT key FROM spool_answer WHERE principal = ? AND key IN (SELECT value FROM json_each(?))",
        (principal, listed, principal, listed),
    )
    return {row[0] for row in found}


def unfinished(connection: sqlite3.Connection) -> list[Kept]:
    """Every order that has tasks without an answer, in the order of their coming."""
    found = connection.execute(
        "SELECT o.principal, o.id, o.body, o.tries, json_group_array(t.key) FROM spool_order o "
        "JOIN spool_task t ON t.principal = o.principal AND t.order_id = o.id "
        "GROUP BY o.principal, o.id ORDER BY o.accepted, o.rowid"
    )
    return [
        Kept(principal, number, body, tries, frozenset(json.loads(keys)))
        for principal, number, body, tries, keys in found
    ]


def began(connection: sqlite3.Connection, principal: str, order_id: str) -> None:
    """Count a try: an order that ends the node again and again is found by it."""
    connection.execute("UPDATE spool_order SET tries = tries + 1 WHERE principal = ? AND id = ?", (principal, order_id))


def calm(connection: sqlite3.Connection) -> None:
    """The node ends in an orderly way: no order is to blame."""
    connection.execute("UPDATE spool_order SET tries = 0 WHERE tries > 0")


def answer(connection: sqlite3.Connection, principal: str, key: str, body: str) -> bool:
    """Keep a task's answer; False when nobody waits for it (any more)."""
    found = connection.execute(
        "DELETE FROM spool_task WHERE principal = ? AND key = ? RETURNING order_id", (principal, key)
    ).fetchone()
    if found is None:
        return False
    _put(connection, principal, key, found[0], body)
    _sweep(connection, principal, found[0])
    return True


def answers(
    connection: sqlite3.Connection, principal: str, after: int, *, most: int, most_bytes: int
) -> tuple[list[Waiting], int]:
    """Answers behind number `after`, at most so many and of so many bytes (but one at least); where to go on.

    `after` beyond every number that was ever given (this is an older copy of the spool) counts from the beginning.
    """
    last = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'spool_answer'")
    after = after if after <= last.fetchone()[0] else 0
    found: list[Waiting] = []
    total = 0
    rows = connection.execute(
        "SELECT number, body FROM spool_answer WHERE principal = ? AND number > ? ORDER BY number LIMIT ?",
        (principal, after, most),
    )
    for number, body in rows:
        total += len(body)
        if found and total > most_bytes:
            break
        found.append(Waiting(number, body))
    return found, found[-1].number if found else after


def acknowledge(connection: sqlite3.Connection, principal: str, keys: Collection[str]) -> int:
    """Forget answers; return how many there were."""
    return connection.execute(
        "DELETE FROM spool_answer WHERE principal = ? AND key IN (SELECT value FROM json_each(?))",
        (principal, json.dumps(list(keys))),
    ).rowcount


def cancel(connection: sqlite3.Connection, principal: str, orders: Collection[str]) -> list[str]:
    """Forget orders, their tasks and their answers; return the keys of the tasks that had none."""
    named = (principal, json.dumps(list(orders)))
    within = "principal = ? AND order_id IN (SELECT value FROM json_each(?))"
    keys = [row[0] for row in connection.execute(f"SELECT key FROM spool_task WHERE {within}", named)]
    connection.execute(f"DELETE FROM spool_task WHERE {within}", named)
    connection.execute(f"DELETE FROM spool_answer WHERE {within}", named)
    connection.execute("DELETE FROM spool_order WHERE principal = ? AND id IN (SELECT value FROM json_each(?))", named)
    return keys


def held(connection: sqlite3.Connection, principal: str) -> tuple[int, int]:
    """How many tasks a client waits for, and the characters of the answers that it has not acknowledged."""
    (tasks,) = connection.execute("SELECT count(*) FROM spool_task WHERE principal = ?", (principal,)).fetchone()
    (size,) = connection.execute(
        "SELECT coalesce(sum(length(body)), 0) FROM spool_answer WHERE principal = ?", (principal,)
    ).fetchone()
    return int(tasks), int(size)


def unacknowledged(connection: sqlite3.Connection) -> int:
    """How many answers nobody has acknowledged, of all clients."""
    return int(connection.execute("SELECT count(*) FROM spool_answer").fetchone()[0])


def age(connection: sqlite3.Connection, seconds: float, expire: float) -> int:
    """Let answers grow older by what the node ran; drop those older than `expire` seconds, and count them."""
    connection.execute("UPDATE spool_answer SET waited = waited + ?", (seconds,))
    return connection.execute("DELETE FROM spool_answer WHERE waited > ?", (expire,)).rowcount


def wipe(connection: sqlite3.Connection) -> None:
    """Forget everything; who comes back meets another spool."""
    for table in ("spool_order", "spool_task", "spool_answer"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute("UPDATE spool SET id = lower(hex(randomblob(16)))")


def _sweep(connection: sqlite3.Connection, principal: str, order_id: str) -> None:
    """Forget an order of which nothing is left to answer."""
    connection.execute(
        "DELETE FROM spool_order WHERE principal = ? AND id = ? AND NOT EXISTS(SELECT 1 FROM spool_task t "
        "WHERE t.principal = spool_order.principal AND t.order_id = spool_order.id)",
        (principal, order_id),
    )
