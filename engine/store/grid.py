"""All assets of a search in order, for a grid of any length, with headings by month."""

import json
import sqlite3
from array import array
from bisect import bisect_left
from calendar import timegm
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import ne
from typing import TYPE_CHECKING, NamedTuple, overload

from engine.language import mark, tr, trn
from engine.store.finds import by_scope, probe, sieve
from engine.store.matching import indexes
from engine.store.numbers import both, distinct, gathered, numbers, packed, parts, within
from engine.store.plan import Branch, Group, Plan, match_any
from engine.store.where import SEEN, compiled

if TYPE_CHECKING:
    from engine.store.numbers import Sorted

MONTHS = (
    mark("January"),
    mark("February"),
    mark("March"),
    mark("April"),
    mark("May"),
    mark("June"),
    mark("July"),
    mark("August"),
    mark("September"),
    mark("October"),
    mark("November"),
    mark("December"),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PROBES = 500  # so few assets are asked one by one for a word
FEW = 10_000  # rows of a list of which every key is read
SHARE = 8  # when more than every eighth asset matches, walking all in order beats sorting the matching ones

# Stars first, then how sharp and well lit a picture is; what was not measured comes last.
QUALITY = (
    "(ifnull(a.rating, 0) * 10 + "
    "ifnull((SELECT avg(score) FROM finding WHERE kind = 'quality' AND asset_id = a.id), 0))"
)

# How each sort orders, and what its headings come from: seconds since 1970, a first letter, stars (0 = no headings).
ORDERS = {
    "taken": ("a.moment_at DESC, a.id DESC", "a.moment_at"),
    "added": ("a.added DESC, a.id DESC", "a.added"),
    "name": ("a.name COLLATE NOCASE, a.id DESC", "ifnull(unicode(upper(substr(a.name, 1, 1))), 0)"),
    "size": ("a.size DESC, a.id DESC", "0"),
    "rating": ("ifnull(a.rating, 0) DESC, a.moment_at DESC, a.id DESC", "ifnull(a.rating, 0)"),
    "quality": (f"{QUALITY} DESC, a.moment_at DESC, a.id DESC", "0"),
}
ORDERS["date"] = ORDERS["taken"]
DATED = ("taken", "date")  # their headings are by the clock of the camera

Sections = tuple[tuple[str, int], ...]


def ordered(connection: sqlite3.Connection, chosen: Iterable[int], sort: str) -> tuple["array[int]", Sections]:
    """These assets in order, those that are shown; and where each month begins."""
    ids = in_order(connection, chosen, sort)
    return ids, _headings(connection, ids, sort)


def in_order(connection: sqlite3.Connection, chosen: Iterable[int], sort: str) -> "array[int]":
    """These assets in order, those that are shown."""
    return _chosen(connection, gathered(chosen), _order(sort))


def listing(connection: sqlite3.Connection, plan: Plan, sort: str) -> tuple["array[int]", Sections]:
    """Return the ids of every asset that matches, in order, and where each month begins."""
    order = _order(sort)
    if all(not branch.groups and not branch.bans for branch in plan.branches):
        ids = _walk(connection, plan.branches, order)
    else:
        ids = _chosen(connection, matching(connection, plan), order)
    return ids, _headings(connection, ids, sort)


def _headings(connection: sqlite3.Connection, ids: "array[int]", sort: str) -> Sections:
    """Where each heading of a list stands; the keys of a short one are read at once, of a long one a few are asked."""
    key = _order(sort).key
    if key == "0":
        return ()
    if len(ids) > FEW:
        return _headed(_Keys(connection, ids, key), sort)
    every = "json_each(?) v CROSS JOIN asset a ON a.id = v.value"
    sql = f"SELECT group_concat(CAST({key} AS INTEGER)) FROM {every}"
    return _headed(numbers(connection, sql, (json.dumps(ids.tolist()),)), sort)


class _Keys(Sequence[int]):
    """What the headings of a list come from; each is looked up when it is asked for, a few for each heading."""

    def __init__(self, connection: sqlite3.Connection, ids: Sequence[int], key: str) -> None:
        self._connection, self._ids = connection, ids
        self._sql = f"SELECT CAST({key} AS INTEGER) FROM asset a WHERE a.id = ?"

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, slice):
            return [self[one] for one in range(len(self))[at]]
        return int(self._connection.execute(self._sql, (self._ids[at],)).fetchone()[0])


def _headed(keys: Sequence[int], sort: str) -> Sections:
    """The headings of an order, and where each begins."""
    if sort not in TITLES:
        return sections(keys, local=sort in DATED)
    found: list[tuple[str, int]] = []
    index = 0
    while index < len(keys):
        key = keys[index]  # rows of one key stand together
        title = TITLES[sort](key)
        if not found or found[-1][0] != title:
            found.append((title, index))
        index = bisect_left(keys, True, lo=index + 1, key=partial(ne, key))
    return tuple(found)


def _letter(key: int) -> str:
    """The heading of names that begin with a character: a letter, all digits as one, all else as one."""
    sign = chr(key).upper() if key else "#"
    return tr("0 to 9") if sign.isdigit() else sign if sign.isalpha() else "#"


def _stars(key: int) -> str:
    return trn("{n} star", "{n} stars", key) if key else tr("No stars")


TITLES: dict[str, Callable[[int], str]] = {"name": _letter, "rating": _stars}  # headings that are no months


class _Order(NamedTuple):
    """How rows are ordered, what their headings come from (0: none), and the tables that `a` is read from."""

    by: str
    key: str
    rows: str = "asset a"


