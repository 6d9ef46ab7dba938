"""Rentals on the disk: the intent before anything is asked, what each costs, and the end of each."""

import datetime
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from engine.errors import NotFound, RentalError
from engine.language import tr
from engine.model import Change, Instance, RentalState
from engine.model.access import Scope
from engine.model.contracts import NOWHERE, SLACK, Contract, Elsewhere, Instant, charge, micros
from engine.store import audit, spending
from engine.store.spending import IS_OPEN

CHANGED = Change(frozenset({"rentals"}))
COLUMNS = (
    "id, provider, label, state, gpu, offer, instance, address, pinned, price, traffic, reserved, cost, booked, "
    "billed, seconds, elapsed, ran, asked, started, ended, stops, missed, tries, text, alarm, per_gb, moved"
)
ALARM = COLUMNS.split(", ").index("alarm")
BOOT = "boot"  # in the table of paces, where it stands for no analyzer: seconds until a machine works
MAY_CHANGE = frozenset(
    {"instance", "address", "pinned", "missed", "tries", "text", "alarm", "started", "gpu", "price", "moved"}
)
LONGEST = 31 * 86_400.0  # seconds that a machine of which nobody knew is thought to have cost money, at most
APART = 7200.0  # seconds between two clocks that are still said to show the same


# --- time ------------------------------------------------------------------------------------------------------------


def beat(connection: sqlite3.Connection, now: Instant) -> str:
    """Add the time since the last look to every open rental; return today's date, which jumps of clocks do not move.

    While the computer runs, a clock that nobody can set tells how much time went by. Over a boot only a provider can
    tell; until one does nothing is added. When it says less than what was last believed nobody knows, and the hard
    stops count as reached.
    """
    row = connection.execute("SELECT boot, steady, believed FROM pulse").fetchone()
    if row is None:
        then = now.best
        _keep(connection, now, then)
        return day(then)
    boot, steady, believed = row
    if boot == now.boot:
        gone = max(0.0, now.steady - steady)
        _add(connection, gone, sure=True)
        then = _followed(believed + gone, now)
    elif now.theirs is None:
        return day(believed)
    else:
        if now.theirs >= believed - APART:
            _add(connection, max(0.0, now.theirs - believed), sure=False)
        else:
            _lapse(connection)
        then = _told(believed, now, now.theirs)
    if day(then) > day(believed):
        _turn(connection, believed, then)
    _keep(connection, now, then)
    return day(then)


def _turn(connection: sqlite3.Connection, since: float, until: float) -> None:
    """A day is over, perhaps a month: book what open rentals cost in it; what they may have cost since is left.

    What travels is left, too: nobody knows on which day it did.
    """
    begun = midnight(until, month=True)
    for contract in opened(connection):
        for end, on in ((begun, since), (midnight(until), max(since, begun))):
            late = charge(contract.price, until - end) + (contract.traffic if contract.started else 0)
            if end > since and contract.cost - late > contract.booked:
                spending.book(connection, contract, until, day(on), upto=contract.cost - late)
                contract = get(connection, contract.id)


def _followed(expected: float, now: Instant) -> float:
    """The time that is believed in a boot: as measured, but at least what a provider says that is near to it.

    Another one must be told by two clocks, the provider's and ours on the wall.
    """
    if now.theirs is None:
        return expected
    near = abs(now.theirs - expected) <= APART
    return _told(expected, now, now.theirs) if near or agree(now) else expected


def _told(known: float, now: Instant, theirs: float) -> float:
    """What a provider says; it takes something back only where the clock on the wall agrees."""
    back = theirs < known - APART and agree(now)
    return theirs if back else max(known, theirs)


def agree(now: Instant) -> bool:
    """Whether the clock of this computer and that of a provider show nearly the same."""
    return now.theirs is not None and abs(now.theirs - now.wall) <= APART


