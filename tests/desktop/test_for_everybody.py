"""The window for everybody: names for screen readers, the keyboard alone, and no sentence left in English."""

import gettext
import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

from desktop.look.toasts import Toasts
from desktop.registry import VIEWS
from engine import language
from tests.desktop.conftest import Desk, until

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSlider, QAbstractItemView, QAbstractSpinBox,
            QPlainTextEdit, QTextEdit)  # fmt: skip
NAMES = [entry.id for entry in VIEWS]
# Words that are data or the same in every language: names, numbers, units, formats, keys, what the library holds.
PLAIN = re.compile(r"[\W\d_]*|.*(\.jpg|/|\\|://).*|⟦.*⟧|.*\d.*", re.DOTALL)
# What the library in memory holds: names of files, people, places, packs, queries.
DATA = (
    "photo video document audio Anna Bert Chloe Dora Rome Italy Oslo Norway Nikon sea beach dog en de Apache MIT",
    "Small Big Faces Whisper Base InsightFace Finding faces Speech to text Search by meaning Free to use also for",
    "money Does what it says Only research that earns no will be read when is there",
    "Library Packs packs The view says which Network Offline connection leaves this machine What known",
    "Previews Text in pictures file damaged Copy again",
    "Vast ai RunPod",
    "English Deutsch Norsk bokmål CUDA TensorRT Core ML DirectML OpenVINO WebGPU",
)
QTS = {"ScrollLeftButton", "ScrollRightButton"}  # Qt's own, with its own translations
SAME = {"Kinora", "JPEG", "PDF", "CPU", "GPU", "XMP", "OCR", "SQLite", "Shift", "Ctrl", "RAM"}


class Marked(gettext.NullTranslations):
    """A language in which every sentence that was looked up stands between brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        return f"⟦{one if n == 1 else many}⟧"


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_catalogue", Marked())


async def settled(desk: Desk, name: str) -> QWidget:
    """The view, when all that it asked for has come."""
    desk.window.show_view(name)
    view = desk.window.view(name)
    await until(lambda: not desk.ops._running)
    QApplication.processEvents()
    await until(lambda: not desk.ops._running)
    return view


def controls(root: QWidget) -> Iterator[QWidget]:
    """What a person can use: controls, and widgets of our own that take the keyboard."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisibleTo(root) or isinstance(widget, QScrollBar):
            continue
        own = type(widget).__module__.startswith("desktop") and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        part = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QAbstractItemView | QTabBar)
        if not part and (isinstance(widget, CONTROLS) or own):
            yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says of a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def described(widget: QWidget) -> str:
    chain, at = [], widget
    while at is not None and len(chain) < 4:
        chain.append(f"{type(at).__name__}#{at.objectName()}" if at.objectName() else type(at).__name__)
        at = at.parentWidget()
    return " < ".join(chain)


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_name(desk: Desk, name: str) -> None:
    async def story() -> None:
        await settled(desk, name)
        nameless = [described(one) for one in controls(desk.window) if not name_of(one).strip()]
        assert nameless == []

    desk.run(story, view="")


@pytest.mark.parametrize("name", NAMES)
def test_the_keyboard_reaches_every_control(desk: Desk, name: str) -> None:
    async def story() -> None:
        await settled(desk, name)
        # Tool buttons of a bar take no focus by the mouse; with the Tab key each is reached.
        lost = [
            described(one)
            for one in controls(desk.window)
            if one.isEnabled()
            and not one.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not one.property("key")  # it says which key does the same
            and not sibling_reached(one)
        ]
        assert lost == []

    desk.run(story, view="")


def sibling_reached(widget: QWidget) -> bool:
    """Of an exclusive group one button takes the Tab key, the arrows go from it to the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return (
        group is not None
        and group.exclusive()
        and any(one.focusPolicy() & Qt.FocusPolicy.TabFocus for one in group.buttons())
    )


def words_of(widget: QWidget) -> Iterator[str]:
    """Everything that a widget shows or says."""
    yield widget.toolTip()
    yield widget.accessibleName()
    yield widget.accessibleDescription()
    yield widget.windowTitle()
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QTabBar):
        yield from (widget.tabText(index) for index in range(widget.count()))
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(index) for index in range(widget.count()))
    for action in widget.actions():
        yield action.text()


def english(text: str, known: set[str]) -> bool:
    """Whether a text has words that were not looked up."""
    rest = re.sub(r"⟦[^⟧]*⟧", " ", text)
    while "⟦" in rest or "⟧" in rest:
        rest = re.sub(r"⟦[^⟦⟧]*⟧", " ", rest).replace("⟦", " ").replace("⟧", " ")
    return not PLAIN.fullmatch(rest) and any(
        word not in SAME and word not in known for word in re.findall(r"[A-Za-zÀ-ÿ]{2,}", rest)
    )


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_is_left_behind(desk: Desk, name: str) -> None:
    async def story() -> None:
        await settled(desk, name)
        known = set(re.findall(r"\w+", " ".join([*DATA, *(entry.shortcut for entry in VIEWS)])))
        left = {}
        for widget in [desk.window, *desk.window.findChildren(QWidget)]:
            if (
                isinstance(widget, Toasts)
                or widget.objectName() in QTS
                or not (widget is desk.window or widget.isVisibleTo(desk.window))
            ):
                continue
            for text in words_of(widget):
                if text and english(text, known):
                    left[text] = described(widget)
        assert not left, "\n".join(f"{text!r}: {where}" for text, where in left.items())

    desk.run(story, view="")


@pytest.mark.parametrize("name", NAMES)
def test_every_view_turns_round_for_who_reads_from_the_right(desk: Desk, qapp: QApplication, name: str) -> None:
    async def story() -> None:
        await settled(desk, name)
        window = desk.window
        assert window.rail.mapTo(window, QPoint(0, 0)).x() > window.width() // 2
        outside = [
            described(one)
            for one in controls(window)
            if not window.rect()
            .adjusted(-1, -10_000, 1, 10_000)
            .contains(QRect(one.mapTo(window, QPoint(0, 0)), one.size()))
        ]
        assert outside == []

    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        desk.run(story, view="")
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
