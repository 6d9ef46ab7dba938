"""Short messages at the bottom of the window that never stop anybody from working."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from engine.language import tr

STAYS = 6000  # milliseconds; longer ones for messages with a hint
MOST = 3


class Toast(QFrame):
    """One message with at most one thing to do about it."""

    def __init__(self, look: Look, text: str, hint: str, action: tuple[str, Callable[[], object]] | None) -> None:
        super().__init__()
        self.setObjectName("popup")
        self.setAccessibleName(f"{text} {hint}".strip())
        self.said = text
        self.deed = action[1] if action is not None else None
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(text, "strong" if hint else "", wrap=True))
        if hint:
            words.addWidget(label(hint, "small", wrap=True))
        self._line = line = QHBoxLayout(self)
        line.setContentsMargins(tokens.L, tokens.S, tokens.S, tokens.S)
        line.setSpacing(tokens.M)
        line.addLayout(words, 1)
        if action is not None:
            act = button(action[0], lambda: self._act(action[1]), "quiet")
            act.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with what they were for
            line.addWidget(act)
        close = Tool(look, "close", tr("Dismiss"))
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(self.leave)
        line.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(STAYS + (4000 if hint else 0))
        self._timer.timeout.connect(self.leave)
        self._timer.start()

    def _act(self, callback: Callable[[], object]) -> None:
        self.leave()
        callback()

    def fit(self, width: int) -> int:
        """Take this width and the height that the words then need; return the height."""
        for part in self.findChildren(QWidget):
            part.ensurePolished()
        needed = self._line.totalHeightForWidth(width) if self._line.hasHeightForWidth() else 0
        height = max(needed, self._line.totalSizeHint().height(), 48)
        self.setFixedSize(width, height)
        return height

    def leave(self) -> None:
        """Go away."""
        self._timer.stop()
        self.hide()
        parent = self.parent()
        if isinstance(parent, Toasts):
            parent.drop(self)

    def event(self, event: QEvent) -> bool:
        # A message that somebody reads with the mouse over it stays.
        if event.type() == QEvent.Type.Enter:
            self._timer.stop()
        elif event.type() == QEvent.Type.Leave:
            self._timer.start()
        return super().event(event)


class Toasts(QWidget):
    """The pile of messages over the lower edge of a window."""

    def __init__(self, look: Look, over: QWidget, lift: int = 48) -> None:
        super().__init__(over)
        self._look = look
        self._over = over
        self._lift = lift
        self._floor = 0  # pixels above the lift that the view in front keeps for itself
        self._pile: list[Toast] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(tokens.S)
        over.installEventFilter(self)
        self.hide()

    def show_toast(self, text: str, hint: str = "", action: tuple[str, Callable[[], object]] | None = None) -> None:
        """Show a message. The same sentence is not piled up, and the same deed is offered once: by then the "Undo" of
        an older message would take back what the newer one tells."""
        deed = action[1] if action is not None else None
        for toast in [old for old in self._pile if old.said == text or (deed is not None and old.deed == deed)]:
            toast.leave()
        while len(self._pile) >= MOST:
            self._pile[0].leave()
        toast = Toast(self._look, text, hint, action)
        self._pile.append(toast)
        self._column.addWidget(toast)
        self._place()
        self.show()
        self.raise_()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{text} {hint}".strip()))

    def stand_on(self, floor: int) -> None:
        """Stay above what a view shows at its lower edge, so many pixels high."""
        if floor != self._floor:
            self._floor = floor
            if self._pile:
                self._place()

    def texts(self) -> list[str]:
        """The sentences that show."""
        return [toast.said for toast in self._pile]

    def drop(self, toast: Toast) -> None:
        """Take a message off the pile."""
        if toast in self._pile:
            self._pile.remove(toast)
        self._column.removeWidget(toast)
        toast.deleteLater()
        if self._pile:
            self._place()
        else:
            self.hide()

    def clear(self) -> None:
        """Take every message away."""
        for toast in list(self._pile):
            toast.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._pile:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        width = min(520, max(200, self._over.width() - 2 * tokens.XL))
        height = -tokens.S
        for toast in self._pile:
            height += toast.fit(width) + tokens.S
        self.resize(width, height)
        self.move((self._over.width() - width) // 2, self._over.height() - height - self._lift - self._floor)