def _keep(connection: sqlite3.Connection, now: Instant, believed: float) -> None:
    connection.execute(
        "INSERT INTO pulse(id, boot, steady, believed, caught) VALUES(1, ?, ?, ?, 1) ON CONFLICT(id) DO UPDATE SET "
        "boot = excluded.boot, steady = excluded.steady, believed = excluded.believed",
        (now.boot, now.steady, believed),
    )


def _add(connection: sqlite3.Connection, gone: float, *, sure: bool) -> None:
    for contract in opened(connection):
        elapsed = contract.elapsed + gone
        ran = contract.ran + (gone if sure and contract.state is RentalState.RUNNING else 0.0)
        connection.execute(
            "UPDATE rental SET elapsed = ?, ran = ?, cost = ? WHERE id = ?",
            (elapsed, ran, max(contract.cost, _cost(contract, elapsed)), contract.id),
        )


def _lapse(connection: sqlite3.Connection) -> None:
    for contract in opened(connection):
        elapsed = max(contract.elapsed, contract.seconds)
        connection.execute(
            "UPDATE rental SET elapsed = ?, cost = ? WHERE id = ?",
            (elapsed, max(contract.cost, _cost(contract, elapsed)), contract.id),
        )


def _cost(contract: Contract, elapsed: float) -> int:
    return charge(contract.price, elapsed) + (contract.traffic if contract.started else 0)


def day(believed: float) -> str:
    """The local date of a time, as ISO writes it."""
    try:
        return datetime.datetime.fromtimestamp(believed).astimezone().date().isoformat()
    except (OverflowError, ValueError, OSError):  # a clock that shows no year that there is
        return "9999-12-31"


def midnight(believed: float, *, month: bool = False) -> float:
    """When the local day of a time began, or its month."""
    try:
        moment = datetime.datetime.fromtimestamp(believed).astimezone()
        begun = moment.date().replace(day=1) if month else moment.date()
        return datetime.datetime.combine(begun, datetime.time()).astimezone().timestamp()
    except (OverflowError, ValueError, OSError):
        return believed


def believed(connection: sqlite3.Connection, now: Instant) -> float:
    """What time it is believed to be at a moment; nothing is written."""
    row = connection.execute("SELECT boot, steady, believed FROM pulse").fetchone()
    if row is None:
        return now.best
    boot, steady, last = row
    if boot == now.boot:
        return _followed(last + max(0.0, now.steady - steady), now)
    return max(float(last), now.wall) if now.theirs is None else _told(last, now, now.theirs)


def doubt(now: Instant) -> str:
    """Why it is not known which day it is; empty where it is."""
    if now.theirs is None:
        return tr("The provider does not say what time it is, so nobody knows what may be spent today.")
    if agree(now):
        return ""
    return tr("The clock of this computer shows {here}, that of the provider {there}; nothing is rented until they "
              "agree.", here=_shown(now.wall), there=_shown(now.theirs))  # fmt: skip


def _shown(at: float) -> str:
    try:
        return f"{datetime.datetime.fromtimestamp(at):%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):
        return f"{at:.0f}"


# --- reading ---------------------------------------------------------------------------------------------------------


def opened(connection: sqlite3.Connection) -> list[Contract]:
    """Every rental that may still cost money."""
    return _all(connection, f"WHERE {IS_OPEN} ORDER BY id")


def listed(connection: sqlite3.Connection, limit: int = 200) -> list[Contract]:
    """The open rentals and those with an alarm, then the others, the latest first."""
    return _all(connection, f"ORDER BY NOT ({IS_OPEN} OR alarm), id DESC LIMIT ?", limit)


def alarms(connection: sqlite3.Connection) -> list[Contract]:
    """Rentals at which somebody must look."""
    return _all(connection, "WHERE alarm = 1 ORDER BY id")


def get(connection: sqlite3.Connection, rental_id: int) -> Contract:
    """One rental. Raises NotFound."""
    found = _all(connection, "WHERE id = ?", rental_id)
    if not found:
        raise NotFound(tr("There is no rental {number}.", number=rental_id), hint=tr("`kinora rent list` names them."))
    return found[0]


