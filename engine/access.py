"""Who may ask a library over the network: tokens, what they use, and the log of what was asked."""

import hashlib
import logging
import math
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

from engine.errors import HostLimited, KinoraError, NotFound
from engine.language import digits, mark, tr
from engine.model.access import AuditRow, Chain, Principal, Quota, Role, Scope, TokenRow, Used
from engine.store import access, audit
from engine.store.access import Spent
from engine.store.audit import Act
from engine.store.db import Database

log = logging.getLogger(__name__)

SHAPE = re.compile(r"kinora_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")
DAY = 86400.0
SEEN_EVERY = 60.0  # seconds between two notes that a token was used
LONGEST_LABEL = 80
LOCAL = "local"
RUN = "00000000"  # the id of the token of a run that is started from elsewhere
NOTHING: Spent = (0, 0, 0.0, 0)
USED_UP = {
    "jobs_day": mark("This token has used up its {most} jobs of today."),
    "jobs": mark("This token has used up its {most} jobs."),
    "bytes_day": mark("This token has used up its {most} bytes of today."),
    "bytes": mark("This token has used up its {most} bytes."),
    "gpu_day": mark("This token has used up its {most} seconds of work of today."),
    "gpu": mark("This token has used up its {most} seconds of work."),
}


class TokenInvalid(KinoraError):
    """A request without a token that counts."""

    code = "token"
    default_hint = mark("Make a new one with `kinora token new`, and send it as `Authorization: Bearer ...`.")


class NotAllowed(KinoraError):
    """The token does not have this scope."""

    code = "scope"

    def __init__(self, scope: Scope) -> None:
        super().__init__(
            tr("This token may not do that: it lacks the scope {scope}.", scope=scope.value),
            hint=tr("`kinora token new --role ... --scope {scope}` makes one that may.", scope=scope.value),
        )


