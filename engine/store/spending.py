"""Money on the disk: the caps, the ledger that is only ever added to, and whether one more rental is allowed."""

import sqlite3
from collections.abc import Mapping
from dataclasses import fields

from engine.errors import OverBudget
from engine.language import tr
from engine.model import Caps, LedgerRow, Spending
from engine.model.contracts import MICRO, NOWHERE, OPEN, SLACK, Contract, Elsewhere, charge, dollars

SCOPES = tuple(one.name for one in fields(Caps))
IS_OPEN = f"state IN {tuple(one.value for one in OPEN)}"  # as the index of the table says it


def caps(connection: sqlite3.Connection) -> Caps:
    """What may be spent."""
    return Caps(**{scope: dollars(amount) for scope, amount in _caps(connection).items()})


def set_caps(connection: sqlite3.Connection, wanted: Caps) -> None:
    """Set what may be spent; None takes a cap away."""
    connection.execute("DELETE FROM cap")
    for scope in SCOPES:
        amount = getattr(wanted, scope)
        if amount is not None:
            connection.execute("INSERT INTO cap VALUES(?, ?)", (scope, int(round(amount * MICRO, 3))))


def refuse(connection: sqlite3.Connection, today: str, reserved: int, others: Elsewhere = NOWHERE) -> None:
    """Let nothing be reserved that a cap does not allow; what other libraries have counts, too.

    Raises:
        OverBudget: a cap does not allow it, or there is none.
    """
    allowed = _caps(connection)
    if not allowed:
        raise OverBudget(
            tr("There is no cap yet, so nothing is rented."),
            hint=tr("Say what may be spent: `kinora rent budget --day 5`, or in the hosts view."),
        )
    for scope, amount in allowed.items():
        used = 0 if scope == "job" else _used(connection, today, scope, others)
        if used + reserved > amount:
            raise OverBudget(_why(scope, reserved, used, amount))


def fits(connection: sqlite3.Connection, today: str, reserved: int, others: Elsewhere = NOWHERE) -> str:
    """Why so much cannot be reserved; empty when it can."""
    try:
        refuse(connection, today, reserved, others)
    except OverBudget as error:
        return error.text
    return ""


def book(connection: sqlite3.Connection, contract: Contract, at: float, day: str, *, upto: int | None = None) -> None:
    """Write what a rental cost since the last line into the ledger, `upto` so much in all."""
    more = (contract.cost if upto is None else upto) - contract.booked
    if more == 0:
        return
    what = tr("{gpu}, rental {number}", gpu=contract.gpu or contract.provider, number=contract.id)
    _line(connection, contract, at, day, what, more, estimated=True)


def correct(connection: sqlite3.Connection, contract: Contract, at: float, day: str) -> None:
    """Put the ledger right by the provider's bill."""
    more = (contract.billed or 0) - contract.booked
    if more == 0:
        return
    what = tr("Bill of {provider} for rental {number}", provider=contract.provider, number=contract.id)
    _line(connection, contract, at, day, what, more, estimated=False)


def ledger(connection: sqlite3.Connection, limit: int = 1000) -> list[LedgerRow]:
    """Lines of the ledger, the latest first."""
    found = connection.execute(
        "SELECT at, rental_id, provider, what, amount, estimated FROM spend ORDER BY id DESC LIMIT ?", (limit,)
    )
    return [LedgerRow(at, rental, who, what, dollars(amount), bool(guess)) for at, rental, who, what, amount, guess in
            found]  # fmt: skip


def figures(connection: sqlite3.Connection) -> Elsewhere:
    """What other libraries have to know of this one."""
    by_day = dict(connection.execute("SELECT day, sum(amount) FROM spend GROUP BY day"))
    (stops,) = connection.execute(f"SELECT max(stops) FROM rental WHERE {IS_OPEN}").fetchone()
    return Elsewhere(by_day, _held(connection), (stops or 0.0) + SLACK)


