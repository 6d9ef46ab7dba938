"""What is done with packs: install, import, check, remove; special terms are asked for first."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from desktop.look import words
from desktop.operations import Operations
from desktop.views.shelf.consent import ConsentDialog
from engine.errors import ConsentNeeded, KinoraError
from engine.language import tr
from engine.model import PackRow, Step


class Deeds(QObject):
    """Does it as tasks, which the work view lists; what went wrong with a pack is kept in `notes`.

    Signals:
        said: a sentence worth a toast.
        changed: the packs may have changed.
    """

    said = Signal(str)
    changed = Signal()

    def __init__(self, ops: Operations, over: QWidget) -> None:
        super().__init__(over)
        self._ops, self._over = ops, over
        self.notes: dict[str, str] = {}

    def install(self, pack: PackRow) -> None:
        """Install a pack; one with special terms asks first."""
        if not pack.consent:
            self._ops.start(self.install_now(pack))
            return
        dialog = ConsentDialog(self._over, pack.title, pack.licence, pack.terms, commercial=pack.commercial)
        dialog.agreed.connect(lambda: self._ops.start(self.install_now(pack, consent=True)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    async def install_now(self, pack: PackRow, *, consent: bool = False) -> bool:
        """Install it; return whether it is there now."""
        steps = self._ops.library.packs.install(pack.id, consent=consent)
        said = tr("{title} is installed.", title=pack.title)
        return await self._work(tr("Installing {title}", title=pack.title), steps, pack, said)

    async def install_all(self, packs: Sequence[PackRow]) -> None:
        """Install several that need no consent, one after the other; one that fails costs only itself."""
        for pack in packs:
            await self.install_now(pack)

    def check(self, pack: PackRow) -> None:
        """Verify a pack, try it, and measure how fast it is here."""
        steps = self._ops.library.packs.check(pack.id)
        said = tr("{title} is as it should be.", title=pack.title)
        self._ops.start(self._work(tr("Checking {title}", title=pack.title), steps, pack, said))

    def cancel(self, pack: PackRow) -> None:
        """End what is done with it."""
        for title in titles(pack):
            if (task := self._ops.tasks.titled(title)) is not None:
                self._ops.tasks.cancel(task.id)

    def remove(self, pack: PackRow) -> None:
        """Ask, and remove a pack."""
        box = QMessageBox(self._over)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(tr("Remove the pack?"))
        box.setText(tr("Remove “{title}”?", title=pack.title))
        box.setInformativeText(
            tr(
                "This frees {size}. What it has found so far stays; files that come later wait until "
                "a pack for it is there again.",
                size=words.size(pack.size),
            )
        )
        take = box.addButton(tr("Remove"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        take.clicked.connect(lambda: self._ops.start(self._remove(pack)))
        box.open()

    def import_folder(self) -> None:
        """Ask for the folder of a pack."""
        dialog = QFileDialog(self._over, tr("Import a pack from a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask_path(dialog)

    def import_zip(self) -> None:
        """Ask for the zip file of a pack."""
        dialog = QFileDialog(self._over, tr("Import a pack from a zip file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("Packs (*.zip)"), tr("All files (*)")])
        self._ask_path(dialog)

    def take_in(self, path: Path, *, consent: bool = False) -> None:
        """Import the pack that lies there."""
        self._ops.start(self._import(path, consent))

    # --- inside

    def _ask_path(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.take_in(Path(names[0])))
        dialog.open()

    async def _work(self, title: str, steps: Iterator[Step], pack: PackRow, said: str) -> bool:
        if any(self._ops.tasks.titled(one) is not None for one in titles(pack)):
            return False
        self.notes.pop(pack.id, None)

        def refused(error: KinoraError) -> None:
            self.notes[pack.id] = f"{error.text} {error.hint}".strip()
            self._ops.tell(error)

        done = await self._ops.run(title, steps, unit="bytes", refused=refused, plain=title, steady=True)
        if done:
            self.said.emit(said)
        self.changed.emit()
        return done

    async def _remove(self, pack: PackRow) -> None:
        try:
            await self._ops.demand(self._ops.library.packs.remove, pack.id)
            self.said.emit(tr("{title} is removed.", title=pack.title))
        except KinoraError as error:
            self.notes[pack.id] = f"{error.text} {error.hint}".strip()
            self._ops.tell(error)
        self.changed.emit()

    async def _import(self, path: Path, consent: bool) -> None:
        asked: list[KinoraError] = []
        steps = self._ops.library.packs.import_(path, consent=consent)
        title, plain = tr("Importing {name}", name=path.name), tr("Importing a pack")
        if await self._ops.run(title, steps, unit="bytes", refused=asked.append, plain=plain, steady=True):
            self.said.emit(tr("The pack is installed."))
        for error in asked:
            if isinstance(error, ConsentNeeded) and not consent:
                self._ask_terms(path, error)
            else:
                self._ops.tell(error)
        self.changed.emit()

    def _ask_terms(self, path: Path, error: KinoraError) -> None:
        dialog = ConsentDialog(self._over, path.stem, "", error.text, commercial=False)
        dialog.agreed.connect(lambda: self.take_in(path, consent=True))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def titles(pack: PackRow) -> tuple[str, str]:
    """The titles of the tasks that work on a pack."""
    return tr("Installing {title}", title=pack.title), tr("Checking {title}", title=pack.title)
