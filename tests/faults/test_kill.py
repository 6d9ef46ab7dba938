"""kill -9 at any instant: a restart completes with the same findings as a run that nothing disturbed."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.faults.conftest import finish, integrity, program, said

KILLS = 20
QUICK = ("commit:3",)
SLOW = ("hashed", "added", "committed:2", "commit:1", "commit:9", "committed:12")
POINTS = [*QUICK, *(pytest.param(point, marks=pytest.mark.slow) for point in SLOW)]


@pytest.mark.slow
@pytest.mark.parametrize("front", ["add", "window"])
def test_killed_at_twenty_random_instants(
    samples: Path, undisturbed: dict[str, list[str]], tmp_path: Path, front: str
) -> None:
    library = tmp_path / "library"
    chance = random.Random(20)
    arguments = ("add", samples, "--wait", "--no-watch") if front == "add" else ("window", samples)
    for _ in range(KILLS):
        process = program("--library", library, *arguments)
        time.sleep(chance.uniform(0.2, 2.5))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    code, _, err = finish(program("--library", library, "add", samples, "--wait", "--no-watch"))
    assert code == 0, err
    assert integrity(library) == "ok"
    found = said(library)
    for name, rows in undisturbed.items():
        assert found[name] == rows, name


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_instant(
    samples: Path, undisturbed: dict[str, list[str]], tmp_path: Path, point: str
) -> None:
    library = tmp_path / "library"
    code, _, _ = finish(
        program("--library", library, "add", samples, "--wait", "--no-watch", env={"KINORA_CRASH_AT": point})
    )
    assert code == 137
    code, _, err = finish(program("--library", library, "add", samples, "--wait", "--no-watch"))
    assert code == 0, err
    assert integrity(library) == "ok"
    assert said(library) == undisturbed
