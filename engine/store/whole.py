"""What is known of an asset as a whole, as labelled parts of its moment 0: a search finds it and can say why.

Parts that say who is in it (`findings.NAMES`) are found and shown only where names of people may be.
"""

import json
import os
import sqlite3
from collections.abc import Iterable

from engine.store import findings, namesakes

Part = tuple[str, str]  # label, text


def index(connection: sqlite3.Connection, asset_id: int) -> None:
    """Bring the words of the whole asset up to date: names, folders, titles, keywords, tags, notes, place, camera."""
    findings.set_whole(connection, asset_id, parts(connection, asset_id))


def index_all(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> None:
    """The same for several assets."""
    for asset_id in asset_ids:
        index(connection, asset_id)


def parts(connection: sqlite3.Connection, asset_id: int) -> list[Part]:
    """The labelled parts, the most telling first; tags that are names are noted as such."""
    row = connection.execute("SELECT facts FROM asset WHERE id = ?", (asset_id,)).fetchone()
    if row is None:
        return []
    facts = json.loads(row[0])
    found: list[Part] = [("name", name) for name in _names(connection, asset_id)]
    for label in ("title", "description", "creator", "album"):
        found.append((label, facts.get(label, "")))
    people = _people(connection, asset_id)
    tags, names = namesakes.hold(connection, asset_id, people)
    note = connection.execute("SELECT text FROM note WHERE asset_id = ?", (asset_id,)).fetchone()
    found.append(("note", note[0] if note else ""))
    found.append(("keyword", ", ".join(tags)))
    found.append(("people", ", ".join(names)))
    found.append(("person", ", ".join(people)))
    place = ", ".join(word for word in (facts.get("place", ""), facts.get("place_words", "")) if word)
    found += [("place", place), ("camera", facts.get("camera", ""))]
    found += [("folder", name) for name in _folders(connection, asset_id)]
    return [(label, text) for label, text in found if text]


def _names(connection: sqlite3.Connection, asset_id: int) -> list[str]:
    rows = connection.execute("SELECT DISTINCT shown FROM file WHERE asset_id = ? ORDER BY id", (asset_id,))
    return [name for (name,) in rows]


def _people(connection: sqlite3.Connection, asset_id: int) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT p.name FROM appearance a JOIN person p ON p.id = a.person_id "
        "WHERE a.asset_id = ? AND p.name <> '' ORDER BY p.name",
        (asset_id,),
    )
    return [name for (name,) in rows]


def _folders(connection: sqlite3.Connection, asset_id: int) -> list[str]:
    """The names of the folders from the added one down; what lies above it says nothing of the file."""
    rows = connection.execute(
        "SELECT DISTINCT d.shown, r.shown FROM file f JOIN folder d ON d.id = f.folder_id "
        "LEFT JOIN root r ON r.id = f.root_id WHERE f.asset_id = ?",
        (asset_id,),
    )
    found: dict[str, None] = {}
    for folder, root in rows:
        above = os.path.dirname(root) if root and folder.startswith(root) else os.path.dirname(folder)
        for name in folder[len(above) :].replace("\\", "/").split("/"):
            if name:
                found[name] = None
    return list(found)
