"""The other machine, once we are in: what it is, and the small program that does things there."""

import asyncio
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import HostError, HostLied, HostLost, HostRefused
from engine.hosts.ssh.connection import Link
from engine.hosts.ssh.troubles import explained, lost
from engine.language import tr

MARK = "KINORA "  # as in there.py
MOST = 256 << 10  # bytes that are read of what a command says
OLDEST, NEWEST = (3, 11), (3, 15)  # of Python
PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python")
SYSTEMS = ("Linux", "Darwin")
# Nothing is assumed of the login shell but that it starts another one. Names of programs come as $1, $2 ...
LOOK = f"""echo "{MARK}system $(uname -sm)"
for p in "$@"; do
  x=$(command -v "$p" 2>/dev/null) || continue
  v=$("$x" -I -c 'import sys; print(".".join(map(str, sys.version_info[:3])))' 2>/dev/null) || continue
  echo "{MARK}python $v $x"
done
nvidia-smi -L 2>/dev/null | while read -r card; do echo "{MARK}card $card"; done
true"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What it is: "Linux", "x86_64", the Python that is used and its version, and its graphics cards."""

    system: str
    processor: str
    python: str
    version: str
    cards: tuple[str, ...] = ()


class Far:
    """Does things on the other machine."""

    def __init__(self, link: Link, name: str, folder: str) -> None:
        self.link = link
        self.name = name
        self.folder = folder
        self.python = ""

    async def look(self, python: str = "") -> Machine:
        """Say what machine it is; `python` is the interpreter to use there, when a person named one.

        Raises:
            HostRefused: it runs no system, or has no Python, that a node can use.
        """
        if "Windows" in str(self.link.connection.get_extra_info("server_version", "")):
            raise _windows(self.name)
        wanted = [python] if python else PYTHONS
        command = f"sh -c {shlex.quote(LOOK)} sh {' '.join(map(shlex.quote, wanted))}"
        said = await self._said(command, b"", 30)
        found = machine(said, self.name, python)
        self.python = found.python
        return found

    async def do(self, what: str, *, patience: float = 60.0, **more: Any) -> dict[str, Any]:
        """Have the program there do something; what it answers. Raises HostError."""
        asked = json.dumps({"do": what, "folder": self.folder, **more})
        command = f"{shlex.quote(self.python)} -I - {shlex.quote(asked)}"
        program = Path(__file__).with_name("there.py").read_bytes()
        answer = read(await self._said(command, program, patience), self.name)
        if not answer.get("ok"):
            raise explained(
                str(answer.get("code", "")), readable(str(answer.get("text", "")))[:2000], self.name, self.folder
            )
        return answer

    async def _said(self, command: str, program: bytes, patience: float) -> str:
        """What a command says, on either pipe. What it says beyond a cap is not read."""
        import asyncssh

        try:
            async with asyncio.timeout(patience):
                process = await self.link.connection.create_process(
                    command, encoding=None, stderr=asyncssh.STDOUT, request_pty=False
                )
                try:
                    process.stdin.write(program)
                    process.stdin.write_eof()
                    return await self._read(process)
                finally:
                    process.close()
        except TimeoutError as error:
            raise HostLost(tr("{name} did not finish in time what it was asked for.", name=self.name)) from error
        except (asyncssh.Error, OSError) as error:
            raise lost(self.name, error) from error

    async def _read(self, process: Any) -> str:
        found = bytearray()
        while block := await process.stdout.read(1 << 16):
            found += block
            if len(found) > MOST:
                raise HostLied(tr("{name} says much more than it was asked for.", name=self.name))
        return readable(found.decode("utf-8", "replace"))


def readable(said: str) -> str:
    """Without what would move about on our terminal when it is shown there."""
    return "".join(sign for sign in said if sign.isprintable() or sign in "\n\t")


def machine(said: str, name: str, python: str = "") -> Machine:
    """Read what the first look brought. Raises HostRefused."""
    lines = [line[len(MARK) :].split(None, 1) for line in said.splitlines() if line.startswith(MARK)]
    facts = [(parts[0], parts[1].strip()) for parts in lines if len(parts) == 2]
    system, _, processor = next((value for key, value in facts if key == "system"), "").partition(" ")
    if not system:
        raise HostRefused(
            tr("{name} lets you in and runs no commands.", name=name),
            hint=tr("The user needs an ordinary shell there."),
        )
    if system.startswith(("MINGW", "MSYS", "CYGWIN")):
        raise _windows(name)
    if system not in SYSTEMS:
        raise HostRefused(
            tr("{name} runs {system}, where a node has not been made to work.", name=name, system=system[:40]),
            hint=tr("A node runs on Linux and macOS."),
        )
    cards = tuple(value[:128] for key, value in facts if key == "card" and value.startswith("GPU "))[:64]
    pythons = [value.partition(" ") for key, value in facts if key == "python"]
    fitting = next(((place, version) for version, _, place in pythons if _fits(version)), None)
    if fitting is None:
        raise _no_python(name, [version for version, _, _ in pythons], python)
    return Machine(system, processor[:40], *fitting, cards)


def read(said: str, name: str) -> dict[str, Any]:
    """The answer of the program there: the last line that is marked."""
    line = next((line for line in reversed(said.splitlines()) if line.startswith(MARK)), None)
    try:
        if line is not None:
            return dict(json.loads(line[len(MARK) :]))
    except (ValueError, TypeError, RecursionError):
        pass
    raise HostError(
        tr("{name} did not do what it was asked for: {said}", name=name, said=said.strip()[-300:] or "…"),
        hint=tr("Log in with ssh and see whether Python runs there."),
    )


def _fits(version: str) -> bool:
    try:
        numbers = tuple(int(part) for part in version.split("."))
    except ValueError:
        return False
    return OLDEST <= numbers < NEWEST


def _no_python(name: str, versions: list[str], python: str) -> HostError:
    oldest = ".".join(map(str, OLDEST))
    hint = tr("Install Python 3.12 there, or name one as the host's python (for example that of a conda environment).")
    if versions:
        return HostRefused(
            tr("{name} has Python {version}; a node needs {oldest} or newer, up to 3.14.", name=name,
               version=versions[0][:20], oldest=oldest),
            hint=hint,
        )  # fmt: skip
    if python:
        return HostRefused(tr("{name} has no Python at {place}.", name=name, place=python), hint=hint)
    return HostRefused(tr("{name} has no Python.", name=name), hint=hint)


def _windows(name: str) -> HostError:
    return HostRefused(
        tr("{name} runs Windows: nothing can be put there over SSH.", name=name),
        hint=tr("Install Kinora there, run `kinora serve`, and add that address."),
    )
