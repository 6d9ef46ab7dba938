"""Results as moments: cards with their pictures, moving among them with the keys, opening a film at its second."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from desktop.look.grid.moments import CARD, WIDE, best_of, cards, has_picture, picture_place, said, telling
from desktop.workers.previews import Want
from desktop.workers.stills import LEAST, Stills, around, part_of
from engine.model import Box, Hit, Kind, Moment, MomentHit
from tests.desktop.conftest import Desk, until
from tests.desktop.standin import cell

WORDS = MomentHit(Moment(start=12.0), "speech at 0:12", "good morning harbour", ((13, 20),), 0.9, sort="speech")


def hit(*moments: MomentHit, kind: Kind = Kind.VIDEO) -> Hit:
    return Hit(cell(1, kind=kind), "/films/one.mp4", 1.0, moments)


def test_cards_fit_side_by_side_and_the_chosen_one_is_among_them() -> None:
    many = hit(*(replace(WORDS, moment=Moment(start=float(n))) for n in range(6)))
    for width in (300, 560, 800, 1180, 1800):
        entry = QRect(16, 40, width, WIDE)
        shown = cards(entry, many)
        assert [number for number, _, _ in shown] == list(range(len(shown)))
        assert all(entry.contains(place) for _, _, place in shown)
        assert all(not one.intersects(other) for (_, _, one), (_, _, other) in itertools.pairwise(shown))
        assert cards(entry, many, 5)[-1][0] == 5
    assert len(cards(QRect(0, 0, 300, WIDE), many)) == 1
    assert len(cards(QRect(0, 0, 1800, WIDE), many)) == 6


def test_what_has_a_picture_of_its_own() -> None:
    whole, box = MomentHit(Moment(), "file name", "one", (), 1.0), Box(0.1, 0.1, 0.2, 0.1)
    assert has_picture(cell(1, kind=Kind.VIDEO), WORDS)
    assert has_picture(cell(1, kind=Kind.AUDIO), WORDS)
    assert has_picture(cell(1, kind=Kind.DOCUMENT), replace(WORDS, moment=Moment(page=2)))
    assert has_picture(cell(1, kind=Kind.PHOTO), replace(WORDS, moment=Moment(box=box)))
    assert not any(has_picture(cell(1, kind=kind), whole) for kind in Kind)
    assert not has_picture(cell(1, kind=Kind.VIDEO, offline=True), WORDS)
    assert not telling(hit(replace(whole, snippet="")))
    assert telling(hit(replace(whole, snippet="", moment=Moment(box=box))))


def test_the_best_of_what_was_measured_is_the_score() -> None:
    low, high = replace(WORDS, better=0.93), replace(WORDS, better=0.994)
    assert best_of(hit(WORDS, low, high)) is high
    assert best_of(hit(WORDS, replace(WORDS, better=0.2))) is None
    tip = said(replace(high, speaker="Anna"))
    place, better, words = tip.splitlines()
    assert place.startswith("0:12 · speech")
    assert place.endswith(" · Anna")
    assert (better, words) == ("better than 99.4 % of your library", "good morning harbour")


def test_a_cut_out_shows_the_box_in_the_ratio_of_the_card() -> None:
    size = QSize(1600, 1000)
    small = around(Box(0.5, 0.5, 0.02, 0.02), size, 1.4)
    assert abs(small.width() / small.height() - 1.4) < 0.02
    assert small.width() >= LEAST * 1600 - 1
    for box in (Box(0, 0, 0.3, 0.1), Box(0.8, 0.9, 0.2, 0.1), Box(0, 0, 1, 1), Box(0.4, 0, 0.05, 1)):
        cut = around(box, size, 1.4)
        assert QRect(0, 0, 1600, 1000).contains(cut)
        middle = QPoint(round((box.x + box.w / 2) * 1600) - 1, round((box.y + box.h / 2) * 1000) - 1)
        assert cut.contains(middle)


def test_a_cut_out_has_the_line_around_the_box(tmp_path: Path) -> None:
    image = QImage(800, 600, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    path = tmp_path / "page.png"
    assert image.save(str(path))
    want = Want(1, 200, 140, box=Box(0.4, 0.4, 0.2, 0.2), line="#ff0000")
    cut = part_of(path, want)
    assert cut is not None
    assert (cut.width(), cut.height()) == (200, 140)
    reds = sum(cut.pixelColor(x, 70).green() < 90 for x in range(200))
    assert 2 <= reds <= 16  # the two sides of the box
    assert part_of(tmp_path / "none.png", want) is None


def test_the_place_of_a_moment_is_asked_of_the_worker(desk: Desk, picture: Path) -> None:
    asked: list[dict[str, object]] = []

    def render(asset: int, **place: object) -> Path:
        asked.append({"asset": asset, **place})
        return picture

    async def story() -> None:
        stills = Stills(render)
        stills.want([Want(7, 98, 70, time=12.0), Want(8, 98, 70, page=3, box=Box(0, 0, 0.5, 0.1))])
        await until(lambda: stills.get(Want(7, 98, 70, time=12.0)) is not None)
        await until(lambda: len(asked) == 2)
        stills.close()

    desk.run(story)
    assert {"asset": 7, "side": 480, "time": 12.0} in asked
    assert {"asset": 8, "side": 1600, "page": 3} in asked


def test_only_moments_that_show_are_drawn(desk: Desk, picture: Path) -> None:
    desk.library.pictures = dict.fromkeys(range(1, 61), picture)
    asked: list[int] = []
    render = desk.library.render

    def noting(number: int, **place: object) -> Path:
        asked.append(number)
        return render(number, **place)  # type: ignore[arg-type]

    desk.library.render = noting  # type: ignore[assignment,method-assign]

    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        await until(lambda: view.grid.wide and not view.grid.cells.busy)
        first = view.grid.plan.visible(0, view.grid.viewport().height())[1]
        assert first < 10
        await until(lambda: view.grid.stills.used > 0 and not view.grid.stills.waiting)
        shown = {view.grid.cells.ids[row] for row in range(first)}
        assert asked
        assert set(asked) <= shown
        _, _, card = next(
            entry for row in (0, 1, 2) for entry in cards(view.grid.place_of(row), view.grid.hits[row + 1])
            if has_picture(view.grid.hits[row + 1].asset, entry[1])
        )  # fmt: skip
        await until(lambda: view.grid.viewport().grab().toImage().pixelColor(picture_place(card).center()).red() > 200)

    desk.run(story, size=(900, 560))


def test_keys_go_through_the_moments_and_open_there(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        await until(lambda: view.grid.wide)
        grid = view.grid
        view.open_moment.disconnect()
        view.open_asset.disconnect()
        opened: list[object] = []
        view.open_moment.connect(lambda ids, row, text, moment: opened.append((row, moment)))
        view.open_asset.connect(lambda ids, row, text: opened.append(row))
        desk.window.activateWindow()
        grid.setFocus()
        grid.select_row(1)
        QTest.keyClick(grid, Qt.Key.Key_Return)
        assert opened == [1]
        QTest.keyClick(grid, Qt.Key.Key_Right)
        assert (grid.current, grid.spot) == (1, 0)
        assert "0:14" in grid.accessibleDescription()
        QTest.keyClick(grid, Qt.Key.Key_Right)
        QTest.keyClick(grid, Qt.Key.Key_Right)  # there are two
        assert grid.spot == 1
        QTest.keyClick(grid, Qt.Key.Key_Return)
        assert opened[1:] == [(1, Moment(page=3))]
        QTest.keyClick(grid, Qt.Key.Key_Left)
        QTest.keyClick(grid, Qt.Key.Key_Left)
        assert grid.spot == -1
        QTest.keyClick(grid, Qt.Key.Key_Right)
        QTest.keyClick(grid, Qt.Key.Key_Down)
        assert (grid.current, grid.spot) == (2, -1)
        grid.viewport().grab()

    desk.run(story)


def test_a_tip_says_why_a_moment_is_there(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        await until(lambda: view.grid.wide)
        card = cards(view.grid.place_of(0), view.grid.hits[1])[0][2]
        QTest.mouseMove(view.grid.viewport(), card.center())
        await until(lambda: view.grid.pointer.card == (0, 0))
        assert "text in the picture" in view.grid.toolTip()
        QTest.mouseMove(view.grid.viewport(), card.center() + QPoint(0, CARD))
        await until(lambda: view.grid.pointer.card != (0, 0))

    desk.run(story)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_entries_are_drawn_in_both_themes(desk: Desk, theme: str) -> None:
    async def story() -> None:
        desk.look.choose(theme)
        view = await desk.listed()
        view.search("harbour")
        await until(lambda: view.grid.wide)
        assert not view.grid.viewport().grab().toImage().isNull()

    desk.run(story, size=(640, 480))
