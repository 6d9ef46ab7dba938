"""The messages between a host and a worker: typed, versioned, one JSON line each; never a pickle.

The same lines travel through the pipe of a child process and, later, over HTTP to another machine.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import KinoraError
from engine.language import tr
from engine.model import Facts, Finding, Kind, Preview, Step

PROTOCOL = 1
LONGEST_LINE = 256 * 1024 * 1024  # bytes; a longer line is not ours


@dataclass(frozen=True, slots=True)
class Task:
    """One analyzer to run: `job` and `epoch` fence the result."""

    job: int
    epoch: int
    analyzer: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """Host to worker: run these tasks over one asset, decoding it once."""

    bundle: int
    path: bytes  # as the file system spells it
    kind: Kind
    mime: str
    content: str  # BLAKE3, hex
    size: int
    mtime_ns: int
    tasks: tuple[Task, ...]
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Host to worker: stop this bundle at its next yield."""

    bundle: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Worker to host: started, can take work."""

    protocol: int
    pid: int
    analyzers: Mapping[str, int]  # name to version


@dataclass(frozen=True, slots=True)
class Began:
    """Worker to host: this task is the one that runs now (it is to blame if the process dies)."""

    bundle: int
    job: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Worker to host: how far the running task is."""

    bundle: int
    job: int
    step: Step


@dataclass(frozen=True, slots=True)
class Done:
    """Worker to host: a task's whole result."""

    bundle: int
    job: int
    epoch: int
    findings: tuple[Finding, ...] = ()
    facts: Facts | None = None
    previews: tuple[Preview, ...] = ()
    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0  # bytes of resident memory


@dataclass(frozen=True, slots=True)
class Failed:
    """Worker to host: a task ended in an error, in words."""

    bundle: int
    job: int
    epoch: int
    code: str
    text: str
    hint: str = ""
    retry: str = "never"
    trace: str = ""  # for the log, only when it is a bug
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """Worker to host: the bundle is through; the next may come."""

    bundle: int


@dataclass(frozen=True, slots=True)
class Beat:
    """Worker to host: alive, with its resident memory in bytes."""

    rss: int


Message = Start | Cancel | Ready | Began | Progress | Done | Failed | Ended | Beat
KINDS: Mapping[str, type[Message]] = {
    cls.__name__.lower(): cls for cls in (Start, Cancel, Ready, Began, Progress, Done, Failed, Ended, Beat)
}


class WireError(KinoraError):
    """A line that is not one of ours."""

    code = "wire"


def encode(message: Message) -> bytes:
    """Return the message as one line, with its newline."""
    body = {name: _plain(getattr(message, name)) for name in message.__slots__}
    return json.dumps({"t": type(message).__name__.lower(), **body}, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Read one line back.

    Raises:
        WireError: it is not JSON, of no known kind, or lacks a field.
    """
    try:
        body = json.loads(line)
        kind = KINDS[body.pop("t")]
        return kind(**{name: _READERS.get((kind, name), _same)(value) for name, value in body.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WireError(tr("A message could not be read: {error}.", error=error)) from error


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, (Finding, Facts)):
        return value.to_json()
    if isinstance(value, Task):
        return {"job": value.job, "epoch": value.epoch, "analyzer": value.analyzer, "options": dict(value.options)}
    if isinstance(value, Preview):
        return {"side": value.side, "jpeg": _plain(value.jpeg)}
    if isinstance(value, Step):
        return {"done": value.done, "total": value.total, "text": value.text}
    return dict(value) if isinstance(value, Mapping) else value


def _same(value: Any) -> Any:
    return value


_READERS: Mapping[tuple[type[Message], str], Any] = {
    (Start, "path"): base64.b64decode,
    (Start, "kind"): Kind,
    (Start, "tasks"): lambda rows: tuple(Task(**row) for row in rows),
    (Start, "facts"): Facts.from_json,
    (Progress, "step"): lambda row: Step(**row),
    (Done, "findings"): lambda rows: tuple(Finding.from_json(row) for row in rows),
    (Done, "facts"): lambda row: None if row is None else Facts.from_json(row),
    (Done, "previews"): lambda rows: tuple(Preview(row["side"], base64.b64decode(row["jpeg"])) for row in rows),
}
