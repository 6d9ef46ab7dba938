"""Stacks: several assets that stand as one in the grid, the one on top for all of them."""

import json
import sqlite3
from array import array
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import NotFound
from engine.language import tr, trn
from engine.store.act import Act, State
from engine.store.where import SEEN

if TYPE_CHECKING:
    from engine.model import Listing

Pair = tuple[int, int]
Place = Pair | None  # the stack and the place in it


def make(connection: sqlite3.Connection, asset_ids: Sequence[int]) -> Act:
    """Make one stack of these assets and of the stacks that they stand in; the first one is on top.

    Raises:
        NotFound: these are less than two assets.
    """
    if len(_existing(connection, asset_ids)) < 2:
        raise NotFound(tr("A stack needs two items at least."))
    new = _together(connection, [list(asset_ids)])
    return _act(connection, trn("Stacked {n} item", "Stacked {n} items", len(new)), new)


def make_all(connection: sqlite3.Connection, groups: Sequence[Sequence[int]]) -> tuple[Act, int]:
    """Make a stack of each of these groups that is none yet; also how many there are."""
    fresh = [list(group) for group in groups if len(group) > 1 and not _is_stack(connection, group)]
    new = _together(connection, fresh)
    count = len({place[0] for place in new.values() if place is not None})
    return _act(connection, trn("Made {n} stack", "Made {n} stacks", count), new), count


def apart(connection: sqlite3.Connection, asset_ids: Sequence[int]) -> Act:
    """Take the stacks apart in which these assets stand."""
    stacks = _stacks_of(connection, asset_ids)
    gone = dict.fromkeys((one for stack in stacks for one in _members(connection, stack)), None)
    return _act(connection, trn("Took {n} stack apart", "Took {n} stacks apart", len(stacks)), gone)


def out(connection: sqlite3.Connection, asset_ids: Sequence[int]) -> Act:
    """Take assets out of their stacks; a stack of which one is left is none any more."""
    wanted, new = set(asset_ids), dict[int, Place]()
    for stack in _stacks_of(connection, asset_ids):
        members = _members(connection, stack)
        left = [one for one in members if one not in wanted]
        new |= dict.fromkeys((one for one in members if one in wanted), None)
        new |= {one: (stack, at) if len(left) > 1 else None for at, one in enumerate(left)}
    count = len(wanted & new.keys())
    return _act(connection, trn("Took {n} item out of its stack", "Took {n} items out of their stacks", count), new)


def lead(connection: sqlite3.Connection, asset_id: int) -> Act:
    """Put an asset on top of its stack.

    Raises:
        NotFound: it stands in none.
    """
    for stack in _stacks_of(connection, [asset_id]):
        members = _members(connection, stack)
        order = [asset_id, *(one for one in members if one != asset_id)]
        return _act(connection, tr("Chose the top of a stack"), {one: (stack, at) for at, one in enumerate(order)})
    raise NotFound(tr("This is in no stack."))


def apply(connection: sqlite3.Connection, state: State) -> None:
    """Put in place what a decision about stacks tells: `free` assets stand alone, `stacked` ones in a stack."""
    connection.executemany("DELETE FROM stacked WHERE asset_id = ?", ((one,) for one in state.get("free", ())))
    connection.executemany("INSERT OR REPLACE INTO stacked VALUES(?, ?, ?)", state.get("stacked", ()))


def members(connection: sqlite3.Connection, asset_id: int) -> list[int]:
    """The assets of the stack in which this one stands that are shown, the top first; none where it is in no stack."""
    rows = connection.execute(
        "SELECT s.asset_id FROM stacked s CROSS JOIN asset a ON a.id = s.asset_id "
        f"WHERE s.stack_id = (SELECT stack_id FROM stacked WHERE asset_id = ?) AND {SEEN} ORDER BY s.place",
        (asset_id,),
    )
    return [row[0] for row in rows]


def folded(connection: sqlite3.Connection, found: "Listing", opened: Collection[int], *, ranked: bool) -> "Listing":
    """The list with each stack as one: its top, or the one that comes next to it among what was found.

    In a list by relevance (`ranked`) the best one stands for its stack. Of an `opened` stack all members stand behind
    each other, also those that were not found. Costs one look at the stacks and a few passes over the list in numpy.
    """
    rows = connection.execute("SELECT stack_id, place, asset_id FROM stacked ORDER BY stack_id, place").fetchall()
    if not rows or not len(found.ids):
        return found
    import numpy as np

    ids = np.frombuffer(found.ids, np.int64)
    where = np.full(max(int(ids.max()), max(row[2] for row in rows)) + 1, -1, np.int64)
    where[ids] = np.arange(len(ids))
    groups: dict[int, list[int]] = {}  # the rows of a stack in the list, by their places in the stack
    for (stack, _, _), row in zip(rows, where[[row[2] for row in rows]].tolist(), strict=True):
        if row >= 0:
            groups.setdefault(stack, []).append(row)
    hidden, shown, back = list[Pair](), list[int](), list[Pair]()
    for stack, own in groups.items():
        first = min(own) if ranked and stack not in opened else own[0]
        others = [row for row in own if row != first]
        if stack in opened:
            shown += others
            back += [(first, one) for one in members(connection, found.ids[first]) if one != found.ids[first]]
        else:
            hidden += [(first, row) for row in others]
    return _refolded(found, ids, hidden, shown, back)


