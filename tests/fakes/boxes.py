"""Machines that a fake provider rents out: they boot, are charged for by the second, are outbid, and end themselves."""

import base64
import gzip
import re
from dataclasses import dataclass, field
from typing import Any

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK5XnJ0n9dA3b5fY4hVh1cJt0uG9pTqkW8xk2mZ7sQ1v"

NEVER = float("inf")


@dataclass
class Box:
    """A machine; money in US dollars an hour, times by the true clock of its provider."""

    id: str
    label: str
    offer: dict[str, Any]
    base: float  # of its GPU, while it runs
    storage: float  # of its disk, as long as it exists
    created: float
    loads_at: float = NEVER
    runs_at: float = NEVER
    outbid_at: float = NEVER
    gone_at: float = NEVER  # when its own script destroys it
    state: str = ""  # "", created, loading, running, stopped, frozen, exited, unknown, offline
    intended: str = "running"
    words: str = ""
    bid: bool = False
    seconds: float = NEVER  # after which its own script destroys it, once it runs
    keys: list[str] = field(default_factory=list)
    body: dict[str, Any] = field(default_factory=dict)  # as it was asked for
    log: str = ""
    cost: float = 0.0
    settled: float = 0.0
    ended: float = 0.0

    def __post_init__(self) -> None:
        self.settled = self.created
        self.log = self.log or f"starting\nKINORA-HOST-KEY {HOST_KEY}\n"

    @property
    def alive(self) -> bool:
        return not self.ended

    @property
    def total(self) -> float:
        """What it costs an hour while it runs."""
        return self.base + self.storage

    def settle(self, now: float) -> None:
        """Let happen what happens up to a moment, each thing at its time."""
        while self.alive:
            at, what = min(
                (self.loads_at, "loads"), (self.runs_at, "runs"), (self.outbid_at, "outbid"), (self.gone_at, "gone")
            )
            if at > now:
                break
            self._charge(at)
            getattr(self, f"_{what}")(at)
        if self.alive:
            self._charge(now)

    def end(self, now: float) -> None:
        """Destroy it."""
        self.settle(now)
        if self.alive:
            self.ended = now or 1e-9

    def stop(self, now: float) -> None:
        """Stop it: its disk goes on to cost."""
        self.settle(now)
        self.state, self.intended = "stopped", "stopped"
        self.loads_at = self.runs_at = self.gone_at = NEVER

    def _loads(self, at: float) -> None:
        self.state, self.loads_at = "loading", NEVER

    def _runs(self, at: float) -> None:
        self.state, self.intended, self.words = "running", "running", "success, running"
        self.runs_at, self.gone_at = NEVER, at + self.seconds

    def _outbid(self, at: float) -> None:
        self.outbid_at = NEVER
        self.stop(at)
        self.words = "Instance was outbid."

    def _gone(self, at: float) -> None:
        self.gone_at = NEVER
        self.ended = at

    def _charge(self, to: float) -> None:
        hours = max(0.0, to - self.settled) / 3600
        self.cost += hours * (self.storage + (self.base if self.state in ("running", "frozen") else 0.0))
        self.settled = max(to, self.settled)


def seconds_of(script: str | None) -> float:
    """After how many seconds a start script destroys its machine; never where it does not."""
    text = script or ""
    packed = re.match(r"echo (\S+) \| base64 -d \| gzip -d \| sh", text)
    if packed:
        text = gzip.decompress(base64.b64decode(packed[1])).decode()
    found = re.search(r"\$used -lt (\d+)", text)
    return int(found[1]) / 100 if found else NEVER