def spent(
    connection: sqlite3.Connection, today: str, credit: Mapping[str, float], others: Elsewhere = NOWHERE
) -> Spending:
    """What was spent, open rentals up to now included, and what is reserved beyond it; by all libraries."""
    running = sum(cost - booked for cost, booked in _running(connection))
    by_day: dict[str, int] = dict(connection.execute("SELECT day, sum(amount) FROM spend GROUP BY day"))
    for day, amount in [*others.by_day.items(), *([(today, running)] if running else [])]:
        by_day[day] = by_day.get(day, 0) + amount
    return Spending(
        caps=caps(connection),
        today=dollars(_booked(connection, today, "day", others) + running),
        month=dollars(_booked(connection, today, "month", others) + running),
        total=dollars(_booked(connection, today, "total", others) + running),
        reserved=dollars(max(0, _held(connection) - running) + others.held),
        by_day=tuple((day, dollars(amount)) for day, amount in sorted(by_day.items())),
        credit=dict(credit),
        elsewhere=dollars(others.since("") + others.held),
    )


# --- inside ----------------------------------------------------------------------------------------------------------


def _caps(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT scope, amount FROM cap"))


def _used(connection: sqlite3.Connection, today: str, scope: str, others: Elsewhere) -> int:
    return _booked(connection, today, scope, others) + _held(connection) + others.held


def _booked(connection: sqlite3.Connection, today: str, scope: str, others: Elsewhere) -> int:
    """What the ledgers have since the beginning of the day or the month; days that are still to come count, too."""
    since = {"day": today, "month": today[:7], "total": ""}[scope]
    row = connection.execute("SELECT coalesce(sum(amount), 0) FROM spend WHERE day >= ?", (since,)).fetchone()
    return int(row[0]) + others.since(since)


def _held(connection: sqlite3.Connection) -> int:
    """What open rentals may still cost beyond what is in the ledger."""
    found = connection.execute(f"SELECT reserved, cost, price, booked FROM rental WHERE {IS_OPEN}")
    return sum(max(reserved, cost + charge(price, SLACK)) - booked for reserved, cost, price, booked in found)


def _running(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    return list(connection.execute(f"SELECT cost, booked FROM rental WHERE {IS_OPEN}"))


def _line(
    connection: sqlite3.Connection, contract: Contract, at: float, day: str, what: str, amount: int, *, estimated: bool
) -> None:
    """Add a line. What was booked too much is taken back from the days on which it was: no day gets money for free."""
    for when, part in _shares(connection, contract, day, amount):
        connection.execute(
            "INSERT INTO spend(at, day, rental_id, provider, what, amount, estimated) VALUES(?, ?, ?, ?, ?, ?, ?)",
            (at, when, contract.id, contract.provider, what, part, int(estimated)),
        )
    connection.execute("UPDATE rental SET booked = booked + ? WHERE id = ?", (amount, contract.id))


def _shares(connection: sqlite3.Connection, contract: Contract, day: str, amount: int) -> list[tuple[str, int]]:
    if amount >= 0:
        return [(day, amount)]
    found = connection.execute(
        "SELECT day, sum(amount) FROM spend WHERE rental_id = ? GROUP BY day HAVING sum(amount) > 0 ORDER BY day DESC",
        (contract.id,),
    ).fetchall()
    shares, left = [], -amount
    for when, booked in found:
        part = min(left, booked)
        left -= part
        if part:
            shares.append((when, -part))
    return shares


def _why(scope: str, reserved: int, used: int, amount: int) -> str:
    values = {"wanted": dollars(reserved), "used": dollars(used), "cap": dollars(amount)}
    if scope == "job":
        return tr("It may cost ${wanted:.2f} up to its hard stop; one rental may cost ${cap:.2f}.", **values)
    if scope == "day":
        return tr("It may cost ${wanted:.2f}; of ${cap:.2f} for today ${used:.2f} is spent or reserved.", **values)
    if scope == "month":
        return tr("It may cost ${wanted:.2f}; of ${cap:.2f} for this month ${used:.2f} is spent or reserved.", **values)
    return tr("It may cost ${wanted:.2f}; of ${cap:.2f} in all ${used:.2f} is spent or reserved.", **values)
