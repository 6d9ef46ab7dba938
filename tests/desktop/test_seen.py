"""What was seen and heard in a file, in the viewer: faces to name, bodies, lanes over the time, the transcript."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest

from desktop.views.parts.about import SAID
from desktop.views.parts.film import FilmStage
from desktop.views.parts.outline import Outline
from desktop.views.parts.overlays import Layer
from desktop.views.parts.photo import PhotoStage
from desktop.views.parts.senses import limbs, sensed
from desktop.views.viewer import ViewerView
from engine.model import AppearanceRow, Box, Finding, FindingKind, FoundRow, Moment
from tests.desktop.conftest import Desk, until

FACE, BODY = Box(0.3, 0.2, 0.15, 0.2), Box(0.25, 0.15, 0.3, 0.8)
POINTS = [[0.4, 0.2 + 0.02 * n, 0.9 if n < 13 else 0.1] for n in range(17)]


def row(number: int, finding: Finding) -> FoundRow:
    return FoundRow(number, "test", 1, finding)


def photo_findings() -> list[FoundRow]:
    return [
        row(1, Finding(FindingKind.FACE, Moment(box=FACE), score=0.9)),
        row(2, Finding(FindingKind.POSE, Moment(box=BODY), text="standing, arms up", data={"points": POINTS})),
        row(3, Finding(FindingKind.OBJECT, Moment(box=Box(0.7, 0.7, 0.2, 0.2)), text="dog", label="dog", score=0.8)),
    ]


def film_findings() -> list[FoundRow]:
    words = [[1.0, 1.4, "Ask", 0.9], [1.4, 2.0, "not", 0.9], [2.0, 2.6, "what", 0.8]]
    spoken = Finding(FindingKind.TEXT, Moment(start=1.0, end=2.6), "Ask not what", "speech", 0.9,
                     {"words": words, "speaker": 1})  # fmt: skip
    later = Finding(FindingKind.TEXT, Moment(start=20.0, end=22.0), "your country", "subtitle", data={"speaker": 2})
    one = Finding(FindingKind.SPEAKER, Moment(start=4.0, end=9.0), label="1", data={"spans": [[1.0, 3.0], [9.0, 12.0]]})
    two = Finding(FindingKind.SPEAKER, Moment(start=20.0, end=22.0), label="2", data={"spans": [[20.0, 22.0]]})
    sound = Finding(FindingKind.SOUND, Moment(start=30.0, end=34.0), label="applause", score=0.7)
    found = [spoken, later, one, two, sound]
    return [row(number, finding) for number, finding in enumerate(found, 1)]


async def opened(desk: Desk, asset: int) -> ViewerView:
    desk.window.open_asset([asset], 0, "", None)
    view = desk.window.view("viewer")
    assert isinstance(view, ViewerView)
    await until(lambda: view.subject is not None and view.stage is not None)
    return view


def test_a_face_is_named_where_it_is_seen(desk: Desk, picture: Path) -> None:
    desk.library.pictures = {1: picture}
    desk.library.found[1] = photo_findings()
    people = desk.library.people
    people.faces = {300: AppearanceRow(300, "face", 1, Moment(box=FACE), 0.9, 3, "", "auto")}

    async def story() -> None:
        view = await opened(desk, 1)
        stage = view.stage
        assert isinstance(stage, PhotoStage)
        await until(lambda: stage.marks.all and not stage.canvas.empty)
        assert stage.marks.visible() == []
        desk.window.activateWindow()
        view.setFocus()
        await until(desk.window.isActiveWindow)
        QTest.keyClick(view, Qt.Key.Key_F)
        QTest.keyClick(view, Qt.Key.Key_B)
        assert len(stage.marks.visible()) == 2
        assert not stage.canvas.grab().isNull()
        area = stage.canvas.area()
        middle = QPointF(area.x() + 0.37 * area.width(), area.y() + 0.25 * area.height()).toPoint()
        QTest.mouseClick(stage.canvas, Qt.MouseButton.LeftButton, pos=middle)
        await until(view.hands.naming.isVisible)
        QTest.keyClicks(view.hands.naming, "Nina")
        QTest.keyClick(view.hands.naming, Qt.Key.Key_Return)
        await until(lambda: ("name", 3, "Nina") in desk.library.calls)
        await until(lambda: "This is Nina." in desk.window.toasts.texts())
        people.faces[300] = AppearanceRow(300, "face", 1, Moment(box=FACE), 0.9, 3, "Nina", "you")
        desk.library.tell("people")
        await until(lambda: any(mark.text == "Nina" for mark in stage.marks.all))
        assert view.save_state()["layers"] == ["face", "body"]

    desk.run(story)


def test_boxes_offer_what_can_be_done_with_them(desk: Desk, picture: Path) -> None:
    desk.library.pictures = {1: picture}
    desk.library.found[1] = photo_findings()
    desk.library.people.faces = {100: AppearanceRow(100, "face", 1, Moment(box=FACE), 0.9, 1, "Anna", "auto")}

    async def story() -> None:
        view = await opened(desk, 1)
        marks = {mark.layer: mark for mark in view.stage.marks.all}  # type: ignore[union-attr]
        entries = {layer: [text for text, _ in view.hands.deeds_of(marks[layer], QPoint())] for layer in marks}
        assert entries[Layer.FACE][:5] == [
            "Rename or move…\tF2", "Find Anna", "Go to Anna", "This is Anna", "Not Anna\tDel",
        ]  # fmt: skip
        assert entries[Layer.BODY][:3] == ["Find this posture", "Find “standing”", "Find “arms up”"]
        assert "Find “dog”" in entries[Layer.THING]
        dict(view.hands.deeds_of(marks[Layer.FACE], QPoint()))["Not Anna\tDel"]()
        await until(lambda: ("deny", (100,), 1) in desk.library.calls)
        view.hands._outlined(Moment(box=Box(0.1, 0.1, 0.2, 0.2)), QPoint())
        await view.hands._teach("Kinora", Moment(box=Box(0.1, 0.1, 0.2, 0.2)))
        assert ("teach", "Kinora", 1, Box(0.1, 0.1, 0.2, 0.2)) in desk.library.calls
        dict(view.hands.deeds_of(marks[Layer.THING], QPoint()))["Find what looks like this"]()
        await until(lambda: desk.view.seeker.text.startswith("like:#1["))
        dict(view.hands.deeds_of(marks[Layer.BODY], QPoint()))["Find this posture"]()
        await until(lambda: desk.view.seeker.text.startswith("pose:#1["))

    desk.run(story)


def test_people_things_and_sounds_lead_to_more(desk: Desk, picture: Path) -> None:
    desk.library.pictures = {1: picture}
    desk.library.found[1] = photo_findings()
    desk.library.people.faces = {100: AppearanceRow(100, "face", 1, Moment(box=FACE), 0.9, 1, "Anna", "auto")}

    async def story() -> None:
        view = await opened(desk, 1)
        await until(lambda: not view.about.within.isHidden())
        view.about.within.asked.emit('person:"Anna"')
        await until(lambda: desk.view.seeker.text == 'person:"Anna"')

    desk.run(story)


def test_the_transcript_follows_and_leads(desk: Desk) -> None:
    desk.library.found[2] = film_findings()
    desk.library.people.faces = {
        9: AppearanceRow(9, "voice", 2, Moment(start=4.0, end=9.0), 0.9, 1, "Anna", "auto"),
        10: AppearanceRow(10, "face", 2, Moment(start=5.0, end=8.0, box=FACE), 0.9, 1, "Anna", "auto"),
    }

    async def story() -> None:
        view = await opened(desk, 2)
        stage, said = view.stage, view.about.transcript
        assert isinstance(stage, FilmStage)
        await until(lambda: "country" in said.toPlainText())
        assert view.about.tabs.isTabVisible(SAID)
        assert said.toPlainText().startswith("Anna\n0:01  Ask not what")
        assert "Speaker 2" in said.toPlainText()
        stage._at(1.5)
        assert said.word == "not"
        stage._at(15.0)
        assert said.word == ""
        cursor = said.textCursor()
        cursor.setPosition(said.toPlainText().index("what") + 1, QTextCursor.MoveMode.MoveAnchor)
        said.setTextCursor(cursor)
        gone: list[Moment] = []
        said.picked.connect(gone.append)
        QTest.keyClick(said, Qt.Key.Key_Return)
        assert gone == [Moment(start=2.0, end=2.6)]
        lanes = stage.lanes
        assert [lane.name for lane in lanes.lanes] == ["Anna", "Anna", "Speaker 2", "Applause"]
        sought: list[float] = []
        lanes.sought.connect(sought.append)
        lanes.resize(600, lanes.sizeHint().height())
        QTest.mouseClick(lanes, Qt.MouseButton.LeftButton, pos=QPoint(round(lanes.x_of(30.0)) + 1, 3 * 20 + 15))
        assert sought == [30.0]
        QTest.keyClick(lanes, Qt.Key.Key_Down)
        lanes.show_position(2.0)
        QTest.keyClick(lanes, Qt.Key.Key_Right)
        assert sought[-1] == 9.0
        assert not lanes.grab().isNull()
        await asyncio.sleep(0.05)

    desk.run(story)


def test_the_box_of_a_track_shows_only_near_its_best_frame() -> None:
    moment = Moment(start=5.0, end=50.0, box=FACE)
    found = {FindingKind.FACE: [row(1, Finding(FindingKind.FACE, moment, data={"best": 20.0}))]}
    known = AppearanceRow(7, "face", 3, moment, 0.9, 1, "Anna", "auto")
    ((shown, mark),) = sensed(found, [known]).marks
    assert (shown.start, shown.end) == (19.0, 21.0)
    assert (mark.key, mark.text) == (7, "Anna")


def test_limbs_need_both_ends() -> None:
    assert len(limbs(POINTS)) == 14
    assert limbs(()) == ()


def test_an_outline_is_cut_at_the_picture() -> None:
    area = Outline()
    area.press(QPointF(-50, 10))
    area.move(QPointF(50, 60))
    from PySide6.QtCore import QRectF

    assert area.box(QRectF(0, 0, 100, 100)) == Box(0.0, 0.1, 0.5, 0.5)
    area.press(QPointF(5, 5))
    assert area.box(QRectF(0, 0, 100, 100)) is None
