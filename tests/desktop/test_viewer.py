"""The viewer: every kind of asset, stepping, moments, states and decisions."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from desktop.views.parts.film import FilmStage
from desktop.views.parts.overlays import Layer
from desktop.views.parts.paper import PaperStage
from desktop.views.parts.photo import PhotoStage
from desktop.views.parts.standing import standing
from desktop.views.parts.subject import arranged, at_time
from desktop.views.viewer import ViewerView
from engine.errors import DamagedFile
from engine.model import (
    AssetRow,
    Box,
    Facts,
    FileRow,
    Finding,
    FindingKind,
    FoundRow,
    JobRow,
    JobState,
    Kind,
    Moment,
    MomentHit,
)
from tests.desktop.conftest import Desk, until
from tests.desktop.standin import cell

QUIET = pytest.mark.qt_log_ignore(
    "qt.multimedia", "PulseAudio", "QRhi", "Could not open", "Failed to", "No HW", extend=True
)

NOTHING = Facts()


def found(*findings: Finding) -> list[FoundRow]:
    return [FoundRow(number, "ocr", 1, finding) for number, finding in enumerate(findings, 1)]


def text(words: str, *, box: Box | None = None, label: str = "ocr", **place: Any) -> Finding:
    return Finding(FindingKind.TEXT, Moment(box=box, **place), text=words, label=label, score=0.9)


def row(
    number: int, kind: Kind, *, state: str = "present", facts: Facts = NOTHING, path: Path = Path("/x"), **more: Any
) -> AssetRow:
    file = FileRow(number, str(path), os.fsencode(path), state, 100, 0)
    return AssetRow(cell(number, kind=kind, **more), facts, "JPEG", 100, "2026-01-02", (file,), (), ())


class Scene:
    """A viewer whose assets, findings and hits are given by the test."""

    def __init__(self, desk: Desk, rows: Sequence[AssetRow]) -> None:
        self.desk = desk
        self.rows = {one.cell.id: one for one in rows}
        self.found: dict[int, list[FoundRow]] = {}
        self.hits: dict[int, tuple[MomentHit, ...]] = {}
        library: Any = desk.library
        library.asset = self.rows.__getitem__
        library.cells = lambda ids: [self.rows[i].cell for i in ids if i in self.rows]
        library.findings = lambda number, kinds=None: self.found.get(number, [])
        library.moments = lambda number, query: self.hits.get(number, ())

    async def open(self, index: int = 0, query: str = "", moment: Moment | None = None) -> ViewerView:
        self.desk.window.open_asset(list(self.rows), index, query, moment)
        view = self.desk.window.view("viewer")
        assert isinstance(view, ViewerView)
        await until(lambda: view.subject is not None)
        self.desk.window.activateWindow()
        view.setFocus()
        await until(lambda: self.desk.window.isActiveWindow())
        return view


def test_steps_through_photos_and_goes_back(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(n, Kind.PHOTO) for n in (1, 2, 3)])
        desk.library.pictures = dict.fromkeys((1, 2, 3), picture)
        view = await scene.open()
        assert isinstance(view.stage, PhotoStage)
        await until(lambda: view.stage.canvas.side == 400)  # type: ignore[union-attr]
        QTest.keyClick(view, Qt.Key.Key_Right)
        await until(lambda: view.subject is not None and view.asset == 2)
        assert view.bar.place.text() == "2 of 3"
        QTest.keyClick(view, Qt.Key.Key_Left)
        QTest.keyClick(view, Qt.Key.Key_PageDown)
        QTest.keyClick(view, Qt.Key.Key_PageDown)
        QTest.keyClick(view, Qt.Key.Key_PageDown)  # the end: nothing happens
        await until(lambda: view.subject is not None and view.asset == 3)
        assert view.selected() == [3]
        QTest.mouseClick(view.strip, Qt.MouseButton.LeftButton, pos=view.strip.place(0).center().toPoint())
        await until(lambda: view.asset == 1)
        QTest.keyClick(view, Qt.Key.Key_Escape)
        await until(lambda: desk.window.current is not None and desk.window.current.id == "library")
        assert view.stage is None

    desk.run(story)


def test_text_boxes_of_a_photo_are_shown_chosen_and_copied(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.PHOTO)])
        desk.library.pictures = {1: picture}
        one, two = Box(0.1, 0.1, 0.3, 0.1), Box(0.1, 0.3, 0.3, 0.1)
        scene.found[1] = found(
            text("first", box=one),
            text("second", box=two),
            Finding(FindingKind.PART, Moment(box=two), label="FACE_F", score=0.8),
        )
        scene.hits[1] = (MomentHit(Moment(box=two), "text in the picture", "second", ((0, 6),), 0.9),)
        view = await scene.open(query="second")
        assert isinstance(view.stage, PhotoStage)
        marks = view.stage.marks
        assert [mark.hit for mark in marks.all] == [False, True, False]
        assert marks.visible() == [1]  # without the layer, what was found is still seen
        assert marks.current == 1
        QTest.keyClick(view, Qt.Key.Key_O)
        QTest.keyClick(view, Qt.Key.Key_S)
        assert marks.visible() == [0, 1, 2]
        assert view.bar.text.isChecked()
        QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == "first\nsecond"
        QTest.keyClick(view, Qt.Key.Key_S)
        assert Layer.SAFETY not in marks.shown
        assert view.save_state()["layers"] == ["text"]

    desk.run(story)


def test_zoom_keys(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.PHOTO, width=4000, height=3000)])
        desk.library.pictures = {1: picture}
        view = await scene.open()
        assert isinstance(view.stage, PhotoStage)
        canvas = view.stage.canvas
        await until(lambda: not canvas.empty)
        QTest.keyClick(view, Qt.Key.Key_1)
        await until(lambda: canvas.scale == pytest.approx(1.0))
        assert view.bar.percent.text() == "100 %"
        QTest.keyClick(view, Qt.Key.Key_Plus)
        await until(lambda: canvas.scale == pytest.approx(1.25))
        QTest.keyClick(view, Qt.Key.Key_0)
        await until(lambda: canvas.fits and canvas.scale < 1)

    desk.run(story)


def test_an_unsafe_picture_is_blurred_until_asked_for(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.PHOTO, safety="explicit"), row(2, Kind.PHOTO, safety="suggestive")])
        desk.library.pictures = dict.fromkeys((1, 2), picture)
        view = await scene.open()
        assert isinstance(view.stage, PhotoStage)
        assert view.stage.canvas.veil
        assert view.shade.isVisible()
        view.unveil()
        assert not view.stage.canvas.veil
        assert not view.shade.isVisible()
        view.step(1)
        await until(lambda: view.subject is not None)
        assert not view.stage.canvas.veil  # suggestive is shown unless the setting says otherwise

    desk.run(story)


@QUIET
def test_a_film_opens_at_its_best_hit_and_plays(desk: Desk, media: Path) -> None:
    async def story() -> None:
        film = media / "video" / "flower.mp4"
        facts = Facts(fps=29.97, duration=5.05)
        scene = Scene(desk, [row(1, Kind.VIDEO, facts=facts, duration=5.05, width=960, height=540)])
        desk.library.pictures = {1: film}
        desk.library.preview = lambda number: None  # type: ignore[method-assign]
        box = Box(0.2, 0.2, 0.3, 0.1)
        scene.found[1] = found(
            text("petal", box=box, start=3.0, end=4.0),
            Finding(FindingKind.CUT, Moment(start=2.0)),
            Finding(FindingKind.VOICE, Moment(start=0.5, end=1.5)),
        )
        scene.hits[1] = (
            MomentHit(Moment(start=3.0, end=4.0, box=box), "text in the picture", "petal", ((0, 5),), 0.9),
        )
        view = await scene.open(query="petal")
        stage = view.stage
        assert isinstance(stage, FilmStage)
        await until(lambda: not stage.canvas.empty, 15)
        assert stage.player.position == pytest.approx(3.0, abs=0.1)
        assert [mark.text for mark in stage.marks.all] == ["petal"]
        assert len(stage.line.marks) == 4
        QTest.keyClick(view, Qt.Key.Key_Space)
        await until(lambda: stage.player.position > 3.2, 15)
        QTest.keyClick(view, Qt.Key.Key_Space)
        assert not stage.player.running
        QTest.keyClick(view, Qt.Key.Key_Left)
        await until(lambda: stage.player.position < 0.5, 15)
        assert not stage.marks.all  # the words are not on the screen at this second
        QTest.keyClick(view, Qt.Key.Key_F3)
        await until(lambda: stage.player.position > 2.9, 15)
        QTest.keyClick(view, Qt.Key.Key_M)
        assert stage.player.muted
        view.go_back.emit()
        assert not stage.player.active

    desk.run(story)


@QUIET
def test_a_film_that_cannot_be_played_says_so_and_shows_stills(desk: Desk, picture: Path, tmp_path: Path) -> None:
    async def story() -> None:
        bad = tmp_path / "bad.mp4"
        bad.write_bytes(b"no film" * 500)
        scene = Scene(desk, [row(1, Kind.VIDEO, duration=60.0)])
        scene.hits[1] = (MomentHit(Moment(start=30.0), "text", "word", ((0, 4),), 0.9),)
        library: Any = desk.library
        library.original = lambda number: bad
        library.render = lambda number, *, side, page=None, time=None: times.append(time) or picture
        times: list[float | None] = []
        view = await scene.open(query="word")
        await until(lambda: view.card.isVisible(), 15)
        assert view.card.text.text().endswith(".")
        assert isinstance(view.stage, FilmStage)
        await until(lambda: bool(times))
        view.next_hit(1)
        await until(lambda: times[-1] == pytest.approx(30.02))
        assert not view.stage.transport.play.isEnabled()

    desk.run(story)


def test_pages_of_a_document_are_drawn_and_hits_are_visited(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.DOCUMENT, facts=Facts(mime="application/pdf"), pages=9)])
        asked: list[tuple[int | None, int]] = []
        library: Any = desk.library
        library.render = lambda number, *, side, page=None, time=None: asked.append((page, side)) or picture
        boxes = [Box(0.1, 0.1, 0.5, 0.05), Box(0.1, 0.7, 0.5, 0.05)]
        scene.found[1] = found(
            *(text(f"word {page}", box=box, page=page, label="document") for page in (2, 7) for box in boxes)
        )
        scene.hits[1] = tuple(
            MomentHit(Moment(page=page, box=boxes[1]), f"page {page}", "word", ((0, 4),), 1 / page) for page in (7, 2)
        )
        view = await scene.open(query="word")
        stage = view.stage
        assert isinstance(stage, PaperStage)
        await until(lambda: stage.pages.page == 2 and (2, stage.pages.side_for(2)) in asked)
        assert stage.number.text() == "2"
        QTest.keyClick(view, Qt.Key.Key_F3)
        await until(lambda: stage.pages.page == 7)
        assert stage.pages.marks(7).current == 1
        QTest.keyClick(view, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
        await until(lambda: stage.pages.page == 2)
        assert view.about.moments.lines.rowCount() == 2
        view.choose_all()
        assert stage.copied() == "word 2\nword 2"

    desk.run(story)


def test_text_without_pages_is_read_as_text(desk: Desk) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.DOCUMENT, facts=Facts(mime="text/plain"), pages=1)])
        scene.found[1] = found(
            text("A tree and a house.", page=1, label="document"), text("The tree again.", page=1, label="document")
        )
        scene.hits[1] = (MomentHit(Moment(page=1), "page 1", "a tree and", ((2, 6),), 0.9),)
        view = await scene.open(query="tree")
        stage = view.stage
        assert isinstance(stage, PaperStage)
        await until(lambda: len(stage.prose.extraSelections()) == 2)
        QTest.keyClick(view, Qt.Key.Key_F3)
        assert stage.prose.textCursor().position() > 3
        view.choose_all()
        assert stage.copied().startswith("A tree and a house.\n")

    desk.run(story)


def test_a_failed_file_is_explained_and_can_be_tried_again(desk: Desk) -> None:
    async def story() -> None:
        retried: list[Any] = []
        bad = row(1, Kind.PHOTO, state="present", error="This picture is damaged.")
        bad = replace(
            bad, cell=replace(bad.cell, state="failed", error="This picture is damaged."), hint="Add another copy."
        )
        job = JobRow(
            7,
            1,
            "x.jpg",
            "probe",
            JobState.FAILED,
            0,
            0,
            1,
            "damaged",
            "This picture is damaged.",
            "Add another copy.",
            0.0,
        )
        scene = Scene(desk, [replace(bad, jobs=(job,))])
        library: Any = desk.library
        library.retry = lambda ids=None: retried.append(ids) or 1
        view = await scene.open()
        await until(lambda: view.blank.title.text() == "This picture is damaged.")
        assert view.stage is None
        assert view.blank.text.text() == "Add another copy."
        view._again.click()
        await until(lambda: retried == [[7]])

    desk.run(story)


@pytest.mark.parametrize(("state", "word"), [("offline", "not connected"), ("missing", "not there any more")])
def test_a_file_out_of_reach_shows_its_preview_and_says_why(desk: Desk, picture: Path, state: str, word: str) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.VIDEO, state=state), row(2, Kind.AUDIO, state=state)])
        library: Any = desk.library
        library.preview = lambda number: picture if number == 1 else None
        view = await scene.open()
        await until(lambda: isinstance(view.stage, PhotoStage))
        assert word in view.card.text.text()
        assert view.card.isVisible()
        view.step(1)
        await until(lambda: view.stage is None and word in view.blank.title.text())

    desk.run(story)


def test_a_picture_that_cannot_be_drawn_says_why(desk: Desk) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.PHOTO)])
        library: Any = desk.library

        def broken(number: int, **_: Any) -> Path:
            raise DamagedFile("The end of this picture is missing.", hint="Copy it again.")

        library.render = broken
        view = await scene.open()
        await until(lambda: view.card.isVisible())
        assert view.card.text.text() == "The end of this picture is missing."
        assert view.card.hint.text() == "Copy it again."

    desk.run(story)


def test_newer_findings_appear_without_losing_the_place(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.PHOTO, width=2000, height=1500)])
        desk.library.pictures = {1: picture}
        view = await scene.open()
        assert isinstance(view.stage, PhotoStage)
        await until(lambda: not view.stage.canvas.empty)  # type: ignore[union-attr]
        view.full()
        await until(lambda: view.stage.canvas.scale == pytest.approx(1.0))  # type: ignore[union-attr]
        scene.found[1] = found(text("new", box=Box(0.1, 0.1, 0.2, 0.1)))
        desk.library.tell("findings", assets=[1])
        await until(lambda: len(view.stage.marks.all) == 1)  # type: ignore[union-attr]
        assert view.stage.canvas.scale == pytest.approx(1.0)
        assert view.about.texts.lines.rowCount() == 1

    desk.run(story)


def test_stars_and_tags_are_given_in_the_panel(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.PHOTO)])
        desk.library.pictures = {1: picture}
        view = await scene.open()
        view.about.stars.rated.emit(4)
        view.about.tags.added.emit("sea")
        await until(lambda: ("rate", (1,), 4) in desk.library.calls and ("tag", (1,), "sea") in desk.library.calls)

    desk.run(story)


def test_leafing_quickly_draws_only_where_it_rests(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(n, Kind.PHOTO) for n in range(1, 41)])
        drawn: list[int] = []
        library: Any = desk.library
        library.render = lambda number, **_: drawn.append(number) or picture
        library.preview = lambda number: picture
        view = await scene.open()
        for _ in range(39):
            QTest.keyClick(view, Qt.Key.Key_Right)
            await asyncio.sleep(0.002)
        await until(lambda: 40 in drawn)
        assert len(drawn) < 20

    desk.run(story)


def test_the_panel_makes_room_in_a_narrow_window(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        scene = Scene(desk, [row(1, Kind.PHOTO, name="a very long name " * 12 + ".jpg")])
        desk.library.pictures = {1: picture}
        view = await scene.open()
        await until(lambda: view.bar.name.whole.endswith(".jpg"))
        assert view.width() <= 800
        QTest.keyClick(view, Qt.Key.Key_I)
        assert not view.about.isVisible()
        QTest.keyClick(view, Qt.Key.Key_I)
        assert view.about.isVisible() == (view.width() >= 680)

    desk.run(story, size=(800, 560))


def test_boxes_of_a_film_show_while_their_words_are_there() -> None:
    box = Box(0.1, 0.1, 0.2, 0.1)
    subject = arranged(
        row(1, Kind.VIDEO), found(text("a", box=box, start=1.0, end=2.0), text("b", box=box, start=5.0)), (), ""
    )
    assert [mark.text for mark in at_time(subject.spans, 1.5)] == ["a"]
    assert [mark.text for mark in at_time(subject.spans, 6.0)] == ["b"]
    assert at_time(subject.spans, 3.0) == ()
    assert subject.best is None


def test_every_state_has_a_stage_or_a_sentence() -> None:
    for kind in Kind:
        for state in ("present", "offline", "missing"):
            for preview in (True, False):
                found_ = standing(arranged(row(1, kind, state=state), [], (), ""), preview=preview)
                assert found_.stage or found_.text


@pytest.mark.slow
@QUIET
def test_real_files_in_a_real_library(tmp_path: Path, media: Path, look: Any, loop: Any) -> None:
    """Pages, a photo and a film of the media folder, read by the real engine."""
    from desktop.operations import Operations
    from desktop.workers.bridge import Bridge
    from engine.library import Library

    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("text/en_phototest.tif", "documents/white_paper.pdf", "video/flower.mp4"):
        shutil.copy(media / name, folder)

    async def story() -> None:
        library = await asyncio.to_thread(Library.open, tmp_path / "library")
        ops = Operations(library)
        bridge = Bridge(library.subscribe)
        view = ViewerView(ops, bridge, look)
        try:
            await asyncio.to_thread(lambda: list(library.add([folder], watch=False)))
            assert await asyncio.to_thread(library.wait_idle, 120)
            ids = {one.name: one.id for one in library.cells(library.listing().ids)}
            view.resize(1000, 700)
            view.show()
            view.open([ids["en_phototest.tif"]], 0, "lazy")
            await until(lambda: isinstance(view.stage, PhotoStage) and view.stage.canvas.side == 640, 30)
            assert isinstance(view.stage, PhotoStage)
            assert any(mark.hit and "lazy" in mark.text for mark in view.stage.marks.all)
            view.open([ids["white_paper.pdf"]], 0, "cloud")
            await until(lambda: isinstance(view.stage, PaperStage) and bool(view.stage.pages._pictures), 60)
            assert view.subject is not None
            assert view.subject.hits[0].moment.page is not None
            view.open([ids["flower.mp4"]], 0)
            await until(lambda: isinstance(view.stage, FilmStage) and not view.stage.canvas.empty, 30)
        finally:
            view.hidden()
            view.close_view()
            view.deleteLater()
            bridge.close()
            await ops.close()
            await asyncio.to_thread(library.close)

    loop.run_until_complete(story())
