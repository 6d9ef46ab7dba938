"""Newer analyzers read stale assets again and nothing else; what waits for a model is let go when it is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine import senses
from engine.analyzers import BY_NAME
from engine.library import Library
from engine.model import Finding, FindingKind, Hold, JobState, Kind, Priority
from engine.packs import shelf
from engine.packs.pack import TASKS
from engine.store import jobs
from engine.store.commit import Outcome, commit_done


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("RGB", (50, 40), "red").save(folder / "a.png")
    (folder / "b.txt").write_text("words")
    with Library.open(tmp_path / "library", work=False) as opened:
        senses.reconcile(opened.database, opened.settings())
        for _ in opened.add([folder], watch=False):
            pass
        opened.database.write(lambda connection: connection.execute("UPDATE job SET state = 'done', hold = 0"))
        yield opened


def waiting(library: Library) -> list[tuple[str, int]]:
    return sorted((job.analyzer, job.priority) for job in library.jobs(JobState.WAITING))


def test_nothing_changed_costs_nothing(library: Library) -> None:
    assert senses.reconcile(library.database, library.settings()) == 0
    assert waiting(library) == []


def test_a_newer_version_queues_just_its_own_stale_assets(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BY_NAME["look"], "version", 99)
    assert senses.reconcile(library.database, library.settings()) == 1
    assert waiting(library) == [("look", Priority.BACKFILL)]
    assert senses.reconcile(library.database, library.settings()) == 0


def test_an_option_that_changes_findings_makes_them_stale(library: Library) -> None:
    library.set("ocr.min_score", 0.7)
    assert senses.reconcile(library.database, library.settings()) == 3
    assert waiting(library) == [("ocr", Priority.BACKFILL)] * 2 + [("titles", Priority.BACKFILL)]
    library.set("look.cell", 200)
    assert senses.reconcile(library.database, library.settings()) == 0


def test_a_missing_model_holds_its_jobs_until_it_is_there(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.database.write(lambda connection: connection.execute("DELETE FROM job WHERE analyzer = 'safety'"))
    monkeypatch.setattr(BY_NAME["safety"], "needs", ("no_such_module",))
    senses.reconcile(library.database, library.settings())
    assert library.queue().held == 1
    assert "no_such_module" in BY_NAME["safety"].missing()
    monkeypatch.undo()
    senses.reconcile(library.database, library.settings())
    assert library.queue().held == 0
    assert ("safety", Priority.BACKFILL) in waiting(library)


def test_a_switched_off_analyzer_does_not_run_until_it_is_on_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BY_NAME["look"], "version", 99)
    library.set("analyzers.off", ["look"])
    senses.reconcile(library.database, library.settings())
    assert waiting(library) == []
    library.set("analyzers.off", [])
    senses.reconcile(library.database, library.settings())
    assert [name for name, _ in waiting(library)] == ["look"]


def claimed(library: Library, analyzer: str) -> Outcome:
    """Lease the waiting job of an analyzer on the photo as a scheduler does; what its result is committed with."""

    def work(connection: Any) -> jobs.Leased:
        others = "state = 'waiting' AND NOT (analyzer = ? AND asset_id = ?)"
        connection.execute(f"UPDATE job SET hold = hold | 64 WHERE {others}", (analyzer, photo(library)))
        (bundle,) = jobs.claim(connection, "me", bundles=1, lease=60.0)
        connection.execute("UPDATE job SET hold = hold & ~64")
        (leased,) = bundle.jobs
        return leased

    return Outcome(library.database.write(work), "me", "here", "photo", 1, 0.0, 0.1, 0.1, 1)


def photo(library: Library) -> int:
    return next(cell.id for cell in library.cells([1, 2]) if cell.kind is Kind.PHOTO)


def of_photo(library: Library, analyzer: str) -> list[tuple[JobState, int]]:
    return [(job.state, job.hold) for job in library.asset(photo(library)).jobs if job.analyzer == analyzer]


def read(library: Library, analyzer: str) -> list[str]:
    return [row.finding.text for row in library.findings(photo(library)) if row.analyzer == analyzer]


def commit(library: Library, outcome: Outcome, text: str) -> bool:
    found = [Finding(FindingKind.TEXT, text=text)]
    return library.database.write(lambda connection: commit_done(connection, outcome, found, None, 0))


def test_a_result_under_older_options_does_not_replace_the_newer_one(library: Library) -> None:
    library.set("ocr.min_score", 0.7)
    senses.reconcile(library.database, library.settings())
    old = claimed(library, "ocr")
    library.set("ocr.min_score", 0.8)
    senses.reconcile(library.database, library.settings())
    new = claimed(library, "ocr")
    assert new.job.options["ocr.min_score"] == 0.8
    assert commit(library, new, "newer")
    assert not commit(library, old, "older")
    assert read(library, "ocr") == ["newer"]
    assert senses.reconcile(library.database, library.settings()) == 0


def test_a_late_result_is_not_taken_for_that_of_a_job_with_the_same_number(library: Library) -> None:
    library.set("ocr.min_score", 0.7)
    senses.reconcile(library.database, library.settings())
    old = claimed(library, "ocr")
    library.database.write(lambda connection: connection.execute("DELETE FROM job WHERE id >= ?", (old.job.id,)))
    library.set("ocr.min_score", 0.8)
    senses.reconcile(library.database, library.settings())
    new = claimed(library, "ocr")
    assert (new.job.id, new.job.epoch > old.job.epoch) == (old.job.id, True)
    assert not commit(library, old, "older")
    assert commit(library, new, "newer")


def test_a_choice_that_is_taken_back_while_the_other_runs_ends_with_what_was_chosen(library: Library) -> None:
    library.set("ocr.min_score", 0.7)
    senses.reconcile(library.database, library.settings())
    assert commit(library, claimed(library, "ocr"), "at 0.7")
    library.set("ocr.min_score", 0.8)
    senses.reconcile(library.database, library.settings())
    other = claimed(library, "ocr")
    library.set("ocr.min_score", 0.7)
    senses.reconcile(library.database, library.settings())
    assert not commit(library, other, "at 0.8")
    assert read(library, "ocr") == ["at 0.7"]


def test_what_a_pack_found_stays_and_is_found_when_it_goes_and_is_not_done_again_when_it_comes_back(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "chosen", lambda _: {"objects": "things@1"})
    senses.reconcile(library.database, library.settings())
    assert commit(library, claimed(library, "objects"), "zeppelin")
    monkeypatch.setattr(shelf, "chosen", lambda _: {})
    senses.reconcile(library.database, library.settings())
    assert of_photo(library, "objects") == [(JobState.DONE, 0), (JobState.WAITING, Hold.PACK)]
    assert library.search("zeppelin").total == 1
    monkeypatch.setattr(shelf, "chosen", lambda _: {"objects": "things@1"})
    senses.reconcile(library.database, library.settings())
    assert of_photo(library, "objects") == [(JobState.DONE, 0)]
    monkeypatch.setattr(shelf, "chosen", lambda _: {"objects": "things@2"})
    senses.reconcile(library.database, library.settings())
    assert library.search("zeppelin").total == 1  # until the newer version has looked
    assert commit(library, claimed(library, "objects"), "balloon")
    assert library.search("zeppelin").total == 0


def test_without_biometrics_nothing_looks_for_faces_or_voices(library: Library, with_packs: dict[str, str]) -> None:
    biometric = {task.name for task in TASKS if task.biometric}
    assert {"face-detection", "face-embedding"} <= set(with_packs)
    library.database.write(lambda connection: connection.execute("DELETE FROM job WHERE analyzer = 'faces'"))
    senses.reconcile(library.database, library.settings())
    running = claimed(library, "faces")
    library.set("people.biometrics", False)
    senses.reconcile(library.database, library.settings())
    for analyzer, hold, options in senses.ready(library.settings()):
        assert not biometric & set(options.get("packs", {})), analyzer.name
        assert bool(hold) >= (analyzer.name == "faces")
    assert of_photo(library, "faces") == [(JobState.WAITING, Hold.PACK)]
    assert not commit(library, running, "a face that was being looked for")
