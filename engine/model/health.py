"""How a library and its machine are: the parts with their state, and numbers for people and reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.rows import QueueStatus


class State(StrEnum):
    """How a part is: fine, busy with something that ends by itself, off on purpose, worth a look, or broken."""

    FINE = "fine"
    BUSY = "busy"
    OFF = "off"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `text` and `hint` are for the eye and may name folders; `figures` hold numbers only."""

    name: str
    title: str
    state: State
    text: str
    hint: str = ""
    fix: str = ""  # one of `FIXES`: what mends it
    figures: Mapping[str, float] = field(default_factory=dict)


FIXES = ("work", "retry", "resume", "go_on", "packs", "check", "rescan", "settings", "folder", "offline")


@dataclass(frozen=True, slots=True)
class Memory:
    """What this process and its workers held at a moment."""

    at: float  # unix seconds
    own: int  # bytes
    workers: int  # bytes of all of them
    count: int  # workers


@dataclass(frozen=True, slots=True)
class Room:
    """What a part of the library takes on the disk."""

    name: str
    title: str
    size: int  # bytes
    more: bool = False  # counting was stopped: it is at least this


@dataclass(frozen=True, slots=True)
class Trouble:
    """Failures of one kind."""

    analyzer: str
    title: str
    code: str
    count: int
    text: str  # of the latest
    hint: str
    last: float  # unix seconds


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that the library does by itself, beside the queue; `total` is 0 where the end is not known."""

    title: str
    done: float = 0
    total: float = 0


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry of the log with what belongs to it."""

    at: str  # local time as it stands there
    level: str  # INFO, WARNING, ERROR, CRITICAL
    source: str  # the module
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """A look at everything."""

    parts: tuple[Part, ...]
    queue: QueueStatus
    memory: tuple[Memory, ...]  # oldest first
    rooms: tuple[Room, ...]
    free: int  # bytes left where the library is
    troubles: tuple[Trouble, ...]
    versions: tuple[tuple[str, str], ...]

    @property
    def worst(self) -> State:
        """The state that asks for most attention."""
        order = (State.BROKEN, State.LOOK, State.BUSY, State.FINE, State.OFF)
        return min((part.state for part in self.parts), key=order.index, default=State.FINE)

    def to_json(self) -> dict[str, object]:
        """Plain values, for programs."""
        from dataclasses import asdict

        found = asdict(self)
        found["memory"] = found["memory"][-1:]
        found["versions"] = dict(self.versions)
        return found
