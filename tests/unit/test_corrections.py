"""Corrections of what was read: found by searches, undone and redone, kept beyond re-analysis."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import NotFound
from engine.library import Library
from engine.model import Box, Finding, FindingKind, Moment
from engine.store import appearances, corrections, findings

BOX = Box(0.1, 0.1, 0.4, 0.1)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("RGB", (60, 40), (9, 9, 9)).save(folder / "one.png")
    with Library.open(tmp_path / "library", work=False) as opened:
        for _ in opened.add([folder], watch=False):
            pass
        yield opened


def said(start: float, end: float, text: str, speaker: int = 0) -> Finding:
    parts = text.split()
    step = (end - start) / len(parts)
    words = [[start + step * n, start + step * (n + 1), part, 0.9] for n, part in enumerate(parts)]
    data = {"words": words, "language": "en", **({"speaker": speaker} if speaker else {})}
    return Finding(FindingKind.TEXT, Moment(start, end), text, "speech", 0.9, data)


def voice(number: int, *spans: tuple[float, float]) -> Finding:
    return Finding(FindingKind.SPEAKER, Moment(*spans[0]), label=str(number), data={"spans": [list(s) for s in spans]})


def hears(library: Library, *found: Finding, analyzer: str = "speech", version: int = 1) -> None:
    """Store an analysis, as a commit does."""

    def work(connection: sqlite3.Connection) -> None:
        known = appearances.remember(connection, 1, analyzer)
        findings.replace(connection, 1, analyzer, version, found)
        appearances.sync(connection, 1, analyzer, known)
        corrections.again(connection, 1, analyzer)

    library.database.write(work)


def texts(library: Library, analyzer: str = "speech") -> list[str]:
    return [line.text for line in library.corrections.lines(1, analyzer)]


def found(library: Library, *queries: str) -> list[int]:
    return [library.search(query).total for query in queries]


FIRST, SECOND = said(0, 2, "Hello wrold again"), said(2, 4, "and goodbye")


def test_a_corrected_word_is_what_a_search_finds(library: Library) -> None:
    hears(library, FIRST, SECOND)
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world again")
    assert texts(library) == ["Hello world again", "and goodbye"]
    assert found(library, '"wrold"', '"world"', '"world again"') == [0, 1, 1]
    hit = library.search('"world"').hits[0].moments[0]
    assert (hit.snippet, hit.moment) == ("Hello world again", Moment(0, 2))
    assert not list(library.check()) or all(not hasattr(one, "repairable") for one in library.check())
    line = library.corrections.lines(1)[0]
    assert line.corrected
    assert line.original == "Hello wrold again"


def test_it_is_undone_and_redone(library: Library) -> None:
    hears(library, FIRST, SECOND)
    before = library.corrections.lines(1)
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world again")
    after = library.corrections.lines(1)
    assert library.undo() == "Undone: Corrected a line"
    assert library.corrections.lines(1) == before
    assert found(library, '"wrold"', '"world"') == [1, 0]
    assert library.redo() == "Done again: Corrected a line"
    assert library.corrections.lines(1) == after
    assert found(library, '"wrold"', '"world"') == [0, 1]


def test_it_outlives_a_new_analysis_with_other_times_and_words(library: Library) -> None:
    hears(library, FIRST, SECOND)
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world again")
    hears(library, said(0.1, 2.1, "Hallo whirled a gain"), said(2.2, 4, "and good bye"), version=2)
    assert texts(library) == ["Hello world again", "and good bye"]
    assert found(library, '"whirled"', '"world"', '"good"') == [0, 1, 1]
    assert library.corrections.lines(1)[0].original == "Hallo whirled a gain"
    library.undo()
    assert texts(library) == ["Hallo whirled a gain", "and good bye"]


def test_of_a_longer_new_line_the_words_outside_stay(library: Library) -> None:
    hears(library, FIRST, SECOND)
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world again")
    hears(library, said(0, 4, "Hello whirled then and goodbye everyone here now"))
    assert texts(library) == ["Hello world again", "goodbye everyone here now"]
    rest = library.corrections.lines(1)[1]
    library.corrections.put(1, rest.moment, rest.text, "goodbye everybody")
    assert texts(library) == ["Hello world again", "goodbye everybody"]
    library.undo()
    library.undo()
    assert texts(library) == ["Hello whirled then and goodbye everyone here now"]


def test_words_that_stay_keep_their_times(library: Library) -> None:
    hears(library, FIRST)
    old = library.corrections.lines(1)[0].words
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world and again")
    new = library.corrections.lines(1)[0].words
    assert [word for *_, word in new] == ["Hello", "world", "and", "again"]
    assert (new[0], new[-1]) == (old[0], old[-1])
    assert new[1][0] == pytest.approx(old[1][0], abs=1e-3)
    assert new[2][1] == pytest.approx(old[1][1], abs=1e-3)


def test_splitting_and_merging(library: Library) -> None:
    hears(library, FIRST, SECOND)
    library.corrections.split(1, Moment(0, 2), "Hello wrold again", 1)
    assert texts(library) == ["Hello", "wrold again", "and goodbye"]
    first, second, third = library.corrections.lines(1)
    assert first.moment.end == second.moment.start
    library.corrections.merge(1, [(second.moment, second.text), (third.moment, third.text)])
    assert texts(library) == ["Hello", "wrold again and goodbye"]
    assert library.corrections.lines(1)[1].moment.end == 4
    hears(library, FIRST, SECOND)
    assert texts(library) == ["Hello", "wrold again and goodbye"]
    library.undo()
    assert texts(library) == ["Hello", "wrold again", "and goodbye"]
    library.undo()
    assert texts(library) == ["Hello wrold again", "and goodbye"]
    library.redo()
    library.redo()
    assert texts(library) == ["Hello", "wrold again and goodbye"]


def test_times_move_with_the_words(library: Library) -> None:
    hears(library, FIRST)
    library.corrections.retime(1, Moment(0, 2), "Hello wrold again", 1.0, 2.0)
    line = library.corrections.lines(1)[0]
    assert line.moment == Moment(1.0, 2.0)
    assert (line.words[0][0], line.words[-1][1]) == (1.0, 2.0)


def test_a_speaker_is_chosen_and_outlives_other_numbers(library: Library) -> None:
    hears(library, said(0, 2, "Hello there", 1), said(2, 4, "and goodbye", 1), voice(1, (0, 2)), voice(2, (5, 9)))
    lines = library.corrections.lines(1)
    assert [line.speaker for line in lines] == ["Speaker 1", "Speaker 1"]
    other = next(one.id for one in library.people.of_asset(1) if one.moment.start == 5)
    library.corrections.speak(1, [(lines[1].moment, lines[1].text)], other)
    assert [line.speaker for line in library.corrections.lines(1)] == ["Speaker 1", "Speaker 2"]
    hears(library, said(0, 2, "Hello there", 2), said(2, 4, "and goodbye", 2), voice(2, (0, 2)), voice(1, (5, 9)))
    assert [line.speaker for line in library.corrections.lines(1)] == ["Speaker 2", "Speaker 1"]
    person = library.people.assign([other], None)
    library.people.name(person, "Ann")
    assert library.corrections.lines(1)[1].speaker == "Ann"


def test_words_times_and_speaker_are_one_decision(library: Library) -> None:
    hears(library, said(0, 2, "Hello there", 1), voice(1, (0, 2)), voice(2, (5, 9)))
    before = library.corrections.lines(1)[0]
    other = next(one.id for one in library.people.of_asset(1) if one.moment.start == 5)
    library.corrections.rewrite(1, before.moment, before.text, text="Hi there", start=0.5, end=1.5, voice=other)
    after = library.corrections.lines(1)[0]
    assert (after.text, after.moment, after.speaker) == ("Hi there", Moment(0.5, 1.5), "Speaker 2")
    assert (after.words[0][0], after.words[-1][1]) == (0.5, 1.5)
    library.undo()
    assert library.corrections.lines(1) == [before]


def test_a_line_is_taken_away_and_comes_back(library: Library) -> None:
    hears(library, FIRST, SECOND)
    library.corrections.put(1, Moment(2, 4), "and goodbye", "")
    assert texts(library) == ["Hello wrold again"]
    hears(library, FIRST, SECOND)
    assert texts(library) == ["Hello wrold again"]
    library.undo()
    assert texts(library) == ["Hello wrold again", "and goodbye"]


def test_a_correction_is_taken_back_as_a_decision(library: Library) -> None:
    hears(library, FIRST)
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world again")
    library.corrections.put(1, Moment(0, 2), "Hello world again", "Hello, world again!")
    library.corrections.revert(1, Moment(0, 2), "Hello, world again!")
    assert texts(library) == ["Hello wrold again"]
    library.undo()
    assert texts(library) == ["Hello, world again!"]
    with pytest.raises(NotFound, match="not there any more"):
        library.corrections.put(1, Moment(0, 2), "Hello wrold again", "x")


def test_text_in_a_picture_is_corrected_at_its_box(library: Library) -> None:
    line = Finding(FindingKind.TEXT, Moment(box=BOX), "EXlT", "ocr", 0.7, {"reader": "rapidocr"})
    other = Finding(FindingKind.TEXT, Moment(box=Box(0.1, 0.5, 0.4, 0.1)), "NO SMOKING", "ocr", 0.9)
    hears(library, line, other, analyzer="ocr")
    library.corrections.put(1, Moment(box=BOX), "EXlT", "EXIT")
    assert found(library, '"exlt"', "text:exit") == [0, 1]
    moved = Finding(FindingKind.TEXT, Moment(box=Box(0.11, 0.09, 0.41, 0.11)), "EX1T", "ocr", 0.7)
    hears(library, moved, other, analyzer="ocr", version=3)
    assert texts(library, "ocr") == ["EXIT", "NO SMOKING"]
    assert found(library, '"ex1t"', "text:exit") == [0, 1]
    library.undo()
    assert texts(library, "ocr") == ["EX1T", "NO SMOKING"]


def test_what_the_index_holds_is_what_the_findings_say(library: Library) -> None:
    hears(library, FIRST, SECOND)
    library.corrections.put(1, Moment(0, 2), "Hello wrold again", "Hello world again")
    library.corrections.split(1, Moment(0, 2), "Hello world again", 2)
    library.undo()

    def rebuilt(connection: sqlite3.Connection) -> tuple[list[object], list[object]]:
        sql = "SELECT term, doc FROM vocabulary ORDER BY term"
        before = connection.execute(sql).fetchall()
        findings.rebuild_words(connection)
        return before, connection.execute(sql).fetchall()

    before, after = library.database.write(rebuilt)
    assert before == after


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_many_corrections_are_undone_in_order(library: Library, order: Sequence[int]) -> None:
    lines = [said(n, n + 1, f"line number {n}") for n in range(3)]
    hears(library, *lines)
    seen = [texts(library)]
    for number in order:
        library.corrections.put(1, Moment(number, number + 1), f"line number {number}", f"sentence {number}")
        seen.append(texts(library))
    for expected in reversed(seen[:-1]):
        library.undo()
        assert texts(library) == expected
    for expected in seen[1:]:
        library.redo()
        assert texts(library) == expected


def test_the_words_are_written_once(library: Library) -> None:
    """A partial evaluation must not leave the state of a decision changed for the next one."""
    hears(library, FIRST)
    change = partial(library.corrections.put, 1, Moment(0, 2))
    change("Hello wrold again", "Hello world again")
    change("Hello world again", "Hello whole world again")
    library.undo()
    library.redo()
    assert texts(library) == ["Hello whole world again"]