def _refolded(found: "Listing", ids: Any, hidden: list[Pair], shown: list[int], back: list[Pair]) -> "Listing":
    """Take rows out of the list: `hidden` ones (front, row), and the `shown`, for which assets come right `back`
    behind the row in front (front, asset)."""
    from dataclasses import replace

    import numpy as np

    gone = np.sort(np.array([*(row for _, row in hidden), *shown], np.int64))
    hidden, back = sorted(hidden), sorted(back, key=lambda pair: pair[0])  # stable: the order of the stack stays
    ahead = np.array([front for front, _ in back], np.int64)
    kept = np.insert(
        np.delete(ids, gone), ahead - np.searchsorted(gone, ahead) + 1, np.array([one for _, one in back], np.int64)
    )

    def moved(rows: list[int]) -> list[int]:
        old = np.array(rows, np.int64)
        return (old - np.searchsorted(gone, old) + np.searchsorted(ahead, old)).tolist()  # type: ignore[no-any-return]

    begins = moved([start for _, start in found.sections])
    starts = [(heading, start) for (heading, _), start in zip(found.sections, begins, strict=True)]
    ends = [start for _, start in (*starts, ("", len(kept)))][1:]
    sections = tuple(one for one, end in zip(starts, ends, strict=True) if end > one[1])
    return replace(
        found, ids=array("q", kept.tobytes()), sections=sections,
        under=array("q", ids[np.array([row for _, row in hidden], np.int64)].tobytes()),
        front=array("q", moved([front for front, _ in hidden])),
    )  # fmt: skip


def _together(connection: sqlite3.Connection, groups: Sequence[Sequence[int]]) -> dict[int, Place]:
    """The place of every asset when each group, with the stacks that it touches, becomes one stack."""
    stack = int(connection.execute("SELECT coalesce(max(stack_id), 0) FROM stacked").fetchone()[0])
    new: dict[int, Place] = {}
    for group in groups:
        beside = [one for old in _stacks_of(connection, group) for one in _members(connection, old)]
        every = [one for one in dict.fromkeys([*_existing(connection, group), *beside]) if one not in new]
        if len(every) > 1:
            stack += 1
            new |= {one: (stack, at) for at, one in enumerate(every)}
    return new


def _act(connection: sqlite3.Connection, said: str, new: Mapping[int, Place]) -> Act:
    known = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            "SELECT s.asset_id, s.stack_id, s.place FROM json_each(?) v CROSS JOIN stacked s ON s.asset_id = v.value",
            (json.dumps(list(new)),),
        )
    }
    return Act("stack", said, _state({one: known.get(one) for one in new}), _state(new))


def _state(places: Mapping[int, Place]) -> State:
    stacked = [[one, *place] for one, place in places.items() if place is not None]
    return {"free": [one for one, place in places.items() if place is None], "stacked": stacked}


def _is_stack(connection: sqlite3.Connection, group: Sequence[int]) -> bool:
    """Whether these stand in one stack already."""
    rows = connection.execute(
        "SELECT count(*), count(DISTINCT stack_id) FROM stacked WHERE asset_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(group)),),
    ).fetchone()
    return tuple(rows) == (len(set(group)), 1)


def _stacks_of(connection: sqlite3.Connection, asset_ids: Sequence[int]) -> list[int]:
    rows = connection.execute(
        "SELECT s.stack_id FROM json_each(?) v CROSS JOIN stacked s ON s.asset_id = v.value ORDER BY v.key",
        (json.dumps(list(asset_ids)),),
    )
    return list(dict.fromkeys(row[0] for row in rows))


def _members(connection: sqlite3.Connection, stack: int) -> list[int]:
    rows = connection.execute("SELECT asset_id FROM stacked WHERE stack_id = ? ORDER BY place", (stack,))
    return [row[0] for row in rows]


def _existing(connection: sqlite3.Connection, asset_ids: Sequence[int]) -> list[int]:
    rows = connection.execute(
        "SELECT v.value FROM json_each(?) v CROSS JOIN asset a ON a.id = v.value ORDER BY v.key",
        (json.dumps(list(dict.fromkeys(asset_ids))),),
    )
    return [row[0] for row in rows]
