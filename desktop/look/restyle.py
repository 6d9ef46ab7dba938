"""A new style sheet for the application: at once for what is seen, in short turns for the rest.

Qt goes through a changed sheet once for every ancestor of every widget, a second for a window with all its views. Taken
off and put on again it goes through each widget twice, and not at all through those that seem never to have been
styled: what is hidden is made to seem so, and gets its style afterwards, a few at a time, or all of it when it shows.
"""

import time
from collections import deque

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

TURN = 0.004  # seconds of work in a turn
STYLED, APART = Qt.WidgetAttribute.WA_WState_Polished, Qt.WidgetAttribute.WA_SetStyle


class Restyle(QObject):
    """Puts style sheets on an application; one for each, on its thread."""

    def __init__(self, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._waiting: dict[QWidget, deque[QWidget]] = {}  # what has no style yet, by the hidden widget that it is in
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    def put_on(self, text: str) -> None:
        """Use this style sheet from now on."""
        if not self._app.styleSheet():
            self._app.setStyleSheet(text)
            return
        self.finish()
        hidden = {top: deque(found) for top in _hidden(self._app) if (found := _parts(top))}
        for parts in hidden.values():
            for part in parts:
                part.setAttribute(STYLED, False)
                part.setAttribute(APART)
        self._app.setStyleSheet("")
        self._app.setStyleSheet(text)
        for parts in hidden.values():
            for part in parts:
                part.setAttribute(APART, False)
        self._waiting = hidden
        for top in hidden:
            top.installEventFilter(self)
        self._timer.start()

    def finish(self) -> None:
        """Style all that waits for it."""
        for top in list(self._waiting):
            self._style(top)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched in self._waiting:
            self._style(watched)
        return False

    def _go_on(self) -> None:
        until = time.perf_counter() + TURN
        while self._waiting:
            top = next(iter(self._waiting))
            self._style(top, until)
            if time.perf_counter() > until:
                return
        self._timer.stop()

    def _style(self, top: QWidget, until: float = float("inf")) -> None:
        """Style what is in a hidden widget, until this time at most."""
        parts = self._waiting[top]
        while parts:
            part = parts.popleft()
            if isValid(part):
                part.style().polish(part)
                part.setAttribute(STYLED)
                QApplication.sendEvent(part, QEvent(QEvent.Type.StyleChange))
            if time.perf_counter() > until:
                break
        if not parts:
            del self._waiting[top]
            if isValid(top):
                top.removeEventFilter(self)


def _hidden(app: QApplication) -> list[QWidget]:
    """The outermost widgets that do not show."""
    found = [top for top in app.topLevelWidgets() if not top.isVisible()]
    rows = [top for top in app.topLevelWidgets() if top.isVisible()]
    while rows:
        parents, rows = rows, []
        for parent in parents:
            for child in parent.children():
                if isinstance(child, QWidget) and not child.isWindow():
                    (rows if child.isVisible() else found).append(child)
    return found


def _parts(top: QWidget) -> list[QWidget]:
    """What is in a widget and was styled before; the outer ones first."""
    return [one for one in (top, *top.findChildren(QWidget)) if one.testAttribute(STYLED)]
