"""The retry policy: what becomes of a job that did not finish, as a pure function."""

import random
from dataclasses import dataclass

from engine.errors import Retry
from engine.model import Hold, JobState

MOST_ATTEMPTS = 4
MOST_CRASHES = 2  # deaths of a worker with this job alone in it: then the job is set aside
FIRST_DELAY = 5.0  # seconds
LONGEST_DELAY = 3600.0

HOLDS = {"needs-pack": Hold.PACK, "missing": Hold.OFFLINE, "unreadable": Hold.OFFLINE, "full": Hold.SPACE}

PATIENT = frozenset({"server-away"})  # not the job's fault: it is tried again for ever, at last once an hour


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the job goes on."""

    state: JobState
    delay: float = 0.0  # seconds until it may be claimed again
    hold: int = 0
    batch_max: int | None = None  # at most so many jobs beside it in one worker, None = as before
    attempts: int = 0
    crashes: int = 0


def decide(code: str, retry: Retry, *, attempts: int, crashes: int, together: int, chance: random.Random) -> Verdict:
    """Decide on a job after an error.

    `attempts` and `crashes` count before this one; `together` is how many unfinished jobs were in the worker with it,
    itself included: as long as it is not alone, a crash proves nothing, and the company is halved until it does.
    """
    if code == "cancelled":
        return Verdict(JobState.CANCELLED, attempts=attempts, crashes=crashes)
    if retry is Retry.NEVER:
        return Verdict(JobState.FAILED, attempts=attempts + 1, crashes=crashes)
    if retry is Retry.WAIT:
        return Verdict(JobState.WAITING, hold=HOLDS.get(code, Hold.OFFLINE), attempts=attempts, crashes=crashes)
    if retry is Retry.SMALLER:
        return _smaller(attempts, crashes, together)
    if code in PATIENT:
        return Verdict(JobState.WAITING, delay=delay(min(attempts, 20), chance), attempts=attempts + 1, crashes=crashes)
    if attempts + 1 >= MOST_ATTEMPTS:
        return Verdict(JobState.FAILED, attempts=attempts + 1, crashes=crashes)
    return Verdict(JobState.WAITING, delay=delay(attempts, chance), attempts=attempts + 1, crashes=crashes)


def delay(attempts: int, chance: random.Random) -> float:
    """Seconds to wait: doubling, with full jitter in its upper half so that failures do not come back in step."""
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2.0**attempts)
    return chance.uniform(ceiling / 2, ceiling)


def _smaller(attempts: int, crashes: int, together: int) -> Verdict:
    if together > 1:
        return Verdict(JobState.WAITING, batch_max=max(1, together // 2), attempts=attempts, crashes=crashes)
    if crashes + 1 >= MOST_CRASHES:
        return Verdict(JobState.FAILED, batch_max=1, attempts=attempts + 1, crashes=crashes + 1)
    return Verdict(JobState.WAITING, batch_max=1, attempts=attempts + 1, crashes=crashes + 1)
