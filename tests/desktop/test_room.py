"""The window where there is little room, long words, or where one reads from the right."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics, QKeySequence, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLabel, QPushButton, QWidget

from desktop.look import tokens
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.models.layout import Layout, Measures
from desktop.registry import VIEWS
from desktop.shell.rail import Rail
from desktop.shell.shortcuts import Shortcuts
from desktop.views.browse.line import Line
from desktop.views.browse.menu import show_menu
from desktop.views.browse.suggest import suggest
from desktop.views.options.line import OptionLine
from desktop.views.parts.queue import _title
from desktop.views.parts.senses import Said
from desktop.views.parts.transcript import Transcript
from desktop.views.people import PeopleView
from engine import language
from engine.language import tr
from engine.model import QueueStatus
from engine.settings import Option
from tests.desktop.conftest import Desk, until


@pytest.fixture
def mirrored(qapp: QApplication) -> Iterator[None]:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.mark.parametrize(
    ("size", "density"), [((1280, 900), "roomy"), ((800, 660), "snug"), ((800, 560), "bare"), ((640, 440), "bare")]
)
def test_all_buttons_of_the_rail_fit(desk: Desk, size: tuple[int, int], density: str) -> None:
    async def story() -> None:
        await asyncio.sleep(0.05)
        rail = desk.window.rail
        assert rail.density == density
        buttons = [rail.button(entry.id) for entry in VIEWS if entry.place]
        for above, below in itertools.pairwise(buttons):
            assert above.geometry().bottom() < below.geometry().top()
        for button in buttons:
            assert rail.rect().contains(button.geometry())
            assert button.height() >= button.sizeHint().height()

    desk.run(story, size=size)


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_no_title_of_the_rail_is_cut(look: Look, code: str) -> None:
    language.use(code)
    try:
        rail = Rail(look)
        for entry in VIEWS:
            if entry.place:
                rail.add(entry.id, tr(entry.title), entry.icon, "")
        rail.resize(rail.width(), 700)
        font = look.font(11, bold=True)
        for entry in VIEWS:
            if entry.place:
                made = rail.button(entry.id)
                assert QFontMetrics(font).horizontalAdvance(made.text()) <= rail.width() - 12 - 8
        rail.deleteLater()
    finally:
        language.use("en")


def test_the_rail_tells_keys_as_the_system_writes_them(desk: Desk) -> None:
    async def story() -> None:
        keys = QKeySequence("Ctrl+M").toString(QKeySequence.SequenceFormat.NativeText)
        assert desk.window.rail.button("map").toolTip() == f"Places ({keys})"

    desk.run(story)


def test_a_mirrored_layout_finds_what_it_places() -> None:
    plain = Layout(7, (("May", 0),), Measures(500, 100))
    turned = Layout(7, (("May", 0),), Measures(500, 100, mirrored=True))
    assert plain.columns == turned.columns > 2
    for row in range(7):
        one, other = plain.place(row), turned.place(row)
        assert other.x == 500 - one.x - one.w
        assert turned.at(other.x + 1, other.y + 1) == turned.at(other.x + other.w - 1, other.y + 1) == row
        assert list(turned.inside(other.x + 2, other.y + 2, other.x + 4, other.y + 4)) == [(row, row + 1)]


@pytest.mark.usefixtures("mirrored")
def test_the_grid_begins_at_the_right_and_the_arrow_to_the_left_goes_on(desk: Desk) -> None:
    async def story() -> None:
        grid = (await desk.listed()).grid
        grid.relayout()
        assert grid.place_of(0).left() > grid.place_of(1).left()
        grid.select_row(0)
        grid.setFocus()
        QTest.keyClick(grid, Qt.Key.Key_Left)
        assert grid.current == 1
        rail = desk.window.rail
        assert rail.mapTo(desk.window, rail.rect().topLeft()).x() > desk.window.width() // 2
        assert not desk.window.grab().isNull()

    desk.run(story)


@pytest.mark.usefixtures("mirrored")
def test_arrows_point_the_other_way(look: Look) -> None:
    backwards = look.icon("back").pixmap(20, 20).toImage()
    QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert look.icon("forward").pixmap(20, 20).toImage() == backwards
    assert look.icon("back").pixmap(20, 20).toImage() != backwards


@pytest.mark.usefixtures("mirrored")
def test_lines_of_buttons_begin_at_the_right(qapp: QApplication) -> None:
    holder = QWidget()
    flow = Flow(holder)
    parts = [QPushButton(f"Button {n}") for n in range(3)]
    for part in parts:
        flow.addWidget(part)
    flow.setGeometry(QRect(0, 0, 600, 40))
    assert parts[0].geometry().right() == 599
    assert parts[1].geometry().right() < parts[0].geometry().left()
    holder.deleteLater()


def test_what_stands_in_one_line_stands_in_its_middle(qapp: QApplication) -> None:
    holder = QWidget()
    flow = Flow(holder, gap=6)
    parts = [QWidget(), QWidget(), QWidget()]
    for part, height in zip(parts, (20, 34, 20), strict=True):
        part.setFixedSize(200, height)
        flow.addWidget(part)
    flow.setGeometry(QRect(0, 0, 500, 100))
    assert [part.geometry().top() for part in parts] == [7, 0, 34 + 6]
    holder.deleteLater()


def test_an_empty_album_does_not_look_like_a_failed_search(desk: Desk) -> None:
    async def story() -> None:
        page = desk.view.nothing
        suggest(page, 'album:"Prints"', lambda _query: None)
        assert (page._icon, page.title.text()) == ("album", "This album is empty")
        suggest(page, "zebra", lambda _query: None)
        assert (page._icon, page.title.text()) == ("search", "Nothing found")

    desk.run(story)


def test_messages_stay_above_the_bar_of_what_is_selected(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        toasts = desk.window.toasts
        toasts.show_toast("Done")
        before = toasts.geometry().bottom()
        view.grid.selection.set(0, 3)
        view.grid.changed_selection()
        await until(view.chosen.isVisible)
        bar = QRect(view.chosen.mapTo(desk.window, QPoint(0, 0)), view.chosen.size())
        assert toasts.geometry().bottom() < bar.top()
        desk.window.show_view("settings")
        assert toasts.geometry().bottom() == before
        desk.window.show_view("library")
        assert toasts.geometry().bottom() < bar.top()

    desk.run(story)


def test_undo_is_offered_for_the_last_decision_alone(desk: Desk) -> None:
    async def story() -> None:
        toasts, undo = desk.window.toasts, desk.window.commands.undo
        toasts.show_toast("4 stars for 3 items", action=("Undo", undo))
        toasts.show_toast("3 items are favourites", action=("Undo", desk.window.commands.undo))
        assert toasts.texts() == ["3 items are favourites"]
        toasts.show_toast("Ready", action=("Show", lambda: None))
        assert toasts.texts() == ["3 items are favourites", "Ready"]

    desk.run(story)


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_no_shortcut_is_cut(desk: Desk, code: str) -> None:
    async def story() -> None:
        assert desk.window.menus is not None
        dialog = Shortcuts(desk.window.menus.all, desk.window)
        dialog.show()
        await asyncio.sleep(0.02)
        for word in dialog.findChildren(QLabel):
            assert word.width() >= word.fontMetrics().horizontalAdvance(max(word.text().split(), key=len)), word.text()
            assert word.height() >= word.heightForWidth(word.width()) or not word.wordWrap(), word.text()
            right = word.mapTo(dialog, QPoint(word.width(), 0)).x()
            assert right <= dialog.width() - tokens.L, word.text()
        dialog.close()

    language.use(code)
    try:
        desk.run(story)
    finally:
        language.use("en")


def test_every_number_of_stars_is_in_the_menu_of_an_item(desk: Desk) -> None:
    async def story() -> None:
        asked: list[str] = []
        menu = show_menu(desk.window, QPoint(0, 0), asked.append, count=1, album=False, stacked=False)
        below = next(action.menu() for action in menu.actions() if action.text() == "Stars")
        assert [action.text() for action in below.actions()] == [
            "No stars", "1 star", "2 stars", "3 stars", "4 stars", "5 stars",
        ]  # fmt: skip
        below.actions()[3].trigger()
        assert asked == ["items.rate3"]
        menu.close()

    desk.run(story)


def test_the_work_view_does_not_say_that_all_was_read_where_it_was_not() -> None:
    fine = QueueStatus(0, 0, 9, 0, 0, 0, False, 0, None, ())
    assert _title(fine, 0) == "Everything is read"
    assert _title(replace(fine, failed=2), 0) == "All done; 2 files could not be read"


def test_fractions_are_written_as_the_language_does(look: Look) -> None:
    option = Option("test.share", 0.5, "Test", "Share", "A share.", low=0.0, high=1.0)
    language.use("de")
    try:
        line = OptionLine(option, look)
        line.show_value(0.5)
        assert isinstance(line.editor, QDoubleSpinBox)
        assert line.editor.text() == "0,50"
        line.deleteLater()
    finally:
        language.use("en")


def test_f2_below_the_last_line_corrects_that_line(desk: Desk) -> None:
    async def story() -> None:
        words = Transcript(desk.ops, desk.look)
        asked: list[int] = []
        words.edited.connect(asked.append)
        words.show_said([Said(0, 1, "", ((0, 1, "One"),), "One"), Said(2, 3, "", ((2, 3, "Two"),), "Two")])
        await until(lambda: "Two" in words.toPlainText())
        words.moveCursor(QTextCursor.MoveOperation.End)
        QTest.keyClick(words, Qt.Key.Key_F2)
        words.moveCursor(QTextCursor.MoveOperation.Start)
        QTest.keyClick(words, Qt.Key.Key_F2)
        assert asked == [1, 0]
        words.deleteLater()

    desk.run(story)


@pytest.mark.usefixtures("mirrored")
def test_words_and_numbers_of_a_line_stand_apart_where_one_reads_from_the_right(look: Look) -> None:
    line = Line(look, "Photo", "37", icon="album")
    line.resize(180, 28)
    image = line.grab().toImage()
    ground = image.pixel(90, 3)

    def inked(start: int, end: int) -> bool:
        return any(image.pixel(x, y) != ground for x in range(start, end) for y in range(4, 24))

    assert inked(8, 32), "the number at the left"
    assert not inked(40, 90)
    assert inked(110, 148), "the words before their drawing"
    assert inked(154, 174), "the drawing at the right"
    line.deleteLater()


def test_messages_stay_above_the_bar_of_strangers(desk: Desk) -> None:
    async def story() -> None:
        view = desk.window.view("people")
        assert isinstance(view, PeopleView)
        desk.window.show_view("people")
        bar, toasts = view.crowd.strangers, desk.window.toasts
        toasts.show_toast("Done")
        below = toasts.geometry().bottom()
        bar.show_count(3)
        await until(bar.isVisible)
        assert toasts.geometry().bottom() == below - bar.sizeHint().height()
        desk.window.show_view("settings")
        assert toasts.geometry().bottom() == below

    desk.run(story)


def test_the_bar_of_what_is_selected_stays_in_a_window_made_smaller_meanwhile(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.grid.selection.set(0, 3)
        view.grid.changed_selection()
        await until(view.chosen.isVisible)
        desk.window.show_view("settings")
        desk.window.resize(640, 440)
        await asyncio.sleep(0.02)
        desk.window.show_view("library")
        await asyncio.sleep(0.02)
        assert view.grid.rect().contains(view.chosen.geometry())

    desk.run(story, size=(1280, 720))
