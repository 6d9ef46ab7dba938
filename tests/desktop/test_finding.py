"""Search by meaning in the window: why something was found, narrowing down, saved searches, finding what is like it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QLabel, QPushButton

from desktop.look.grid.moments import better_words, info_place
from desktop.look.toasts import Toast
from desktop.models import query
from desktop.views.browse import narrow
from desktop.views.browse.explain import contribution_words
from desktop.views.browse.line import Line
from desktop.views.browse.narrow import default_name
from engine.model import Box, Contribution, Facet, Moment, MomentHit
from engine.search.query import read
from tests.desktop.conftest import Desk, until

HIT = MomentHit(Moment(start=3.0), "meaning of the picture", "", (), 0.9, better=0.973)


def lines(desk: Desk, *, saved: bool = False) -> list[Line]:
    column = desk.view.narrow.kept if saved else desk.view.narrow.values
    items = (column.itemAt(index) for index in range(column.count()))
    return [one for item in items if item is not None and isinstance(one := item.widget(), Line)]


def test_facets_narrow_and_widen_again(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        assert desk.window.commands is not None
        view.bar.narrow.setChecked(False)
        desk.window.commands.browse.narrow()
        await until(lambda: view.narrow._counted == "harbour" and len(lines(desk)) == 3)
        photo = lines(desk)[0]
        assert photo.accessibleName() == "Photo 40"
        photo.click()
        await until(lambda: view.bar.box.text() == "harbour type:photo")
        await until(lambda: lines(desk) and lines(desk)[0].isChecked())
        await until(lambda: [chip.text() for chip in view.bar.chips.buttons()] == ["Type: photo"])
        lines(desk)[0].click()
        await until(lambda: view.bar.box.text() == "harbour")
        view.narrow.grab()

    desk.run(story)


def test_estimated_numbers_are_counted_once_the_search_rests(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrow, "RESTS", 0.05)
    desk.library.rough = True

    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        view.bar.narrow.setChecked(True)
        await until(lambda: lines(desk) and lines(desk)[0].accessibleName() == "Photo ~40")
        await until(lambda: lines(desk)[0].accessibleName() == "Photo 40")

    desk.run(story)


def test_while_the_library_changes_estimated_numbers_will_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrow, "RESTS", 0.05)
    desk.library.rough = True
    asked: list[bool] = []
    facets = desk.library.facets

    def listened(text: str = "", exact: bool = False) -> list[Facet]:
        asked.append(exact)
        return facets(text, exact)

    monkeypatch.setattr(desk.library, "facets", listened)

    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        view.bar.narrow.setChecked(True)
        await until(lambda: lines(desk) and lines(desk)[0].accessibleName() == "Photo 40")
        assert asked.count(True) == 1
        monkeypatch.setattr(narrow, "SHARE", 1e9)  # exact counts take long in this library
        for _ in range(3):
            asked.clear()
            view.narrow.show_query("harbour")
            await until(lambda: asked == [False] and lines(desk)[0].accessibleName() == "Photo ~40")
        monkeypatch.setattr(narrow, "SHARE", 0)
        view.narrow.show_query("harbour")
        await until(lambda: lines(desk)[0].accessibleName() == "Photo 40")

    desk.run(story)


def test_a_search_is_saved_opened_renamed_and_forgotten(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.bar.narrow.setChecked(True)
        view.search("red boat type:photo")
        await until(lambda: view.seeker.text == "red boat type:photo")
        view.save_search()
        dialog = view.narrow.findChild(QInputDialog)
        assert dialog is not None
        assert dialog.textValue() == "red boat photo"
        dialog.setTextValue("Boats")
        dialog.accept()
        await until(lambda: [line.words for line in lines(desk, saved=True)] == ["Boats"])
        await until(lambda: view.bar.box.star.toolTip() == "Forget this saved search")
        view.search("")
        await until(lambda: view.seeker.text == "")
        lines(desk, saved=True)[0].click()
        await until(lambda: view.bar.box.text() == "red boat type:photo")
        QTest.keyClick(lines(desk, saved=True)[0], Qt.Key.Key_F2)
        dialog = view.narrow.findChildren(QInputDialog)[-1]
        dialog.setTextValue("Red boats")
        dialog.accept()
        await until(lambda: [line.words for line in lines(desk, saved=True)] == ["Red boats"])
        view.bar.box.starred.emit()
        await until(lambda: not desk.library.searches.rows)
        await until(lambda: "Save this search" in view.bar.box.star.toolTip())
        await until(lambda: any("no longer saved" in text for text in desk.window.toasts.texts()))
        toast = next(one for one in desk.window.toasts.findChildren(Toast) if "no longer saved" in one.said)
        button = toast.findChild(QPushButton)
        assert button is not None
        button.click()
        await until(lambda: [one.name for one in desk.library.searches.rows] == ["Red boats"])
        await until(lambda: [line.words for line in lines(desk, saved=True)] == ["Red boats"])
        QTest.keyClick(lines(desk, saved=True)[0], Qt.Key.Key_Delete)
        await until(lambda: not desk.library.searches.rows)
        await until(lambda: any("no longer saved" in text for text in desk.window.toasts.texts()))

    desk.run(story)


def test_the_place_of_a_hit_is_explained_by_key_and_by_mouse(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.explain(0)
        assert "Only what a search found can be explained." in desk.window.toasts.texts()
        view.search("harbour")
        await until(lambda: view.grid.hits)
        desk.window.activateWindow()
        await until(desk.window.isActiveWindow)
        view.grid.setFocus()
        view.grid.select_row(0)
        QTest.keyClick(view.grid, Qt.Key.Key_E)
        await until(view.explanation.isVisible)
        text = "\n".join(one.text() for one in view.explanation.findChildren(QLabel))
        assert "meaning of the picture, the best match of all, better than 97 % of the library" in text
        assert view.rect().contains(view.explanation.geometry())
        QTest.keyClick(view.explanation, Qt.Key.Key_Escape)
        assert not view.explanation.isVisible()
        sign = info_place(view.grid.place_of(1)).center()
        QTest.mouseClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=sign)
        await until(view.explanation.isVisible)
        view.search("other words")
        await until(lambda: not view.explanation.isVisible())

    desk.run(story, size=(800, 560))


def test_what_would_find_more_leads_to_the_packs(desk: Desk) -> None:
    desk.library.lacks = "12 videos have no transcript: install a speech pack"

    async def story() -> None:
        view = await desk.listed()
        view.search("said:hello")
        await until(lambda: view.bar.missing == desk.library.lacks)
        view.bar.packs_asked.emit()
        assert desk.window.current is desk.window.view("packs")
        desk.library.lacks = ""
        desk.window.show_view("library")
        view.search("harbour")
        await until(lambda: view.grid.hits and view.bar.missing == "")

    desk.run(story)


def test_a_picture_dropped_on_the_box_is_searched_with(desk: Desk, picture: Path) -> None:
    async def story() -> None:
        view = await desk.listed()
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(picture))])
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        view.bar.box.dropEvent(QDropEvent(QPointF(20, 10), Qt.DropAction.CopyAction, data, left, none))
        await until(lambda: view.seeker.text == f'like:"{picture}"')
        await until(lambda: [chip.text() for chip in view.bar.chips.buttons()] == ["Like: picture.jpg"])
        view.search("")
        await until(lambda: view.seeker.text == "")
        view.grid.select_row(4)
        view.find_similar()
        await until(lambda: view.seeker.text == "like:#5")

    desk.run(story)


def test_hits_say_why_and_how_good_they_are(desk: Desk) -> None:
    desk.library.moments = lambda number, text: (HIT, replace(HIT, better=0.2))  # type: ignore[method-assign]

    async def story() -> None:
        view = await desk.listed()
        view.search("sunset")
        await until(lambda: view.grid.hits)
        assert not view.grid.grab().isNull()
        view.bar.matches.setChecked(False)
        assert not view.grid.grab().isNull()
        await asyncio.sleep(0.02)

    desk.run(story)


def test_words_for_hits_and_parts() -> None:
    assert better_words(HIT) == "better than 97 %"
    assert better_words(replace(HIT, better=0.9996)) == "better than 99.9 %"
    assert better_words(replace(HIT, better=None)) == ""
    assert better_words(replace(HIT, better=0.3)) == ""
    part = Contribution("boat", "words", rank=12, share=0.25)
    assert contribution_words(part) == "words, number 12 of its list, 25 % of the match"


def test_queries_know_what_ranks_and_how_examples_are_written() -> None:
    assert query.ranks("boat")
    assert query.ranks("said:hello")
    assert not query.ranks("person:Anna year:2020")
    assert not query.ranks("-like:#3")
    assert query.like(12) == "like:#12"
    assert query.like(12, Moment(start=3.456)) == "like:#12@3.46"
    part = Moment(page=2, box=Box(0.5, -0.1, 0.25, 1.2))
    assert query.like(12, part) == "like:#12@p2[0.500;0.000;0.250;1.000]"
    assert query.posture(12, Moment(start=3.456, box=part.box)) == "pose:#12@3.46[0.500;0.000;0.250;1.000]"
    for text in (query.like(12, part), query.posture(12, part)):
        assert str(read(text)) == text
    assert query.filters(query.like(12, part))[0].shown == "Like: a part of page 2 of file 12"
    assert query.filters(query.posture(12, part))[0].shown == "Posture: somebody in page 2 of file 12"
    assert query.filters("pose:sitting")[0].shown == "Posture: sitting"
    (one,) = query.filters("like:#12@3.46")
    assert one.shown == "Like: a moment of file 12"
    assert default_name('boat person:"Anna B" type:photo') == "boat Anna B photo"


def test_the_sign_is_inside_its_entry(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("harbour")
        await until(lambda: view.grid.hits)
        rect = view.grid.place_of(0)
        assert rect.contains(info_place(rect))
        assert info_place(rect).top() > rect.top() + QPoint(0, 4).y()

    desk.run(story)
