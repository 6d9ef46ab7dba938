"""Films and recordings in the viewer: frame by frame, peeking, cuts, in and out points, clips, the wave."""

import asyncio
from array import array
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.look.grid.stacks import picture_of
from desktop.views.parts.about import CLIPS
from desktop.views.parts.film import FilmStage
from desktop.views.parts.saving import with_ending
from desktop.views.parts.times import exact, seconds
from desktop.views.viewer import ViewerView
from engine.model import Facts, Finding, FindingKind, Kind, Moment, MomentHit
from engine.model.film import FrameTimes, Peaks
from tests.desktop.conftest import Desk, until
from tests.desktop.test_viewer import QUIET, Scene, found, row

WAIT = 15.0


def truth(path: Path) -> tuple[FrameTimes, float]:
    """The frames of a film as FFmpeg decodes them, and its length."""
    import av

    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        base, rate = stream.time_base, stream.average_rate
        shown = [frame.pts for frame in opened.decode(stream) if frame.pts is not None]
        assert base is not None
        assert rate is not None
        return FrameTimes(array("q", shown), Fraction(base), Fraction(rate)), float(shown[-1] * base) + 1 / float(rate)


def uneven(path: Path) -> Path:
    """A film whose frames last between 20 and 180 milliseconds; each has its own grey."""
    import av

    with av.open(str(path), "w", format="matroska") as made:
        stream = made.add_stream("mpeg4", rate=25, options={"g": "8"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        at = 0
        for number in range(90):
            grey = np.full((64, 96, 3), 40 + number * 2, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, "rgb24")
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            at += (20, 40, 40, 180, 60)[number % 5]
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path


async def opened(desk: Desk, film: Path, *findings: Finding, hits: tuple[MomentHit, ...] = ()) -> ViewerView:
    """Open a film whose frames are known to the library."""
    times, length = truth(film)
    facts = Facts(fps=round(float(times.rate or 25), 3), duration=length)
    scene = Scene(desk, [row(1, Kind.VIDEO, facts=facts, duration=length, width=320, height=180, path=film)])
    desk.library.pictures = {1: film}
    desk.library.preview = lambda number: None  # type: ignore[method-assign]
    desk.library.measures.frame_times[1] = times
    scene.found[1] = found(*findings)
    scene.hits[1] = hits
    view = await scene.open(query="x" if hits else "")
    stage = view.stage
    assert isinstance(stage, FilmStage)
    await until(lambda: not stage.canvas.empty and view.about.clips.isEnabled(), WAIT)
    return view


def hover(widget: QWidget, point: QPoint) -> None:
    """Move the mouse there. (`QTest.mouseMove` turns the loop inside of a task, which then never ends.)"""
    none, place = Qt.MouseButton.NoButton, QPointF(point)
    globally = QPointF(widget.mapToGlobal(point))
    QApplication.sendEvent(
        widget, QMouseEvent(QEvent.Type.MouseMove, place, globally, none, none, Qt.KeyboardModifier.NoModifier)
    )


def stage_of(view: ViewerView) -> FilmStage:
    assert isinstance(view.stage, FilmStage)
    return view.stage


@QUIET
@pytest.mark.parametrize(
    "name", ["video/asl_yes.mkv", "video/flower.webm", "video_made/cuts_and_jfk.mp4", "video_made/rotated_meta.mp4", ""]
)
def test_fifty_presses_are_fifty_frames(desk: Desk, media: Path, tmp_path: Path, name: str) -> None:
    film = media / name if name else uneven(tmp_path / "uneven.mkv")

    async def story() -> None:
        view = await opened(desk, film)
        stage = stage_of(view)
        times = desk.library.measures.frame_times[1]

        async def shows(number: int) -> None:
            await until(
                lambda: (
                    stage.player.shown is not None
                    and stage.player.shown == pytest.approx(times.second(number), abs=2e-3)
                ),
                WAIT,
            )
            assert stage.steps.number(stage.line.value() / 1000) == number

        for _ in range(50):
            QTest.keyClick(view, Qt.Key.Key_Period)
        assert not stage.player.running
        await until(lambda: stage.steps.target == 50, WAIT)
        await shows(50)
        assert stage.transport.code.text().endswith("frame 50")
        for _ in range(20):
            QTest.keyClick(view, Qt.Key.Key_Comma)
        await shows(30)
        QTest.keyClick(view, Qt.Key.Key_Period, Qt.KeyboardModifier.ShiftModifier)
        await shows(40)
        for _ in range(60):
            QTest.keyClick(view, Qt.Key.Key_Comma)
        await shows(0)
        QTest.mouseClick(stage.transport.on, Qt.MouseButton.LeftButton)
        await shows(1)

    desk.run(story)


@QUIET
def test_steps_go_on_from_where_it_was_paused(desk: Desk, media: Path) -> None:
    async def story() -> None:
        view = await opened(desk, media / "video_made" / "cuts_and_jfk.mp4")
        stage = stage_of(view)
        times = desk.library.measures.frame_times[1]
        await until(lambda: stage.steps.times is not None, WAIT)
        QTest.keyClick(view, Qt.Key.Key_Space)
        await until(lambda: stage.player.position > 0.5, WAIT)
        QTest.keyClick(view, Qt.Key.Key_Space)
        await asyncio.sleep(0.1)
        here = times.at(stage.second)
        QTest.keyClick(view, Qt.Key.Key_Period)
        assert stage.steps.target == here + 1
        stage.seek(4.02)
        assert stage.steps.target is None
        QTest.keyClick(view, Qt.Key.Key_Period, Qt.KeyboardModifier.AltModifier)
        await until(lambda: stage.steps.target is not None, WAIT)
        assert stage.steps.target in (125, 126)  # a second of 25 frames further

    desk.run(story)


@QUIET
def test_a_film_without_times_is_stepped_as_well_as_the_player_can(desk: Desk, media: Path) -> None:
    async def story() -> None:
        view = await opened(desk, media / "video" / "flower.mp4")
        stage = stage_of(view)
        desk.library.measures.frame_times.clear()
        stage.steps.begin(view.subject)  # type: ignore[arg-type]
        QTest.keyClick(view, Qt.Key.Key_Period)
        QTest.keyClick(view, Qt.Key.Key_Period)
        await until(lambda: stage.player.position == pytest.approx(2 / 29.97, abs=0.02), WAIT)
        assert "frame" not in stage.transport.code.text()

    desk.run(story)


@QUIET
def test_cuts_are_gone_to(desk: Desk, media: Path) -> None:
    async def story() -> None:
        cuts = [Finding(FindingKind.CUT, Moment(start=second)) for second in (2.0, 4.0, 6.0)]
        view = await opened(desk, media / "video_made" / "cuts_and_jfk.mp4", *cuts)
        stage = stage_of(view)
        await until(lambda: stage.steps.times is not None and len(stage.line.marks) == 3, WAIT)
        for key, frame in ((Qt.Key.Key_BracketRight, 50), (Qt.Key.Key_BracketRight, 100), (Qt.Key.Key_BracketLeft, 50)):
            QTest.keyClick(view, key)
            assert stage.steps.target == frame
        QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
        assert stage.steps.target == 100

    desk.run(story)


@QUIET
def test_a_clip_is_marked_added_named_ordered_and_taken_out(desk: Desk, media: Path) -> None:
    async def story() -> None:
        view = await opened(desk, media / "video_made" / "cuts_and_jfk.mp4")
        stage, clips = stage_of(view), desk.library.clips
        await until(lambda: stage.steps.times is not None, WAIT)
        assert not stage.transport.clip.isEnabled()
        stage.steps.show(25)
        QTest.keyClick(view, Qt.Key.Key_I)
        stage.steps.show(49)
        QTest.keyClick(view, Qt.Key.Key_O)
        assert (stage.cutting.start, stage.cutting.end) == (1.0, 2.0)  # the frame that is shown belongs to the clip
        assert view.bar.panel.isChecked()  # in films I is the in point, and P the panel
        QTest.mouseClick(stage.transport.clip, Qt.MouseButton.LeftButton)
        await until(lambda: [clip.moment for clip in clips.known] == [Moment(1.0, 2.0)], WAIT)
        assert stage.cutting.span(14) is None
        stage.steps.show(75)
        QTest.keyClick(view, Qt.Key.Key_N)
        await until(lambda: len(clips.known) == 2, WAIT)
        assert clips.known[1].is_mark
        panel = view.about.clips
        view.about.tabs.setCurrentIndex(CLIPS)
        await until(lambda: panel.rows.count() == 2, WAIT)
        assert [mark.sort for mark in stage.line._clips] == ["clip", "flag"]
        panel.choose(1)
        panel.name.setFocus()
        QTest.keyClicks(panel.name, "the stone")
        QTest.keyClick(panel.name, Qt.Key.Key_Return)
        await until(lambda: clips.known[0].name == "the stone", WAIT)
        panel.end.setFocus()
        panel.end.selectAll()
        QTest.keyClicks(panel.end, "0:02.500")
        QTest.keyClick(panel.end, Qt.Key.Key_Return)
        await until(lambda: clips.known[0].moment == Moment(1.0, 2.5), WAIT)
        await until(lambda: panel.rows.item(0).text() == "the stone", WAIT)
        panel.rows.setFocus()
        QTest.keyClick(panel.rows, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        await until(lambda: [clip.id for clip in clips.known] == [2, 1], WAIT)
        await until(lambda: panel.rows.item(1).text() == "the stone" and panel.chosen != [], WAIT)
        QTest.keyClick(panel.rows, Qt.Key.Key_Delete)
        await until(lambda: [clip.id for clip in clips.known] == [2], WAIT)
        assert "reject" not in str(desk.library.calls)

    desk.run(story)


@QUIET
def test_a_hit_a_sentence_or_a_shot_becomes_a_clip_by_one_key(desk: Desk, media: Path) -> None:
    async def story() -> None:
        words = Finding(FindingKind.TEXT, Moment(1.0, 3.0), "ask not what your country can do", "speech", 0.9)
        cut = Finding(FindingKind.CUT, Moment(start=6.0))
        hit = MomentHit(Moment(4.0, 5.0), "speech at 0:04", "a harbour", ((2, 9),), 0.9)
        view = await opened(desk, media / "video_made" / "cuts_and_jfk.mp4", words, cut, hits=(hit,))
        stage, clips = stage_of(view), desk.library.clips
        for second, moment, name in (
            (4.5, Moment(4.0, 5.0), "a harbour"),
            (2.0, Moment(1.0, 3.0), "ask not what your country can do"),
            (8.0, Moment(6.0, stage.length), ""),
        ):
            await until(lambda: stage.player.position > 0 or stage.player.shown is not None, WAIT)
            stage.seek(second)
            await until(lambda second=second: abs(stage.second - second) < 0.1, WAIT)
            count = len(clips.known)
            QTest.keyClick(view, Qt.Key.Key_C)
            await until(lambda count=count: len(clips.known) == count + 1, WAIT)
            assert (clips.known[-1].moment, clips.known[-1].name) == (moment, name)

    desk.run(story)


@QUIET
def test_the_mouse_over_the_time_line_shows_frames_and_waits_until_it_rests(
    desk: Desk, media: Path, picture: Path
) -> None:
    async def story() -> None:
        view = await opened(desk, media / "video_made" / "cuts_and_jfk.mp4")
        stage = stage_of(view)
        asked: list[float] = []

        def render(asset: int, *, side: int, page: int | None = None, time: float | None = None) -> Path:
            asked.append(time or 0.0)
            return picture

        desk.library.render = render  # type: ignore[method-assign, assignment]
        line = stage.line
        for second in (1.0, 2.0, 3.0, 4.0):
            hover(line, QPoint(round(line.x_of(second)), 20))
        await until(lambda: stage.peek.image is not None, WAIT)
        assert stage.peek.isVisible()
        assert len(asked) == 1  # the mouse went over the others
        assert asked[0] == pytest.approx(4.0, abs=0.2)
        assert stage.peek.text.startswith("00:00:0")
        assert stage.rect().contains(stage.peek.geometry())
        QApplication.sendEvent(line, QEvent(QEvent.Type.Leave))
        assert not stage.peek.isVisible()
        stage.peek.blurred = True
        hover(line, QPoint(round(line.x_of(9.0)), 20))
        await asyncio.sleep(0.2)
        assert len(asked) == 1  # of a blurred film no frame is shown

    desk.run(story)


@QUIET
def test_the_wave_of_a_recording_is_drawn_zoomed_and_gone_to(desk: Desk, media: Path) -> None:
    async def story() -> None:
        sound = media / "audio" / "en_stereo_two_talkers.wav"
        scene = Scene(desk, [row(1, Kind.AUDIO, facts=Facts(duration=5.0), duration=5.0, path=sound)])
        desk.library.pictures = {1: sound}
        desk.library.preview = lambda number: None  # type: ignore[method-assign]
        rng = np.random.default_rng(1)
        desk.library.measures.waves[1] = Peaks(200.0, rng.integers(-100, 100, (1000, 2, 2)).astype(np.int8))
        view = await scene.open()
        stage = stage_of(view)
        wave = stage.wave
        await until(lambda: wave._peaks is not None and stage.player.duration > 0, WAIT)
        assert wave.isVisible()
        assert not stage.canvas.isVisible()
        assert not stage.transport.back.isVisible()
        assert wave.shown[1] == pytest.approx(5.0, abs=0.1)
        picture = wave.grab().toImage()
        accent = desk.look.colour("accent").rgb()
        assert any(picture.pixel(x, picture.height() // 4) == accent for x in range(20, picture.width() - 20))
        QTest.mouseClick(wave, Qt.MouseButton.LeftButton, pos=QPoint(wave.width() // 2, 40))
        await until(lambda: stage.player.position == pytest.approx(2.5, abs=0.1), WAIT)
        QTest.keyClick(view, Qt.Key.Key_Plus)
        begin, end = wave.shown
        assert end - begin < 5.0
        assert begin < 2.5 < end
        QTest.keyClick(view, Qt.Key.Key_0)
        assert wave.shown[0] == 0.0
        QTest.keyClick(view, Qt.Key.Key_I)
        stage.seek(4.0)
        QTest.keyClick(view, Qt.Key.Key_O)
        QTest.keyClick(view, Qt.Key.Key_C)
        await until(lambda: len(desk.library.clips.known) == 1, WAIT)
        assert desk.library.clips.known[0].moment.start == pytest.approx(2.5, abs=0.1)

    desk.run(story)


@QUIET
def test_clips_of_all_files_lead_to_their_file_and_are_exported(
    desk: Desk, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        film = media / "video_made" / "cuts_and_jfk.mp4"
        facts = Facts(fps=25.0, duration=14.0)
        scene = Scene(desk, [row(n, Kind.VIDEO, facts=facts, duration=14.0, path=film) for n in (1, 2)])
        desk.library.pictures = {1: film, 2: film}
        desk.library.preview = lambda number: None  # type: ignore[method-assign]
        desk.library.clips.add_all([(1, Moment(1, 2), "one"), (2, Moment(3, 4), "two")])
        view = await scene.open()
        panel = view.about.clips
        await until(lambda: panel.rows.count() == 1, WAIT)
        panel.scope.setCurrentIndex(1)
        assert panel.rows.count() == 2
        view.about.tabs.setCurrentIndex(CLIPS)
        rect = panel.rows.visualItemRect(panel.rows.item(1))
        QTest.mouseClick(panel.rows.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
        await until(lambda: view.asset == 2 and isinstance(view.stage, FilmStage) and not view.stage.canvas.empty, WAIT)
        await until(lambda: stage_of(view).player.position == pytest.approx(3.0, abs=0.1), WAIT)
        chosen: list[Any] = []

        def ask(parent: Any, title: str, name: str, forms: Any, then: Any) -> None:
            chosen.append((title, [ending for ending, _ in forms]))
            then(tmp_path / "cut.fcpxml")

        monkeypatch.setattr("desktop.views.parts.clipping.ask_target", ask)
        panel.rows.clearSelection()
        QTest.mouseClick(panel.export, Qt.MouseButton.LeftButton)
        await until(lambda: any(call[0] == "write_list" for call in desk.library.calls), WAIT)
        assert chosen == [("Export clips", ["edl", "fcpxml", "csv"])]
        assert ("write_list", tmp_path / "cut.fcpxml", None, [1, 2]) in desk.library.calls

    desk.run(story)


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("75.5", 75.5),
        ("1:15.5", 75.5),
        ("1:02:03", 3723.0),
        ("0:01,250", 1.25),
        ("x", None),
        ("1:75", None),
        ("", None),
    ],
)
def test_times_are_read_and_written(text: str, second: float | None) -> None:
    assert seconds(text) == second
    if second is not None:
        assert seconds(exact(second)) == second


def test_a_file_ends_as_its_form_does(tmp_path: Path) -> None:
    forms = (("srt", "Subtitles (*.srt)"), ("vtt", "Web (*.vtt)"))
    assert with_ending(tmp_path / "talk", "vtt", forms).name == "talk.vtt"
    assert with_ending(tmp_path / "talk.vtt", "srt", forms).name == "talk.vtt"
    assert with_ending(tmp_path / "talk.v2", None, forms).name == "talk.v2.srt"


def test_the_mouse_over_a_film_in_the_grid_shows_its_frames(desk: Desk, picture: Path) -> None:
    asked: list[tuple[int, float]] = []

    def render(asset: int, *, side: int, page: int | None = None, time: float | None = None) -> Path:
        asked.append((asset, time or 0.0))
        return picture

    async def story() -> None:
        view = await desk.listed()
        grid = view.grid
        await until(lambda: grid.cell_at(0) is not None)
        films = [number for number in range(20) if (one := grid.cell_at(number)) and one.kind is Kind.VIDEO]
        row_, cell_ = films[0], grid.cell_at(films[0])
        assert cell_ is not None
        rect = picture_of(grid, row_)
        for share in (0.1, 0.5, 0.9):
            hover(grid.viewport(), QPoint(round(rect.left() + share * rect.width()), rect.center().y()))
            assert grid.pointer.second == pytest.approx(share * 72.0, abs=4)
        await until(lambda: any(asset == cell_.id and time > 60 for asset, time in asked))
        count = len(asked)
        hover(grid.viewport(), QPoint(picture_of(grid, films[0] + 1).center()))
        assert grid.pointer.second is None
        await asyncio.sleep(0.1)
        assert len(asked) <= count + 1

    for number in range(1, 61):
        desk.library.changes[number] = {"preview": True}
    desk.library.render = render  # type: ignore[method-assign, assignment]
    desk.library.preview = lambda number: picture  # type: ignore[method-assign]
    desk.run(story)
