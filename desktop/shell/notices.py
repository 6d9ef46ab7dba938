"""Tells that a long import or the reading is done: through the tray where there is one, else in the window."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.tasks import CANCELLED, DONE, Ended
from engine.language import tr, trn

if TYPE_CHECKING:
    from engine.model import QueueStatus

LONG = 60.0  # seconds from which something counts as long


class Notices(QObject):
    """Decides what is worth telling; `tell(title, text)` shows it.

    `away` says whether the window is not in front. Names are told only when the setting asks for them.
    """

    def __init__(
        self, tell: Callable[[str, str], object], away: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tell = tell
        self._away = away
        self.how = "plain"  # option look.notices
        self._began: float | None = None
        self._done_before = 0
        self._failed_before = 0
        self._added = 0

    def added(self, count: int) -> None:
        """So many new files came with an import."""
        self._added += count

    def task_over(self, ended: Ended) -> None:
        """A task is over."""
        if self.how == "never" or ended.how == CANCELLED or not (ended.took >= LONG or self._away()):
            return
        title = ended.title if self.how == "names" else ended.plain or tr("A long task")
        if ended.how == DONE:
            self._tell(tr("{task} is done.", task=title), self._next())
        else:
            self._tell(tr("{task} did not come to its end.", task=title), tr("The work view says why."))

    def show_queue(self, status: "QueueStatus") -> None:
        """The queue moved."""
        pending = status.waiting + status.running
        if pending and self._began is None:
            self._began = time.monotonic()
            self._done_before, self._failed_before = status.done, status.failed
        if pending or self._began is None or status.paused:
            return
        took, self._began = time.monotonic() - self._began, None
        failed, added = status.failed - self._failed_before, self._added
        self._added = 0
        if self.how == "never" or status.done <= self._done_before or not (took >= LONG or self._away()):
            return
        new = trn("{n} new file can be searched.", "{n} new files can be searched.", added) if added else ""
        bad = trn("{n} could not be read.", "{n} could not be read.", failed) if failed > 0 else ""
        self._tell(tr("Everything is read."), " ".join(filter(None, (new, bad))) or tr("Search for a moment."))

    def _next(self) -> str:
        if self._added:
            return trn("{n} new file. Search while the rest is read.", "{n} new files. Search while the rest is read.",
                       self._added)  # fmt: skip
        return tr("Have a look.")
