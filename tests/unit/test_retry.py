"""What becomes of a job that did not finish."""

import random

import pytest

from engine.errors import Retry
from engine.jobs.retry import FIRST_DELAY, LONGEST_DELAY, MOST_ATTEMPTS, decide, delay
from engine.model import Hold, JobState

CHANCE = random.Random(7)


def verdict(code: str, retry: Retry, *, attempts: int = 0, crashes: int = 0, together: int = 1):  # type: ignore[no-untyped-def]
    return decide(code, retry, attempts=attempts, crashes=crashes, together=together, chance=CHANCE)


def test_a_damaged_file_fails_at_once() -> None:
    assert verdict("damaged", Retry.NEVER).state is JobState.FAILED


def test_a_passing_error_is_tried_again_and_not_for_ever() -> None:
    states = [verdict("changed", Retry.LATER, attempts=n).state for n in range(MOST_ATTEMPTS)]
    assert states == [JobState.WAITING] * (MOST_ATTEMPTS - 1) + [JobState.FAILED]


@pytest.mark.parametrize("attempts", range(12))
def test_the_delay_doubles_within_its_bounds(attempts: int) -> None:
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2**attempts)
    assert ceiling / 2 <= delay(attempts, CHANCE) <= ceiling


@pytest.mark.parametrize(("code", "hold"), [("needs-pack", Hold.PACK), ("missing", Hold.OFFLINE), ("full", Hold.SPACE)])
def test_what_waits_for_the_world_is_held_without_counting(code: str, hold: int) -> None:
    found = verdict(code, Retry.WAIT, attempts=2)
    assert (found.state, found.hold, found.attempts) == (JobState.WAITING, hold, 2)


def test_a_crash_in_company_proves_nothing_and_halves_it() -> None:
    found = verdict("crash", Retry.SMALLER, together=8)
    assert (found.state, found.batch_max, found.crashes) == (JobState.WAITING, 4, 0)


def test_two_crashes_alone_set_the_job_aside() -> None:
    first = verdict("crash", Retry.SMALLER)
    second = verdict("crash", Retry.SMALLER, crashes=first.crashes)
    assert (first.state, second.state) == (JobState.WAITING, JobState.FAILED)


def test_cancelled_is_no_failure() -> None:
    assert verdict("cancelled", Retry.NEVER).state is JobState.CANCELLED
