"""Installs packs on the workers of a cluster, one step at a time: what is missing, bytes of it, put on the shelf."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import KinoraError, PackInvalid
from engine.jobs.orders import NAMED
from engine.language import tr
from engine.packs.pack import Pack, brought

if TYPE_CHECKING:
    from engine.hosts.cluster.station import Station


def step(station: "Station", request: bytes, pieces: Sequence[bytes]) -> bytes:
    """Do a step; the reply is JSON: `{"missing": {SHA-256: bytes that are there}}`, or `{"error": ...}`.

    A step gives the description (`raw`), perhaps bytes (`sha256`, `offset` and one piece), and with `consent` it is
    told that licences were agreed to. When nothing is missing any more the pack is put on the shelf.
    """
    from engine.packs import gathered

    told = json.loads(request)
    try:
        pack = brought(told["raw"])
        room = station.folder / "incoming" / pack.ref.replace("@", "-")
        if gathered.here(pack):
            return json.dumps({"missing": {}}).encode()
        room.mkdir(parents=True, exist_ok=True, mode=0o700)
        if pieces:
            _write(pack, room, str(told["sha256"]), int(told["offset"]), pieces[0])
        missing = _missing(pack, room)
        if not missing:
            _place(station, pack, room, consent=bool(told["consent"]))
    except KinoraError as error:
        return json.dumps({"error": {"code": error.code, "text": error.text, "hint": error.hint}}).encode()
    return json.dumps({"missing": missing}).encode()


def _write(pack: Pack, room: Path, name: str, offset: int, data: bytes) -> None:
    size = next((file.size for file in pack.files if file.sha256 == name), 0)
    part = room / f"{name}.part"
    if not NAMED.fullmatch(name) or not size or offset + len(data) > size:
        raise PackInvalid(tr("More bytes came than were announced."))
    have = part.stat().st_size if part.exists() else 0
    if offset != have:
        return  # the reply says how many are there
    with part.open("ab") as stream:
        stream.write(data)
    if offset + len(data) == size:
        from engine.packs.download import digest

        if digest(part) != name:
            part.unlink()
            raise PackInvalid(tr("What arrived is not what its name says: its SHA-256 is another one."))
        part.replace(room / name)


def _missing(pack: Pack, room: Path) -> dict[str, int]:
    found = {}
    for file in pack.files:
        if not (room / file.sha256).exists():
            part = room / f"{file.sha256}.part"
            found[file.sha256] = part.stat().st_size if part.exists() else 0
    return found


def _place(station: "Station", pack: Pack, room: Path, *, consent: bool) -> None:
    from engine.home import packs_folder
    from engine.packs import gathered, install

    terms = install.Terms(packs_folder(), consent, True, device=str(station.settings["packs.device"]))
    try:
        gathered.take_in(pack, room.joinpath, room / "pack", terms)
    finally:
        shutil.rmtree(room, ignore_errors=True)