def _all(connection: sqlite3.Connection, where: str, *values: Any) -> list[Contract]:
    return [_contract(row) for row in connection.execute(f"SELECT {COLUMNS} FROM rental {where}", values)]


def _contract(row: Sequence[Any]) -> Contract:
    values = list(row)
    values[3], values[ALARM] = RentalState(values[3]), bool(values[ALARM])
    return Contract(*values)


# --- changing --------------------------------------------------------------------------------------------------------


def intend(connection: sqlite3.Connection, now: Instant, wanted: Contract, others: Elsewhere = NOWHERE) -> Contract:
    """Write down that a machine is about to be rented, if every cap allows it: one transaction with the check.

    `others` is what other libraries have.

    Raises:
        OverBudget: a cap does not allow it, or there is none.
        RentalError: which day it is, is not known: the clock of this computer is not that of the provider.
    """
    today = beat(connection, now)
    if why := doubt(now):
        raise RentalError(why, hint=tr("Set the clock right."))
    spending.refuse(connection, today, wanted.reserved, others)
    (number,) = connection.execute(
        "INSERT INTO rental(provider, label, state, gpu, offer, price, traffic, reserved, seconds, asked, stops, "
        "per_gb) VALUES(?, ?, 'requesting', ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (wanted.provider, wanted.label, wanted.gpu, wanted.offer, wanted.price, wanted.traffic, wanted.reserved,
         wanted.seconds, now.wall, now.wall + wanted.seconds, wanted.per_gb),
    ).fetchone()  # fmt: skip
    _log(connection, "spend.reserve", number, wanted.provider, wanted.reserved)
    return get(connection, number)


def move(
    connection: sqlite3.Connection, rental_id: int, to: RentalState, *, among: Collection[RentalState], **values: Any
) -> bool:
    """Bring a rental from one of some states to another, with what else is known; False where it is in none of them."""
    assert to.value not in ("ended", "failed"), "`close` does that, with the money"
    if get(connection, rental_id).state not in among:
        return False
    connection.execute("UPDATE rental SET state = ? WHERE id = ?", (to.value, rental_id))
    note(connection, rental_id, **values)
    return True


def note(connection: sqlite3.Connection, rental_id: int, **values: Any) -> None:
    """Keep what was learnt of a rental."""
    for column, value in values.items():
        assert column in MAY_CHANGE, column
        connection.execute(f"UPDATE rental SET {column} = ? WHERE id = ?", (value, rental_id))


def close(
    connection: sqlite3.Connection, now: Instant, rental_id: int, state: RentalState, text: str, *, gone: bool = False
) -> bool:
    """End a rental and book what it cost; False where it is closed already.

    `failed` cost nothing. `gone`: it ended by itself, nobody saw when: no later than the node's own hard stop.
    """
    today = beat(connection, now)
    contract = get(connection, rental_id)
    if not contract.open:
        return False
    at = believed(connection, now)
    cost = 0 if state is RentalState.FAILED else contract.cost
    if gone:
        cost = min(cost, max(contract.reserved, charge(contract.price, contract.ran)))
    connection.execute("UPDATE rental SET cost = ? WHERE id = ?", (cost, rental_id))
    spending.book(connection, get(connection, rental_id), at, today)
    connection.execute(
        "UPDATE rental SET state = ?, ended = ?, missed = 0, tries = 0, alarm = 0, text = ? WHERE id = ?",
        (state.value, at, text or contract.text, rental_id),
    )
    _log(connection, f"spend.{state.value}", rental_id, contract.provider, cost)
    return True


def _log(connection: sqlite3.Connection, action: str, rental_id: int, provider: str, amount: int) -> None:
    """Write into the log that stays what was done with money."""
    about = f"rental {rental_id} at {provider}: {amount / 1e6:.6f} USD"
    audit.append(connection, audit.Act("local", action, about, Scope.SPEND))


