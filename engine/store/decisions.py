"""Decisions: what a human said, append-only, each undone by a further decision and never by forgetting."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.language import tr, trn
from engine.model import Edit
from engine.store import albums, assets, clips, corrections, judgements, keeping, logos, persons, stacks, stays, taken
from engine.store.act import Act, assets_in

Payload = dict[str, Any]


def record(
    connection: sqlite3.Connection, verb: str, said: str, before: Payload, after: Payload, *, undoes: int | None = None
) -> int:
    """Append a decision; `said` is its sentence, `before` and `after` are what it changed."""
    row = connection.execute(
        "INSERT INTO decision(at, actor, verb, said, before, after, undoes) "
        "VALUES(?, 'you', ?, ?, ?, ?, ?) RETURNING id",
        (time.time(), verb, said, json.dumps(before), json.dumps(after), undoes),
    ).fetchone()
    return int(row[0])


def rate(connection: sqlite3.Connection, asset_ids: list[int], rating: int | None) -> int:
    """Give assets a rating (None takes it away)."""
    return carry_out(connection, starring(connection, asset_ids, rating))


def starring(connection: sqlite3.Connection, asset_ids: Sequence[int], rating: int | None) -> Act:
    """The act of rating assets."""
    before = {}
    for asset_id in asset_ids:
        row = connection.execute("SELECT rating, rated FROM asset WHERE id = ?", (asset_id,)).fetchone()
        if row is not None:
            before[str(asset_id)] = list(row)
    after: dict[str, list[int | None]] = {asset: [rating, 1] for asset in before}
    word = trn("{n} star", "{n} stars", rating) if rating else tr("no rating")
    return Act("rate", tr("Gave {count} {word}", count=_count(len(before)), word=word), before, after)


def tag(connection: sqlite3.Connection, asset_ids: list[int], name: str) -> int:
    """Give assets a tag."""
    return carry_out(connection, tagging(connection, asset_ids, name))


def tagging(connection: sqlite3.Connection, asset_ids: Sequence[int], name: str) -> Act:
    """The act of giving assets a tag."""
    known = assets.tagged(connection, asset_ids, name, "you")
    changed = [asset_id for asset_id in dict.fromkeys(asset_ids) if asset_id not in known]
    said = tr("Tagged {count} “{name}”", count=_count(len(changed)), name=name)
    since = [round(time.time(), 3)] * len(changed)
    return Act("tag", said, {"tag": name, "off": changed}, {"tag": name, "on": changed, "since": since})


def untag(connection: sqlite3.Connection, asset_ids: list[int], name: str) -> int:
    """Take a tag that the user gave away again."""
    return carry_out(connection, untagging(connection, asset_ids, name))


def untagging(connection: sqlite3.Connection, asset_ids: Sequence[int], name: str) -> Act:
    """The act of taking a tag away."""
    known = assets.tagged(connection, asset_ids, name, "you")
    changed = [asset_id for asset_id in dict.fromkeys(asset_ids) if asset_id in known]
    said = tr("Took the tag “{name}” from {count}", name=name, count=_count(len(changed)))
    since = [known[asset_id] for asset_id in changed]
    return Act("untag", said, {"tag": name, "on": changed, "since": since}, {"tag": name, "off": changed})


def edit(connection: sqlite3.Connection, asset_ids: list[int], wanted: Edit) -> int:
    """Change several things of several assets as one decision, which is undone as one."""
    acts = list(_edits(connection, asset_ids, wanted))
    before = {"parts": [[act.verb, act.before] for act in reversed(acts)]}
    after = {"parts": [[act.verb, act.after] for act in acts]}
    said = acts[0].said if len(acts) == 1 else tr("Edited {count}", count=_count(len(asset_ids)))
    return record(connection, "edit", said, before, after)


def _edits(connection: sqlite3.Connection, ids: list[int], wanted: Edit) -> Iterator[Act]:
    """The parts of an edit, each brought about before the next is looked at."""

    def done(act: Act) -> Act:
        APPLY[act.verb](connection, act.after)
        return act

    if wanted.rating is not None:
        yield done(starring(connection, ids, wanted.rating or None))
    if wanted.favourite is not None:
        yield done(keeping.favour(connection, ids, wanted.favourite))
    for name in wanted.tags:
        yield done(tagging(connection, ids, name))
    for name in wanted.untags:
        yield done(untagging(connection, ids, name))
    if wanted.note.strip():
        yield done(keeping.append(connection, ids, wanted.note.strip()))
    if wanted.album.strip():
        known = albums.by_name(connection, wanted.album)
        add = albums.make(connection, wanted.album, ids) if known is None else albums.add(connection, known, ids)
        yield done(add)


def carry_out(connection: sqlite3.Connection, act: Act) -> int:
    """Bring an act about and append it."""
    APPLY[act.verb](connection, act.after)
    return record(connection, act.verb, act.said, act.before, act.after)


def not_twins(connection: sqlite3.Connection, asset_ids: list[int]) -> int:
    """Never offer these assets as duplicates of each other again."""
    pairs = [[a, b] for a in sorted(asset_ids) for b in sorted(asset_ids) if a < b]
    _put_pairs(connection, {"apart": pairs})
    return record(
        connection,
        "not_twins",
        tr("Marked {count} as not duplicates", count=_count(len(asset_ids))),
        {"together": pairs},
        {"apart": pairs},
    )


def trashed(connection: sqlite3.Connection, file_id: int, path: str) -> int:
    """Remember that the user moved a file to the trash (the window did it; nothing here touches a file)."""
    return record(connection, "trash", tr("Moved {path} to the trash", path=path), {}, {"file": file_id, "path": path})


KEPT = ("favourite", "note", "album", "stack")
SORTED = ("favourite", "album", "edit", "stay")  # those that change the list of albums and favourites, or marks on it
PEOPLE = ("name", "assign", "confirm", "deny", "never", "merge", "split", "hide", "cover", "pet", "ignore", "sidecars")
UNDOABLE = ("rate", "tag", "untag", "not_twins", "logo", "correct", "clip", "judge", "stay", *KEPT, "edit", *PEOPLE)
WORDED = ("tag", "untag", "note", "edit", *PEOPLE)  # those that change what a search finds by words
# A decision that stands for undoing or redoing: not the undoing of one, and not about somebody who was erased.
OPEN = (
    f"undoes IS NULL AND verb IN ({', '.join(repr(verb) for verb in UNDOABLE)}) "
    "AND NOT EXISTS(SELECT 1 FROM void_decision v WHERE v.decision_id = d.id)"
)


def undo(connection: sqlite3.Connection) -> str | None:
    """Undo the latest decision that stands; return its sentence, or None when there is none."""
    row = connection.execute(
        f"SELECT id, verb, said, before, after FROM decision d WHERE {OPEN} "
        "AND (SELECT count(*) FROM decision u WHERE u.undoes = d.id) % 2 = 0 ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else _turn(connection, row, tr("Undone"), forward=False)


def redo(connection: sqlite3.Connection) -> str | None:
    """Do again what was undone last, unless something new was decided since; return its sentence."""
    row = connection.execute(
        f"SELECT id, verb, said, before, after FROM decision d WHERE {OPEN} "
        "AND (SELECT count(*) FROM decision u WHERE u.undoes = d.id) % 2 = 1 "
        "AND NOT EXISTS(SELECT 1 FROM decision n WHERE n.undoes IS NULL AND n.id > "
        "(SELECT max(u.id) FROM decision u WHERE u.undoes = d.id)) ORDER BY id LIMIT 1"
    ).fetchone()
    return None if row is None else _turn(connection, row, tr("Done again"), forward=True)


def _turn(connection: sqlite3.Connection, row: tuple[int, str, str, str, str], how: str, *, forward: bool) -> str:
    number, verb, said, before, after = row
    old, new = json.loads(before), json.loads(after)
    start, end = (old, new) if forward else (new, old)
    APPLY[verb](connection, end)
    record(connection, verb, f"{how}: {said}", start, end, undoes=number)
    return f"{how}: {said}"


def touched(connection: sqlite3.Connection, decision_id: int) -> tuple[str, list[int]]:
    """The verb of a decision and its assets."""
    row = connection.execute("SELECT verb, before, after FROM decision WHERE id = ?", (decision_id,)).fetchone()
    if row is None:
        return "", []
    return row[0], _about(connection, row[0], json.loads(row[1]), json.loads(row[2]))


def _about(connection: sqlite3.Connection, verb: str, before: Payload, after: Payload) -> list[int]:
    """The assets that a decision is about."""
    if verb == "rate":
        return [int(asset_id) for asset_id in after]
    if verb in ("tag", "untag"):
        return [*before.get("on", []), *before.get("off", [])]
    if verb == "judge":
        return judgements.touched(after)
    if verb == "correct":
        return [int(after["asset"])]
    if verb == "clip":
        return sorted({one["asset_id"] for state in (before, after) for one in state.get("on", [])})
    if verb in KEPT:
        return list(dict.fromkeys([*assets_in(before), *assets_in(after)]))
    if verb == "edit":
        parts = zip(reversed(before["parts"]), after["parts"], strict=True)
        return list(dict.fromkeys(one for old, new in parts for one in _about(connection, new[0], old[1], new[1])))
    if verb == "sidecars":
        return taken.touched(before, after)
    if verb in PEOPLE:
        return persons.touched(connection, before, after)
    pairs: list[list[int]] = after.get("apart") or before.get("apart") or []
    return [one for pair in pairs for one in pair]


def latest(connection: sqlite3.Connection) -> int:
    """The newest decision's id, 0 when there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM decision").fetchone()[0])


