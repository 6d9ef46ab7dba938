"""The search box: proposals while typing, and the place of a mistake underlined."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QToolButton

from desktop.look import icons
from desktop.look.look import Look
from desktop.models import query
from desktop.operations import Operations
from desktop.views.browse.example import is_example, query_of
from desktop.views.browse.past import Earlier, Past
from desktop.views.browse.proposals import Proposals
from engine.errors import QueryError
from engine.language import tr
from engine.model import Completion

QUICK, DEBOUNCE = 20, 120  # milliseconds without a key before a search starts, where searches are quick or are not
SWIFT = 0.08  # seconds of a quick search
PROPOSES = 0.06  # seconds after a key until proposals are asked for
MOST = 9


class SearchBox(QLineEdit):
    """A line for queries.

    Signals:
        asked: the text rested for a moment, or Enter was pressed.
        left_down: the arrow down was pressed without proposals: go on to the grid.
        starred: keep this search, or forget it when it is kept.
    """

    asked = Signal(str)
    left_down = Signal()
    starred = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        self._completions = ops.latest()
        self._last = ""
        self.setObjectName("search")
        self.setPlaceholderText(tr("Search words, or type: place: year: …"))
        self.setAccessibleName(tr("Search"))
        self.setClearButtonEnabled(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._clear = self.findChild(QToolButton)
        self.star = self.addAction(look.icon("star", size=18), QLineEdit.ActionPosition.TrailingPosition)
        self.star.triggered.connect(self.starred)
        self._kept = False
        self.textChanged.connect(lambda text: self.star.setVisible(bool(text.strip())))
        self.star.setVisible(False)
        self.setAcceptDrops(True)
        look.changed.connect(self._tint)
        self._tint()
        self.popup = Proposals(look, self)
        self.popup.chosen.connect(self._take)
        self.past = Past(ops, self)
        self.popup.removed.connect(lambda one: self.past.remove(one.text))
        self.popup.cleared.connect(self.past.clear)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(QUICK)
        self._rest.timeout.connect(self.ask_now)
        self.textEdited.connect(self._edited)
        self.textChanged.connect(lambda _text: self._rest.start())
        self.returnPressed.connect(self._entered)

    def sizeHint(self) -> QSize:
        return QSize(420, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(150, super().minimumSizeHint().height())

    def ask_now(self) -> None:
        """Search for what stands here unless that was asked last."""
        self._rest.stop()
        if self.text() != self._last:
            self._last = self.text()
            self.asked.emit(self._last)

    def set_query(self, text: str) -> None:
        """Put a query in and search for it at once."""
        self.popup.hide()
        self.setText(text)
        self.ask_now()

    def search_with(self, data: QMimeData) -> None:
        """Search for what is like a picture that was dropped or copied."""
        self._ops.start(self._search_with(query_of(self._ops, data)))

    def pace(self, took: float) -> None:
        """Wait less for the next key where the last search was quick (its seconds)."""
        self._rest.setInterval(QUICK if took < SWIFT else DEBOUNCE)

    def show_error(self, error: QueryError | None) -> None:
        """Underline the place of a mistake, or nothing."""
        if error is None and not self.property("wrong"):
            return  # with every list that comes, most of all while one types
        self.setProperty("wrong", error is not None)
        self.style().unpolish(self)
        self.style().polish(self)
        attributes = []
        if error is not None and self.text():
            wave = QTextCharFormat()
            wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wave.setUnderlineColor(self._look.colour("danger"))
            wave.setForeground(self._look.colour("danger"))
            start = min(error.start, len(self.text()) - 1)
            length = max(1, min(error.end, len(self.text())) - start)
            kind = QInputMethodEvent.AttributeType.TextFormat
            attributes = [QInputMethodEvent.Attribute(kind, start - self.cursorPosition(), length, wave)]
        # An input method's format is the only one that a QLineEdit draws; it holds no text, so nothing is typed.
        QLineEdit.inputMethodEvent(self, QInputMethodEvent("", attributes))

    def show_kept(self, kept: bool) -> None:
        """Fill the star when this search is saved."""
        if kept == self._kept and self.star.text():
            return
        self._kept = kept
        words = tr("Forget this saved search") if kept else tr("Save this search (Ctrl+D)")
        self.star.setText(words)
        self.star.setToolTip(words)
        self._tint()

    def close_box(self) -> None:
        """Stop the timers."""
        self._rest.stop()
        self.past.close()
        self.popup.hide()

    # --- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            drawing = icons.pixmap("search", self._look.colours.muted, 18, self.devicePixelRatioF())
            x = self.width() - 13 - 18 if self.isRightToLeft() else 13
            painter.drawPixmap(x, (self.height() - 18) // 2, drawing)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._dragged(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._dragged(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if is_example(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.search_with(event.mimeData())
        else:
            super().dropEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._offer()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.ShortcutFocusReason, Qt.FocusReason.TabFocusReason):
            self._offer()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.popup.isVisible() and self.popup.key(event.key()):
            return
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.set_query("")
            return
        if event.key() == Qt.Key.Key_Down:
            if not self._offer(first=True):
                self.left_down.emit()
            return
        if event.matches(QKeySequence.StandardKey.Paste) and self._paste():
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # Tab takes a proposal; without one it moves on as everywhere.
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Tab
            and self.popup.isVisible()
        ):
            self.popup.take()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.popup.hide()

    # --- inside

    def _dragged(self, event: QDragMoveEvent) -> None:
        if is_example(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def _paste(self) -> bool:
        """Search with a picture that was copied; False when it is words."""
        data = QApplication.clipboard().mimeData()
        words = data is not None and data.hasText() and not data.hasImage() and not data.hasUrls()
        if data is None or words or not is_example(data):
            return False
        self.search_with(data)
        return True

    async def _search_with(self, found: Coroutine[Any, Any, str]) -> None:
        text = await found
        if text:
            self.set_query(query.with_example(self.text(), text))

    def _offer(self, *, first: bool = False) -> bool:
        """Show the searches of the past when nothing is typed; False when there are none."""
        if self.text() or self.popup.isVisible() or not self.past.rows:
            return False
        self.popup.show_proposals(self.past.offered())
        if first:
            self.popup.list.setCurrentRow(0)
        return True

    def _tint(self) -> None:
        if self._clear is not None:
            self._clear.setIcon(self._look.icon("close", size=16))
        if hasattr(self, "star"):
            full = ("star-full", "star") if self._kept else ("star", "muted")
            self.star.setIcon(self._look.icon(*full, size=18))

    def _edited(self, text: str) -> None:
        self._completions.start(self._complete(text, self.cursorPosition()))

    def _entered(self) -> None:
        self.past.note(self.text())
        self.popup.hide()
        self._completions.cancel()
        self._last = ""
        self.ask_now()

    async def _complete(self, text: str, cursor: int) -> None:
        await asyncio.sleep(PROPOSES)  # the first results come first
        earlier = await self.past.beside(text) if text.strip() else self.past.offered()
        found = await self._ops.ask(self._ops.library.complete, text, cursor) if text.strip() else []
        if text == self.text() and self.hasFocus():
            self.popup.show_proposals([*earlier, *(found or ())][:MOST])

    def _take(self, chosen: Completion) -> None:
        if isinstance(chosen, Earlier):
            self.set_query(chosen.text)
            self.past.note(chosen.text)
            return
        text = self.text()
        before = text[: chosen.start] + chosen.text
        self.setText(before + text[chosen.end :])
        self.setCursorPosition(len(before))
        if chosen.text.endswith(":"):
            self._edited(self.text())
