"""Who may ask a library over the network: scopes, roles, tokens, quotas, and the log of what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What a token may be allowed to do."""

    READ = "library:read"  # assets, moments, search, previews
    PATHS = "library:paths"  # where files lie on the disk
    ORIGINAL = "library:original"  # the files themselves
    WRITE = "library:write"  # tags, ratings, albums
    PEOPLE = "people:read"  # faces, voices and their names: biometric, so apart from the rest
    STEER = "jobs:steer"  # retry, cancel, pause
    RUN = "jobs:run"  # give a node work
    METRICS = "metrics:read"
    SPEND = "offload:spend"  # rent machines for money
    ADMIN = "admin"  # settings, tokens, the log


class Role(StrEnum):
    """Usual sets of scopes."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OPERATOR = "operator"
    ADMIN = "admin"


SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.EDITOR: frozenset({Scope.READ, Scope.PATHS, Scope.ORIGINAL, Scope.WRITE, Scope.PEOPLE}),
    Role.OPERATOR: frozenset({Scope.READ, Scope.STEER, Scope.RUN, Scope.METRICS}),
    Role.ADMIN: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a token may use; 0 = as much as it likes."""

    jobs_day: int = 0
    jobs: int = 0  # in total
    bytes_day: int = 0
    bytes: int = 0
    gpu_day: float = 0.0  # seconds of work
    gpu: float = 0.0


@dataclass(frozen=True, slots=True)
class Used:
    """What a token used, today (UTC) and in total."""

    jobs_day: int = 0
    jobs: int = 0
    bytes_day: int = 0
    bytes: int = 0
    gpu_day: float = 0.0
    gpu: float = 0.0
    requests_day: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is kept: never its secret, only the hash of it."""

    id: str  # 8 hex digits, in the token itself too
    role: Role
    extra: frozenset[Scope]  # beside those of the role
    label: str
    created: float
    expires: float | None  # time.time() values
    revoked: float | None
    used: float | None
    address: str = ""  # where it was used from last
    quota: Quota = field(default_factory=Quota)

    @property
    def scopes(self) -> frozenset[Scope]:
        """All that it may do."""
        return SCOPES[self.role] | self.extra

    def counts(self, now: float) -> bool:
        """Whether it lets anybody in at a moment (time.time())."""
        return self.revoked is None and not self.expired(now)

    def expired(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires is not None and now >= self.expires


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a token that was checked."""

    id: str  # of the token
    label: str
    role: Role
    scopes: frozenset[Scope]
    address: str  # of the other machine

    def may(self, scope: Scope) -> bool:
        """Whether it may do this."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the log of what was asked; each carries the hash of the one before."""

    number: int
    at: float
    who: str  # the id of a token, "local" for this computer, "" for nobody that is known
    scope: str
    action: str
    object: str
    address: str
    result: str
    hash: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Whether the log is as it was written."""

    length: int
    head: str  # the hash of its last line: written down elsewhere it proves the whole
    broken: int | None  # the first line that does not fit, None when all do
