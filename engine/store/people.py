"""What the user says of people: each a decision, undone and redone in order, and honoured by every later clustering."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from engine.errors import NotFound
from engine.language import tr, trn
from engine.store import decisions, persons, pets
from engine.store.persons import State


def decide(connection: sqlite3.Connection, verb: str, said: str, before: State, after: State) -> None:
    """Put a decision into effect and append it."""
    persons.apply(connection, after)
    decisions.record(connection, verb, said, before, after)


def name(connection: sqlite3.Connection, person_id: int, text: str) -> int:
    """Name a person (an empty name takes it away); a name that somebody has already merges the two.

    Naming somebody says that the faces shown are theirs: they count as confirmed.
    """
    _known(connection, person_id)
    wanted = persons.clean(text)
    other = persons.by_name(connection, wanted)
    if other is not None and other != person_id:
        return merge(connection, [other, person_id], said=tr("Gave a person the name of another: they are one now"))
    row = connection.execute("SELECT name FROM person WHERE id = ?", (person_id,)).fetchone()
    if row[0] == wanted:
        return person_id
    number = 0
    if wanted:
        cursor = connection.execute("INSERT INTO person_name(person_id, name) VALUES(?, ?)", (person_id, wanted))
        number = int(cursor.lastrowid or 0)
    before: State = {"names": {str(person_id): persons.name_row(connection, person_id)}}
    after: State = {"names": {str(person_id): number}}
    if wanted:
        before["faces"], after["faces"] = _confirmed(connection, _members(connection, person_id))
    decide(connection, "name", tr("Named a person") if wanted else tr("Took a person's name away"), before, after)
    return person_id


def merge(connection: sqlite3.Connection, ids: Sequence[int], said: str = "") -> int:
    """Make several people one; the first with a name stays, else the one with the most faces."""
    for person_id in dict.fromkeys(ids):
        _known(connection, person_id)
    target = _stays(connection, list(dict.fromkeys(ids)))
    gone = [one for one in dict.fromkeys(ids) if one != target]
    if not gone:
        return target
    before: State = {"faces": {}, "names": {}, "denied": [], "allowed": [], "apart": [], "together": []}
    after: State = {"faces": {}, "names": {}, "denied": [], "allowed": [], "apart": [], "together": []}
    for person_id in (target, *gone):
        was, _ = _confirmed(connection, _members(connection, person_id))
        before["faces"] |= was
        after["faces"] |= {face: [target, "file" if how == "file" else "you"] for face, (_, how) in was.items()}
    for person_id in gone:
        if named := persons.name_row(connection, person_id):
            before["names"][str(person_id)], after["names"][str(person_id)] = named, 0
        _inherit(connection, person_id, target, before, after)
    kinds = pets.of_people(connection, (target, *gone))
    told = [kinds[one] for one in gone if kinds[one] is not None]
    if kinds[target] is None and told:
        before["pets"], after["pets"] = {str(target): None}, {str(target): told[0]}
    pair = sorted((target, *gone))
    kept = [[a, b] for a in pair for b in pair if a < b and _apart(connection, a, b)]
    before["apart"] += kept  # the user says otherwise now
    after["together"] += kept
    after["apart"] = [two for two in after["apart"] if two not in kept]
    decide(connection, "merge", said or tr("Merged {n} people", n=len(gone) + 1), before, after)
    return target


def assign(connection: sqlite3.Connection, ids: Sequence[int], person_id: int | None) -> int:
    """Say that these appearances are that person; None makes a new one."""
    if person_id is None:
        person_id = persons.new(connection)
    _known(connection, person_id)
    before: State = {"faces": _faces(connection, ids)}
    after: State = {"faces": {face: [person_id, "you"] for face in before["faces"]}}
    denied = [[int(f), person_id] for f in before["faces"] if persons.is_denied(connection, int(f), person_id)]
    if denied:
        before["denied"], after["allowed"] = denied, denied
    decide(
        connection,
        "assign",
        trn("Said who {n} face or voice is", "Said who {n} faces or voices are", len(before["faces"])),
        before,
        after,
    )
    return person_id


def split(connection: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Make a person of their own of these appearances, who is none of those that they belonged to."""
    before: State = {"faces": _faces(connection, ids)}
    old = sorted({person for person, _ in before["faces"].values() if person is not None})
    person_id = persons.new(connection)
    pairs = [sorted((one, person_id)) for one in old]
    before["together"] = pairs
    after: State = {"faces": {face: [person_id, "you"] for face in before["faces"]}, "apart": pairs}
    said = tr("Made a person of their own of {count}", count=_count(len(before["faces"])))
    decide(connection, "split", said, before, after)
    return person_id


