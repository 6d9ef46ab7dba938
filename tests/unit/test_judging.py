"""Judgements of what was seen: found no more, undone and redone, kept beyond re-analysis."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import NotFound, SettingInvalid
from engine.library import Library
from engine.model import Box, Finding, FindingKind, Moment
from engine.store import assets, findings, judgements

BOX = Box(0.1, 0.1, 0.4, 0.4)
BESIDE = Box(0.12, 0.11, 0.4, 0.41)  # the same thing as another model draws it
FAR = Box(0.6, 0.6, 0.3, 0.3)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(2):
        Image.new("RGB", (60 + number, 40), (9, 9, 9)).save(folder / f"{number}.png")
    with Library.open(tmp_path / "library", work=False) as opened:
        for _ in opened.add([folder], watch=False):
            pass
        yield opened


def thing(name: str, box: Box = BOX, start: float | None = None, end: float | None = None) -> Finding:
    return Finding(FindingKind.OBJECT, Moment(start, end, box=box), text=name, label=name, score=0.8)


def sees(library: Library, *found: Finding, analyzer: str = "objects", version: int = 1) -> None:
    """Store an analysis, as a commit does."""

    def work(connection: sqlite3.Connection) -> None:
        findings.replace(connection, 1, analyzer, version, found)
        judgements.again(connection, 1, analyzer)
        assets.summarise(connection, 1)

    library.database.write(work)


def names(library: Library) -> list[str]:
    return [one.finding.label for one in library.findings(1, [FindingKind.OBJECT, FindingKind.LABEL])]


def number(library: Library, name: str) -> int:
    return next(one.id for one in library.findings(1) if one.finding.label == name)


def test_a_wrong_thing_is_neither_found_nor_shown_until_it_is_undone(library: Library) -> None:
    sees(library, thing("dog"), thing("cat", FAR))
    assert library.search("shows:dog").total == 1
    library.judging.wrong(number(library, "dog"))
    assert names(library) == ["cat"]
    assert (library.search("shows:dog").total, library.search("shows:cat").total) == (0, 1)
    assert library.undo() == "Undone: Took “dog” away"
    assert sorted(names(library)) == ["cat", "dog"]
    assert library.search("shows:dog").total == 1
    assert library.redo() == "Done again: Took “dog” away"
    assert names(library) == ["cat"]
    assert library.search("shows:dog").total == 0


def test_it_stays_wrong_when_the_asset_is_looked_at_again(library: Library) -> None:
    sees(library, thing("dog"))
    library.judging.wrong(number(library, "dog"))
    sees(library, thing("dog", BESIDE), thing("dog", FAR), thing("cat", BOX), version=2)
    assert [(one.finding.label, one.finding.moment.box) for one in library.findings(1, [FindingKind.OBJECT])] == [
        ("dog", FAR), ("cat", BOX),
    ]  # fmt: skip
    library.undo()
    assert sorted(names(library)) == ["cat", "dog", "dog"]
    assert {one.version for one in library.findings(1, [FindingKind.OBJECT])} == {2}


def test_in_a_film_it_is_wrong_at_its_time_only(library: Library) -> None:
    sees(library, thing("dog", BOX, 1.0, 2.0), thing("dog", BOX, 8.0, 9.0))
    library.judging.wrong(number(library, "dog"))
    sees(library, thing("dog", BOX, 1.5, 2.5), thing("dog", BOX, 8.0, 9.0))
    assert [one.finding.moment.start for one in library.findings(1, [FindingKind.OBJECT])] == [8.0]


def test_a_tag_of_a_model_is_taken_away(library: Library) -> None:
    sees(library, Finding(FindingKind.LABEL, text="tabby", label="tabby", score=0.7), analyzer="tags")
    library.judging.wrong(number(library, "tabby"))
    assert names(library) == []
    sees(library, Finding(FindingKind.LABEL, text="tabby", label="tabby", score=0.9), analyzer="tags")
    assert names(library) == []
    assert library.undo()
    assert names(library) == ["tabby"]


def test_what_is_gone_cannot_be_judged(library: Library) -> None:
    with pytest.raises(NotFound):
        library.judging.wrong(12345)


def test_a_level_wins_over_every_model_and_is_undone(library: Library) -> None:
    explicit = Finding(FindingKind.LEVEL, label="explicit", score=0.9)
    sees(library, explicit, analyzer="safety")
    assert library.asset(1).cell.safety == "explicit"
    library.judging.level([1], "safe")
    assert (library.asset(1).cell.safety, library.judging.level_of(1)) == ("safe", "safe")
    assert (library.search("safe:safe").total, library.search("safe:explicit").total) == (1, 0)
    sees(library, explicit, analyzer="safety", version=2)
    assert library.asset(1).cell.safety == "safe"
    library.judging.level([1, 2], "suggestive")
    assert [library.asset(one).cell.safety for one in (1, 2)] == ["suggestive", "suggestive"]
    assert library.undo() == "Undone: Marked 2 items as suggestive"
    assert [library.asset(one).cell.safety for one in (1, 2)] == ["safe", ""]
    library.judging.level([1], "")
    assert (library.asset(1).cell.safety, library.judging.level_of(1)) == ("explicit", "")
    library.undo()
    library.undo()
    assert library.asset(1).cell.safety == "explicit"
    assert library.redo() == "Done again: Marked 1 item as safe"
    assert library.asset(1).cell.safety == "safe"


def test_there_are_three_levels(library: Library) -> None:
    with pytest.raises(SettingInvalid):
        library.judging.level([1], "terrible")


def test_texts_and_judgements_do_not_meet(library: Library) -> None:
    line = Finding(FindingKind.TEXT, Moment(box=BOX), "dgo", "ocr", 0.9)
    sees(library, line, analyzer="ocr")
    sees(library, Finding(FindingKind.LABEL, text="tabby", label="tabby", score=0.7), analyzer="tags")
    library.judging.wrong(number(library, "tabby"))
    library.judging.level([1], "safe")
    library.corrections.put(1, Moment(box=BOX), "dgo", "dog")
    assert [(one.text, one.original) for one in library.corrections.lines(1, "ocr")] == [("dog", "dgo")]
