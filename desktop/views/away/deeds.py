"""What is done with hosts: switched, renamed, asked again, removed after a question."""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QInputDialog, QMessageBox, QWidget

from desktop.operations import Operations
from engine.errors import Cancelled, KinoraError
from engine.language import tr
from engine.model import HostKind, HostState


class HostDeeds(QObject):
    """Does it, and says what was done.

    Signals:
        said: a sentence worth a toast.
        changed: the hosts may have changed.
    """

    said = Signal(str)
    changed = Signal()

    def __init__(self, ops: Operations, over: QWidget) -> None:
        super().__init__(over)
        self._ops, self._over = ops, over
        self._given_up = Event()

    def close(self) -> None:
        """Wait for nothing any more."""
        self._given_up.set()

    def do(self, what: str, state: HostState) -> None:
        """Do what a card asks for."""
        hosts, row = self._ops.library.hosts, state.row
        if what == "enable":
            self._start(hosts.enable, row.id, True, said=tr("{name} works with you from now on.", name=row.name))
        elif what == "disable":
            said = tr("{name} gets nothing more; what it had is done elsewhere.", name=row.name)
            self._start(hosts.enable, row.id, False, said=said)
        elif what == "trust":
            self._start(hosts.trust, row.id, said=tr("{name} is asked again.", name=row.name))
        elif what == "rename":
            self.rename(state)
        elif what == "remove":
            self.remove(state)

    def rename(self, state: HostState) -> None:
        """Ask for another name."""
        dialog = QInputDialog(self._over)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Rename the host"))
        dialog.setLabelText(tr("Name"))
        dialog.setTextValue(state.row.name)
        dialog.textValueSelected.connect(partial(self._renamed, state))
        dialog.open()

    def remove(self, state: HostState) -> None:
        """Ask, and remove a host; what Kinora put there may go with it."""
        row = state.row
        box = QMessageBox(self._over)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(tr("Remove the host?"))
        box.setText(tr("Remove “{name}”?", name=row.name))
        box.setInformativeText(
            tr("It gets no more work, and its key and token are forgotten here. What it has found for you stays.")
        )
        wipe = QCheckBox(tr("Also delete what Kinora put on that machine"))
        if row.kind is HostKind.SSH:
            box.setCheckBox(wipe)
        take = box.addButton(tr("Remove"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Keep it"), QMessageBox.ButtonRole.RejectRole)
        take.clicked.connect(lambda _on=False: self._remove(state, wipe=wipe.isChecked()))
        box.open()

    # --- inside

    def _renamed(self, state: HostState, text: str) -> None:
        name = text.strip()
        if name and name != state.row.name:
            said = tr("“{old}” is called “{name}” now.", old=state.row.name, name=name)
            self._start(self._ops.library.hosts.rename, state.row.id, name, said=said)

    def _remove(self, state: HostState, *, wipe: bool) -> None:
        remove, row = self._ops.library.hosts.remove, state.row
        said = tr("{name} is removed.", name=row.name)
        self._start(lambda: remove(row.id, wipe=wipe, given_up=self._given_up.is_set), said=said)

    def _start(self, call: Callable[..., Any], *values: object, said: str) -> None:
        self._ops.start(self._do(call, values, said))

    async def _do(self, call: Callable[..., Any], values: tuple[object, ...], said: str) -> None:
        try:
            await self._ops.demand(call, *values)
            self.said.emit(said)
        except Cancelled:
            return
        except KinoraError as error:
            self._ops.tell(error)
        self.changed.emit()
