"""Everything that is stored of people, written out: who they are, where they appear, the vectors, and the pictures."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import KinoraError, not_written
from engine.language import tr
from engine.model import AppearanceRow
from engine.people.crops import Crops
from engine.pictures import write_whole
from engine.store import portraits
from engine.store.db import Database

SIDE = 320  # pixels, of the pictures
FORMAT = 1


def export(database: Database, crops: Crops, target: Path) -> Path:
    """Write `people.json` and a folder of faces into a new folder inside `target`; return that folder.

    A `target` that names a JSON file (a dialog gives such) stands for the folder that it would lie in.

    Raises:
        StoreError: it cannot be written.
    """
    folder = (
        target.parent if target.suffix == ".json" else target
    ) / f"kinora-people-{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}"
    try:
        (folder / "faces").mkdir(parents=True)
        with database.read() as connection:
            known = {row.id: row for row in portraits.listing(connection, hidden=True, unnamed=True)}
            data: dict[str, Any] = {
                "format": FORMAT,
                "made": datetime.now().astimezone().isoformat(timespec="seconds"),
                "people": [
                    {
                        "id": row.id,
                        "name": row.name,
                        "hidden": row.hidden,
                        "pet": row.pet,
                        "faces": row.faces,
                        "voices": row.voices,
                    }
                    for row in known.values()
                ],
                "appearances": [_entry(*entry) for entry in portraits.everything(connection)],
                "not_person": sorted(portraits.denied(connection)[0]),
                "never_one": sorted(portraits.denied(connection)[1]),
            }
            faces = {row.id: (row, time) for row, time in portraits.faces(connection)}
        for entry in data["appearances"]:
            entry["picture"] = _picture(crops, faces.get(entry["id"]), folder)
        write_whole(folder / "people.json", json.dumps(data, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise not_written(error, tr("write what is known of people")) from error
    return folder


def _entry(row: AppearanceRow, files: list[str], space: str | None, fp16: bytes | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": row.id, "sort": row.sort, "asset": row.asset, "files": files, "moment": row.moment.to_json(),
        "quality": row.quality, "person": row.person, "name": row.name, "how": row.how,
    }  # fmt: skip
    if fp16 is not None:
        # As it is stored: base64 of little-endian IEEE 754 half floats.
        entry["vector"] = {"space": space, "fp16": base64.b64encode(fp16).decode("ascii")}
    return entry


def _picture(crops: Crops, face: tuple[AppearanceRow, float | None] | None, folder: Path) -> str | None:
    """Copy the picture of a face; None for a voice, and where the file cannot be reached now."""
    if face is None:
        return None
    try:
        made = crops.picture(*face, SIDE)
    except KinoraError:
        return None
    name = f"faces/{face[0].id}.jpg"
    write_whole(folder / name, made.read_bytes())
    return name
