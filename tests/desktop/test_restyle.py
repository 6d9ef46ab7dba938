"""A new style sheet: what is hidden gets it as well, in turns or when it shows."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.look.look import Look
from desktop.look.parts import Tool


def page() -> QWidget:
    made = QWidget()
    made.setObjectName("page")
    column = QVBoxLayout(made)
    column.addWidget(QLabel("words"))
    column.addWidget(QPushButton("a button"))
    inner = QLabel("more")
    inner.setProperty("role", "title")
    area = QScrollArea()
    area.setWidget(inner)
    column.addWidget(area)
    return made


def pile(qtbot: QtBot) -> QStackedWidget:
    made = QStackedWidget()
    qtbot.addWidget(made)
    for _ in range(2):
        made.addWidget(page())
    made.resize(300, 300)
    made.show()
    for number in (1, 0):  # both were seen
        made.setCurrentIndex(number)
        QApplication.processEvents()
    return made


def grabbed(widget: QWidget) -> QImage:
    QApplication.processEvents()
    return widget.grab().toImage()


def test_what_was_hidden_looks_the_same_when_it_shows_at_once(qtbot: QtBot, look: Look) -> None:
    window = pile(qtbot)
    light = grabbed(window)
    look.choose("dark")
    dark = grabbed(window)
    assert dark != light
    window.setCurrentIndex(1)
    assert grabbed(window) == dark
    look.choose("light")
    assert grabbed(window) == light


def test_what_stays_hidden_is_styled_in_turns(qtbot: QtBot, look: Look) -> None:
    window = pile(qtbot)
    hidden = window.widget(1)
    assert hidden is not None
    parts = [hidden, *hidden.findChildren(QWidget)]
    look.choose("dark")
    styled, apart = Qt.WidgetAttribute.WA_WState_Polished, Qt.WidgetAttribute.WA_SetStyle
    assert not any(part.testAttribute(styled) for part in parts)
    qtbot.waitUntil(lambda: all(part.testAttribute(styled) for part in parts))
    assert not any(part.testAttribute(apart) for part in parts)
    dark = grabbed(window)
    window.setCurrentIndex(1)
    assert grabbed(window) == dark


def test_a_second_theme_in_the_middle_and_a_widget_that_goes_meanwhile(qtbot: QtBot, look: Look) -> None:
    window = pile(qtbot)
    light = grabbed(window)
    look.choose("dark")
    look.choose("light")
    window.setCurrentIndex(1)
    assert grabbed(window) == light
    look.choose("dark")
    gone = window.widget(0)
    assert gone is not None
    window.removeWidget(gone)
    gone.deleteLater()
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not look._restyle._waiting)


def test_a_hidden_button_takes_the_new_colour_when_it_shows(qtbot: QtBot, look: Look) -> None:
    tool = Tool(look, "heart", "Favourite")
    qtbot.addWidget(tool)
    look.choose("dark")
    assert tool.icon().cacheKey() != look.icon("heart").cacheKey()
    tool.show()
    assert tool.icon().cacheKey() == look.icon("heart").cacheKey()
    look.choose("light")
    assert tool.icon().cacheKey() == look.icon("heart").cacheKey()
