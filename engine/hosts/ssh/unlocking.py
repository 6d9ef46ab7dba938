"""A key that a passphrase locks, opened by OpenSSH's own programs in an agent that lives no longer than one login."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from engine.errors import HostPassphrase, HostRefused
from engine.language import tr

OPENING = 30.0  # seconds; the lock is made to take its time
ASK = "#!/bin/sh\nexec cat\n"  # ssh-add asks a program, which hands on what it reads


@contextlib.asynccontextmanager
async def agent_with(file: str, passphrase: str) -> AsyncIterator[str]:
    """The socket of an agent of our own that has the key of a file.

    Raises:
        HostPassphrase: it does not open the key.
        HostRefused: the programs of OpenSSH are not there, or the file is not to be read.
    """
    with tempfile.TemporaryDirectory(prefix="kinora-") as room:
        door = str(Path(room) / "agent")
        try:
            agent = await asyncio.to_thread(_begun, door)
        except OSError as error:
            raise _unopened(file, str(error)) from error
        try:
            await asyncio.to_thread(_add, door, Path(room) / "ask", file, passphrase)
            yield door
        finally:
            agent.kill()
            await asyncio.to_thread(agent.communicate)


def _begun(door: str) -> "subprocess.Popen[bytes]":
    agent = subprocess.Popen(
        ["ssh-agent", "-D", "-a", door], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert agent.stdout is not None
    agent.stdout.readline()  # it says where it listens, and does
    return agent


def _add(door: str, ask: Path, file: str, passphrase: str) -> None:
    ask.write_text(ASK)
    ask.chmod(0o700)
    surroundings = {**os.environ, "SSH_AUTH_SOCK": door, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force",
                    "DISPLAY": os.environ.get("DISPLAY", ":0"), "LC_ALL": "C"}  # fmt: skip
    try:
        done = subprocess.run(
            ["ssh-add", "-q", str(Path(file).expanduser())], input=f"{passphrase}\n", text=True, capture_output=True,
            check=False, timeout=OPENING, env=surroundings, start_new_session=True,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unopened(file, str(error)) from error
    if done.returncode:
        said = done.stderr.strip()
        if not said or "passphrase" in said:
            raise HostPassphrase(
                tr("This passphrase does not open the key {key}.", key=Path(file).name),
                hint=tr("Type it again, or give the key to your agent: ssh-add {file}", file=file),
            )
        raise _unopened(file, said.splitlines()[-1][:300])


def _unopened(file: str, why: str) -> HostRefused:
    return HostRefused(
        tr("The key {key} could not be opened: {error}", key=Path(file).name, error=why),
        hint=tr("Give it to your agent: ssh-add {file}", file=file),
    )
