"""Tokens of the front on the network, what they used, and the counts that limit how often one may ask."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from engine.model.access import Quota, Role, Scope, TokenRow, Used

COLUMNS = "id, role, extra, label, created, expires, revoked, used, address, quota"
Spent = tuple[int, int, float, int]  # jobs, bytes, seconds of work, requests


def add(connection: sqlite3.Connection, row: TokenRow, digest: str) -> None:
    """Keep a token by the hash of its secret."""
    extra = json.dumps(sorted(scope.value for scope in row.extra))
    connection.execute(
        f"INSERT INTO token({COLUMNS}, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.role.value, extra, row.label, row.created, row.expires, row.revoked, row.used, row.address,
         json.dumps(asdict(row.quota)), digest),
    )  # fmt: skip


def tokens(connection: sqlite3.Connection) -> dict[str, TokenRow]:
    """Every token by the hash of its secret, the newest last."""
    found = connection.execute(f"SELECT hash, {COLUMNS} FROM token ORDER BY created, id")
    return {digest: _row(*rest) for digest, *rest in found}


def revoke(connection: sqlite3.Connection, token_id: str, at: float) -> bool:
    """Let a token count no longer; whether it did until now."""
    found = connection.execute("UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL", (at, token_id))
    return found.rowcount > 0


def forget(connection: sqlite3.Connection, token_id: str) -> None:
    """Delete a token with what it used: one that was made for a single run."""
    connection.execute("DELETE FROM token WHERE id = ?", (token_id,))
    connection.execute("DELETE FROM token_use WHERE token = ?", (token_id,))


def seen(connection: sqlite3.Connection, token_id: str, at: float, address: str) -> None:
    """Note when and from where a token was used."""
    connection.execute("UPDATE token SET used = ?, address = ? WHERE id = ?", (at, address, token_id))


def _row(token_id: str, role: str, extra: str, label: str, created: float, expires: float | None,
         revoked: float | None, used: float | None, address: str, quota: str) -> TokenRow:  # fmt: skip
    known = {scope.value for scope in Scope}
    more = frozenset(Scope(one) for one in json.loads(extra) if one in known)
    return TokenRow(token_id, Role(role), more, label, created, expires, revoked, used, address,
                    Quota(**json.loads(quota)))  # fmt: skip


# --- use -------------------------------------------------------------------------------------------------------------


def spend(connection: sqlite3.Connection, day: str, spent: Mapping[str, Spent]) -> None:
    """Add what tokens used on a day (2026-11-28)."""
    connection.executemany(
        "INSERT INTO token_use VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET jobs = jobs + excluded.jobs, "
        "bytes = bytes + excluded.bytes, seconds = seconds + excluded.seconds, requests = requests + excluded.requests",
        [(token, day, *amounts) for token, amounts in spent.items()],
    )


def used(connection: sqlite3.Connection, day: str) -> dict[str, Used]:
    """What each token used, on this day and in total."""
    found = connection.execute(
        "SELECT token, sum(iif(day = :day, jobs, 0)), sum(jobs), sum(iif(day = :day, bytes, 0)), sum(bytes), "
        "sum(iif(day = :day, seconds, 0.0)), sum(seconds), sum(iif(day = :day, requests, 0)), sum(requests) "
        "FROM token_use GROUP BY token",
        {"day": day},
    )
    return {token: Used(*amounts) for token, *amounts in found}


# --- rates -----------------------------------------------------------------------------------------------------------


def rates(connection: sqlite3.Connection, since: int) -> dict[tuple[str, int], int]:
    """The counts of windows that began at or after `since` (seconds), by subject and window."""
    found = connection.execute("SELECT subject, start, hits FROM rate WHERE start >= ?", (since,))
    return {(subject, start): hits for subject, start, hits in found}


def keep_rates(connection: sqlite3.Connection, counts: Iterable[tuple[str, int, int]], before: int) -> None:
    """Keep counts (subject, window, hits) and forget the windows that began before `before`."""
    connection.executemany(
        "INSERT INTO rate VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET hits = max(hits, excluded.hits)", counts
    )
    connection.execute("DELETE FROM rate WHERE start < ?", (before,))