def _put_ratings(connection: sqlite3.Connection, ratings: Mapping[str, list[int | None]]) -> None:
    connection.executemany(
        "UPDATE asset SET rating = ?, rated = ? WHERE id = ?",
        ((rating, rated, int(asset_id)) for asset_id, (rating, rated) in ratings.items()),
    )


def _put_tags(connection: sqlite3.Connection, state: Payload) -> None:
    on = state.get("on", [])
    for asset_id, since in zip(on, state.get("since", [None] * len(on)), strict=True):
        assets.add_tag(connection, asset_id, state["tag"], "you", since)
    for asset_id in state.get("off", []):
        assets.drop_tag(connection, asset_id, state["tag"], "you")


def _put_parts(connection: sqlite3.Connection, state: Payload) -> None:
    for verb, part in state["parts"]:
        APPLY[verb](connection, part)


def _put_pairs(connection: sqlite3.Connection, state: Payload) -> None:
    connection.executemany("INSERT OR IGNORE INTO not_twin VALUES(?, ?)", state.get("apart", []))
    connection.executemany("DELETE FROM not_twin WHERE low = ? AND high = ?", state.get("together", []))


APPLY: Mapping[str, Callable[[sqlite3.Connection, Any], None]] = {
    "rate": _put_ratings, "tag": _put_tags, "untag": _put_tags, "not_twins": _put_pairs,
    "logo": logos.apply, "correct": corrections.apply, "judge": judgements.apply, "clip": clips.apply,
    "favourite": keeping.put_favourites, "note": keeping.put_notes, "album": albums.apply, "stack": stacks.apply,
    "stay": stays.apply, "edit": _put_parts, **dict.fromkeys(PEOPLE, persons.apply), "sidecars": taken.apply,
}  # fmt: skip


def _count(n: int) -> str:
    return trn("{n} item", "{n} items", n)
