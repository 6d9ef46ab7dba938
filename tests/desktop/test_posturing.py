"""Drawing a posture in the window and searching for it."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.look.look import Look
from desktop.models import query
from desktop.views.browse.narrow import default_name
from desktop.views.parts.figure import GRIP, PRESETS, SIDE
from desktop.views.parts.posturing import PostureDialog
from engine.packs import drawn
from engine.packs.postures import NAMES, descriptor_of, postures
from engine.search.query import read
from tests.desktop.conftest import Desk, until

MIDDLE = QPoint(GRIP // 2, GRIP // 2)


def test_a_joint_is_dragged_and_the_posture_searched_for(desk: Desk) -> None:
    async def story() -> None:
        view = await desk.listed()
        view.search("type:photo")
        assert desk.window.menus is not None
        desk.window.menus.by_id["edit.draw"].trigger()
        (dialog,) = desk.window.findChildren(PostureDialog)
        await until(dialog.isVisible)
        assert dialog.width() <= 800
        assert dialog.height() <= 520
        grip = dialog.figure.grips["left wrist"]
        QTest.mousePress(grip, Qt.MouseButton.LeftButton, pos=MIDDLE)
        QTest.mouseMove(grip, MIDDLE + QPoint(38, -114))
        QTest.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=MIDDLE)
        x, y = PRESETS["Standing"]["left wrist"]
        assert dialog.figure.joints["left wrist"] == pytest.approx((x + 38 / SIDE, y - 114 / SIDE), abs=0.005)
        assert QPointF(grip.geometry().center()).toTuple() == pytest.approx(
            dialog.figure.point("left wrist").toTuple(), abs=1.5
        )
        drawing = drawn.written(dialog.figure.joints)
        dialog.go.click()
        await until(lambda: view.bar.box.text() == f"type:photo pose:{drawing}")
        assert str(read(view.bar.box.text())) == view.bar.box.text()
        await until(lambda: [one.text() for one in view.bar.chips.buttons()][1:2] == ["Posture: a drawn posture"])
        desk.window.menus.by_id["edit.draw"].trigger()  # it is drawn on
        again = desk.window.findChildren(PostureDialog)[-1]
        assert drawn.written(again.figure.joints) == drawing
        again.presets["Lying"].click()
        again.go.click()
        await until(lambda: view.bar.box.text() == f"type:photo pose:{drawn.written(PRESETS['Lying'])}")
        await until(lambda: not desk.window.findChildren(PostureDialog))

    desk.run(story, size=(800, 560))


@pytest.fixture
def dialog(qapp: QApplication, look: Look) -> PostureDialog:
    host = QWidget()
    made = PostureDialog(host, look)
    made.host = host  # type: ignore[attr-defined]  # a parent that nobody holds takes its children along
    made.show()
    return made


def test_the_keyboard_does_it_all(dialog: PostureDialog) -> None:
    figure = dialog.figure
    dialog.activateWindow()
    names = []
    for _ in figure.grips:
        now = dialog.focusWidget()
        assert now is not None
        names.append(now.accessibleName())
        QTest.keyClick(now, Qt.Key.Key_Tab)
    assert names == [name.capitalize() for name in figure.grips]
    grip = figure.grips["right knee"]
    grip.setFocus()
    QTest.keyClick(grip, Qt.Key.Key_Left)
    QTest.keyClick(grip, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    x, y = PRESETS["Standing"]["right knee"]
    assert figure.joints["right knee"] == pytest.approx((x - 0.01, y - 0.05))
    assert grip.accessibleDescription() == "42 % from the left, 69 % from the top"
    for _ in range(40):
        QTest.keyClick(grip, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert figure.joints["right knee"][1] == pytest.approx(0.97)
    dialog.presets["Standing"].click()
    assert figure.joints["right knee"] == (x, y)


def test_the_mirror_changes_sides_and_back(dialog: PostureDialog) -> None:
    dialog.presets["Squatting"].click()
    dialog.mirror.click()
    x, y = PRESETS["Squatting"]["left wrist"]
    assert dialog.figure.joints["right wrist"] == (1 - x, y)
    dialog.mirror.click()
    assert dialog.figure.joints["left wrist"] == pytest.approx((x, y))


def test_what_cannot_be_compared_is_not_searched_for(dialog: PostureDialog) -> None:
    asked: list[str] = []
    dialog.chosen.connect(asked.append)
    for name in ("left shoulder", "right shoulder", "left hip", "right hip"):
        dialog.figure.move_joint(name, 0.5, 0.5)
    dialog.go.click()
    assert dialog.note.text() == "The shoulders of a drawn posture are not where its hips are."
    assert not asked
    assert dialog.isVisible()


def test_a_posture_in_pixels_is_made_to_fit(qapp: QApplication, look: Look) -> None:
    text = drawn.written({name: (x * 800, y * 800) for name, (x, y) in PRESETS["Sitting"].items()})
    host = QWidget()
    figure = PostureDialog(host, look, text).figure
    assert all(0 <= edge <= 1 for place in figure.joints.values() for edge in place)
    first, second = descriptor_of(figure.joints), descriptor_of(PRESETS["Sitting"])
    assert first is not None
    assert second is not None
    assert first @ second > 0.999


def test_the_postures_to_begin_with_are_what_they_are_called() -> None:
    found = {}
    for name, joints in PRESETS.items():
        points = np.zeros((len(NAMES), 3), np.float32)
        for joint, place in joints.items():
            points[NAMES.index(joint)] = (*place, 1)
        found[name] = [one.name for one in postures(points)]
    assert found == {"Standing": ["standing"], "Sitting": ["sitting"], "Squatting": ["squat"], "Lying": ["lying"],
                     "Arms up": ["standing", "arms up"]}  # fmt: skip
    vectors = [descriptor_of(joints) for joints in PRESETS.values()]
    assert all(one @ other < 0.85 for at, one in enumerate(vectors) for other in vectors[:at])  # type: ignore[operator]


def test_queries_with_a_drawing() -> None:
    one = f"pose:{drawn.written(PRESETS['Standing'])}"
    other = drawn.written(PRESETS["Lying"])
    assert query.drawn("", other) == f"pose:{other}"
    assert query.drawn(f"boat {one} type:photo", other) == f"boat type:photo pose:{other}"
    assert query.drawn(f"-{one} pose:sitting", other) == f"-{one} pose:sitting pose:{other}"
    assert query.posture_of(f"boat {one}") == one.removeprefix("pose:")
    assert query.posture_of(f"-{one} pose:sitting") == ""
    assert query.filters(f"-{one}")[0].shown == "not Posture: a drawn posture"
    assert default_name(f"boat {one}") == "boat drawn posture"
