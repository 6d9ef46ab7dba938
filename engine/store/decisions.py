"""Decisions: what a human said, append-only, each undone by a further decision and never by forgetting."""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

from engine.language import digits, tr
from engine.store import assets, clips, corrections, judgements, logos, persons

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
    before = {}
    for asset_id in asset_ids:
        row = connection.execute("SELECT rating, rated FROM asset WHERE id = ?", (asset_id,)).fetchone()
        if row is not None:
            before[str(asset_id)] = list(row)
    after: dict[str, list[int | None]] = {asset: [rating, 1] for asset in before}
    _put_ratings(connection, after)
    word = f"{rating} star{'s' if rating != 1 else ''}" if rating else tr("no rating")
    return record(connection, "rate", tr("Gave {count} {word}", count=_count(len(before)), word=word), before, after)


def tag(connection: sqlite3.Connection, asset_ids: list[int], name: str) -> int:
    """Give assets a tag."""
    changed = [asset_id for asset_id in asset_ids if assets.add_tag(connection, asset_id, name, "you")]
    said = tr("Tagged {count} “{name}”", count=_count(len(changed)), name=name)
    return record(connection, "tag", said, {"tag": name, "off": changed}, {"tag": name, "on": changed})


def untag(connection: sqlite3.Connection, asset_ids: list[int], name: str) -> int:
    """Take a tag that the user gave away again."""
    changed = [asset_id for asset_id in asset_ids if assets.drop_tag(connection, asset_id, name, "you")]
    said = tr("Took the tag “{name}” from {count}", name=name, count=_count(len(changed)))
    return record(connection, "untag", said, {"tag": name, "on": changed}, {"tag": name, "off": changed})


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


PEOPLE = ("name", "assign", "confirm", "deny", "never", "merge", "split", "hide", "cover")
UNDOABLE = ("rate", "tag", "untag", "not_twins", "logo", "correct", "clip", "judge", *PEOPLE)
WORDED = ("tag", "untag", *PEOPLE)  # those that change what a search finds by words
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
    verb, before, after = row[0], json.loads(row[1]), json.loads(row[2])
    if verb == "rate":
        return verb, [int(asset_id) for asset_id in after]
    if verb in ("tag", "untag"):
        return verb, [*before.get("on", []), *before.get("off", [])]
    if verb == "judge":
        return verb, judgements.touched(after)
    if verb == "correct":
        return verb, [int(after["asset"])]
    if verb == "clip":
        return verb, sorted({one["asset_id"] for state in (before, after) for one in state.get("on", [])})
    if verb in PEOPLE:
        return verb, persons.touched(connection, before, after)
    return verb, [one for pair in after.get("apart", before.get("apart", [])) for one in pair]


def latest(connection: sqlite3.Connection) -> int:
    """The newest decision's id, 0 when there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM decision").fetchone()[0])


def _put_ratings(connection: sqlite3.Connection, ratings: Mapping[str, list[int | None]]) -> None:
    connection.executemany(
        "UPDATE asset SET rating = ?, rated = ? WHERE id = ?",
        ((rating, rated, int(asset_id)) for asset_id, (rating, rated) in ratings.items()),
    )


def _put_tags(connection: sqlite3.Connection, state: Payload) -> None:
    for asset_id in state.get("on", []):
        assets.add_tag(connection, asset_id, state["tag"], "you")
    for asset_id in state.get("off", []):
        assets.drop_tag(connection, asset_id, state["tag"], "you")


def _put_pairs(connection: sqlite3.Connection, state: Payload) -> None:
    connection.executemany("INSERT OR IGNORE INTO not_twin VALUES(?, ?)", state.get("apart", []))
    connection.executemany("DELETE FROM not_twin WHERE low = ? AND high = ?", state.get("together", []))


APPLY: Mapping[str, Callable[[sqlite3.Connection, Any], None]] = {
    "rate": _put_ratings, "tag": _put_tags, "untag": _put_tags, "not_twins": _put_pairs,
    "logo": logos.apply, "correct": corrections.apply, "judge": judgements.apply, "clip": clips.apply,
    **dict.fromkeys(PEOPLE, persons.apply),
}  # fmt: skip


def _count(n: int) -> str:
    return tr("1 item") if n == 1 else tr("{n} items", n=digits(n))
