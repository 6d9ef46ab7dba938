"""What stands beside the files in sidecars: taken over as one decision, and gathered to be written out."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.language import trn
from engine.model import Box, Facts
from engine.store import appearances, assets, decisions, keeping, persons, pets
from engine.store.taken import BESIDE, ROW, SOURCE, State, apply

RATINGS, KEYWORDS, FACES = "ratings", "keywords", "faces"
WANTED = (RATINGS, KEYWORDS, FACES)


@dataclass(slots=True)
class Taken:
    """What was taken over; `kept` is what the user had said otherwise."""

    ratings: int = 0
    keywords: int = 0
    faces: int = 0
    kept: int = 0
    files: set[int] = field(default_factory=set)  # assets of which something was taken
    people: set[int] = field(default_factory=set)


def take(connection: sqlite3.Connection, found: Mapping[int, Facts], wanted: Collection[str]) -> Taken:
    """Let the library say what the sidecars of these assets say, but where the user said otherwise: one decision."""
    taken = Taken()
    before: State = {"names": {}, "ratings": {}, "tags": {}, "rows": {}}
    after: State = {"names": {}, "ratings": {}, "tags": {}, "rows": {}}
    newest = connection.execute("SELECT coalesce(max(id), 0) FROM person").fetchone()[0]
    refused = _refused(connection) if KEYWORDS in wanted else set()
    for asset, facts in found.items():
        if RATINGS in wanted:
            _rating(connection, asset, facts.rating, before, after, taken)
        if KEYWORDS in wanted:
            _keywords(connection, asset, facts.keywords, refused, before, after, taken)
        if FACES in wanted:
            _faces(connection, asset, facts, before, after, taken)
    for (number,) in connection.execute("SELECT id FROM person WHERE id > ?", (newest,)).fetchall():
        before["names"][str(number)], after["names"][str(number)] = 0, persons.name_row(connection, number)
    if any(after.values()):
        said = trn("Took over from {n} sidecar file", "Took over from {n} sidecar files", len(found))
        decisions.record(connection, "sidecars", said, before, after)
    return taken


def _rating(
    connection: sqlite3.Connection, asset: int, rating: int | None, before: State, after: State, taken: Taken
) -> None:
    row = connection.execute("SELECT rating, rated FROM asset WHERE id = ?", (asset,)).fetchone()
    if rating is None or row is None:
        return
    if row[1] == 1:
        taken.kept += row[0] != rating
        return
    taken.ratings += 1
    taken.files.add(asset)
    if tuple(row) == (rating, BESIDE):
        return
    before["ratings"][str(asset)], after["ratings"][str(asset)] = list(row), [rating, BESIDE]
    apply(connection, {"ratings": {asset: (rating, BESIDE)}})


def _keywords(
    connection: sqlite3.Connection, asset: int, words: Sequence[str], refused: set[tuple[int, str]],
    before: State, after: State, taken: Taken,
) -> None:  # fmt: skip
    rows = connection.execute(
        "SELECT t.name, x.source FROM asset_tag x JOIN tag t ON t.id = x.tag_id WHERE x.asset_id = ?", (asset,)
    ).fetchall()
    known = {name.casefold() for name, source in rows if source != SOURCE}
    old = {name.casefold(): name for name, source in rows if source == SOURCE}
    new = {" ".join(word.split()).casefold(): " ".join(word.split()) for word in words if word.strip()}
    taken.kept += sum((asset, key) in refused for key in new)
    wanted = {key: word for key, word in new.items() if (asset, key) not in refused}
    taken.keywords += len(wanted)
    if wanted:
        taken.files.add(asset)
    for key in wanted.keys() - old.keys() - known:
        assets.add_tag(connection, asset, wanted[key], SOURCE)
        _both(before, after, wanted[key], asset, on=True)
    for key in old.keys() - wanted.keys():
        assets.drop_tag(connection, asset, old[key], SOURCE)
        _both(before, after, old[key], asset, on=False)


def _both(before: State, after: State, name: str, asset: int, *, on: bool) -> None:
    for state, side in ((after, "on" if on else "off"), (before, "off" if on else "on")):
        state["tags"].setdefault(name, {}).setdefault(side, []).append(asset)


def _refused(connection: sqlite3.Connection) -> set[tuple[int, str]]:
    """The tags that the user took away: asset and name in small letters."""
    found: set[tuple[int, str]] = set()
    rows = connection.execute(
        "SELECT after FROM decision d WHERE verb IN ('tag', 'untag') AND undoes IS NULL "
        "AND (SELECT count(*) FROM decision u WHERE u.undoes = d.id) % 2 = 0 ORDER BY id"
    )
    for (raw,) in rows:
        state = json.loads(raw)
        key = " ".join(str(state["tag"]).split()).casefold()
        found.difference_update((asset, key) for asset in state.get("on", ()))
        found.update((asset, key) for asset in state.get("off", ()))
    return found


def _faces(connection: sqlite3.Connection, asset: int, facts: Facts, before: State, after: State, taken: Taken) -> None:
    old = _rows(connection, asset)
    said = appearances.take_regions(connection, asset, facts, beside=True)
    taken.faces += len(said)
    taken.kept += len(facts.extra.get(persons.REGIONS, ())) - len(said)
    taken.people.update(person for _, person in said)
    if said:
        taken.files.add(asset)
    new = _rows(connection, asset)
    for number in old.keys() | new.keys():
        if old.get(number) != new.get(number):
            before["rows"][str(number)], after["rows"][str(number)] = old.get(number), new.get(number)


def _rows(connection: sqlite3.Connection, asset: int) -> dict[int, list[Any]]:
    rows = connection.execute(f"SELECT id, {ROW} FROM appearance WHERE asset_id = ? AND sort = 'face'", (asset,))
    return {row[0]: list(row[1:]) for row in rows}


# --- to be written out -----------------------------------------------------------------------------------------------


class Where(NamedTuple):
    """A file of an asset."""

    root_id: int | None
    folder: bytes
    name: bytes
    state: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an asset that a sidecar can hold; boxes lie on the upright picture."""

    asset: int
    kind: str
    mime: str
    content: str
    rating: int | None  # 0: the user took the stars away; None: nobody said
    words: tuple[str, ...]
    note: str
    faces: tuple[tuple[str, Box, bool], ...]  # name, box, whether it is a pet
    size: tuple[int, int]  # upright, in pixels; 0 = unknown
    orientation: int  # EXIF, 1..8
    files: tuple[Where, ...]


