"""The library view: searching, filters, mistakes, the grid's keys, the details."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.desktop.conftest import Desk, until


def test_lists_and_draws_the_library(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        assert view.bar.count == "60 items"
        await until(lambda: view.grid.cell_at(0) is not None)
        assert not view.grid.grab().isNull()

    desk.run(story)


def test_search_shows_the_matches_with_their_words(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        QTest.keyClicks(view.bar.box, "harbour")
        await until(lambda: len(view.grid.hits) == 10)
        assert view.grid.wide
        assert view.bar.count.startswith("10 matches")
        view.bar.matches.setChecked(False)
        assert not view.grid.wide
        view.grid.grab()

    desk.run(story)
