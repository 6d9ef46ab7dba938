"""The map: its projection, its outline, its tiles, and every way to move on it and to choose something."""

import asyncio
import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.look.atlas import projection
from desktop.look.atlas.marks import marks
from desktop.look.atlas.projection import CLOSEST, Sight, around
from desktop.look.atlas.tiles import TILE, Tile, draw
from desktop.look.atlas.world import cropped, world
from desktop.views.map import MapView
from engine.model import Area
from tests.desktop.asked import ROME
from tests.desktop.conftest import Desk, until

LAND, WATER = (40, 40, 40), (200, 200, 200)


def at(tile: Tile, image: QImage, latitude: float, longitude: float) -> tuple[int, int, int]:
    """The colour of a place on a tile."""
    count = 2**tile.level
    x = (projection.x_of(longitude) * count - tile.x) * TILE
    y = (projection.y_of(latitude) * count - tile.y) * TILE
    colour = image.pixelColor(round(x), round(y))
    return colour.red(), colour.green(), colour.blue()


def tile(level: int, latitude: float, longitude: float) -> Tile:
    count = 2**level
    x, y = int(projection.x_of(longitude) * count), int(projection.y_of(latitude) * count)
    return Tile(level, x, y, 1.0, "#c8c8c8", "#282828", "#c8c8c8")


def test_degrees_and_the_square_are_the_same_place() -> None:
    for latitude in (-85.0, -40.0, 0.0, 12.3, 66.0, 85.0):
        assert math.isclose(projection.latitude_of(projection.y_of(latitude)), latitude, abs_tol=1e-9)
    for longitude in (-180.0, -0.1, 0.0, 179.9):
        assert math.isclose(projection.longitude_of(projection.x_of(longitude)), longitude, abs_tol=1e-9)
    assert projection.y_of(90) == projection.y_of(85.06)


def test_an_area_fits_and_a_sight_stays_on_earth() -> None:
    for area in (Area(41.8, 12.4, 42.0, 12.6), Area(-50, -120, 60, 150), Area(-20, 175, -10, -170)):
        sight = around(area, 900, 600)
        shown = sight.area(900, 600)
        assert shown.south <= area.south
        assert shown.north >= area.north
        if shown.west != -180.0:
            x, _ = sight.at(projection.x_of(area.west), 0.5, 900, 600)
            other, _ = sight.at(projection.x_of(area.east), 0.5, 900, 600)
            assert 0 <= x <= other <= 900
    far = Sight(0.5, 0.5, -20).held(900, 600)
    assert far.side >= 600
    assert Sight(3.25, 9.0, 99.0).held(900, 600).zoom == CLOSEST
    assert Sight(3.25, 9.0, 5.0).held(900, 600).x == 0.25
    assert Sight(0.5, 0.0, 4.0).held(900, 600).area(900, 600).north == pytest.approx(projection.HIGHEST, abs=0.01)


@pytest.mark.parametrize(
    ("land", "latitude", "longitude"),
    [
        (True, 27.0, 3.0), (True, -25.0, 134.0), (True, 65.0, 100.0), (True, -80.0, 20.0), (True, 66.5, -172.5),
        (True, 40.0, -100.0), (False, 30.0, -40.0), (False, 35.0, 18.0), (False, -20.0, 80.0), (False, 0.0, 179.0),
        (False, 42.0, 50.5),
    ],
)  # fmt: skip
@pytest.mark.parametrize("level", [0, 2, 4, 6, 8])
def test_land_is_land_at_every_level(
    qapp: QApplication, level: int, land: bool, latitude: float, longitude: float
) -> None:
    wanted = tile(level, latitude, longitude)
    colour = at(wanted, draw(world(), wanted), latitude, longitude)
    assert colour == (LAND if land else WATER)


def test_what_lies_outside_is_shortened_and_what_shows_stays() -> None:
    chance = np.random.default_rng(5)
    angles = np.sort(chance.uniform(0, 2 * math.pi, 4000))
    ring = np.stack([300 * np.cos(angles) + 250, 300 * np.sin(angles) + 250], axis=1)
    short = cropped(ring, -8, 520, closed=True)
    assert len(short) < len(ring)
    inside = ring[((ring > 0) & (ring < 512)).all(axis=1)]
    kept = {(round(x * 2), round(y * 2)) for x, y in short.tolist()}
    near = [(round(x * 2), round(y * 2)) in kept for x, y in inside.tolist()]
    assert np.mean(near) > 0.98  # the others share their half pixel with a neighbour
    assert len(cropped(ring + 5000, -8, 520, closed=True)) <= 4


async def opened(desk: Desk) -> MapView:
    desk.window.show_view("map")
    view = desk.window.view("map")
    assert isinstance(view, MapView)
    await until(lambda: len(view.chart.clusters) == 2 and not view.chart._glide.isActive() and view.list.places)
    return view