def bill(connection: sqlite3.Connection, now: Instant, rental_id: int, amount: float) -> None:
    """Put the ledger right by what the provider bills; never below what certainly ran here."""
    today = beat(connection, now)
    contract = get(connection, rental_id)
    billed = max(micros(amount), charge(contract.price, contract.ran))
    connection.execute("UPDATE rental SET billed = ? WHERE id = ?", (billed, rental_id))
    if contract.open:
        connection.execute("UPDATE rental SET cost = max(cost, ?) WHERE id = ?", (billed, rental_id))
    else:
        spending.correct(connection, get(connection, rental_id), now.wall, today)


def orphan(connection: sqlite3.Connection, now: Instant, provider: str, found: Instance, text: str) -> Contract | None:
    """Take back a machine that carries our label and that no open rental stands for, as one that is being ended.

    None where an open rental stands for it after all.
    """
    beat(connection, now)
    at = believed(connection, now)
    known = _all(connection, "WHERE label = ?", found.label)
    if known and known[0].open:
        return None
    if known:
        rental_id, since = known[0].id, known[0].ended
    else:
        rental_id, since = _stranger(connection, now, provider, found), found.started or at
    connection.execute(
        "UPDATE rental SET state = 'ending', ended = 0, billed = NULL, elapsed = elapsed + ? WHERE id = ?",
        (min(LONGEST, max(0.0, at - since)), rental_id),
    )
    note(connection, rental_id, instance=found.id, alarm=1, text=text, started=found.started or now.wall)
    beat(connection, now)
    return get(connection, rental_id)


def _stranger(connection: sqlite3.Connection, now: Instant, provider: str, found: Instance) -> int:
    """A row for a machine of ours that this library does not remember: it was put back from a backup."""
    price = micros(found.price)
    (number,) = connection.execute(
        "INSERT INTO rental(provider, label, state, price, reserved, seconds, asked, stops) "
        "VALUES(?, ?, 'ending', ?, ?, 0, ?, ?) RETURNING id",
        (provider, found.label, price, charge(price, SLACK), now.wall, now.wall),
    ).fetchone()
    return int(number)


# --- what was learnt -------------------------------------------------------------------------------------------------


def learn(connection: sqlite3.Connection, host: str, gpu: str, slots: int) -> None:
    """Keep how long jobs took on a host, for the next forecast: seconds for each, with so many side by side."""
    found = connection.execute(
        "SELECT analyzer, avg(seconds), count(*) FROM attempt WHERE host = ? AND outcome = 'done' GROUP BY analyzer",
        (host,),
    ).fetchall()
    for analyzer, seconds, jobs in found:
        _pace(connection, analyzer, gpu, seconds / max(1, slots), jobs)


def booted(connection: sqlite3.Connection, now: Instant, rental_id: int) -> None:
    """A rental has come to work: keep how long that took."""
    beat(connection, now)
    contract = get(connection, rental_id)
    _pace(connection, BOOT, contract.gpu, contract.elapsed, 1)


def _pace(connection: sqlite3.Connection, what: str, gpu: str, seconds: float, times: int) -> None:
    connection.execute(
        "INSERT INTO pace VALUES(?, ?, ?, ?) ON CONFLICT(analyzer, gpu) DO UPDATE SET "
        "seconds = (seconds * jobs + excluded.seconds * excluded.jobs) / (jobs + excluded.jobs), "
        "jobs = jobs + excluded.jobs",
        (what, gpu, seconds, times),
    )


def paces(connection: sqlite3.Connection, gpu: str) -> dict[str, float]:
    """Seconds that a job of each analyzer takes on such a GPU, where it was measured."""
    return dict(connection.execute("SELECT analyzer, seconds FROM pace WHERE gpu = ?", (gpu,)))


def unbilled(connection: sqlite3.Connection, since: float) -> list[Contract]:
    """Rentals that ended since then, or whose bill is not known, the latest first: their bills may still change."""
    return _all(
        connection,
        "WHERE state = 'ended' AND instance <> '' AND (ended >= ? OR (billed IS NULL AND ended >= ?)) "
        "ORDER BY id DESC LIMIT 20",
        since,
        since - LONGEST,
    )
