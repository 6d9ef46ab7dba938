"""What the commands about sidecars do: they ask, write and read in the background, and say what came of it."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from desktop import places
from engine.language import mark, tr, trn
from engine.model import Step

if TYPE_CHECKING:
    from desktop.operations import Operations
    from desktop.shell.sidecars import Wish
    from desktop.window import Window

WRITING = mark("Writing sidecars")
READING = mark("Reading sidecars")
NAMED = 3  # of what was refused, in the toast


class Sidecaring:
    """Commands on the sidecars of the library."""

    def __init__(self, window: "Window", ops: "Operations", undo: Callable[[], object]) -> None:
        self._window, self._ops, self._undo = window, ops, undo

    def export(self) -> None:
        """Ask what to write and where to, and write it."""
        from desktop.shell.sidecars import ExportDialog
        from desktop.views.library import LibraryView

        view = self._window.view("library")
        assert isinstance(view, LibraryView)
        front = self._window.current
        selected = list(front.selected()) if front is not None else []
        listed = view.export_ids() if front is view and view.seeker.text.strip() else ()
        dialog = ExportDialog(self._window, len(selected), len(listed))
        dialog.chosen.connect(lambda wish: self._where(wish, {"selected": selected, "listed": listed}))
        dialog.open()

    def take(self) -> None:
        """Ask what to take over, and read it."""
        from desktop.shell.sidecars import ImportDialog

        if self._ops.tasks.titled(tr(READING)) is None:
            dialog = ImportDialog(self._window)
            dialog.chosen.connect(lambda wanted: self._ops.start(self._take(wanted)))
            dialog.open()

    def _where(self, wish: "Wish", of: dict[str, Sequence[int]]) -> None:
        what = of.get(wish.what, "")
        if wish.where == "beside":
            self._ops.start(self._export(what, None, wish))
            return
        dialog = QFileDialog(self._window, tr("A folder for the sidecars"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self._ops.start(self._export(what, Path(path), wish)))
        dialog.open()

    async def _export(self, what: str | Sequence[int], folder: Path | None, wish: "Wish") -> None:
        sidecars, last = self._ops.library.sidecars, deque[str](maxlen=1)
        steps = sidecars.export(what, folder, wish.style, sure=wish.sure)
        if await self._ops.run(tr(WRITING), heard(steps, last)):
            show = None if folder is None else (tr("Show"), lambda: places.reveal(folder))
            self._window.toasts.show_toast(last[0] if last else "", reasons(sidecars.report.reasons), action=show)

    async def _take(self, wanted: list[str]) -> None:
        last = deque[str](maxlen=1)
        if await self._ops.run(tr(READING), heard(self._ops.library.sidecars.take(wanted), last)):
            said = tr("Taken over: {what}", what=last[0] if last else "")
            self._window.toasts.show_toast(said, action=(tr("Undo"), self._undo))


def heard(steps: Iterator[Step], last: deque[str]) -> Iterator[Step]:
    """The steps, of whose words the last are kept."""
    for step in steps:
        last.append(step.text)
        yield step


def reasons(refused: Sequence[tuple[str, str]]) -> str:
    """Why some were left alone, the first of them."""
    lines = [f"{Path(path).name}: {why}" for path, why in refused[:NAMED]]
    if len(refused) > NAMED:
        lines.append(trn("and {n} more", "and {n} more", len(refused) - NAMED))
    return "\n".join(lines)