def test_the_map_of_the_library_shows_clusters_and_places(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        assert desk.window.rail.button("map").isChecked()
        assert view._count.whole == "42 items in view · 42 with a place · 18 without"
        assert [one.name for one in view.list.places] == ["Rome, Italy", "Oslo, Norway"]
        await until(lambda: any(one.name == "Vienna" for one in view.chart.cities))
        assert "42 items in 2 groups" in view.chart.accessibleDescription()
        for theme in ("dark", "light"):
            desk.look.choose(theme)
            view.chart.grab()

    desk.run(story)


def test_a_click_shows_the_pictures_and_leads_to_the_library(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        rome = next(one for one in view.chart.marks() if one.cluster.count == 40)
        QTest.mouseClick(view.chart, Qt.MouseButton.LeftButton, pos=rome.place.center())
        await until(view.strip.isVisible)
        assert view._near.whole == "40 items near Rome, Italy"
        assert len(view.pictures.cells.ids) == 40
        view.pictures.select_row(2)
        assert view.selected() == [3]
        view.search_here()
        await until(lambda: desk.window.current is desk.view)
        await until(lambda: desk.view.seeker.text == "area:41.79999,12.39999,42.00001,12.60001")
        await until(lambda: [one.text() for one in desk.view.bar.chips.buttons()] == ["Area: a part of the map"])
        desk.window.show_view("map")
        QTest.mouseClick(view.chart, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))  # the sea
        await until(lambda: not view.strip.isVisible())

    desk.run(story)


def test_the_map_is_of_the_search_of_the_library(desk: Desk) -> None:
    async def story() -> None:
        library = await desk.listed()
        library.search("harbour type:photo")
        await until(lambda: library.seeker.text == "harbour type:photo")
        view = await opened(desk)
        assert view.text == "harbour type:photo"
        assert view._what.whole == "Search: harbour type:photo"
        assert desk.library.atlas.asked[-1][0] == "harbour type:photo"
        view._all.click()
        await until(lambda: view._what.whole == "Everything with a place")
        view.take_query("(")
        await until(lambda: "bracket" in view._count.whole)

    desk.run(story)


def test_the_keyboard_moves_scales_and_chooses(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        chart = view.chart
        chart.look.motion = False
        desk.window.activateWindow()
        chart.setFocus()
        before = chart.sight
        QTest.keyClick(chart, Qt.Key.Key_Plus)
        assert chart.sight.zoom == pytest.approx(before.zoom + 1)
        QTest.keyClick(chart, Qt.Key.Key_Right)
        assert chart.sight.x > before.x
        QTest.keyClick(chart, Qt.Key.Key_Left)
        QTest.keyClick(chart, Qt.Key.Key_Down)
        assert chart.sight.y > before.y
        QTest.keyClick(chart, Qt.Key.Key_Minus)
        chart.look_at(Sight(projection.x_of(ROME[1]), projection.y_of(ROME[0]), 6.0))
        await until(lambda: [one.count for one in chart.clusters] == [40])
        QTest.keyClick(chart, Qt.Key.Key_Return)
        await until(view.strip.isVisible)
        view.list.setFocus()
        view.list.setCurrentRow(0)
        QTest.keyClick(view.list, Qt.Key.Key_Return)
        assert chart.sight.zoom > 6
        QTest.keyClick(view.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: desk.view.seeker.text == 'place:"Rome, Italy"')
        chart.look.motion = True

    desk.run(story)


def test_the_mouse_drags_and_the_wheel_keeps_what_is_under_it(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        chart = view.chart
        chart.look.motion = False
        point = QPointF(200, 120)
        before = chart.sight.under(point.x(), point.y(), chart.width(), chart.height())
        wheel = QWheelEvent(
            point, chart.mapToGlobal(point), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        zoom = chart.sight.zoom
        QApplication.sendEvent(chart, wheel)
        assert chart.sight.zoom == pytest.approx(zoom + 1)
        after = chart.sight.under(point.x(), point.y(), chart.width(), chart.height())
        assert after == pytest.approx(before)
        x = chart.sight.x
        QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
        QTest.mouseMove(chart, QPoint(200, 200))
        QTest.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
        assert chart.sight.x == pytest.approx(x + 100 / chart.sight.side)
        assert view.strip.isHidden()
        chart.look.motion = True

    desk.run(story)


def test_gliding_keeps_the_point_and_ends_at_the_goal(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        chart = view.chart
        chart.look_at(Sight(0.5, 0.4, 3.0), glide=False)
        goal = Sight(0.52, 0.38, 5.0)
        chart.look_at(goal)
        assert chart._glide.isActive()
        await until(lambda: not chart._glide.isActive())
        assert chart.sight == goal.held(chart.width(), chart.height())

    desk.run(story)


def test_a_library_without_places_says_so(desk: Desk) -> None:
    desk.library.atlas.clusters = []

    async def story() -> None:
        desk.window.show_view("map")
        view = desk.window.view("map")
        assert isinstance(view, MapView)
        await until(lambda: view.pages.currentWidget() is view.nothing)

    desk.run(story, size=(800, 560))


def test_a_change_of_the_library_is_drawn(desk: Desk) -> None:
    async def story() -> None:
        view = await opened(desk)
        count = len(desk.library.atlas.asked)
        view._again.setInterval(10)
        desk.library.tell("assets")
        await until(lambda: len(desk.library.atlas.asked) > count)
        desk.window.show_view("library")
        desk.library.tell("assets")
        await until(lambda: view._stale)
        desk.window.show_view("map")
        await until(lambda: not view._stale)

    desk.run(story)


def test_tiles_come_from_the_thread_and_the_coarse_one_shows_meanwhile(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        view = await opened(desk)
        chart = view.chart
        await until(lambda: not chart.tiles._pending)
        await asyncio.sleep(0)
        shown = chart.grab().toImage()
        colours = {
            shown.pixelColor(x, y).name() for x in range(0, shown.width(), 7) for y in range(0, shown.height(), 9)
        }
        assert {desk.look.colours.pressed, desk.look.colours.window} <= colours
        assert all(QRect(0, 0, chart.width(), chart.height()).intersects(one.place) for one in
                   marks(chart.clusters, chart.sight, chart.width(), chart.height()))  # fmt: skip

    desk.run(story)
