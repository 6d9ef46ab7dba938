"""Erasing a person or everybody: rows, index files, pictures of faces and the traces in the file, with the proof."""

import contextlib
import shutil
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from engine.model import Change, Erased
from engine.people import crops
from engine.people.calibrate import scale
from engine.people.cluster import NOBODY, means
from engine.people.refresh import faces_of
from engine.store import erasing, galleries, portraits
from engine.store.db import Database

PATIENCE = 10.0  # seconds to wait for readers of the old log
CHANGED = Change(frozenset({"people", "assets", "decisions"}))
COPIES = ("kinora.db.schema-*", "kinora.db.before-*")  # of the database, which Kinora keeps beside it


def erase(database: Database, folder: Path, person_id: int, settings: Mapping[str, Any]) -> Erased:
    """Erase one person, and the faces and voices of nobody that would be taken for the same one.

    Raises:
        NotFound: there is no such person.
        StorageFull: the rows are gone, but there is no room to write the file anew without their traces.
    """
    with database.read() as connection:
        portraits.person(connection, person_id)
        target = erasing.target(connection, person_id, _alike(connection, person_id, settings))
    return _erase(database, folder, target)


def erase_all(database: Database, folder: Path) -> Erased:
    """Erase everybody."""
    with database.read() as connection:
        target = erasing.everybody(connection)
    return _erase(database, folder, target, everything=True)


def _erase(database: Database, folder: Path, target: erasing.Target, *, everything: bool = False) -> Erased:
    before = _count(database, folder, target, everything=everything)
    database.write(partial(erasing.erase, what=target), CHANGED)
    shutil.rmtree(folder / "vectors", ignore_errors=True)  # made again of what is left
    crops.forget(folder / "previews" / "faces", None if everything else set(target.appearances))
    for pattern in COPIES:
        for copy in folder.glob(pattern):
            with contextlib.suppress(OSError):
                copy.unlink()
    database.maintain(erasing.scrub)
    deadline = time.monotonic() + PATIENCE
    while not database.maintain(erasing.fold_log) and time.monotonic() < deadline:
        time.sleep(0.05)
    return Erased(before, _count(database, folder, target, everything=everything))


def _count(database: Database, folder: Path, target: erasing.Target, *, everything: bool) -> dict[str, int]:
    with database.read() as connection:
        found = erasing.count(connection, target)
    faces = folder / "previews" / "faces"
    pictures = faces.glob("*/*.jpg") if everything else crops.of(faces, set(target.appearances))
    copies = [copy for pattern in COPIES for copy in folder.glob(pattern)]
    return {**found, "pictures": len(list(pictures)), "copies": len(copies)}


def _alike(connection: Any, person_id: int, settings: Mapping[str, Any]) -> set[int]:
    """Faces and voices of nobody that are as like the person as one that joins: they would come back as somebody."""
    import numpy as np

    rules = galleries.rules(connection)
    found: set[int] = set()
    for sort in ("face", "voice"):
        for gallery in galleries.load(connection, sort):
            faces = faces_of(gallery, rules, sort)
            ids, middle = means(faces, faces.person)
            mine = np.flatnonzero(ids == person_id)
            if not len(mine):
                continue
            least = scale(faces.vectors, faces.apart, float(settings["people.threshold"])).threshold
            cosines = faces.vectors @ middle.T
            near = (cosines.argmax(axis=1) == mine[0]) & (cosines[:, mine[0]] >= least) & (faces.person == NOBODY)
            found |= {
                gallery.ids[int(row)] for row in np.flatnonzero(near) if (int(row), person_id) not in faces.denied
            }
    return found
