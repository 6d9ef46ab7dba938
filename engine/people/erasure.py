"""Erasing a person or everybody: rows, index files, pictures of faces and the traces in the file, with the proof."""

import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import KinoraError
from engine.model import Change, Erased
from engine.people import crops
from engine.people.calibrate import scale
from engine.people.cluster import NOBODY, means
from engine.people.refresh import faces_of
from engine.store import erasing, galleries, portraits
from engine.store.db import Database

log = logging.getLogger(__name__)

Aim = Callable[[Any], erasing.Target]
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
        alike = _alike(connection, person_id, settings)
    return _erase(database, folder, partial(erasing.target, person_id=person_id, alike=alike))


def erase_all(database: Database, folder: Path) -> Erased:
    """Erase everybody."""
    return _erase(database, folder, erasing.everybody, everything=True)


def resume(database: Database, folder: Path) -> None:
    """Clear away what an erasure left that was killed, or that the disk had no room for; never fails."""
    with database.read() as connection:
        if not erasing.pending(connection):
            return
        known = erasing.left(connection)
    log.info("an erasure was interrupted: its traces are cleared away now")
    try:
        crops.keep(folder / "previews" / "faces", known)
        _clear(database, folder)
    except KinoraError as error:
        log.warning("the traces of an erasure stay until the next time: %s", error.text)


def _erase(database: Database, folder: Path, aim: Aim, *, everything: bool = False) -> Erased:
    # All in one transaction, the counts too: a job may store new findings, under the numbers of deleted ones.
    target, before, after = database.write(partial(_rows, aim=aim), CHANGED)
    before |= _beside(folder, target, everything=everything)
    crops.forget(folder / "previews" / "faces", None if everything else set(target.appearances))
    _clear(database, folder)
    return Erased(before, after | _beside(folder, target, everything=everything))


def _rows(connection: Any, aim: Aim) -> tuple[erasing.Target, dict[str, int], dict[str, int]]:
    target = aim(connection)
    before = erasing.count(connection, target)
    erasing.erase(connection, target)
    return target, before, erasing.count(connection, target)


def _clear(database: Database, folder: Path) -> None:
    """What lies beside the rows: index files of vectors, copies of the database, traces in its file and its log."""
    shutil.rmtree(folder / "vectors", ignore_errors=True)  # made again of what is left
    for copy in _copies(folder):
        with contextlib.suppress(OSError):
            copy.unlink()
    database.maintain(erasing.scrub)
    deadline = time.monotonic() + PATIENCE
    while not database.maintain(erasing.fold_log):
        if time.monotonic() > deadline:
            return  # somebody still reads the old log: it is tried again when the library is opened
        time.sleep(0.05)
    database.write(erasing.cleared)


def _beside(folder: Path, target: erasing.Target, *, everything: bool) -> dict[str, int]:
    faces = folder / "previews" / "faces"
    pictures = faces.glob("*/*.jpg") if everything else crops.of(faces, set(target.appearances))
    return {"pictures": len(list(pictures)), "copies": len(_copies(folder))}


def _copies(folder: Path) -> list[Path]:
    return [copy for pattern in COPIES for copy in folder.glob(pattern)]


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
