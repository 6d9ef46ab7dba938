"""The search box: proposals while typing, and the place of a mistake underlined."""

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.look import icons, tokens
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.models import query
from desktop.operations import Operations
from engine.errors import QueryError
from engine.language import tr
from engine.model import Completion

DEBOUNCE = 120  # milliseconds without a key before a search starts
ROW = 34
MOST = 9


class SearchBox(QLineEdit):
    """A line for queries.

    Signals:
        asked: the text rested for 120 ms, or Enter was pressed.
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
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(DEBOUNCE)
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

    def show_error(self, error: QueryError | None) -> None:
        """Underline the place of a mistake, or nothing."""
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
        self._kept = kept
        words = tr("Forget this saved search") if kept else tr("Save this search (Ctrl+D)")
        self.star.setText(words)
        self.star.setToolTip(words)
        self._tint()

    def close_box(self) -> None:
        """Stop the timer."""
        self._rest.stop()
        self.popup.hide()

    # --- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        drawing = icons.pixmap("search", self._look.colours.muted, 18, self.devicePixelRatioF())
        painter.drawPixmap(13, (self.height() - 18) // 2, drawing)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_picture(event):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if dropped_picture(event):
            event.acceptProposedAction()
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_picture(event)
        if path:
            event.acceptProposedAction()
            self.set_query(query.like_path(path))
        else:
            super().dropEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.popup.isVisible() and self.popup.key(event.key()):
            return
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.set_query("")
            return
        if event.key() == Qt.Key.Key_Down:
            self.left_down.emit()
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

    def _tint(self) -> None:
        if self._clear is not None:
            self._clear.setIcon(self._look.icon("close", size=16))
        if hasattr(self, "star"):
            full = ("star-full", "star") if self._kept else ("star", "muted")
            self.star.setIcon(self._look.icon(*full, size=18))

    def _edited(self, text: str) -> None:
        self._completions.start(self._complete(text, self.cursorPosition()))

    def _entered(self) -> None:
        self.popup.hide()
        self._completions.cancel()
        self._last = ""
        self.ask_now()

    async def _complete(self, text: str, cursor: int) -> None:
        found = await self._ops.ask(self._ops.library.complete, text, cursor) if text.strip() else []
        if text == self.text() and self.hasFocus():
            self.popup.show_proposals(list(found or ())[:MOST])

    def _take(self, chosen: Completion) -> None:
        text = self.text()
        before = text[: chosen.start] + chosen.text
        self.setText(before + text[chosen.end :])
        self.setCursorPosition(len(before))
        if chosen.text.endswith(":"):
            self._edited(self.text())


def dropped_picture(event: QDropEvent) -> str:
    """The one file of this computer that is dragged; empty when it is anything else."""
    urls = [url for url in event.mimeData().urls() if url.isLocalFile() and url.toLocalFile()]
    return urls[0].toLocalFile() if len(urls) == 1 else ""


class Proposals(QFrame):
    """The list under the box.

    Signals:
        chosen: the proposal that was taken.
    """

    chosen = Signal(object)

    def __init__(self, look: Look, box: QLineEdit) -> None:
        super().__init__(box)
        self._look = look
        self._box = box
        self._all: list[Completion] = []
        self.setObjectName("popup")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(tr("Proposals"))
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XS, tokens.XS, tokens.XS, tokens.XS)
        column.addWidget(self.list)
        self.list.itemClicked.connect(lambda _item: self.take())
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_proposals(self, found: list[Completion]) -> None:
        """Show these, or hide when there are none."""
        self._all = found
        self.list.clear()
        for one in found:
            self._add(one)
        if not found:
            self.hide()
            return
        self.list.setCurrentRow(-1)
        # A child of the window, not a window of its own: the keyboard stays in the box on every platform.
        self.setParent(self._box.window())
        place = self._box.mapTo(self._box.window(), QPoint(0, self._box.height() + 4))
        self.setGeometry(QRect(place, QSize(self._box.width(), len(found) * ROW + 2 * tokens.XS + 4)))
        self.show()
        self.raise_()

    def key(self, key: int) -> bool:
        """Do what a key means here; False when it means nothing."""
        row, count = self.list.currentRow(), self.list.count()
        if key == Qt.Key.Key_Down:
            self.list.setCurrentRow((row + 1) % count)
        elif key == Qt.Key.Key_Up:
            self.list.setCurrentRow(row - 1 if row > 0 else count - 1)
        elif key == Qt.Key.Key_Escape:
            self.hide()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
            self.take()
        else:
            return False
        return True

    def take(self) -> None:
        """Take the marked proposal, or the first."""
        row = max(0, self.list.currentRow())
        self.hide()
        if row < len(self._all):
            self.chosen.emit(self._all[row])

    def _add(self, one: Completion) -> None:
        item = QListWidgetItem()
        item.setSizeHint(QSize(0, ROW))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one.shown}, {one.help}")
        self.list.addItem(item)
        words = QWidget()
        line = QHBoxLayout(words)
        line.setContentsMargins(tokens.S, 0, tokens.S, 0)
        line.addWidget(label(one.shown))
        shown_help: QLabel = label(one.help, "small")
        line.addWidget(shown_help, 1, Qt.AlignmentFlag.AlignRight)
        words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.list.setItemWidget(item, words)
