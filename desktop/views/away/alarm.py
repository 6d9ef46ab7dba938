"""The red button that destroys everything rented, and the alarms; both work whatever else hangs."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QProgressBar, QVBoxLayout, QWidget

from desktop.look import tokens, vocabulary, words
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.operations import Operations
from desktop.views.away.rented import living
from desktop.views.parts.cards import Card, emptied
from engine.errors import Cancelled, KinoraError
from engine.language import tr, trn
from engine.model import RentalRow


class RedButton(QWidget):
    """Destroys everything, after one question, on a thread that nothing else uses.

    Signals:
        changed: the rentals may have changed.
        said: a sentence worth a toast.
    """

    changed = Signal()
    said = Signal(str)

    def __init__(self, ops: Operations) -> None:
        super().__init__()
        self._ops = ops
        self.rows: list[RentalRow] = []  # those that live
        self.known = False  # whether the engine has said what lives
        self.running = False
        self.box: QMessageBox | None = None
        self.press = button("", self.ask, "alarm")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("How many rented machines are destroyed already"))
        self.how_far = label("", "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.XS)
        for part in (self.press, self.how_far, self.bar):
            column.addWidget(part)
        self.bar.hide()
        self.how_far.hide()
        self.hide()

    def show_rows(self, rows: Sequence[RentalRow]) -> None:
        """What lives now."""
        self.rows, self.known = living(rows), True
        self._name()
        if self.running:
            self._progress()

    def unsure(self) -> None:
        """Nobody answers what is rented: the button is there all the same."""
        if not self.known:
            self._name()
            self.show()

    def ask(self) -> None:
        """Ask once, with the number and what it costs."""
        if self.running or self.box is not None:
            return
        self.box = box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("Destroy everything rented?"))
        box.setText(self._question())
        box.setInformativeText(tr("What they are doing is done here or later; nothing that was found is lost."))
        go = box.addButton(tr("Destroy everything"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(tr("Keep them"), QMessageBox.ButtonRole.RejectRole)
        box.setEscapeButton(keep)
        go.clicked.connect(lambda _on=False: self._ops.start(self.end_all()))
        box.finished.connect(lambda _result: setattr(self, "box", None))
        box.open()

    async def end_all(self) -> None:
        """Destroy everything now."""
        if self.running:
            return
        self.running, self._count = True, len(self.rows)
        self.press.setEnabled(False)
        self.show()
        self._progress()
        try:
            count = await self._ops.at_once(self._ops.library.rentals.destroy_all)
        except Cancelled:
            return
        except KinoraError as error:
            self._ops.tell(error)
        else:
            self.said.emit(self._end(count))
        finally:
            self.running = False
            self.press.setEnabled(True)
            self.bar.hide()
            self.how_far.hide()
            self.changed.emit()

    # --- inside

    def _question(self) -> str:
        if not self.rows:
            return tr("Destroy every machine that this library has rented?")
        hourly = words.money(sum(row.price for row in self.rows))
        return trn(
            "Destroy {n} rented machine? It costs {money} an hour now.",
            "Destroy {n} rented machines? They cost {money} an hour now.", len(self.rows), money=hourly,
        )  # fmt: skip

    def _end(self, count: int) -> str:
        left = len(self.rows) - count
        if left > 0:
            return trn(
                "{n} machine could not be destroyed yet. It is tried again until the provider says that it is gone.",
                "{n} machines could not be destroyed yet. It is tried again until the provider says that they are "
                "gone.", left,
            )  # fmt: skip
        if not count:
            return tr("Nothing is rented.")
        return trn("{n} machine is destroyed. Nothing is rented any more.",
                   "{n} machines are destroyed. Nothing is rented any more.", count)  # fmt: skip

    def _progress(self) -> None:
        gone = max(0, self._count - len(self.rows))
        self.bar.setRange(0, self._count)
        self.bar.setValue(gone)
        text = trn("Destroying: {gone} of {n} is gone", "Destroying: {gone} of {n} are gone", self._count, gone=gone)
        self.how_far.setText(text)
        self.bar.show()
        self.how_far.show()

    def _name(self) -> None:
        count = len(self.rows)
        text = trn("Destroy the rented machine", "Destroy {n} rented machines", count)
        self.press.setText(text if count else tr("Destroy everything rented"))
        self.setVisible(bool(count) or self.running)


class Alarms(QWidget):
    """What may cost money without anybody wanting it.

    Signals:
        again: try to destroy this rental again.
    """

    again = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._shown: tuple[tuple[int, str], ...] = ()
        self._list = QVBoxLayout(self)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(tokens.S)
        self.hide()

    def show_rows(self, rows: Sequence[RentalRow]) -> None:
        """Show these."""
        fresh = tuple((row.id, row.text) for row in rows)
        if fresh == self._shown:
            return
        self._shown = fresh
        emptied(self._list)
        for row in rows:
            title = tr(
                "{gpu} at {provider} may still cost money", gpu=row.gpu, provider=vocabulary.named(row.provider)
            )  # fmt: skip
            hint = tr("If it does not end, look on the page of the provider and delete it there; its label is {label}.",
                      label=row.label)  # fmt: skip
            card = Card(self._look, "danger", title, f"{row.text} {hint}".strip(), aside=True)
            card.add(tr("Destroy it again"), partial(self.again.emit, row), "danger")
            self._list.addWidget(card)
        self.setVisible(bool(rows))
