"""Which faces are those of animals: what was seen around them, what a file says, what the user says of a pet."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from engine.store import places
from engine.store.appearances import PLACE, spot_of

# The last word of the label of an animal with a face (COCO, Open Images, ImageNet); a mouse is mostly a computer's.
ANIMALS = frozenset((
    "animal", "beagle", "bear", "bird", "canary", "cat", "cattle", "chihuahua", "collie", "corgi", "cow",
    "deer", "dog", "donkey", "elephant", "ferret", "fox", "giraffe", "goat", "guinea-pig", "hamster",
    "hedgehog", "horse", "hound", "husky", "kitten", "lion", "llama", "lynx", "monkey", "mule", "otter", "owl",
    "panda", "parrot", "pig", "pony", "poodle", "pug", "puppy", "rabbit", "raccoon", "rat", "retriever",
    "setter", "sheep", "sheepdog", "spaniel", "squirrel", "tabby", "terrier", "tiger", "tortoise", "turtle",
    "zebra",
))  # fmt: skip
PEOPLE = frozenset(("person", "man", "woman", "boy", "girl", "child", "baby", "people", "human", "face"))
NEITHER = frozenset(("hot-dog", "teddy-bear", "stuffed-animal", "piggy-bank"))
TOLD_BY = ("faces", "objects", "tags")  # analyzers that say something of it
INSIDE = 0.85  # share of a face that lies in the box of what it belongs to
NEAR = 0.5  # seconds between a thing that was seen and a face that is seen for a while

# Of `person p`: whether this is a pet: what the user says, else whether more than a third of the faces are an animal's:
# detectors of things overlook many.
PERSON = (
    "coalesce(p.pet, (SELECT 3 * sum(coalesce(q.animal, 0)) > count(*) FROM appearance q "
    "WHERE q.person_id = p.id AND q.sort = 'face'), 0)"
)
UNSEEN = "sort = 'face' AND animal IS NULL"


def mark(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> bool:
    """Look again which faces of these assets are those of animals; return whether any is now what it was not."""
    changed = False
    for asset in asset_ids:
        faces = connection.execute(
            f"SELECT id, animal, {PLACE} FROM appearance WHERE asset_id = ? AND sort = 'face' AND how <> 'file'",
            (asset,),
        ).fetchall()
        if not faces:
            continue
        things = _things(connection, asset)
        shows = _shows(connection, asset)
        for number, was, *place in faces:
            now = _animal(place, things, shows)
            if now != was:
                changed = changed or was is not None or bool(now)
                connection.execute("UPDATE appearance SET animal = ? WHERE id = ?", (now, number))
    return changed


def unseen(connection: sqlite3.Connection, limit: int) -> list[int]:
    """Assets with faces that were not looked at yet."""
    rows = connection.execute(f"SELECT DISTINCT asset_id FROM appearance WHERE {UNSEEN} LIMIT ?", (limit,))
    return [row[0] for row in rows]


Thing = tuple[bool, places.Spot]  # whether it is an animal, and where it is


def _things(connection: sqlite3.Connection, asset: int) -> list[Thing]:
    rows = connection.execute(
        "SELECT f.label, m.start, m.\"end\", m.page, m.x, m.y, m.w, m.h, '' FROM finding f "
        "JOIN moment m ON m.id = f.moment_id WHERE f.asset_id = ? AND f.kind = 'object' AND m.x IS NOT NULL",
        (asset,),
    )
    found = []
    for label, *place in rows:
        word = sort_of(label)
        if word is not None:
            found.append((word, spot_of(place)))
    return found


def sort_of(label: str) -> bool | None:
    """Whether the name of a thing is that of an animal (True) or a person (False)."""
    names = {name.strip().casefold().replace(" ", "-") for name in label.split(",")} - NEITHER
    words = names | {name.rpartition("-")[2] for name in names}
    return False if words & PEOPLE else True if words & ANIMALS else None


def _shows(connection: sqlite3.Connection, asset: int) -> int:
    """What words for the whole picture say where no thing does: 1 an animal and nobody else, else 0."""
    rows = connection.execute("SELECT label FROM finding WHERE asset_id = ? AND kind = 'label'", (asset,))
    said = {sort_of(label) for (label,) in rows}
    return int(True in said and False not in said)


def _animal(place: Sequence[object], things: Sequence[Thing], shows: int) -> int:
    """Whether a face lies in an animal rather than in a person who is seen there too."""
    face = spot_of(place)
    if face.box is None:
        return 0
    best: tuple[float, bool] | None = None  # size of the smallest box that holds the face, and what that is
    for animal, spot in things:
        if spot.box is None or not _at_once(face, spot) or _share(face, spot) < INSIDE:
            continue
        size = spot.box.w * spot.box.h
        if best is None or size < best[0]:
            best = size, animal
    if best is not None:
        return int(best[1])
    return 0 if things else shows


def _at_once(face: places.Spot, thing: places.Spot) -> bool:
    if not face.spans or not thing.spans:
        return not face.spans and not thing.spans
    start, end = face.spans[0][0] - NEAR, face.spans[-1][1] + NEAR
    return start <= thing.spans[0][0] <= end


def _share(face: places.Spot, thing: places.Spot) -> float:
    """The share of a face that lies in the box of a thing."""
    assert face.box is not None
    assert thing.box is not None
    width = min(face.box.x + face.box.w, thing.box.x + thing.box.w) - max(face.box.x, thing.box.x)
    height = min(face.box.y + face.box.h, thing.box.y + thing.box.h) - max(face.box.y, thing.box.y)
    return max(0.0, width) * max(0.0, height) / max(1e-9, face.box.w * face.box.h)


def every(connection: sqlite3.Connection) -> set[int]:
    """All pets."""
    return {row[0] for row in connection.execute(f"SELECT p.id FROM person p WHERE {PERSON}")}


def of_people(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, int | None]:
    """What the user said of these people: 1 a pet, 0 none, None nothing."""
    listed = json.dumps(list(ids))
    rows = connection.execute("SELECT id, pet FROM person WHERE id IN (SELECT value FROM json_each(?))", (listed,))
    return dict(rows.fetchall())