def confirm(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Say that these appearances are who they are taken for."""
    before, after = _confirmed(connection, [int(face) for face in _faces(connection, ids)])
    after = {face: [person, "you" if how == "file" else how] for face, (person, how) in after.items()}
    changed = {face for face in before if before[face] != after[face]}
    if changed:
        old, new = ({"faces": {face: state[face] for face in changed}} for state in (before, after))
        decide(connection, "confirm", tr("Confirmed {count}", count=_count(len(changed))), old, new)


def deny(connection: sqlite3.Connection, ids: Sequence[int], person_id: int) -> None:
    """Say that these appearances are not that person: they are never offered as that one again."""
    _known(connection, person_id)
    faces = _faces(connection, ids)
    pairs = [[int(face), person_id] for face in faces if not persons.is_denied(connection, int(face), person_id)]
    mine = {face: was for face, was in faces.items() if was[0] == person_id}
    after: State = {"faces": {key: [None, ""] for key in mine}, "denied": pairs}
    decide(
        connection,
        "deny",
        trn(
            "Said that {n} face or voice is not that person",
            "Said that {n} faces or voices are not that person",
            len(faces),
        ),
        {"faces": mine, "allowed": pairs},
        after,
    )


def never(connection: sqlite3.Connection, person_id: int, other_id: int) -> None:
    """Say that two people are never one."""
    for one in (person_id, other_id):
        _known(connection, one)
    pair = sorted((person_id, other_id))
    if pair[0] != pair[1] and not _apart(connection, *pair):
        decide(connection, "never", tr("Said that two people are not one"), {"together": [pair]}, {"apart": [pair]})


def hide(connection: sqlite3.Connection, ids: Sequence[int], on: bool) -> None:
    """Leave people out of the list, or take them in again."""
    before = {}
    for person_id in ids:
        _known(connection, person_id)
        row = connection.execute("SELECT hidden FROM person WHERE id = ?", (person_id,)).fetchone()
        if bool(row[0]) != on:
            before[str(person_id)] = row[0]
    if before:
        said = f"{'Hid' if on else 'Showed'} {len(before)} {'person' if len(before) == 1 else 'people'}"
        decide(connection, "hide", said, {"hidden": before}, {"hidden": dict.fromkeys(before, int(on))})


def pet(connection: sqlite3.Connection, ids: Sequence[int], on: bool) -> None:
    """Say that these are pets, or that they are none; the faces shown are theirs: they count as confirmed."""
    said = {}
    for person_id in dict.fromkeys(ids):
        _known(connection, person_id)
        said[str(person_id)] = int(on)
    before: State = {"pets": {str(one): was for one, was in pets.of_people(connection, ids).items()}, "faces": {}}
    if before["pets"] == said:
        return
    after: State = {"pets": said, "faces": {}}
    for person_id in dict.fromkeys(ids):
        was, now = _confirmed(connection, _members(connection, person_id))
        before["faces"] |= was
        after["faces"] |= now
    count = len(said)
    yes = trn("Said that {n} is a pet", "Said that {n} are pets", count)
    no = trn("Said that {n} is no pet", "Said that {n} are no pets", count)
    decide(connection, "pet", yes if on else no, before, after)


def pet_of(connection: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Make a pet of these appearances, which were nobody's; return its number."""
    person_id = persons.new(connection)
    before: State = {"faces": _faces(connection, ids), "pets": {str(person_id): None}}
    after: State = {"faces": {face: [person_id, "you"] for face in before["faces"]}, "pets": {str(person_id): 1}}
    decide(connection, "pet", trn("Said that {n} is a pet", "Said that {n} are pets", 1), before, after)
    return person_id


def ignore(connection: sqlite3.Connection, ids: Sequence[int] | None, on: bool) -> int:
    """Leave faces of nobody alone (None: all of them), or show them again; return how many."""
    if ids is None:
        rows = connection.execute(
            "SELECT id FROM appearance WHERE sort = 'face' AND person_id IS NULL AND ignored <> ?", (int(on),)
        )
        ids = [row[0] for row in rows]
    else:
        _faces(connection, ids)
    before = {}
    for number in ids:
        (was,) = connection.execute("SELECT ignored FROM appearance WHERE id = ?", (number,)).fetchone()
        if bool(was) != on:
            before[str(number)] = was
    if before:
        yes = trn("Ignored {n} face", "Ignored {n} faces", len(before))
        no = trn("Showed {n} face again", "Showed {n} faces again", len(before))
        after = dict.fromkeys(before, int(on))
        decide(connection, "ignore", yes if on else no, {"ignored": before}, {"ignored": after})
    return len(before)


def cover(connection: sqlite3.Connection, person_id: int, appearance_id: int) -> None:
    """Choose the face that stands for a person."""
    _known(connection, person_id)
    _faces(connection, [appearance_id])
    row = connection.execute("SELECT cover FROM person WHERE id = ?", (person_id,)).fetchone()
    decide(connection, "cover", tr("Chose the picture of a person"),
           {"covers": {str(person_id): row[0]}}, {"covers": {str(person_id): appearance_id}})  # fmt: skip


def used(connection: sqlite3.Connection, person_id: int, at: float) -> None:
    """Somebody looked at a person: those come first in questions."""
    connection.execute("UPDATE person SET used = max(used, ?) WHERE id = ?", (at, person_id))


def _known(connection: sqlite3.Connection, person_id: int) -> None:
    if connection.execute("SELECT 1 FROM person WHERE id = ?", (person_id,)).fetchone() is None:
        raise NotFound(
            tr("There is no person {person_id} in this library.", person_id=person_id),
            hint="`kinora people` lists them.",
        )


def _faces(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[str, list[Any]]:
    found = persons.state_of_faces(connection, ids)
    missing = [number for number in ids if str(number) not in found]
    if missing or not found:
        raise NotFound(f"There is no face or voice {missing[0] if missing else ''} in this library.".replace("  ", " "))
    return found


def _members(connection: sqlite3.Connection, person_id: int) -> list[int]:
    rows = connection.execute("SELECT id FROM appearance WHERE person_id = ? ORDER BY id", (person_id,))
    return [row[0] for row in rows]


def _confirmed(connection: sqlite3.Connection, ids: Sequence[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state of appearances now, and after they are confirmed: what is nobody's stays nobody's."""
    before = persons.state_of_faces(connection, ids)
    after = {
        face: [person, "you" if how == "auto" and person is not None else how] for face, (person, how) in before.items()
    }
    return before, after


def _stays(connection: sqlite3.Connection, ids: list[int]) -> int:
    def rank(person_id: int) -> tuple[bool, int, int]:
        row = connection.execute(
            "SELECT name <> '', (SELECT count(*) FROM appearance WHERE person_id = p.id) FROM person p WHERE id = ?",
            (person_id,),
        ).fetchone()
        return (not row[0], 0 if row[0] else -row[1], ids.index(person_id))

    return min(ids, key=rank)


def _apart(connection: sqlite3.Connection, low: int, high: int) -> bool:
    row = connection.execute("SELECT 1 FROM not_same WHERE low = ? AND high = ?", (low, high)).fetchone()
    return row is not None


def _inherit(connection: sqlite3.Connection, gone: int, target: int, before: State, after: State) -> None:
    """What was denied of a person who becomes another holds of that one too."""
    for low, high in connection.execute("SELECT low, high FROM not_same WHERE ? IN (low, high)", (gone,)).fetchall():
        pair = sorted((high if low == gone else low, target))
        if pair[0] != pair[1] and not _apart(connection, *pair):
            before["together"].append(pair)
            after["apart"].append(pair)
    for (face,) in connection.execute("SELECT appearance_id FROM not_person WHERE person_id = ?", (gone,)).fetchall():
        if not persons.is_denied(connection, face, target) and str(face) not in after["faces"]:
            before["allowed"].append([face, target])
            after["denied"].append([face, target])


def _count(n: int) -> str:
    return trn("{n} face or voice", "{n} faces or voices", n)
