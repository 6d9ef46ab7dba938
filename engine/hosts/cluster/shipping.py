"""Brings a pack to the workers of a cluster, one worker after the other: those that share a folder get it once."""

import asyncio
import json
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import HostError, HostFull, HostLied, HostLost, KinoraError, StorageFull
from engine.hosts.cluster.members import Members
from engine.hosts.cluster.pipe import Pipe
from engine.language import tr

PIECE = 8 << 20  # bytes at a time
ROUNDS = 3  # in which a worker may say that it lacks something

# A worker's address, the request and its pieces: the reply. Raises HostError.
Ask = Callable[[str, bytes, Sequence[bytes]], Coroutine[Any, Any, bytes]]


class Steps:
    """Steps of installing packs that workers were asked for; each can be done by its worker alone."""

    def __init__(self, name: str, pipe: Pipe, numbers: Iterator[int]) -> None:
        self._name = name
        self._pipe = pipe
        self._numbers = numbers
        self._asked: dict[int, tuple[str, asyncio.Future[tuple[dict[str, Any], list[bytes]]]]] = {}

    async def ask(self, worker: str, request: bytes, pieces: Sequence[bytes]) -> bytes:
        """Have one worker do a step. Raises HostError."""
        number = next(self._numbers)
        future: asyncio.Future[tuple[dict[str, Any], list[bytes]]] = asyncio.get_running_loop().create_future()
        self._asked[number] = worker, future
        try:
            await self._pipe.tell(
                {"do": "submit", "run": "place", "task": number, "id": "pack", "at": [worker], "gpu": False},
                [request, *pieces],
            )
            head, found = await future
        finally:
            self._asked.pop(number, None)
        if head.get("end") == "done" and found:
            return found[0]
        raise self._went_away()

    def heard(self, head: dict[str, Any], pieces: list[bytes]) -> bool:
        """The end of a task; whether it is one of these."""
        worker, future = self._asked.get(head["task"], ("", None))
        if future is not None and not future.done():
            future.set_result((head, pieces))
        return bool(worker)

    async def follow(self, there: Collection[str]) -> None:
        """Wait no longer for workers that have gone."""
        gone = [number for number, (worker, _) in self._asked.items() if worker not in there]
        for number in gone:
            self._fail(number, self._went_away())
        if gone:
            await self._pipe.tell({"do": "cancel", "tasks": gone})

    def end(self, why: HostError) -> None:
        """Nothing is answered any more."""
        for number in list(self._asked):
            self._fail(number, why)

    def _fail(self, number: int, why: HostError) -> None:
        _, future = self._asked[number]
        if not future.done():
            future.set_exception(why)

    def _went_away(self) -> HostLost:
        return HostLost(tr("A worker of {name} went away while it took a pack.", name=self._name))


async def ship(ask: Ask, members: Members, pack: Path, name: str) -> str:
    """Give a pack to each worker that lacks it; its id@version. Raises HostError."""
    raw, ref, consent = await asyncio.to_thread(_described, pack)
    files = {str(file["sha256"]): pack / str(file["name"]) for file in raw["files"]}
    for worker in members.lacking(ref):
        if worker not in members.met:  # it went away meanwhile
            continue
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
