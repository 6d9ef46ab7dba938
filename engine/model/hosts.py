"""Places where jobs run, as people see them: hosts, what was found at an address, and what never leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class HostKind(StrEnum):
    """How a host is reached."""

    LOCAL = "local"  # this machine
    HTTP = "http"  # `kinora serve` on another one, over TLS
    SSH = "ssh"  # a machine that one may log in to
    CLUSTER = "cluster"  # a Dask scheduler
    RENTAL = "rental"  # a rented machine, reached over SSH


class HostStatus(StrEnum):
    """How a host is now."""

    OFF = "off"  # switched off by the user, or offline is set
    CONNECTING = "connecting"
    READY = "ready"
    BUSY = "busy"
    LOST = "lost"  # it does not answer; it is tried again
    REFUSED = "refused"  # it must not be used until somebody decides: changed key, wrong token, other version
    ASIDE = "aside"  # it failed too many jobs and rests for a while


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host that was added. Its token is in the keyring, never here."""

    id: int
    kind: HostKind
    name: str
    address: str  # ssh://user@box:22, https://box:8765, tls://scheduler:8786, vast://<rental>
    pinned: str = ""  # what identifies it: an SSH host key ("ssh-ed25519 AAAA..."), or SHA-256 of a certificate (hex)
    enabled: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)  # python, folder, identity, slots ...
    added: float = 0.0


@dataclass(frozen=True, slots=True)
class Device:
    """A processor that runs models: "NVIDIA RTX 4090", its memory in bytes (0 = not known)."""

    name: str
    memory: int = 0


@dataclass(frozen=True, slots=True)
class HostState:
    """A host with what is measured of it."""

    row: HostRow  # id 0: this machine
    status: HostStatus
    text: str = ""  # a sentence about what is wrong
    hint: str = ""
    running: int = 0  # bundles that it has
    slots: int = 0  # bundles that it takes
    rate: float = 0.0  # jobs per second over the last two minutes
    done: int = 0  # jobs since the start of this program
    latency: float | None = None  # seconds for a question to it
    sent: int = 0  # bytes since the start of this program
    received: int = 0
    devices: tuple[Device, ...] = ()
    analyzers: tuple[str, ...] = ()  # those that it may run for us now
    packs: tuple[str, ...] = ()  # id@version
    version: str = ""
    price: float = 0.0  # US dollars an hour, 0 for one's own
    cost: float = 0.0  # US dollars so far
    aside_until: float = 0.0  # time.time() value, 0 = not set aside
    wants: str = ""  # what must be typed before it lets us in: "password", "passphrase"
    way: tuple[int, int] = (0, 0)  # bytes of an upload that are there, and of how many; (0, 0): none is under way


@dataclass(frozen=True, slots=True)
class Introduction:
    """What was found at an address before anything was trusted: show it, and ask."""

    kind: HostKind
    name: str
    address: str  # as it will be kept
    key: str = ""  # what `add(..., pinned=key)` pins; empty where a known_hosts file or a CA already vouches
    fingerprint: str = ""  # of the key, for the eye: "SHA256:..."
    known: bool = False  # known_hosts or the library already has this very key
    token: bool = False  # it asks for a token
    notes: tuple[str, ...] = ()  # sentences


class StayScope(StrEnum):
    """What may be marked as never leaving this computer."""

    FOLDER = "folder"  # target: the path, as the file system spells it (os.fsdecode)
    ALBUM = "album"  # target: the album's number
    ANALYZER = "analyzer"  # target: its name


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that never leaves this computer. `standing`: it is so without anybody having said it (faces)."""

    scope: StayScope
    target: str
    title: str  # for people
    standing: bool = False
