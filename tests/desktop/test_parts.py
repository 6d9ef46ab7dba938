"""Parts of the viewer: boxes, canvas, time line, pages, scripts, players; each on its own."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtMultimedia import QVideoFrame, QVideoFrameFormat
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.look.look import Look
from desktop.look.veil import is_blurred
from desktop.look.words import when
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.facts import pixels
from desktop.views.parts.frames import image_of
from desktop.views.parts.order import in_order
from desktop.views.parts.overlays import Layer, Mark, Marks
from desktop.views.parts.pages import Pages
from desktop.views.parts.picture import Picture, load
from desktop.views.parts.player import Player
from desktop.views.parts.prose import Prose
from desktop.views.parts.script import write
from desktop.views.parts.sheets import GAP, Sheets
from desktop.views.parts.subject import Line, at_time
from desktop.views.parts.timeline import Sort, TimeLine, TimeMark
from engine.errors import DamagedFile
from engine.model import Box, Moment, MomentHit

# What the machine lacks (a sound server, a graphics card) is said by Qt as a warning.
QUIET = pytest.mark.qt_log_ignore(
    "qt.multimedia", "PulseAudio", "QRhi", "Could not open", "Failed to", "No HW", extend=True
)


def picture(width: int = 800, height: int = 600, colour: str = "red") -> Picture:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return Picture((image,))


def mark(x: float, y: float, text: str, *, w: float = 0.2, h: float = 0.05, **more: object) -> Mark:
    return Mark(Box(x, y, w, h), text, **more)  # type: ignore[arg-type]


# --- boxes


def test_words_are_copied_in_reading_order() -> None:
    found = [mark(0.5, 0.1, "world"), mark(0.1, 0.2, "again"), mark(0.1, 0.11, "hello")]
    assert in_order(found) == "hello world\nagain"


def test_columns_are_read_one_after_the_other_under_their_heading() -> None:
    left = [mark(0.05, 0.3 + i * 0.06, f"l{i}", w=0.4) for i in range(4)]
    right = [mark(0.55, 0.3 + i * 0.06, f"r{i}", w=0.4) for i in range(4)]
    text = in_order([*right, mark(0.05, 0.1, "heading", w=0.9), *left])
    assert text.split() == ["heading", "l0", "l1", "l2", "l3", "r0", "r1", "r2", "r3"]


def test_blocks_of_a_document_keep_their_own_order() -> None:
    assert in_order([mark(0, 0, "second", order=2), mark(0, 0.5, "first", order=1)]) == "first\nsecond"


def test_boxes_are_found_only_on_layers_that_are_on() -> None:
    marks, area = Marks(), QRectF(0, 0, 100, 100)
    marks.put([mark(0.1, 0.1, "line"), mark(0.6, 0.1, "hit", hit=True), mark(0.1, 0.6, "part", layer=Layer.SAFETY)])
    assert marks.at(QPointF(12, 12), area) is None
    assert marks.at(QPointF(62, 12), area) == 1  # what the query found is always shown
    marks.shown = {Layer.TEXT}
    assert marks.at(QPointF(12, 12), area) == 0
    assert marks.within(QRectF(0, 0, 100, 100), area) == {0, 1}
    assert marks.find(Box(0.1001, 0.1, 0.2, 0.05)) == 0
    assert marks.find(Box(0.4, 0.4, 0.2, 0.05)) is None


# --- canvas


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas(Marks())
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.begin(800, 600)
    made.put(picture(384, 288))
    return made


def test_zoom_keeps_the_point_under_the_mouse(canvas: Canvas, qtbot: QtBot) -> None:
    assert canvas.scale == pytest.approx(0.5)
    point = QPointF(300, 100)
    before = (point - canvas.area().topLeft()) / canvas.area().width()
    canvas.zoom(4, point)
    qtbot.waitUntil(lambda: canvas.scale == pytest.approx(2.0))
    after = (point - canvas.area().topLeft()) / canvas.area().width()
    assert (after - before).manhattanLength() < 0.002


def test_double_click_goes_between_the_whole_and_every_pixel(canvas: Canvas, qtbot: QtBot) -> None:
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.waitUntil(lambda: canvas.scale == pytest.approx(1.0))
    assert not canvas.fits
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.waitUntil(lambda: canvas.scale == pytest.approx(0.5))
    assert canvas.fits


def test_a_coarser_copy_never_replaces_a_finer_one(canvas: Canvas) -> None:
    canvas.put(picture(800, 600, "green"))
    canvas.put(picture(384, 288, "blue"))
    assert canvas.side == 800


def test_the_old_picture_stays_until_the_next_one_is_here(canvas: Canvas) -> None:
    canvas.begin(400, 400)
    assert canvas.grab().toImage().pixelColor(200, 150) == QColor("red")
    canvas.put(picture(400, 400, "blue"))
    assert canvas.grab().toImage().pixelColor(200, 150) == QColor("blue")


def test_a_finer_copy_is_wished_for_once(canvas: Canvas, qtbot: QtBot) -> None:
    wished: list[int] = []
    canvas.finer.connect(wished.append)
    canvas.full()
    qtbot.waitUntil(lambda: canvas.scale == pytest.approx(1.0))
    assert wished[-1] == 800
    assert len(wished) == len(set(wished))


def test_a_blurred_picture_shows_no_edges_and_no_boxes(canvas: Canvas) -> None:
    image = QImage(800, 600, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    for x in range(0, 800, 2):
        for y in range(600):
            image.setPixel(x, y, 0)
    canvas.put(Picture((image,)))
    canvas.hide_behind(True)
    grey = canvas.grab().toImage()
    shades = {grey.pixelColor(x, 150).red() for x in range(100, 300)}
    assert max(shades) - min(shades) < 40


def test_boxes_are_chosen_with_a_band_and_with_a_click(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.marks.put([mark(0.1, 0.1, "one"), mark(0.1, 0.3, "two"), mark(0.1, 0.8, "three")])
    canvas.marks.shown = {Layer.TEXT}
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, QPoint(10, 10))
    QTest.mouseMove(canvas, QPoint(100, 120))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, QPoint(100, 120))
    assert canvas.marks.copied() == "one\ntwo"
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, QPoint(60, 245))
    assert canvas.marks.copied() == "one\ntwo\nthree"
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(60, 245))
    assert canvas.marks.copied() == "three"
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(350, 200))
    assert canvas.marks.copied() == ""


def test_dragging_moves_a_large_picture_and_never_past_its_edge(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.zoom(8)
    qtbot.waitUntil(lambda: canvas.scale == pytest.approx(4.0))
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    for step in range(1, 30):
        QTest.mouseMove(canvas, QPoint(10 + step * 120, 10))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(390, 10))
    assert canvas.area().left() == pytest.approx(0, abs=1)


def test_two_canvases_show_the_same_part(canvas: Canvas, qtbot: QtBot) -> None:
    other = Canvas(Marks())
    qtbot.addWidget(other)
    other.resize(400, 300)
    other.begin(1600, 1200)
    other.put(picture(384, 288))
    canvas.viewed.connect(other.view_as)
    canvas.zoom(3, QPointF(0, 0))
    qtbot.waitUntil(lambda: canvas.scale == pytest.approx(1.5))
    assert other.area().width() == pytest.approx(canvas.area().width(), rel=0.01)
    assert other.area().left() == pytest.approx(canvas.area().left(), abs=1)


def test_smaller_copies_are_read_too(tmp_path: Path, qapp: object) -> None:
    path = tmp_path / "large.jpg"
    assert picture(2048, 1000).levels[0].save(str(path), "JPG")
    found = load(path)
    assert [level.width() for level in found.levels] == [2048, 1024, 512]
    assert found.level(600).width() == 1024
    assert found.level(9000).width() == 2048


def test_a_picture_that_is_none_is_told_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(DamagedFile):
        load(path)


# --- time line


def test_time_line_finds_marks_and_seeks(qtbot: QtBot, look: Look) -> None:
    line = TimeLine(look)
    qtbot.addWidget(line)
    line.resize(520, 40)
    line.put(100, [TimeMark(Sort.HIT, 50, None, "a word"), TimeMark(Sort.CUT, 51), TimeMark(Sort.VOICE, 10, 20)])
    assert line.near(line.x_of(50.4)) == TimeMark(Sort.HIT, 50, None, "a word")  # a hit before the cut beside it
    assert line.tip(line.x_of(50)) == "0:50  a word"
    assert line.tip(line.x_of(15)) == "0:10  Somebody speaks"
    assert line.tip(line.x_of(80)) == "1:20"
    sought: list[float] = []
    line.sought.connect(sought.append)
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.x_of(50)) + 3, 20))
    assert sought == [50.0]  # exactly at the moment, not where the mouse was
    line.show_position(70)
    assert sought == [50.0]
    assert line.value() == 70_000
    assert not line.grab().isNull()


def test_ten_thousand_marks_are_drawn_quickly(qtbot: QtBot, look: Look) -> None:
    line = TimeLine(look)
    qtbot.addWidget(line)
    line.resize(800, 40)
    line.put(3600, [TimeMark(Sort.TEXT, i * 0.36, None, "x") for i in range(10_000)])
    assert not line.grab().isNull()


# --- documents


def test_pages_lie_under_each_other_and_keep_their_place() -> None:
    sheets = Sheets()
    sheets.begin(3, 1.0)
    sheets.set_width(100)
    assert sheets.rect(1).top() == pytest.approx(2 * GAP + 100)
    assert sheets.at(GAP + 50) == 0
    assert list(sheets.between(0, 130)) == [0, 1]
    assert sheets.set_ratio(0, 2.0)
    assert sheets.rect(1).top() == pytest.approx(2 * GAP + 200)
    assert not sheets.set_ratio(9, 2.0)


def test_pages_ask_for_what_shows_and_go_to_a_box(qtbot: QtBot, look: Look) -> None:
    pages = Pages(look)
    qtbot.addWidget(pages)
    pages.resize(600, 500)
    pages.show()
    wished: list[list[int]] = []
    turned: list[int] = []
    pages.wanted.connect(wished.append)
    pages.turned.connect(turned.append)
    pages.begin(40, {30: (mark(0.1, 0.9, "end", hit=True, order=0),)})
    assert turned == [1]
    assert wished[-1][0] == 1
    assert max(wished[-1]) <= 3
    pages.go(Moment(page=30, box=Box(0.1, 0.9, 0.2, 0.05)))
    assert turned[-1] == 30
    assert 30 in wished[-1]
    place = pages.place(30)
    assert 0 < place.top() + 0.9 * place.height() < 500
    assert pages.marks(30).current == 0
    pages.put(30, picture(800, 1131), 1024)
    assert pages.place(30).height() == pytest.approx(pages.place(30).width() * 1131 / 800, rel=0.01)
    pages.marks(30).choose_all()
    assert pages.copied() == "end"
    pages.release()
    assert pages.copied() == ""


def test_a_script_finds_whole_words_and_counts_as_qt_does(qtbot: QtBot, look: Look) -> None:
    lines = [Line("😀 other the", Moment(page=1), "document"), Line("日本語の本", Moment(page=2), "document")]
    hits = [
        MomentHit(Moment(page=1), "page 1", "the", ((0, 3),), 1.0),
        MomentHit(Moment(page=2), "page 2", "本", ((0, 1),), 1.0),
    ]
    script = write(lines, hits)
    prose = Prose(look)
    qtbot.addWidget(prose)
    with qtbot.waitSignal(prose.filled):
        prose.begin(script)
    found = [selection.cursor.selectedText() for selection in prose.extraSelections()]  # type: ignore[attr-defined]
    assert found == ["the", "本", "本"]
    assert prose.step(1) == Moment(page=1)
    assert prose.step(1) == Moment(page=2)
    assert prose.step(-1) == Moment(page=1)
    assert prose.step(-1) == Moment(page=2)  # around the ends
    prose.release()


def test_a_long_text_is_cut_and_says_so() -> None:
    script = write([Line("word " * 100_000, Moment(page=1), "document") for _ in range(10)], [])
    assert script.slices[-1].endswith("read the rest. —")
    assert sum(map(len, script.slices)) < 4_000_000


# --- films


@QUIET
@pytest.mark.parametrize("size", [(640, 360), (3840, 2160)])
def test_frames_keep_their_colours_when_sampled(qapp: object, size: tuple[int, int]) -> None:
    frame = QVideoFrame(QVideoFrameFormat(QSize(*size), QVideoFrameFormat.PixelFormat.Format_YUV420P))
    assert frame.map(QVideoFrame.MapMode.WriteOnly)
    for plane, value in enumerate((81, 90, 240)):  # red in BT.601
        bits = frame.bits(plane)
        bits[:] = bytes([value]) * len(bits)
    frame.unmap()
    image = image_of(frame)
    assert max(image.width(), image.height()) <= 1920
    colour = image.pixelColor(image.width() // 2, image.height() // 2)
    assert colour.red() > 200
    assert colour.green() < 60


@QUIET
def test_the_player_plays_seeks_and_steps(qtbot: QtBot, media: Path) -> None:
    player = Player()
    seen: list[float] = []
    player.frame.connect(lambda _image: seen.append(player.position))
    with qtbot.waitSignal(player.frame, timeout=10_000):
        player.open(media / "video" / "flower.mp4", at=2.0)
    assert player.position == pytest.approx(2.0, abs=0.1)
    assert player.duration == pytest.approx(5.05, abs=0.1)
    with qtbot.waitSignal(player.frame, timeout=10_000):
        player.step(1)
    assert player.position == pytest.approx(2.0 + 1 / 30, abs=0.05)
    player.play()
    qtbot.waitUntil(lambda: player.position > 2.3, timeout=10_000)
    assert player.running
    with qtbot.waitSignal(player.ended, timeout=10_000):
        player.seek(4.9)
    player.close()
    assert not player.active


@QUIET
def test_a_file_that_is_no_film_is_told_in_words(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"this is no film" * 100)
    player = Player()
    with qtbot.waitSignal(player.failed, timeout=10_000) as told:
        player.open(path)
    assert told.args is not None
    assert str(told.args[0]).endswith(".")
    player.close()


# --- words


def test_dates_and_pixels_are_written_as_people_do() -> None:
    assert when("2024-03-02T10:05:00+01:00") == "2 March 2024, 10:05"
    assert when("2024-03-02") == "2 March 2024"
    assert when("some day") == "some day"
    assert pixels(4000, 3000) == "4000 \u00d7 3000 · 12.0 Mpx"
    assert pixels(None, 3000) == ""


def test_blur_begins_at_the_level_of_the_setting() -> None:
    assert [is_blurred(level, "suggestive") for level in ("", "safe", "suggestive", "explicit")] == [
        False,
        False,
        True,
        True,
    ]
    assert [is_blurred(level, "explicit") for level in ("safe", "suggestive", "explicit")] == [False, False, True]
    assert not is_blurred("explicit", "never")
    assert at_time((), 3) == ()
