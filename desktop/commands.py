"""What the commands of the window do."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox

from desktop import places
from desktop.browsing import Browsing
from desktop.filming import Filming
from desktop.keeping import Keeping
from desktop.peopling import Peopling
from desktop.registry import VIEWS, Entry
from desktop.sidecaring import Sidecaring
from desktop.tasks import ADDING
from desktop.views.base import View
from engine.language import digits, mark, tr, trn
from engine.model import AddReport, Change

if TYPE_CHECKING:
    from desktop.operations import Operations
    from desktop.views.library import LibraryView
    from desktop.window import Window

STEP = 24  # pixels by which the pictures grow
QUEUE_EVERY = 700  # milliseconds between two looks at the queue while it moves
SHUTTING = mark("What is stored so far stays; add the folder again to go on with the rest.")


class Commands:
    """The callbacks of `desktop.actions`, on one window and its library."""

    def __init__(self, window: "Window", ops: "Operations") -> None:
        self._window = window
        self._ops = ops
        self._latest_queue = ops.latest()
        self._timer = QTimer(window)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUEUE_EVERY)
        self._timer.timeout.connect(self.refresh_queue)
        self._sure = False
        self.browse = Browsing(window)
        self.people = Peopling(window)
        self.keeping = Keeping(window, ops, self.undo)
        self.filming = Filming(window, ops)
        self.sidecars = Sidecaring(window, ops, self.undo)

    def views(self) -> tuple[Entry, ...]:
        """The views that commands can show."""
        return tuple(entry for entry in VIEWS if entry.place)

    # --- what the library does

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders, with progress in the strip."""
        self._ops.start(self._add(list(paths)))

    def add_folder(self) -> None:
        """Ask for a folder and add it."""
        dialog = QFileDialog(self._window, tr("Add a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask_paths(dialog)

    def add_files(self) -> None:
        """Ask for files and add them."""
        dialog = QFileDialog(self._window, tr("Add files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._ask_paths(dialog)

    def rescan(self) -> None:
        """Bring every added folder up to date."""
        self._ops.start(self._rescan())

    def undo(self) -> None:
        """Undo the last decision."""
        self._ops.start(self._step(back=True))

    def redo(self) -> None:
        """Do the last undone decision again."""
        self._ops.start(self._step(back=False))

    def rate(self, stars: int) -> None:
        """Give the selected assets stars."""
        ids = self._selected()
        if ids:
            self._ops.start(self._rate(ids, stars))

    def tag(self) -> None:
        """Ask for a tag for the selected assets."""
        ids = self._selected()
        if ids:
            from desktop.shell.tagging import TagDialog

            dialog = TagDialog(self._window, self._ops, len(ids))
            dialog.chosen.connect(lambda name: self._ops.start(self._tag(ids, name)))
            dialog.open()

    def pause(self) -> None:
        """Start no more jobs."""
        self.set_paused(True)

    def resume(self) -> None:
        """Go on with the jobs."""
        self.set_paused(False)

    def destroy_rented(self) -> None:
        """Ask whether everything rented is to be destroyed, where it is shown."""
        self._window.show_view("hosts")
        self._window.view("hosts").destroy_everything()  # type: ignore[attr-defined]

    def set_paused(self, paused: bool) -> None:
        """Pause or go on."""
        self._ops.start(self._pause(paused))

    def export(self) -> None:
        """Ask where to, and write the list that shows (or the selection of it)."""
        view = self._library()
        ids = view.export_ids()
        if not len(ids):
            self._window.toasts.show_toast(tr("There is nothing to export here."))
            return
        dialog = QFileDialog(self._window, tr("Export {count}", count=trn("{n} item", "{n} items", len(ids))))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([tr("Table (*.csv)"), tr("JSON (*.json)")])
        dialog.setDefaultSuffix("csv")
        dialog.selectFile("kinora-list.csv")
        dialog.fileSelected.connect(lambda path: self._ops.start(self._export(ids, Path(path))))
        dialog.open()

    # --- what the window does

    def show_view(self, name: str) -> None:
        """Bring a view to the front."""
        self._window.show_view(name)

    def search(self) -> None:
        """Go to the search box."""
        self._window.show_view("library")
        self._library().focus_search()

    def select_all(self) -> None:
        """Select everything in the library's list."""
        self._library().grid.select_all()

    def larger(self) -> None:
        """Larger pictures."""
        self._library().grow(STEP)

    def smaller(self) -> None:
        """Smaller pictures."""
        self._library().grow(-STEP)

    def names(self) -> None:
        """Show or hide the names below the pictures."""
        self._library().toggle_names()

    def details(self) -> None:
        """Show or hide the details panel."""
        self._library().toggle_details()

    def theme(self) -> None:
        """Change between light and dark, and keep it."""
        self._ops.start(self._ops.ask(self._ops.library.set, "look.theme", "light" if self._dark else "dark"))
        self._window.look.choose("light" if self._dark else "dark")

    def full_screen(self) -> None:
        """Use the whole screen, or no longer."""
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    def open_selected(self) -> None:
        """Open the current item in the viewer."""
        self._library().open_current()

    def reveal(self) -> None:
        """Show the first selected file in the system's file manager."""
        ids = self._selected()
        if ids:
            self._ops.start(self._reveal(ids[0]))

    def copy_path(self) -> None:
        """Copy the paths of the selection."""
        ids = self._selected()
        if ids:
            self._ops.start(self._copy_path(ids))

    def palette(self) -> None:
        """Show every command."""
        self._window.open_palette()

    def shortcuts(self) -> None:
        """Show the keyboard shortcuts."""
        from desktop.shell.shortcuts import Shortcuts

        if self._window.menus is not None:
            Shortcuts(self._window.menus.all, self._window).show()

    def first_steps(self) -> None:
        """Show the steps of the first start."""
        self._window.first_steps()

    def about(self) -> None:
        """Say what this program is."""
        from desktop.shell.about import About

        About(self._ops.library.path, self._window).show()

    def quit(self) -> None:
        """Close the window and the program, also where closing would leave it in the tray."""
        self._leave()

    def may_close(self) -> bool:
        """Whether the window may close now; asks first when a task would be cut short."""
        tasks = self._ops.tasks.all()
        if not tasks or self._sure:
            return True
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("Close Kinora?"))
        box.setText(tr("“{title}” is not ready.", title=tasks[0].title))
        box.setInformativeText(tr(SHUTTING))
        leave = box.addButton(tr("Close"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Stay"), QMessageBox.ButtonRole.RejectRole)
        leave.clicked.connect(self._close_anyway)
        box.open()
        return False

    # --- refreshing

    def changed(self, change: Change) -> None:
        """The library changed."""
        if change.topics & {"jobs", "files", "assets", "health"} and not self._timer.isActive():
            self._timer.start()
        if "settings" in change.topics:
            self.refresh_settings()

    def refresh_queue(self) -> None:
        """Look at the queue again."""
        self._latest_queue.start(self._show_queue())

    def refresh_settings(self) -> None:
        """Use the settings that concern the window."""
        self._ops.start(self._apply_settings())

    def close(self) -> None:
        """Stop the timer."""
        self._timer.stop()

    # --- inside

    @property
    def _dark(self) -> bool:
        return self._window.look.colours.dark

    def _library(self) -> "LibraryView":
        from desktop.views.library import LibraryView

        view = self._window.view("library")
        assert isinstance(view, LibraryView)
        return view

    def _selected(self) -> list[int]:
        view: View | None = self._window.current
        ids = view.selected() if view is not None else []
        if not ids:
            self._window.toasts.show_toast(
                tr("Nothing is selected."), tr("Click a picture first, or use the arrow keys.")
            )
        return ids

    def _close_anyway(self) -> None:
        self._sure = True
        self._leave()

    def _leave(self) -> None:
        attendance = self._window.attendance
        if attendance is None:
            self._window.close()
            return
        attendance.leaving = True
        self._window.close()
        attendance.leaving = False

    def _ask_paths(self, dialog: QFileDialog) -> None:
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.open()

    async def _add(self, paths: list[Path]) -> None:
        name = paths[0].name or str(paths[0])
        title = tr("Adding {name}", name=name) if len(paths) == 1 else tr("Adding {n} things", n=len(paths))
        self._window.show_view("library")
        if await self._ops.run(title, self._ops.library.add(paths), plain=tr(ADDING)):
            self._window.toasts.show_toast(added_words(self._ops.library.last_report))

    async def _rescan(self) -> None:
        if await self._ops.run(tr("Looking for changes"), self._ops.library.rescan(), plain=tr("Looking for changes")):
            self._window.toasts.show_toast(added_words(self._ops.library.last_report))

    async def _step(self, *, back: bool) -> None:
        library = self._ops.library
        sentence = await self._ops.ask(library.undo if back else library.redo)
        if sentence:
            self._window.toasts.clear()  # their "Undo" would now undo something else
            self._window.toasts.show_toast(sentence)
        else:
            self._window.toasts.show_toast(
                tr("There is nothing to undo.") if back else tr("There is nothing to do again.")
            )

    async def _rate(self, ids: list[int], stars: int) -> None:
        await self._ops.demand(self._ops.library.rate, ids, stars or None)
        text = (
            tr(
                "{count} for {count2}",
                count=trn("{n} star", "{n} stars", stars),
                count2=trn("{n} item", "{n} items", len(ids)),
            )
            if stars
            else tr("Stars taken away")
        )
        self._window.toasts.show_toast(text, action=(tr("Undo"), self.undo))

    async def _tag(self, ids: list[int], name: str) -> None:
        await self._ops.demand(self._ops.library.tag, ids, name)
        self._window.toasts.show_toast(
            tr("Tagged {count} “{name}”", count=trn("{n} item", "{n} items", len(ids)), name=name),
            action=(tr("Undo"), self.undo),
        )

    async def _pause(self, paused: bool) -> None:
        await self._ops.ask(self._ops.library.pause if paused else self._ops.library.resume)
        self.refresh_queue()

    async def _export(self, ids: Sequence[int], target: Path) -> None:
        from desktop.export import write_list

        if await self._ops.run(tr("Exporting the list"), write_list(self._ops.library, ids, target)):
            self._window.toasts.show_toast(
                tr("The list is in {name}.", name=target.name), action=(tr("Show"), lambda: places.reveal(target))
            )

    async def _reveal(self, asset: int) -> None:
        path = await self._ops.ask(self._ops.library.original, asset)
        if path is not None and not places.reveal(path):
            self._window.toasts.show_toast(tr("The file manager did not open."), str(path))

    async def _copy_path(self, ids: list[int]) -> None:
        paths = await self._ops.ask(lambda: [str(self._ops.library.original(asset)) for asset in ids[:1000]])
        if paths:
            QGuiApplication.clipboard().setText("\n".join(paths))
            self._window.toasts.show_toast(tr("Copied {count}.", count=trn("{n} path", "{n} paths", len(paths))))

    async def _show_queue(self) -> None:
        status = await self._ops.ask(self._ops.library.queue)
        if status is None:
            return
        self._window.strip.show_queue(status)
        if self._window.attendance is not None:
            self._window.attendance.show_queue(status)
        if status.running or (status.waiting and not status.paused):
            self._timer.start()

    async def _apply_settings(self) -> None:
        settings = await self._ops.ask(self._ops.library.settings)
        if settings:
            self._window.look.choose(settings["look.theme"])
            self._window.look.blur_from(settings["look.blur"])
            if self._window.attendance is not None:
                self._window.attendance.settings(settings)
            self._window.look.move(settings["look.motion"])
            self._window.state.put("window/language", settings["look.language"])


def added_words(report: AddReport) -> str:
    """What adding did, in one sentence."""
    if not report.seen:
        return tr("No files were found there.")
    parts = [
        tr("{added} new", added=digits(report.added)) if report.added else "",
        tr("{changed} changed", changed=digits(report.changed)) if report.changed else "",
        tr("{moved} moved", moved=digits(report.moved)) if report.moved else "",
        tr("{unchanged} known", unchanged=digits(report.unchanged)) if report.unchanged else "",
        tr("{left_out} left out", left_out=digits(report.left_out)) if report.left_out else "",
        tr("{failed} not readable", failed=digits(report.failed)) if report.failed else "",
    ]
    what = ", ".join(part for part in parts if part) or tr("nothing new")
    return trn("{n} file: {what}.", "{n} files: {what}.", report.seen, what=what)
