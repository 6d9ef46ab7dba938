"""The window: navigation, the views in a pile, messages, the status strip, and the drop target over all of it."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.look.look import Look
from desktop.look.parts import Empty
from desktop.look.toasts import Toasts
from desktop.registry import VIEWS, Entry
from desktop.shell.drop import DropTarget
from desktop.shell.rail import Rail
from desktop.shell.state import State
from desktop.shell.strip import Strip
from engine.language import tr

if TYPE_CHECKING:
    from desktop.actions import Menus
    from desktop.commands import Commands
    from desktop.operations import Operations
    from desktop.shell.attendance import Attendance
    from desktop.shell.palette import Palette
    from desktop.views.base import View
    from desktop.workers.bridge import Bridge
    from engine.errors import KinoraError
    from engine.model import Change, Moment

log = logging.getLogger(__name__)

LEAVES = ("viewer", "compare")  # views without a place of their own: one goes back from them
SMALLEST = QSize(640, 440)


class Window(QMainWindow):
    """The one window of a library. It shows itself before the library is open; `attach` brings it to life.

    Signals:
        closing: the user closes it; what runs behind has to end.
    """

    closing = Signal()
    _called = Signal(list)

    def __init__(self, look: Look, state: State) -> None:
        super().__init__()
        self.look, self.state = look, state
        self.ops: Operations | None = None
        self.commands: Commands | None = None
        self.menus: Menus | None = None
        self.released = False  # closed for good: `closing` was answered
        self._bridge: Bridge | None = None
        self._views: dict[str, View] = {}
        self._palette: Palette | None = None
        self.attendance: Attendance | None = None
        self._trail: list[str] = []  # the views from which the viewer and the comparison were opened
        self._waiting: list[Path] = []
        self.setWindowTitle("Kinora")
        self.setMinimumSize(SMALLEST)
        self.setObjectName("window")
        self.rail = Rail(look)
        self.stack = QStackedWidget()
        self.stack.setObjectName("page")
        self.strip = Strip(look)
        self.strip.setVisible(True)
        self._opening = Empty(look, "kinora", tr("Opening the library…"))
        self.stack.addWidget(self._opening)
        self._assemble()
        self.toasts = Toasts(look, self)
        self.drop = DropTarget(look, self)
        self.drop.dropped.connect(self._dropped)
        self.drop.looked.connect(lambda data: self.commands and self.commands.browse.search_like(data))
        self._called.connect(self._come_forward)
        self._restore_geometry()

    # --- life

    def attach(self, ops: "Operations", bridge: "Bridge") -> None:
        """Take the opened library and show the first view."""
        from desktop.actions import Menus, all_actions
        from desktop.commands import Commands
        from desktop.shell.attendance import Attendance

        self.ops, self._bridge = ops, bridge
        self.attendance = Attendance(self, ops)
        ops.failed.connect(self.toasts.show_toast)
        ops.said.connect(self.toasts.show_toast)
        bridge.changed.connect(self._changed)
        self.strip.watch(ops.tasks)
        self.strip.cancel_asked.connect(ops.tasks.cancel)
        self.strip.work_asked.connect(lambda: self.show_view("jobs"))
        self.commands = Commands(self, ops)
        self.strip.pause_asked.connect(self.commands.set_paused)
        self.menus = Menus(self, self.look, all_actions(self.commands))
        self.menus.fill(self.menuBar())
        self.commands.refresh_settings()
        self.commands.refresh_queue()
        ops.start(self._first_view())
        if self._waiting:
            self.add(self._waiting)
            self._waiting = []

    def refuse(self, error: "KinoraError") -> None:
        """Say why the library cannot be opened."""
        self._opening.title.setText(error.text)
        self._opening.text.setText(error.hint)
        self._opening.add(tr("Quit"), self.close, "primary")
        self.strip.say(tr("The library is not open."))

    def come_forward(self, paths: Sequence[str] = ()) -> None:
        """Bring the window to the front and add paths; may be called on any thread."""
        self._called.emit([str(path) for path in paths])

    def save(self) -> None:
        """Remember how the window is."""
        self.state.put_bytes("window/geometry", self.saveGeometry())
        self.state.put("window/theme", self.look.theme)
        current = self.current
        if current is not None and current.id in {entry.id for entry in VIEWS if entry.place}:
            self.state.put("window/view", current.id)
        for name, view in self._views.items():
            self.state.put(f"views/{name}", view.save_state())
        self.state.save()

    def release(self) -> None:
        """End the views with their threads and timers; the window may then close."""
        for view in self._views.values():
            view.close_view()
        self.strip.close_strip()
        self.toasts.clear()
        if self.commands is not None:
            self.commands.close()
        if self.attendance is not None:
            self.attendance.close()
        self.released = True

    # --- views

    @property
    def current(self) -> "View | None":
        """The view in front, None while the library opens."""
        return next((view for view in self._views.values() if view is self.stack.currentWidget()), None)

    def view(self, name: str) -> "View":
        """A view, built when it is asked for the first time."""
        if name not in self._views:
            self._views[name] = self._build(next(entry for entry in VIEWS if entry.id == name))
        return self._views[name]

    def show_view(self, name: str) -> None:
        """Bring a view to the front."""
        if self.ops is None:
            return
        if self._palette is not None:
            self._palette.hide()
        if self.attendance is not None:
            self.attendance.opens(name)
        before, view = self.current, self.view(name)
        if before is view:
            view.shown()
            return
        if before is not None:
            before.hidden()
            view.take_query(before.asked())
            self._follow(before.id, name)
        self.stack.setCurrentWidget(view)
        self.toasts.stand_on(view.floor)
        self.rail.mark(name if name not in (*LEAVES, "welcome") else "library")
        view.shown()
        if self.attendance is not None:
            self.attendance.viewed(name)

    def go_back(self) -> None:
        """Return from the viewer or the comparison to where it was opened."""
        trail = self._trail[:-1]
        self.show_view(self._trail[-1] if self._trail else "library")
        self._trail = trail

    def _follow(self, before: str, name: str) -> None:
        if name not in LEAVES:
            self._trail = []
        elif before != "welcome":
            kept = self._trail[: self._trail.index(name)] if name in self._trail else self._trail
            self._trail = [*kept, before]

    def compare(self, ids: Sequence[int]) -> None:
        """Show assets side by side."""
        from desktop.views.compare import CompareView

        view = self.view("compare")
        self.show_view("compare")
        if isinstance(view, CompareView):
            view.open(ids)

    def show_query(self, query: str) -> None:
        """Show the library with a query."""
        from desktop.views.library import LibraryView

        self.show_view("library")
        view = self.view("library")
        if isinstance(view, LibraryView):
            view.search(query)

    def show_person(self, number: int) -> None:
        """Show the page of a person."""
        from desktop.views.people import PeopleView

        self.show_view("people")
        view = self.view("people")
        if isinstance(view, PeopleView):
            view.open_person(number)

    def open_asset(self, ids: Sequence[int], index: int, query: str, moment: "Moment | None" = None) -> None:
        """Show an asset in the viewer."""
        if len(ids) and self.ops is not None:
            from desktop.views.viewer import ViewerView

            viewer = self.view("viewer")
            if isinstance(viewer, ViewerView):
                viewer.open(ids, index, query, moment)  # it comes to the front when there is something to see

    def open_palette(self) -> None:
        """Show every command to choose from."""
        if self._palette is None and self.menus is not None:
            from desktop.shell.palette import Palette

            self._palette = Palette(self.look, self, self.menus.all)
        if self._palette is not None:
            self._palette.open_palette()

    def add(self, paths: Sequence[Path]) -> None:
        """Add what was dropped, chosen or given on the command line."""
        if self.commands is None:
            self._waiting.extend(paths)
        elif paths:
            self.commands.add(paths)

    # --- Qt

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.released:
            event.accept()
            return
        event.ignore()
        if self.attendance is not None and self.attendance.stays():
            self.save()
            return
        if self.commands is None or self.commands.may_close():
            self.save()
            self.hide()
            self.closing.emit()

    # --- inside

    def _assemble(self) -> None:
        for entry in VIEWS:
            if entry.place:
                keys = QKeySequence(entry.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
                tip = f"{tr(entry.title)} ({keys})"
                self.rail.add(entry.id, tr(entry.title), entry.icon, tip, bottom=entry.place == "bottom")
        self.rail.chosen.connect(self.show_view)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.stack, 1)
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(middle, 1)
        column.addWidget(self.strip)
        self.setCentralWidget(page)

    def _build(self, entry: Entry) -> "View":
        assert self.ops is not None
        assert self._bridge is not None
        kind = entry.load()
        kind.home = self.stack
        try:
            view = kind(self.ops, self._bridge, self.look)
        finally:
            kind.home = None
        view.open_asset.connect(self.open_asset)
        view.open_moment.connect(self.open_asset)
        view.show_query.connect(self.show_query)
        view.message.connect(self.toasts.show_toast)
        view.undoable.connect(self._offer_undo)
        view.revocable.connect(lambda text, back: self.toasts.show_toast(text, action=(tr("Undo"), back)))
        view.go_back.connect(self.go_back)
        view.show_person.connect(self.show_person)
        view.came.connect(lambda: self.show_view(entry.id))
        view.command.connect(self._run_command)
        view.stands.connect(lambda floor: self.toasts.stand_on(floor) if self.current is view else None)
        view.restore_state(self.state.table(f"views/{entry.id}"))
        self.stack.addWidget(view)
        if self.menus is not None:
            for grid in view.grids():
                self.menus.attach(grid)
        return view

    def _run_command(self, name: str) -> None:
        if self.menus is not None and name in self.menus.by_id:
            self.menus.by_id[name].trigger()

    def _offer_undo(self, text: str) -> None:
        if self.commands is not None:
            self.toasts.show_toast(text, action=(tr("Undo"), self.commands.undo))

    async def _first_view(self) -> None:
        assert self.ops is not None
        last = self.state.get("window/view")
        roots = await self.ops.ask(self.ops.library.roots)
        known = last in {entry.id for entry in VIEWS if entry.place}
        begun = self.state.table("views/welcome").get("open") in (1, 2)  # the first start was not gone through
        new = (begun or not roots) and not self._waiting and not self.ops.tasks.all()
        first = next(entry for entry in VIEWS if entry.id == ("welcome" if new else last if known else "library"))
        if self.current is None:
            self.show_view(first.id)

    def _dropped(self, paths: list[Path]) -> None:
        """Dropped on the first steps it leads on to the next one, else to the library."""
        current = self.current
        if current is not None and current.id == "welcome":
            current.take_paths(paths)
        else:
            self.add(paths)

    def first_steps(self) -> None:
        """Show the steps of the first start again."""
        self.show_view("welcome")
        self.view("welcome").restore_state({})

    def _changed(self, change: "Change") -> None:
        for view in list(self._views.values()):
            view.changed(change)
        if self.commands is not None:
            self.commands.changed(change)

    def _come_forward(self, paths: list[str]) -> None:
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()
        self.add([Path(path) for path in paths])

    def _restore_geometry(self) -> None:
        if not self.restoreGeometry(self.state.bytes("window/geometry")):
            screen = self.screen().availableGeometry()
            self.resize(min(1280, screen.width() - 60), min(820, screen.height() - 60))
