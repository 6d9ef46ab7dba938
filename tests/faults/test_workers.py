"""A model that crashes, hangs or hoards memory costs its own file: the queue and everything beside it go on."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from engine.hosts import child, local
from engine.jobs import retry
from engine.library import Library
from engine.model import JobRow, JobState
from tests.waiting import until


@pytest.fixture
def culprits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers load the analyzer that misbehaves."""
    monkeypatch.setenv("KINORA_TEST_ANALYZER", "look=tests.faults.culprits:Culprit")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent.parent.parent))


def pictures(folder: Path, *names: str) -> Path:
    """A folder with a picture of each name, all different."""
    folder.mkdir()
    for number, name in enumerate(names):
        Image.new("RGB", (64 + number, 64), (number * 20, 80, 120)).save(folder / name)
    return folder


def read(library: Library, folder: Path, timeout: float = 120) -> dict[str, dict[str, JobRow]]:
    """Add a folder, wait, and return the jobs by file and analyzer."""
    for _ in library.add([folder], watch=False):
        pass
    assert library.wait_idle(timeout)
    found: dict[str, dict[str, JobRow]] = {}
    for state in JobState:
        for row in library.jobs(state):
            found.setdefault(row.name, {})[row.analyzer] = row
    return found


def settle(library: Library, **values: object) -> None:
    """Change settings before any worker starts."""
    for key, value in values.items():
        library.set(key.replace("_", ".", 1), value)


@pytest.mark.usefixtures("culprits")
def test_a_crash_is_narrowed_down_to_its_file_and_analyzer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PAUSES", tuple(pause / 10 for pause in local.PAUSES))
    folder = pictures(tmp_path / "in", "a.png", "exit b.png", "c.png", "d.png")
    with Library.open(tmp_path / "library") as library:
        settle(library, analyzers_off=("ocr", "safety"))
        found = read(library, folder)
        guilty = found["exit b.png"]["look"]
        assert guilty.state is JobState.FAILED
        assert guilty.error_code == "crash"
        assert "set aside after 2 attempts" in guilty.error
        assert found["exit b.png"]["probe"].state is JobState.DONE
        others = [job for name, jobs in found.items() if name != "exit b.png" for job in jobs.values()]
        others = [job for job in others if not job.hold]  # some wait for a pack
        assert {job.state for job in others} == {JobState.DONE}
        assert library.retry([guilty.id]) == 1
        assert library.wait_idle(60)
        assert [job.error_code for job in library.jobs(JobState.FAILED)] == ["crash"]


@pytest.mark.slow
@pytest.mark.usefixtures("culprits")
def test_a_hang_ends_at_its_deadline(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", "hang a.png", "b.png")
    with Library.open(tmp_path / "library") as library:
        settle(library, analyzers_off=("ocr", "safety"), jobs_deadline=5)
        found = read(library, folder)
    assert found["hang a.png"]["look"].error_code == "deadline"
    assert "5 seconds" in found["hang a.png"]["look"].error
    assert found["b.png"]["look"].state is JobState.DONE


@pytest.mark.usefixtures("culprits")
@pytest.mark.parametrize("name", ["memory a.png", "memory slow a.png"])
def test_a_hoarder_is_stopped_at_its_cap(tmp_path: Path, name: str) -> None:
    folder = pictures(tmp_path / "in", name, "b.png")
    library_path = tmp_path / "library"
    with Library.open(library_path, work=False) as library:
        settle(library, analyzers_off=("ocr", "safety"), jobs_memory=512)
    with Library.open(library_path) as library:
        found = read(library, folder)
    assert found[name]["look"].error_code == "memory"
    assert found[name]["look"].state is JobState.FAILED
    assert found["b.png"]["look"].state is JobState.DONE


@pytest.mark.usefixtures("culprits")
def test_a_bug_is_logged_with_its_traceback_and_retried_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY", 600.0)
    folder = pictures(tmp_path / "in", "bug a.png")
    with Library.open(tmp_path / "library") as library:
        settle(library, analyzers_off=("ocr", "safety"))
        for _ in library.add([folder], watch=False):
            pass
        until(lambda: [job for job in library.jobs(JobState.WAITING) if job.attempts], 60)
        assert not library.wait_idle(0.5)  # it waits for its back-off
        (job,) = [row for row in library.jobs(JobState.WAITING) if row.analyzer == "look"]
        assert (job.attempts, job.error_code) == (1, "bug")
        log = (library.path / "logs" / "kinora.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError: a bug in an analyzer" in log


@pytest.mark.slow
def test_workers_that_do_not_start_cost_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pictures(tmp_path / "in", "a.png", "b.png")
    real = child.command
    monkeypatch.setattr(child, "command", lambda: [sys.executable, "-c", "raise SystemExit(1)"])
    with Library.open(tmp_path / "library") as library:
        settle(library, analyzers_off=("ocr", "safety"))
        for _ in library.add([folder], watch=False):
            pass
        assert not library.wait_idle(3)
        assert library.jobs(JobState.FAILED) == []
        assert library.queue().trouble
        monkeypatch.setattr(child, "command", real)
        assert library.wait_idle(60)
        assert library.jobs(JobState.FAILED) == []
        assert {job.attempts for job in library.jobs(JobState.DONE)} == {0}
        assert library.queue().trouble == "" or "five minutes" in library.queue().trouble


@pytest.mark.slow
def test_workers_are_renewed_while_they_are_busy(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", *(f"{number}.png" for number in range(12)))
    with Library.open(tmp_path / "library", work=False) as library:
        settle(library, analyzers_off=("ocr", "safety"), jobs_workers=1)
    with Library.open(tmp_path / "library") as library:
        host = library._scheduler.fleet.home  # type: ignore[union-attr]
        host.recycle = 3  # type: ignore[attr-defined]
        read(library, folder)
        assert host._numbers >= 3  # type: ignore[attr-defined]
        assert library.jobs(JobState.FAILED) == []
        assert {job.attempts for job in library.jobs(JobState.DONE)} == {0}
        assert not host._deaths  # type: ignore[attr-defined]
