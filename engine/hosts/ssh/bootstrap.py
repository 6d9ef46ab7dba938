"""From a bare machine to a node that answers: files, a Python environment, a process; what is there already is kept."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import HostError, HostFull, HostLied, HostSkew
from engine.hosts.ssh import sending
from engine.hosts.ssh.far import Far, Machine
from engine.hosts.ssh.files import Cargo, cargo
from engine.hosts.ssh.troubles import Damaged
from engine.jobs.orders import PROTOCOL
from engine.language import current, tr, trn

FOLDER = "~/.kinora-node"
CLIENT = re.compile(r"[a-z0-9]{1,40}")
PLAIN, CARD = "node.lock", "node-gpu.lock"
ROOM = 256 << 20  # bytes that must be free for files and results
LIBRARIES = {PLAIN: 2 << 30, CARD: 9 << 30}  # bytes that an environment takes while it is made
INSTALLING = 3600.0  # seconds
STARTING = 60.0
HASH = re.compile(rb"--hash=sha256:([0-9a-f]{64})")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a node is to be run there, as the host's row says."""

    folder: str = FOLDER
    python: str = ""  # an interpreter there that has the libraries; empty: an environment is made
    wheels: str = ""  # a folder here with the libraries, for a machine without the Internet
    client: str = "own"  # who asks: two libraries do not share a node
    idle_exit: int = 900  # seconds without a question after which the node ends

    @classmethod
    def of(cls, options: Mapping[str, Any], client: str = "own") -> "Wanted":
        """Read a row's options. Raises HostError: one of them makes no sense."""
        assert CLIENT.fullmatch(client), client
        idle = str(options.get("idle_exit") or 900)
        if not idle.isdecimal() or not 0 < int(idle) < 1 << 31:
            raise HostError(
                tr("The option idle_exit is a number of seconds, not {value}.", value=idle[:40]),
                hint=tr("Change the host's options."),
            )
        return cls(
            str(options.get("folder") or FOLDER), str(options.get("python") or ""), str(options.get("wheels") or ""),
            client, int(idle),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Running:
    """A node there: where it listens on its loopback, what opens it, and whether it ran before."""

    port: int
    token: str
    found: bool


class Bootstrap:
    """Knows what was put where, so that the way back after a loss is short."""

    def __init__(self, far: Far, wanted: Wanted, say: Say = lambda text: None) -> None:
        self.far = far
        self.wanted = wanted
        self.cargo = cargo()
        self.python = wanted.python
        self._say = say
        self._at = ""  # the folder, as SFTP wants it: whole, without a tilde

    async def settle(self, machine: Machine) -> None:
        """Have this build and its libraries there. Raises HostError."""
        there = await self.far.do("look")
        try:
            self._at, space = str(there["folder"]), int(there["space"])
            ready = {str(name) for name in list(there["ready"])}
        except (KeyError, ValueError, TypeError) as error:
            raise HostLied(tr("{name} says nothing sensible of itself.", name=self.far.name)) from error
        lock = CARD if machine.cards and (machine.system, machine.processor) == ("Linux", "x86_64") else PLAIN
        key = "" if self.wanted.python else self.cargo.environment(lock)
        missing = key and key not in ready
        self._room(space, ROOM + (LIBRARIES[lock] if missing else 0))
        self._say(tr("It has {gigabytes:.0f} GB of free space.", gigabytes=space / 1e9))
        if self.cargo.build not in ready:
            self._say(tr("Kinora's files are sent ({kilobytes:.0f} kB).", kilobytes=len(self.cargo.data) / 1e3))
            await self._put_build()
        if missing:
            self._say(tr("Its libraries are installed; the first time this takes minutes."))
            await self._make(lock, key)
        if key:
            self.python = str((await self.far.do("environment", build=self.cargo.build, lock=lock, key=key))["python"])
        await self.far.do("clean", build=self.cargo.build, key=key)

    async def start(self) -> Running:
        """Find the node that runs from before, or start one. Raises HostError."""
        arguments = ["serve", "--node", "--port", "0", "--announce", "--idle-exit", str(self.wanted.idle_exit)]
        said = await self.far.do(
            "start", build=self.cargo.build, python=self.python, client=self.wanted.client, arguments=arguments,
            variables={"KINORA_LANGUAGE": current()}, wait=STARTING, patience=STARTING + 15,
        )  # fmt: skip
        try:
            port, token, protocol = int(said["port"]), str(said["token"]), int(said["protocol"])
        except (KeyError, ValueError, TypeError) as error:
            raise HostLied(tr("{name} says nothing sensible of its node.", name=self.far.name)) from error
        if protocol != PROTOCOL:
            raise HostSkew(tr("The node on {name} speaks another version.", name=self.far.name))
        if not 0 < port < 65_536 or not 0 < len(token) <= 512:
            raise HostLied(tr("{name} says nothing sensible of its node.", name=self.far.name))
        return Running(port, token, bool(said.get("found")))

    async def stop(self) -> None:
        """End the node."""
        await self.far.do("stop", build=self.cargo.build, client=self.wanted.client)

    def _room(self, space: int, needed: int) -> None:
        if space < needed:
            raise HostFull(
                tr("{name} has {space:.1f} GB of free space; {needed:.1f} GB are needed.", name=self.far.name,
                   space=space / 1e9, needed=needed / 1e9)
            )  # fmt: skip

    async def _put_build(self) -> None:
        """Send the files; what arrived damaged is sent once more, whole."""
        try:
            await self._send(self.cargo)
        except Damaged:
            await self._send(self.cargo)

    async def _send(self, goods: Cargo) -> None:
        name = f"{goods.build}.tgz"
        target = f"{self._at}/incoming/{name}"
        try:
            await sending.send(self.far.link, self.far.name, sending.of_bytes(goods.data), len(goods.data), target)
        except sending.NotTaken:  # SFTP has no word for a full disk
            self._room(int((await self.far.do("look"))["space"]), sending.PIECE)
            raise
        await self.far.do("unpack", archive=name, sha256=goods.sha256, build=goods.build)

    async def _make(self, lock: str, key: str) -> None:
        more = {"wheels": "wheels"} if self.wanted.wheels else {}
        if more:
            await self._send_wheels(Path(self.wanted.wheels), self.cargo.locks[lock])
        await self.far.do("environment", build=self.cargo.build, lock=lock, key=key, patience=INSTALLING, **more)

    async def _send_wheels(self, folder: Path, lock: bytes) -> None:
        wheels = await asyncio.to_thread(fitting, folder, lock)
        if not wheels:
            raise HostError(
                tr("There is no wheel in {folder} that was tested with this Kinora.", folder=folder),
                hint=tr("Fill it: pip download --no-deps --require-hashes -r resources/{lock} -d {folder}",
                        lock=PLAIN, folder=folder),
            )  # fmt: skip
        self._say(trn("{n} library is sent.", "{n} libraries are sent.", len(wheels)))
        for wheel in wheels:
            size = wheel.stat().st_size
            target = f"{self._at}/wheels/{wheel.name}"
            await sending.send(self.far.link, self.far.name, sending.of_file(wheel), size, target)


def fitting(folder: Path, lock: bytes) -> list[Path]:
    """The wheels of a folder whose SHA-256 a lock names."""
    named = {found.decode() for found in HASH.findall(lock)}
    return [wheel for wheel in sorted(folder.glob("*.whl")) if _digest(wheel) in named]


def _digest(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
