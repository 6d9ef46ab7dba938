"""The icon in the system's tray: what goes on, and the way back to the window."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from desktop.look import icons
from desktop.look.look import Look
from engine.language import tr

if TYPE_CHECKING:
    from engine.model import QueueStatus

STAYS = 8000  # milliseconds that a notice asks to be shown


class Tray(QObject):
    """The icon with its menu; it stands while it is wanted, or while work goes on that is told of when it is done.

    Signals:
        show_asked: bring the window to the front.
        pause_asked: pause (True) or go on.
        quit_asked: end the program.
    """

    show_asked = Signal()
    pause_asked = Signal(bool)
    quit_asked = Signal()

    def __init__(self, look: Look, over: QWidget, make: "Callable[[], QSystemTrayIcon | None] | None" = None) -> None:
        super().__init__(over)
        self._look = look
        self._paused = False
        self._icon = (make or available)()
        self._menu = QMenu(over)
        self.shown = self._menu.addAction(tr("Show Kinora"), self.show_asked.emit)
        self.line = self._menu.addAction("")
        self.line.setEnabled(False)
        self._menu.addSeparator()
        self.pause = self._menu.addAction(tr("Pause the work"), lambda: self.pause_asked.emit(not self._paused))
        self.quit = self._menu.addAction(tr("Quit"), self.quit_asked.emit)
        if self._icon is not None:
            self._icon.setContextMenu(self._menu)
            self._icon.setIcon(drawing(look))
            self._icon.setToolTip("Kinora")
            self._icon.activated.connect(self._activated)
            self._icon.messageClicked.connect(self.show_asked)

    @property
    def there(self) -> bool:
        """Whether this system has a tray."""
        return self._icon is not None

    @property
    def visible(self) -> bool:
        """Whether the icon stands there now."""
        return self._icon is not None and self._icon.isVisible()

    def stand(self, wanted: bool) -> None:
        """Show the icon, or take it away."""
        if self._icon is not None and self._icon.isVisible() != wanted:
            self._icon.setVisible(wanted)

    def show_queue(self, status: "QueueStatus", words: str) -> None:
        """Say how far the work is."""
        self._paused = status.paused
        self.line.setText(words)
        self.pause.setText(tr("Go on") if status.paused else tr("Pause the work"))
        self.pause.setEnabled(status.paused or status.waiting + status.running > 0)
        if self._icon is not None:
            self._icon.setToolTip(f"Kinora\n{words}")

    def tell(self, title: str, text: str) -> bool:
        """Show a notice of the system; False where that is not possible."""
        if self._icon is None or not self._icon.isVisible() or not QSystemTrayIcon.supportsMessages():
            return False
        self._icon.showMessage(title, text, drawing(self._look), STAYS)
        return True

    def close_tray(self) -> None:
        """Take the icon away for good."""
        if self._icon is not None:
            self._icon.hide()
            self._icon.deleteLater()
            self._icon = None

    def _activated(self, why: QSystemTrayIcon.ActivationReason) -> None:
        if why in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.show_asked.emit()


def available() -> QSystemTrayIcon | None:
    """An icon where the system has a tray."""
    return QSystemTrayIcon() if QSystemTrayIcon.isSystemTrayAvailable() else None


def drawing(look: Look) -> QIcon:
    """The program's drawing in a size that trays use."""
    made = QIcon()
    for size in (16, 22, 32, 64):
        made.addPixmap(QPixmap(icons.pixmap("kinora", look.colours.accent, size)))
    return made
