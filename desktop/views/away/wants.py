"""What is wanted of a rented machine: at which provider, with how much memory, for how much an hour."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.look import tokens, vocabulary, words
from desktop.look.flow import Flow
from desktop.look.parts import button, label
from desktop.views.away.caps import in_dollars
from engine.language import tr
from engine.model import Need

GIB = 1 << 30
MEMORIES = (8, 12, 16, 24, 48, 80)  # GB of one GPU


class Wants(QWidget):
    """The provider with its key, and the need.

    Signals:
        keyed: a key that is to be kept for the provider.
        looked: look for offers.
        turned: another provider.
    """

    keyed = Signal(str)
    looked = Signal()
    turned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.provider = QComboBox()
        self.provider.setAccessibleName(tr("Provider"))
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setMinimumWidth(220)
        self.key.setAccessibleName(tr("Key of the provider"))
        self.key.setPlaceholderText(tr("Paste your API key"))
        self.keep = button(tr("Keep the key"), self._keep)
        self.other = button(tr("Another key…"), lambda: self.ask_key(True), "quiet")
        self.forget = button(tr("Forget the key"), lambda: self.keyed.emit(""), "quiet")
        self.about_key = label("", "small", wrap=True)
        self.memory = QComboBox()
        self.memory.setAccessibleName(tr("Memory of the GPU, at least"))
        for size in MEMORIES:
            self.memory.addItem(words.memory(size * GIB), size * GIB)
        self.price = QDoubleSpinBox()
        self.price.setRange(0.05, 50.0)
        self.price.setSingleStep(0.05)
        in_dollars(self.price)
        self.price.setValue(0.5)
        self.price.setMinimumWidth(110)
        self.price.setAccessibleName(tr("Most US dollars an hour"))
        self.cheap = QCheckBox(tr("The provider may take it back (cheaper)"))
        self.look = button(tr("Look for offers"), self.looked.emit, "primary")
        self.look.setEnabled(False)  # until it is known whether there is a key
        self._assemble()
        self.key.returnPressed.connect(self._keep)
        self.key.textChanged.connect(lambda text: self.keep.setEnabled(bool(text.strip())))
        self.provider.currentIndexChanged.connect(lambda _row: self.turned.emit())
        self.ask_key(True)

    @property
    def chosen(self) -> str:
        """The provider."""
        return str(self.provider.currentData() or "")

    def need(self) -> Need:
        """What a machine must have."""
        return Need(gpu_memory=int(self.memory.currentData()), price=self.price.value(),
                    interruptible=self.cheap.isChecked())  # fmt: skip

    def show_need(self, need: Need) -> None:
        """Begin with what the settings say."""
        fitting = [row for row, size in enumerate(MEMORIES) if size * GIB <= need.gpu_memory]
        self.memory.setCurrentIndex(fitting[-1] if fitting else 0)
        self.price.setValue(need.price)
        self.cheap.setChecked(need.interruptible)

    def show_providers(self, names: Sequence[str], first: str) -> None:
        """Offer these, and begin with one."""
        if [self.provider.itemData(row) for row in range(self.provider.count())] == list(names):
            return
        before = self.chosen or first
        self.provider.blockSignals(True)
        self.provider.clear()
        for name in names:
            self.provider.addItem(vocabulary.named(name), name)
        self.provider.setCurrentIndex(max(0, self.provider.findData(before)))
        self.provider.blockSignals(False)

    def show_key(self, there: bool) -> None:
        """Whether the key of the provider is kept."""
        self.ask_key(not there)
        for part in (self.other, self.forget):
            part.setVisible(there)
        self.about_key.setText(
            tr("Its key is in the keyring of this computer.")
            if there
            else tr("The key is kept in the keyring of this computer and never shown again.")
        )
        self.look.setEnabled(there)

    def ask_key(self, on: bool) -> None:
        """Show the field for a key, or not."""
        for part in (self.key, self.keep):
            part.setVisible(on)
        self.keep.setEnabled(bool(self.key.text().strip()))
        if on:
            self.other.hide()
            self.forget.hide()

    # --- inside

    def _keep(self) -> None:
        text = self.key.text().strip()
        self.key.clear()
        if text:
            self.keyed.emit(text)

    def _assemble(self) -> None:
        first = QWidget()
        flow = Flow(first, gap=tokens.S)
        for part in (self.provider, self.key, self.keep, self.other, self.forget):
            flow.addWidget(part)
        second = QWidget()
        flow = Flow(second, gap=tokens.M)
        flow.addWidget(_titled(tr("Memory of the GPU, at least"), self.memory))
        flow.addWidget(_titled(tr("Price an hour, at most"), self.price))
        flow.addWidget(self.cheap)
        flow.addWidget(self.look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S)
        column.addWidget(first)
        column.addWidget(self.about_key)
        column.addWidget(second)


def _titled(title: str, part: QWidget) -> QWidget:
    """A field with its name before it."""
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(tokens.S)
    line.addWidget(label(title, "small"), 0, Qt.AlignmentFlag.AlignVCenter)
    line.addWidget(part)
    return holder