def entries(connection: sqlite3.Connection, ids: Sequence[int], *, sure: bool = False) -> Iterator[Entry]:
    """What is known of these assets, in their order; `sure`: with the faces that a human (or a file) named alone."""
    for asset in ids:
        row = connection.execute(
            "SELECT kind, mime, content, rating, rated, width, height, json_extract(facts, '$.extra.orientation') "
            "FROM asset WHERE id = ?",
            (asset,),
        ).fetchone()
        if row is None:
            continue
        kind, mime, content, rating, rated, width, height, orientation = row
        places = connection.execute(
            "SELECT f.root_id, d.path, f.name, f.state FROM file f JOIN folder d ON d.id = f.folder_id "
            "WHERE f.asset_id = ? AND f.state IN ('present', 'offline') ORDER BY f.id",
            (asset,),
        )
        yield Entry(
            asset, kind, mime, content, 0 if rating is None and rated == 1 else rating,
            tuple(dict.fromkeys(name for name, _ in assets.tags_of(connection, asset))),
            keeping.note_of(connection, asset),
            tuple(_named(connection, asset, sure)) if kind == "photo" and width else (),
            (width or 0, height or 0), orientation if orientation in range(1, 9) else 1,
            tuple(Where(*place) for place in places),
        )  # fmt: skip


def _named(connection: sqlite3.Connection, asset: int, sure: bool) -> Iterator[tuple[str, Box, bool]]:
    """The named faces of a photo that was read (it is known how it lies), but for people whom the user hid."""
    rows = connection.execute(
        f"SELECT p.name, a.x, a.y, a.w, a.h, {pets.PERSON} FROM appearance a JOIN person p ON p.id = a.person_id "
        "WHERE a.asset_id = ? AND a.sort = 'face' AND a.x IS NOT NULL AND a.start IS NULL AND p.name <> '' "
        "AND p.hidden = 0 AND (a.how <> 'auto' OR NOT ?) ORDER BY a.x, a.id",
        (asset, sure),
    )
    for name, *box, pet in rows:
        yield name, Box(*box), bool(pet)


def roots(connection: sqlite3.Connection) -> dict[int, bytes]:
    """The folders that were added (of a single file the folder that it lies in)."""
    return dict(connection.execute("SELECT id, path FROM root WHERE single = 0"))


def originals(connection: sqlite3.Connection, folder: bytes) -> dict[bytes, tuple[str, str]]:
    """The originals of a folder, each with its kind and type: no sidecar takes the place of one.

    What is of no kind that Kinora reads is left out: a sidecar that was added is such a file.
    """
    rows = connection.execute(
        "SELECT f.name, a.kind, a.mime FROM file f JOIN folder d ON d.id = f.folder_id "
        "JOIN asset a ON a.id = f.asset_id WHERE d.path = ? AND a.kind <> 'other'",
        (folder,),
    )
    return {name: (kind, mime) for name, kind, mime in rows}