class Access:
    """The tokens of one library. Checking one never waits for the disk; every call may be made from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._taking = threading.Lock()
        self._by_hash: dict[str, TokenRow] = {}
        self._used: dict[str, Used]  # as handed to the writer; `_fresh` is what came since
        self._fresh: dict[str, Spent] = {}
        self._day = today()
        self._seen: dict[str, float] = {}
        self.refused: Counter[str] = Counter()  # by code, since the start
        with database.read() as connection:
            self._used = access.used(connection, self._day)
        self.reload()

    def reload(self) -> None:
        """Read the tokens again."""
        with self._database.read() as connection:
            by_hash = access.tokens(connection)
        with self._lock:
            self._by_hash = by_hash

    # --- tokens -------------------------------------------------------------------------------------------------------

    def make(
        self, role: Role, label: str = "", *, days: float | None = None, extra: Collection[Scope] = (),
        quota: Quota | None = None, by: str = LOCAL, address: str = "",
    ) -> tuple[TokenRow, str]:  # fmt: skip
        """Make a token; return its row and its secret, which is not kept: it is shown once.

        Raises:
            KinoraError: a number of days that cannot be.
        """
        if days is not None and not (math.isfinite(days) and 0 < days <= 36_500):
            raise KinoraError(tr("A token lasts from a moment to a hundred years."), hint=tr("Give a number of days."))
        name, now = secrets.token_hex(4), time.time()
        secret = f"kinora_{name}_{secrets.token_urlsafe(32)}"
        row = TokenRow(name, role, frozenset(extra), " ".join(label.split())[:LONGEST_LABEL], now,
                       None if days is None else now + days * DAY, None, None, quota=quota or Quota())  # fmt: skip
        told = Act(by, "token.new", name, ",".join(sorted(row.scopes)), address, row.role.value)

        def work(connection: Any) -> None:
            access.add(connection, row, hash_of(secret))
            audit.append(connection, told)

        self._database.write(work)
        self.reload()
        return row, secret

    def rows(self) -> list[TokenRow]:
        """Every token, the newest last."""
        with self._lock:
            return list(self._by_hash.values())

    def row(self, token_id: str) -> TokenRow | None:
        """One token, None when there is none of that id."""
        return next((one for one in self.rows() if one.id == token_id), None)

    def revoke(self, token_id: str, *, by: str = LOCAL, address: str = "") -> None:
        """Let a token count no longer, from this moment. Raises NotFound."""
        if self.row(token_id) is None:
            raise NotFound(
                tr("There is no token {token!r}.", token=token_id), hint=tr("`kinora token list` names them.")
            )

        def work(connection: Any) -> None:
            if access.revoke(connection, token_id, time.time()):
                audit.append(connection, Act(by, "token.revoke", token_id, address=address))

        self._database.write(work)
        self.reload()

    def announce(self) -> str:
        """Make the token of a run that is started from elsewhere; return its secret.

        Its id is always the same, so that the answers and blobs of an earlier run are there for the next one.
        """
        secret = f"kinora_{RUN}_{secrets.token_urlsafe(32)}"
        row = TokenRow(RUN, Role.OPERATOR, frozenset(), tr("Of this run"), time.time(), None, None, None)

        def work(connection: Any) -> None:
            access.forget(connection, RUN)
            access.add(connection, row, hash_of(secret))
            audit.append(connection, Act(LOCAL, "token.run", RUN, result=row.role.value))

        self._database.write(work)
        self.reload()
        return secret

    def end_run(self) -> None:
        """Let the token of a run end with it."""
        if self.row(RUN) is not None:
            self._database.write(lambda connection: access.forget(connection, RUN))
            self.reload()

    def check(self, secret: str | None, address: str) -> Principal:
        """Who has this secret. Raises TokenInvalid."""
        row = None
        if secret and SHAPE.fullmatch(secret):
            with self._lock:
                row = self._by_hash.get(hash_of(secret))
        if row is None:
            raise self._refuse(tr("This token is not known here.") if secret else tr("This needs a token."))
        now = time.time()
        if row.revoked is not None:
            raise self._refuse(tr("This token was revoked."))
        if row.expired(now):
            raise self._refuse(tr("This token has expired."))
        self._note(row.id, now, address)
        return Principal(row.id, row.label, row.role, row.scopes, address)

    def valid(self, principal: Principal) -> bool:
        """Whether a token that was checked still counts (long answers ask now and then)."""
        row = self.row(principal.id)
        return row is not None and row.counts(time.time())

    def _refuse(self, text: str) -> TokenInvalid:
        self.refused["token"] += 1
        return TokenInvalid(text)

    def _note(self, token_id: str, now: float, address: str) -> None:
        with self._lock:
            if abs(now - self._seen.get(token_id, 0.0)) < SEEN_EVERY:
                return
            self._seen[token_id] = now
        self._database.submit(lambda connection: access.seen(connection, token_id, now, address))

    # --- quotas -------------------------------------------------------------------------------------------------------

    def charge(self, token_id: str, *, jobs: int = 0, size: int = 0, seconds: float = 0.0, requests: int = 0) -> None:
        """Count what a token uses. Written down by `flush`."""
        with self._lock:
            old = self._fresh.get(token_id, NOTHING)
            self._fresh[token_id] = (old[0] + jobs, old[1] + size, old[2] + seconds, old[3] + requests)

    def take(self, token_id: str, *, jobs: int = 0, size: int = 0) -> None:
        """Check and count in one: of many who ask at once, no more get in than the quota holds. Raises HostLimited."""
        with self._taking:
            self.allow(token_id, jobs=jobs, size=size)
            self.charge(token_id, jobs=jobs, size=size)

    def allow(self, token_id: str, *, jobs: int = 0, size: int = 0) -> None:
        """Check that a token may use this much more. Raises HostLimited."""
        row = self.row(token_id)
        quota = row.quota if row is not None else Quota()
        if quota == Quota():
            return
        used = self.used(token_id)
        wanted = {"jobs": jobs, "bytes": size, "gpu": bool(jobs)}
        for part in fields(Quota):
            most, had, more = getattr(quota, part.name), getattr(used, part.name), wanted[part.name.split("_")[0]]
            if more and most and had + more > most:
                self.refused["quota"] += 1
                raise HostLimited(
                    tr(USED_UP[part.name], most=digits(int(most))),
                    after=DAY - time.time() % DAY if part.name.endswith("_day") else 0.0,
                    hint=tr("`kinora token usage` on that machine shows it; a new token may have a larger quota."),
                )

    def used(self, token_id: str) -> Used:
        """What a token used until now."""
        if today() != self._day:
            self.flush()
        with self._lock:
            return _sum(self._used.get(token_id, Used()), self._fresh.get(token_id, NOTHING))

    def flush(self) -> None:
        """Write down what was used since the last time, and begin a new day with the day; cheap when nothing was."""
        with self._lock:
            fresh, self._fresh, day, self._day = self._fresh, {}, self._day, today()
            for token_id, amounts in fresh.items():
                self._used[token_id] = _sum(self._used.get(token_id, Used()), amounts)
            if day != self._day:
                for token_id, one in self._used.items():
                    self._used[token_id] = replace(one, jobs_day=0, bytes_day=0, gpu_day=0.0, requests_day=0)
        if fresh:
            self._database.submit(lambda connection: access.spend(connection, day, fresh))

    # --- the log ------------------------------------------------------------------------------------------------------

    def record(self, act: Act) -> None:
        """Write a line into the log, without waiting for the disk."""
        self._database.submit(lambda connection: audit.append(connection, act))

    def audit(self, limit: int = 100, before: int | None = None) -> list[AuditRow]:
        """The latest lines of the log, the newest first."""
        with self._database.read() as connection:
            return audit.rows(connection, limit, before)

    def verify(self) -> Chain:
        """Whether the log is as it was written."""
        with self._database.read() as connection:
            return audit.verify(connection)

    # --- for other starts of Kinora -----------------------------------------------------------------------------------

    def told(self, act: str, **given: Any) -> Any:
        """Do what another start of Kinora asks for; plain values. Raises KinoraError."""
        known: Mapping[str, Callable[..., Any]] = {"new": self._new, "list": self.listed, "revoke": self.revoke,
                                                   "audit": self._told_audit}  # fmt: skip
        if act not in known:
            raise KinoraError(tr("Tokens cannot be told to {act}.", act=act))
        return known[act](**given)

    def listed(self) -> list[dict[str, Any]]:
        """Every token with what it used, as plain values."""
        return [
            {
                **asdict(row),
                "extra": sorted(row.extra),
                "scopes": sorted(row.scopes),
                "usage": asdict(self.used(row.id)),
            }
            for row in self.rows()
        ]

    def _new(
        self, role: str, label: str, days: float | None, extra: Collection[str], quota: Mapping[str, Any]
    ) -> dict[str, Any]:
        row, secret = self.make(Role(role), label, days=days, extra=[Scope(one) for one in extra], quota=Quota(**quota))
        return {"id": row.id, "token": secret, "expires": row.expires}

    def _told_audit(self, limit: int) -> dict[str, Any]:
        return {"rows": [asdict(row) for row in self.audit(limit)], "chain": asdict(self.verify())}


def hash_of(secret: str) -> str:
    """What is kept of a secret: it has 256 random bits, so that a fast hash is the right one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def today() -> str:
    """The day (UTC) that quotas count by."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def _sum(old: Used, more: Spent) -> Used:
    jobs, size, seconds, requests = more
    return Used(
        old.jobs_day + jobs, old.jobs + jobs, old.bytes_day + size, old.bytes + size, old.gpu_day + seconds,
        old.gpu + seconds, old.requests_day + requests, old.requests + requests,
    )  # fmt: skip