def _order(sort: str) -> _Order:
    """The order of a sort; `album:3,4` is the own order of these albums, and lists nothing but what is in them."""
    name, _, numbers = sort.partition(":")
    if name != "album":
        return _Order(*ORDERS[sort])
    wanted = ", ".join(str(int(number)) for number in numbers.split(","))
    members = f"SELECT asset_id, min(place) AS place FROM album_member WHERE album_id IN ({wanted}) GROUP BY asset_id"
    return _Order("m.place, a.id DESC", "0", f"({members}) m CROSS JOIN asset a ON a.id = m.asset_id")


def _walk(connection: sqlite3.Connection, branches: Sequence[Branch], order: _Order) -> "array[int]":
    """Every asset under the branches' conditions, in order."""
    pairs = [compiled(connection, branch.where) for branch in branches] or [("1", [])]
    where = " OR ".join(f"({sql})" for sql, _ in pairs)
    return _ids(
        connection,
        f"SELECT a.id AS i FROM {order.rows} WHERE {SEEN} AND ({where}) ORDER BY {order.by} LIMIT -1",
        [value for _, values in pairs for value in values],
    )


def _ids(connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> "array[int]":
    return numbers(connection, f"SELECT group_concat(i) FROM ({sql})", values)


def _chosen(connection: sqlite3.Connection, chosen: "Sorted", order: _Order) -> "array[int]":
    """These assets in order; they are known to be shown."""
    total = connection.execute("SELECT count(*) FROM asset").fetchone()[0]
    if len(chosen) * SHARE > total or order.rows != "asset a":
        import numpy as np

        every = np.frombuffer(_walk(connection, (), order), np.int64)
        return packed(every[within(every, chosen)])
    return _ids(
        connection,
        "SELECT a.id AS i FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value "
        f"WHERE {SEEN} ORDER BY {order.by} LIMIT -1",
        (json.dumps(chosen.tolist()),),
    )


def matching(connection: sqlite3.Connection, plan: Plan) -> "Sorted":
    """Every asset that a plan's words and conditions match: the time is linear in the matches of the rarest words."""
    found = gathered(())
    for branch in plan.branches:
        own = _branch(connection, branch)
        found = both(found, own) if len(found) else own
    return found


def _branch(connection: sqlite3.Connection, branch: Branch) -> "Sorted":
    found = _all_of(connection, branch.groups, branch.names)
    if found is None:
        found = _everything(connection)
    if branch.bans and len(found):
        for scope, terms in by_scope(branch.bans).items():
            found = found[~within(found, _having(connection, match_any(terms), found, scope, names=branch.names))]
    return _under(connection, branch, found)


def _all_of(connection: sqlite3.Connection, groups: Iterable[Group], names: bool) -> "Sorted | None":
    """The assets that have every group; None without groups."""
    sized = sorted(groups, key=lambda group: _few(connection, group))
    found: Sorted | None = None
    for group in sized:
        if found is None:
            found = _assets(connection, group.match, (group.scope,), names=names)
        else:
            here = _having(connection, group.match, found, group.scope, names=names, wide=group.wide)
            found = found[within(found, here)]
    return found


def _having(
    connection: sqlite3.Connection, match: str, found: "Sorted", scope: str, *, names: bool, wide: bool = False
) -> "Sorted":
    """The assets that have a word, at least those that were found already; few of these are asked one by one."""
    if len(found) <= PROBES and not wide:
        return gathered(probe(connection, match, found.tolist(), (scope,), names=names))
    return _assets(connection, match, (scope,), names=names)


def _few(connection: sqlite3.Connection, group: Group) -> int:
    rows = connection.execute("SELECT 1 FROM words WHERE words MATCH ? LIMIT ?", (group.match, PROBES * 2)).fetchall()
    return len(rows)


def _assets(connection: sqlite3.Connection, match: str, scopes: Sequence[str] = (), *, names: bool) -> "Sorted":
    found = gathered(())
    for index in indexes(names):
        where = f"{index} MATCH ?{sieve(connection, scopes, f'{index}.rowid')}"
        own = distinct(connection, f"SELECT group_concat(rowid >> 20) FROM {index} WHERE {where}", (match,))
        found = both(found, own) if len(found) else own
    return found


def _everything(connection: sqlite3.Connection) -> "Sorted":
    return distinct(connection, f"SELECT group_concat(a.id) FROM asset a WHERE {SEEN}")


def _under(connection: sqlite3.Connection, branch: Branch, found: "Sorted") -> "Sorted":
    """Of the found assets those under the branch's condition."""
    sql, values = compiled(connection, branch.where)
    if sql == "1" or not len(found):
        return found
    kept = array("q")
    every = f"SELECT group_concat(a.id) FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value WHERE {sql}"
    for part in parts(found):
        kept.extend(numbers(connection, every, (json.dumps(part), *values), ascending=True))
    return gathered(kept)


def sections(keys: Sequence[int], *, local: bool) -> Sections:
    """Headings of descending `keys` (seconds since 1970, by the wall clock when `local`): (month, where it begins)."""
    found: list[tuple[str, int]] = []
    index = 0
    shift = 0 if local else int(datetime.now().astimezone().utcoffset().total_seconds())  # type: ignore[union-attr]
    while index < len(keys):
        heading, start = _month(keys[index] + shift)
        found.append((heading, index))
        index = bisect_left(keys, -(start - shift) + 1, lo=index + 1, key=lambda key: -key)
    return tuple(found)


def _month(seconds: int) -> tuple[str, int]:
    """The name of the month that holds this second, and the second when it begins."""
    if seconds == 0:
        return tr("No date"), 0
    try:
        day = EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return tr("No date"), -(2**62)
    heading = tr("{month} {year}", month=tr(MONTHS[day.month - 1]), year=day.year)
    return heading, timegm((day.year, day.month, 1, 0, 0, 0))
