"""What the window does beside its views: it is watched, stands in the tray, tells what is done, obeys the battery."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer

from desktop.look.reading import idle_words, queue_words
from desktop.shell.notices import Notices
from desktop.shell.tray import STAYS, Tray
from desktop.tasks import ADDING, DONE, Ended
from desktop.workers.watchdog import Watchdog
from engine.language import tr

if TYPE_CHECKING:
    from desktop.operations import Operations
    from desktop.window import Window
    from engine.model import QueueStatus

_ABOUT = frozenset(
    {
        QEvent.Type.Show,
        QEvent.Type.Hide,
        QEvent.Type.WindowActivate,
        QEvent.Type.WindowDeactivate,
        QEvent.Type.WindowStateChange,
    }
)


class Attendance(QObject):
    """One for a window that has its library."""

    def __init__(self, window: "Window", ops: "Operations") -> None:
        super().__init__(window)
        self._window, self._ops = window, ops
        self.keeps = False  # option look.tray: closing the window leaves it in the tray
        self.leaving = False  # the user quits: closing closes
        self._own_screen = False
        self._pending = False
        self.watchdog = ops.watchdog = Watchdog(self)
        self.tray = Tray(window.look, window)
        self._told = QTimer(self)  # the icon stays while its notice shows
        self._told.setSingleShot(True)
        self._told.setInterval(STAYS)
        self._told.timeout.connect(self._stand)
        self.notices = Notices(self._tell, lambda: not window.isActiveWindow(), self)
        self.tray.show_asked.connect(window.come_forward)
        self.tray.quit_asked.connect(self._quit)
        self.tray.pause_asked.connect(self._pause)
        window.strip.anyway_asked.connect(lambda: ops.start(ops.ask(ops.library.care.go_on)))
        ops.tasks.over.connect(self._over)
        ops.tasks.changed.connect(self._stand)
        window.installEventFilter(self)
        ops.start(ops.ask(ops.library.care.attend))
        self._look()

    def opens(self, name: str) -> None:
        """Another view is about to come to the front."""
        self.watchdog.doing = name

    def viewed(self, name: str) -> None:
        """Another view is in front."""
        self.watchdog.looked_at = name == "health"
        self._look()

    def show_queue(self, status: "QueueStatus") -> None:
        """The queue moved."""
        pending = status.waiting + status.running
        self._pending = pending > 0 and not status.paused
        words = idle_words(status) if not pending else queue_words(status, status.done, status.done + pending)
        self.tray.show_queue(status, words)
        self.notices.show_queue(status)  # before the icon goes: it is what shows the notice
        self._stand()

    def settings(self, values: "dict[str, object]") -> None:
        """Use the settings that concern this."""
        self.keeps = bool(values["look.tray"])
        self.notices.how = str(values["look.notices"])
        self._stand()

    def stays(self) -> bool:
        """Whether closing the window leaves it at work in the tray; hides it then."""
        if self.leaving or not (self.keeps and self.tray.there):
            return False
        self.tray.stand(True)
        self._window.hide()
        return True

    def close(self) -> None:
        """End the watching, take the icon away."""
        self._window.removeEventFilter(self)
        self._told.stop()
        self.watchdog.close()
        self._ops.watchdog = None
        self.tray.close_tray()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _ABOUT:
            self._look()
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        window = self._window
        hidden = window.isHidden() or bool(window.windowState() & Qt.WindowState.WindowMinimized)
        self.watchdog.shown = not hidden
        self.watchdog.used = window.isActiveWindow() or self._pending
        current = window.current
        own = window.isFullScreen() and current is not None and current.id == "viewer"
        if own != self._own_screen:
            self._own_screen = own
            self._ops.start(self._ops.ask(self._ops.library.care.whole_screen, own))

    def _over(self, ended: Ended) -> None:
        """A task is over; of an import the window says in its own words what came."""
        if ended.plain == tr(ADDING) and ended.how == DONE:
            self.notices.added(self._ops.library.last_report.added)
            if not self.tray.visible:
                return
        self.notices.task_over(ended)

    def _stand(self) -> None:
        """The icon is there when it is wanted, and while something goes on that will be told of."""
        works = self._pending or self._told.isActive() or bool(self._ops.tasks.all())
        self.tray.stand(self.keeps or self._window.isHidden() or (works and self.notices.how != "never"))

    def _tell(self, title: str, text: str) -> None:
        if self.tray.tell(title, text):
            self._told.start()
        else:
            self._window.toasts.show_toast(title, text)

    def _pause(self, paused: bool) -> None:
        if self._window.commands is not None:
            self._window.commands.set_paused(paused)

    def _quit(self) -> None:
        if self._window.commands is not None:
            self._window.come_forward()  # where it may ask
            self._window.commands.quit()
