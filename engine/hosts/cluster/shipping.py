"""Brings a pack to the workers of a cluster, one worker after the other: those that share a folder get it once."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from engine.errors import HostError, HostFull, HostLied, KinoraError, StorageFull
from engine.hosts.cluster.members import Members
from engine.language import tr

PIECE = 8 << 20  # bytes at a time
ROUNDS = 3  # in which a worker may say that it lacks something

# A worker's address, the request and its pieces: the reply. Raises HostError.
Ask = Callable[[str, bytes, Sequence[bytes]], Coroutine[Any, Any, bytes]]


async def ship(ask: Ask, members: Members, pack: Path, name: str) -> str:
    """Give a pack to each worker that lacks it; its id@version. Raises HostError."""
    raw, ref, consent = await asyncio.to_thread(_described, pack)
    files = {str(file["sha256"]): pack / str(file["name"]) for file in raw["files"]}
    for worker in members.lacking(ref):
        told: dict[str, Any] = {"raw": raw, "consent": consent}
        for _ in range(ROUNDS):
            missing = await _step(ask, worker, told, (), name)
            if not missing:
                break
            if not missing.keys() <= files.keys():
                raise HostLied(tr("{name} asks for what was not offered.", name=name))
            for sha in sorted(missing):
                await _send(ask, worker, told, (sha, files[sha], missing[sha]), name)
        else:
            raise HostLied(tr("{name} asks again for files that it took.", name=name))
        if (member := members.met.get(worker)) is not None:
            member.packs.add(ref)
    return ref


async def _send(ask: Ask, worker: str, told: dict[str, Any], file: tuple[str, Path, int], name: str) -> None:
    sha, path, offset = file
    while data := await asyncio.to_thread(_piece, path, offset):
        await _step(ask, worker, {**told, "sha256": sha, "offset": offset}, (data,), name)
        offset += len(data)


async def _step(ask: Ask, worker: str, told: dict[str, Any], pieces: Sequence[bytes], name: str) -> dict[str, int]:
    try:
        reply = json.loads(await ask(worker, json.dumps(told).encode(), pieces))
        if "error" not in reply:
            return {str(sha): int(have) for sha, have in reply["missing"].items()}
        code, text, hint = (str(reply["error"][key])[:500] for key in ("code", "text", "hint"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HostLied(tr("{name} answered with something that no node says.", name=name)) from error
    said = tr("{name} does not take the pack: {said}", name=name, said=text)
    raise HostFull(said) if code == StorageFull.code else HostError(said, hint=hint)


def _piece(path: Path, offset: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(PIECE)


def _described(pack: Path) -> tuple[dict[str, Any], str, bool]:
    """A pack's description, its id@version, and whether its terms were agreed to here (or ask for nothing)."""
    from engine.packs.install import noted
    from engine.packs.pack import read_pack

    try:
        found = read_pack(pack)
    except KinoraError as error:
        raise HostError(error.text, hint=error.hint) from error
    return dict(found.raw), found.ref, not found.licence.consent or bool(noted(pack).get("agreed"))
