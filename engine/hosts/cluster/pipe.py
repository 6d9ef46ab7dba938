"""The process with the Dask client, seen from here: started with a bare environment, asked and heard through pipes."""

import asyncio
import contextlib
import itertools
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.errors import HostError, HostLied, HostLost, HostRefused
from engine.hosts.child import command
from engine.hosts.cluster import frames
from engine.language import tr

log = logging.getLogger(__name__)

PASSED = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "SYSTEMROOT", "WINDIR", "COMSPEC", "LD_LIBRARY_PATH")
PATIENCE = 25.0  # seconds for an answer

Told = Callable[[dict[str, Any], list[bytes]], None]


class Pipe:
    """One such process. `told` is called with what it says unasked, `ended` once with why it is over."""

    def __init__(self, name: str, told: Told, ended: Callable[[HostError], None]) -> None:
        self.sent = self.received = 0
        self.confined = False
        self._name = name
        self._told = told
        self._ended = ended
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None
        self._reader: asyncio.Task[None] | None = None
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._writing = asyncio.Lock()

    async def open(self, where: dict[str, Any]) -> dict[str, Any]:
        """Start it and meet the scheduler; what that says of itself. Raises HostError."""
        self._folder = Path(tempfile.mkdtemp(prefix="kinora-lane-"))
        try:
            await self._start()
        except OSError as error:
            raise HostLost(tr("The process for the cluster could not be started: {why}.", why=error)) from error
        assert self._process is not None
        self._reader = asyncio.ensure_future(self._read(self._process))
        await self.tell(where)
        return await self.ask({"do": "open"})

    async def ask(self, head: dict[str, Any]) -> dict[str, Any]:
        """Ask it something. Raises HostRefused (certificates), HostLost."""
        number = next(self._numbers)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            await self.tell({**head, "re": number})
            async with asyncio.timeout(PATIENCE):
                reply: dict[str, Any] = await future
        except TimeoutError as error:
            raise HostLost(tr("{name} does not answer.", name=self._name)) from error
        finally:
            self._asked.pop(number, None)
        if "error" not in reply:
            return reply
        why = str(reply.get("why", ""))[:300]
        if reply["error"] == "refused":
            raise HostRefused(
                tr("{name} and this machine do not accept each other's certificates: {why}", name=self._name, why=why),
                hint=tr("Name the authority, the certificate and the key of this cluster in the host's options."),
            )
        raise HostLost(tr("{name} cannot be reached: {why}", name=self._name, why=why))

    async def tell(self, head: dict[str, Any], pieces: Sequence[bytes] = ()) -> None:
        """Tell it something that has no answer, or one that comes to `told`. Raises HostLost."""
        process = self._process
        if process is None or process.stdin is None:
            raise HostLost(tr("The connection to {name} is closed.", name=self._name))
        try:
            async with self._writing:
                for part in frames.frame(head, pieces):
                    process.stdin.write(part)
                    self.sent += len(part)
                await process.stdin.drain()
        except OSError as error:
            raise HostLost(tr("The connection to {name} is closed.", name=self._name)) from error

    async def _start(self) -> None:
        assert self._folder is not None
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *command()[:-1], "--cluster-lane", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if not log.isEnabledFor(logging.DEBUG) else None,
                env=_environment(self._folder), cwd=self._folder, limit=frames.LONGEST_HEAD,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        )  # fmt: skip
        try:
            self._process = await asyncio.shield(starting)
        except asyncio.CancelledError:  # it must be known, to be ended
            self._process = await starting
            raise

    async def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
            while process.returncode is None:  # whoever cancels this waits the milliseconds too: nothing is left behind
                with contextlib.suppress(asyncio.CancelledError):
                    await process.wait()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if process is not None and process.stdin is not None:
            process.stdin.close()
            with contextlib.suppress(OSError):
                await process.stdin.wait_closed()
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Its number, 0 when it is over."""
        return self._process.pid if self._process is not None else 0

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        why: HostError = HostLost(tr("The connection to {name} is closed.", name=self._name))
        try:
            assert process.stdout is not None
            while (told := await frames.read(process.stdout)) is not None:
                head, pieces = told
                self.received += 64 + sum(map(len, pieces))
                self._heard(head, pieces)
        except HostError as error:
            why = error
        except (TypeError, ValueError, KeyError, AttributeError) as error:  # its words make no sense
            log.warning("the process of the cluster %s talks nonsense: %r", self._name, error)
            why = HostLied(tr("{name} answered with something that no node says.", name=self._name))
        _end(process)
        for future in self._asked.values():
            if not future.done():
                future.set_exception(why)
        self._ended(why)

    def _heard(self, head: dict[str, Any], pieces: list[bytes]) -> None:
        if "re" in head:
            future = self._asked.get(head["re"])
            if future is not None and not future.done():
                future.set_result(head)
        elif "confined" in head:
            self.confined = bool(head["confined"])
        else:
            self._told(head, pieces)


def _end(process: asyncio.subprocess.Process) -> None:
    """End it; not through `Process.kill`, which takes the news of its end from asyncio."""
    if process.returncode is None:
        with contextlib.suppress(OSError):
            os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours but what Python needs: no keys, no passphrase, no folder of the user."""
    found = {name: os.environ[name] for name in PASSED if name in os.environ}
    home = str(folder)
    found.update(
        HOME=home, USERPROFILE=home, TMPDIR=home, TEMP=home, TMP=home, DASK_CONFIG=home, PYTHONDONTWRITEBYTECODE="1"
    )
    if sys.platform != "win32":
        found.setdefault("LANG", "C.UTF-8")
    return found
