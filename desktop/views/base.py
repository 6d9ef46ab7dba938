"""What every view of the window is: its name, its signals, what the window asks of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.look.look import Look
from engine.language import tr
from engine.model import Change

if TYPE_CHECKING:
    from desktop.operations import Operations


class View(QWidget):
    """A page of the window.

    Signals:
        open_asset: asset ids (a sequence), the index to show, the query they came from.
        open_moment: the same with a `Moment` to go to.
        show_query: show the library with this query.
        message: a sentence for a toast.
        undoable: a sentence for a toast that offers to undo the decision.
        revocable: a sentence for a toast with an undo of its own: what it calls.
        show_person: show the page of the person with this number.
        came: there is something to see now: show this view.
        go_back: show the view from which this one was opened (the viewer).
        command: run a command of the window, by its id in `desktop.actions`.
        stands: so many pixels at its lower edge are taken; messages stay above them.
    """

    id: ClassVar[str] = ""
    title: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    shortcut: ClassVar[str] = ""
    home: ClassVar[QWidget | None] = None  # what new views are made in: moved there later they would be styled again

    open_asset = Signal(object, int, str)
    open_moment = Signal(object, int, str, object)
    show_query = Signal(str)
    message = Signal(str)
    undoable = Signal(str)
    revocable = Signal(str, object)
    show_person = Signal(int)
    came = Signal()
    go_back = Signal()
    command = Signal(str)
    stands = Signal(int)

    def __init__(self, ops: "Operations", bridge: QObject, look: Look) -> None:
        super().__init__(self.home)
        self.ops = ops
        self.bridge = bridge
        self.look = look
        self.floor = 0  # pixels at the lower edge that messages leave free
        self.setObjectName(f"view-{self.id}")
        self.setAccessibleName(tr(self.title))

    def changed(self, change: Change) -> None:
        """The library changed: refresh what is concerned (called for the built views, also hidden ones)."""

    def shown(self) -> None:
        """The view came to the front."""

    def asked(self) -> str:
        """The search that the view shows, for a view that is opened from it."""
        return ""

    def take_query(self, text: str) -> None:
        """The view is opened from one that shows this search (called before `shown`)."""

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Files and folders were dropped on the view (asked of the first steps only)."""

    def hidden(self) -> None:
        """Another view came to the front."""

    def selected(self) -> list[int]:
        """The asset ids that a command of the window is about; empty when nothing is selected."""
        return []

    def stand(self, floor: int) -> None:
        """Take so many pixels at the lower edge."""
        self.floor = floor
        self.stands.emit(floor)

    def following(self, asset: int) -> list[int]:
        """The asset behind this one in the list that is shown, if there is a list and a next one."""
        return []

    def grids(self) -> Sequence[QWidget]:
        """The widgets on which the single-letter commands work (rating, select all)."""
        return ()

    def save_state(self) -> dict[str, Any]:
        """What should survive a restart (plain values)."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take up what `save_state` gave (may be incomplete or of an older version)."""

    def close_view(self) -> None:
        """End threads and timers; the window closes."""
