"""What travels between this machine and a node: orders, answers and capabilities, as plain JSON; never a pickle.

An order is the work on one asset without anything that tells which asset it is: the parts that its analyzers need,
named by the SHA-256 of their bytes, and tasks with idempotent keys. The same key is the same work: asked twice, a node
computes it once.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from engine.errors import AnalyzerFailed, KinoraError, Retry
from engine.jobs import wire
from engine.language import tr
from engine.model import Device, Facts, Kind

PROTOCOL = 1  # of orders; a client speaks this one and the one before
NAMED = re.compile(r"[0-9a-f]{64}")
WORD = re.compile(r"[a-z][a-z0-9_-]{0,63}")
MOST_PARTS = 64
MOST_TASKS = 64
LONGEST_ANSWER = 64 << 20  # bytes of one answer; a longer one is not ours


class OrderInvalid(KinoraError):
    """An order, an answer or a list of capabilities that is not one of ours."""

    code = "order"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that an order needs: what they are (picture, keyframes, frames, pages, sound ...), their SHA-256, size."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class OrderTask:
    """One analyzer to run over an order's parts; `key` names its answer."""

    key: str
    analyzer: str
    version: int
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """The work on one asset. `facts` has sizes and length alone, nothing that tells where or when."""

    id: str  # 32 hex digits, random: what a cancel names
    kind: Kind
    facts: Facts
    parts: tuple[Part, ...]
    tasks: tuple[OrderTask, ...]
    deadline: float = 120.0  # seconds without progress

    def to_json(self) -> dict[str, Any]:
        """As it travels."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "facts": self.facts.to_json(),
            "parts": [{"name": part.name, "sha256": part.sha256, "size": part.size} for part in self.parts],
            "tasks": [
                {"key": task.key, "analyzer": task.analyzer, "version": task.version, "options": dict(task.options)}
                for task in self.tasks
            ],
            "deadline": self.deadline,
        }

    @classmethod
    def from_json(cls, raw: Any) -> "Order":
        """Read one that came from elsewhere. Raises OrderInvalid."""
        try:
            order = cls(
                _named(raw["id"], 32),
                Kind(raw["kind"]),
                Facts.from_json(raw["facts"]),
                tuple(Part(_word(one["name"]), _named(one["sha256"]), _count(one["size"])) for one in raw["parts"]),
                tuple(
                    OrderTask(_named(one["key"]), _word(one["analyzer"]), _count(one["version"]), dict(one["options"]))
                    for one in raw["tasks"]
                ),
                min(36_000.0, max(1.0, float(raw["deadline"]))),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OrderInvalid(tr("An order could not be read: {error}.", error=error)) from error
        if not order.tasks or len(order.tasks) > MOST_TASKS or len(order.parts) > MOST_PARTS:
            raise OrderInvalid(tr("An order could not be read: {error}.", error="its length"))
        return order


@dataclass(frozen=True, slots=True)
class Answer:
    """A task's answer: a `Done` or a `Failed`, whose numbers of bundle, job and epoch are 0."""

    key: str
    message: wire.Done | wire.Failed
    size: int = field(default=0, compare=False)  # characters that it took, where it came from elsewhere

    def to_json(self) -> dict[str, Any]:
        """As it travels."""
        return {"key": self.key, "message": json.loads(wire.encode(self.message))}

    @classmethod
    def from_json(cls, raw: Any) -> "Answer":
        """Read one that came from elsewhere. Raises OrderInvalid."""
        try:
            told = json.dumps(raw["message"])
            key, message = _named(raw["key"]), wire.decode(told.encode())
        except (ValueError, KeyError, TypeError, AttributeError, wire.WireError) as error:
            raise OrderInvalid(tr("An answer could not be read: {error}.", error=error)) from error
        if not isinstance(message, (wire.Done, wire.Failed)):
            raise OrderInvalid(tr("An answer could not be read: {error}.", error=type(message).__name__))
        return cls(key, message, len(told))


def failed(error: KinoraError, retry: Retry | None = None) -> wire.Failed:
    """An error as a task's answer."""
    return wire.Failed(0, 0, 0, error.code, error.text, error.hint, (retry or error.retry).value)


def sendable(key: str, message: wire.Done | wire.Failed) -> str:
    """An answer's JSON as it travels: numbers of this machine and traces left out, and nothing that cannot be sent."""
    if isinstance(message, wire.Done):
        bare: wire.Done | wire.Failed = replace(message, bundle=0, job=0, epoch=0)
    else:
        bare = replace(message, bundle=0, job=0, epoch=0, trace="")
    line = wire.encode(bare).decode().strip()
    if len(line) > LONGEST_ANSWER // 2 or _has_no_number(line):
        bug = failed(AnalyzerFailed(tr("What was found cannot be sent.")), Retry.NEVER)
        line = wire.encode(bug).decode().strip()
    return f'{{"key":"{key}","message":{line}}}'


def _has_no_number(line: str) -> bool:
    """Whether JSON holds what JSON has no word for: NaN, infinity."""
    if "NaN" not in line and "Infinity" not in line:
        return False

    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(line, parse_constant=refuse)
    except ValueError:
        return True
    return False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a node is and can do."""

    protocol: int
    version: str  # of Kinora
    analyzers: Mapping[str, int]  # name to version
    packs: tuple[str, ...] = ()  # id@version of those that are installed
    devices: tuple[Device, ...] = ()
    slots: int = 1  # orders that it takes at a time
    space: int = 0  # free bytes on its disk
    clock: float = 0.0  # its time.time()
    waits: bool = False  # it has nobody to work for it now: orders wait until somebody comes

    def to_json(self) -> dict[str, Any]:
        """As it travels."""
        return {
            "protocol": self.protocol,
            "version": self.version,
            "analyzers": dict(self.analyzers),
            "packs": list(self.packs),
            "devices": [{"name": one.name, "memory": one.memory} for one in self.devices],
            "slots": self.slots,
            "space": self.space,
            "clock": self.clock,
            **({"waits": True} if self.waits else {}),
        }

    @classmethod
    def from_json(cls, raw: Any) -> "Capabilities":
        """Read what a node says of itself. Raises OrderInvalid."""
        try:
            return cls(
                _count(raw["protocol"]),
                str(raw["version"])[:64],
                {_word(name): _count(version) for name, version in dict(raw["analyzers"]).items()},
                tuple(str(one)[:128] for one in raw.get("packs", ())),
                tuple(Device(str(one["name"])[:128], _count(one["memory"])) for one in raw.get("devices", ())),
                min(4096, max(1, _count(raw.get("slots", 1)))),
                _count(raw.get("space", 0)),
                float(raw.get("clock", 0.0)),
                raw.get("waits") is True,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OrderInvalid(tr("What the host says of itself could not be read: {error}.", error=error)) from error


def key_of(parts: Iterable[Part], analyzer: str, version: int, options: Mapping[str, Any]) -> str:
    """The idempotent key of a task: the same bytes, analyzer, version and options are the same work."""
    spelled = json.dumps(
        [sorted((part.name, part.sha256) for part in parts), analyzer, version, dict(options)], sort_keys=True
    )
    return sha256(spelled.encode()).hexdigest()


def _named(value: Any, length: int = 64) -> str:
    if not isinstance(value, str) or len(value) != length or not re.fullmatch(r"[0-9a-f]+", value):
        raise ValueError(f"not {length} hex digits")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str) or not WORD.fullmatch(value):
        raise ValueError("not a name")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("not a count")
    return value
