"""Newer analyzers read stale assets again and nothing else; what waits for a model is let go when it is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine import senses
from engine.analyzers import BY_NAME
from engine.library import Library
from engine.model import JobState, Priority


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
