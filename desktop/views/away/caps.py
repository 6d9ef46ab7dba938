"""The caps: what may be spent on one rental, in a day, in a month and in all."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QFrame, QGridLayout, QSizePolicy, QVBoxLayout

from desktop.look import tokens, words
from desktop.look.parts import label
from engine.language import mark, tr
from engine.model import Caps, Spending

NAMES = {
    "job": mark("For one rental"),
    "day": mark("In a day"),
    "month": mark("In a month"),
    "total": mark("For all rentals together"),
}
FIRST = {"job": 2.0, "day": 5.0, "month": 20.0, "total": 50.0}  # what is proposed, US dollars
LEAST, MOST = 0.1, 100_000.0


class CapsCard(QFrame):
    """Four amounts, each with a check box; kept as soon as one is changed.

    Signals:
        changed: the caps that are wanted.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.caps = Caps()
        self.boxes: dict[str, QCheckBox] = {}
        self.amounts: dict[str, QDoubleSpinBox] = {}
        self.lefts = {key: label("", "small") for key in NAMES}
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        column.addWidget(label(tr("How much may be spent"), "subtitle"))
        note = label(
            tr("Nothing is rented without a cap. What is rented is reserved up to its end, so no cap can be passed."),
            "small", wrap=True,
        )  # fmt: skip
        note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column.addWidget(note)
        grid = QGridLayout()
        grid.setHorizontalSpacing(tokens.M)
        grid.setVerticalSpacing(tokens.XS)
        grid.setColumnStretch(2, 1)
        for place, (key, title) in enumerate(NAMES.items()):
            self._add(grid, place, key, tr(title))
        column.addLayout(grid)
        self.halted = label("", "small", wrap=True)
        self.halted.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.halted.hide()
        column.addWidget(self.halted)

    def show_spending(self, spending: Spending) -> None:
        """Show the caps and what is left of them; what is being edited stays."""
        self.caps = spending.caps
        spent = {"day": spending.today, "month": spending.month, "total": spending.total}
        for key, box in self.boxes.items():
            cap, amount = getattr(spending.caps, key), self.amounts[key]
            if not (amount.hasFocus() or box.hasFocus()):
                amount.blockSignals(True)
                box.blockSignals(True)
                box.setChecked(cap is not None)
                amount.setValue(FIRST[key] if cap is None else cap)
                amount.blockSignals(False)
                box.blockSignals(False)
            amount.setEnabled(box.isChecked())
            text = tr("{money} spent", money=words.money(spent[key])) if key in spent else ""
            self.lefts[key].setText(text)
        self.halted.setText(spending.halted)
        self.halted.setVisible(bool(spending.halted))

    # --- inside

    def _add(self, grid: QGridLayout, place: int, key: str, title: str) -> None:
        box = QCheckBox(title)
        amount = QDoubleSpinBox()
        amount.setRange(LEAST, MOST)
        in_dollars(amount)
        amount.setKeyboardTracking(False)
        amount.setMinimumWidth(140)
        amount.setAccessibleName(tr("US dollars: {title}", title=title))
        amount.valueChanged.connect(lambda _value: self._edited(key))
        box.toggled.connect(lambda _on: self._edited(key))
        grid.addWidget(box, place, 0)
        grid.addWidget(amount, place, 1)
        grid.addWidget(self.lefts[key], place, 2)
        self.boxes[key], self.amounts[key] = box, amount

    def _edited(self, key: str) -> None:
        on = self.boxes[key].isChecked()
        self.amounts[key].setEnabled(on)
        value = round(self.amounts[key].value(), 2) if on else None
        if getattr(self.caps, key) != value:
            self.caps = replace(self.caps, **{key: value})
            self.changed.emit(self.caps)


def in_dollars(box: QDoubleSpinBox) -> None:
    """Let a field say US dollars as the language in force writes them."""
    box.setDecimals(2)
    box.setLocale(words.locale())
    if words.money(1).startswith("$"):
        box.setPrefix(" $ ")
    else:
        box.setSuffix(" $")


def left(spending: Spending) -> float | None:
    """The least that is left of the caps, for one more rental; None without any cap."""
    caps = spending.caps
    pairs = ((caps.day, spending.today), (caps.month, spending.month), (caps.total, spending.total))
    lefts = [cap - spent - spending.reserved for cap, spent in pairs if cap is not None]
    lefts += [caps.job] if caps.job is not None else []
    return max(0.0, min(lefts)) if lefts else None
