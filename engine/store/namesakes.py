"""Tags that are the names of people: which tags of an asset only they may read who may know who is in it."""

import sqlite3
from collections.abc import Collection, Iterable

from engine.store.fold import fold

# What programs call the branch of their tree of keywords under which people stand (digiKam, Lightroom, Picasa ...).
TREES = frozenset(("people", "persons", "faces", "personen", "menschen", "gesichter", "personer", "ansikter"))


def held(names: Iterable[str], people: Collection[str]) -> set[str]:
    """Of an asset's tags those that say who is in it: `People/...`, and each that spells one of these, or of `people`.

    Programs write the name in the tree once more by itself, and so does who tags by hand.
    """
    names = list(names)
    told = {name for name in names if in_tree(name)}
    spelled = {fold(last(name)) for name in told} | {fold(name) for name in people}
    return told | {name for name in names if fold(last(name)) in spelled - {""}}


def in_tree(name: str) -> bool:
    """Whether a tag stands under people in a tree of tags."""
    first, parted, rest = name.partition("/")
    return bool(parted and rest.strip(" /")) and fold(first) in TREES


def last(name: str) -> str:
    """The last part of a tag in a tree."""
    return name.rstrip("/ ").rpartition("/")[2]


def hold(connection: sqlite3.Connection, asset_id: int, people: Collection[str]) -> tuple[list[str], list[str]]:
    """Note which tags of an asset are names; return the others and these, each in order."""
    rows = connection.execute(
        "SELECT DISTINCT t.id, t.name FROM asset_tag a JOIN tag t ON t.id = a.tag_id WHERE a.asset_id = ? "
        "ORDER BY t.name",
        (asset_id,),
    ).fetchall()
    names = held([name for _, name in rows], people)
    new = {tag for tag, name in rows if name in names}
    old = {tag for (tag,) in connection.execute("SELECT tag_id FROM named_tag WHERE asset_id = ?", (asset_id,))}
    if new != old:
        connection.execute("DELETE FROM named_tag WHERE asset_id = ?", (asset_id,))
        connection.executemany("INSERT INTO named_tag VALUES(?, ?)", ((asset_id, tag) for tag in sorted(new)))
    return [name for _, name in rows if name not in names], [name for _, name in rows if name in names]


def of_asset(connection: sqlite3.Connection, asset_id: int) -> frozenset[str]:
    """The tags of an asset that are names."""
    rows = connection.execute(
        "SELECT t.name FROM named_tag n JOIN tag t ON t.id = n.tag_id WHERE n.asset_id = ?", (asset_id,)
    )
    return frozenset(name for (name,) in rows)


def doubtful(connection: sqlite3.Connection) -> list[int]:
    """The assets that have tags and people or a tree of tags: those where `hold` may find something."""
    rows = connection.execute(
        "SELECT DISTINCT x.asset_id FROM asset_tag x JOIN tag t ON t.id = x.tag_id WHERE t.name LIKE '%/%' "
        "OR EXISTS(SELECT 1 FROM appearance a WHERE a.asset_id = x.asset_id AND a.person_id IS NOT NULL)"
    )
    return [asset for (asset,) in rows]
