"""What was spent: the caps, a chart by day, the ledger, and the file that it goes to."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout

from desktop.look import tokens, vocabulary, words
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.models.market import LedgerModel
from desktop.operations import Operations
from desktop.views.away.bars import Bars
from desktop.views.away.caps import CapsCard
from desktop.views.away.figure import Figures
from desktop.views.away.pages import Page, card
from desktop.views.away.sheets import MoneySheet
from engine.language import tr
from engine.model import Caps, LedgerRow, Spending

MOST = 1000  # lines of the ledger that are shown
NAME = "kinora-rentals.csv"
TABLE = 300  # pixels


class SpendingPage(Page):
    """All about money.

    Signals:
        said: a sentence worth a toast.
        changed: the caps were changed.
    """

    said = Signal(str)
    changed = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(ops, look)
        self.ledger = LedgerModel(self)

    async def build(self) -> None:
        """Make the parts, one in each turn of the loop: all at once would hold up the window."""
        self.figures = Figures()
        self._inner.addWidget(self.figures)
        self.bars = Bars(self._look)
        sheet, column = card(tr("By day"))
        column.addWidget(self.bars)
        self._inner.addWidget(sheet)
        await asyncio.sleep(0)
        self.caps = CapsCard()
        self.caps.changed.connect(lambda caps: self._ops.start(self._set_caps(caps)))
        self._inner.addWidget(self.caps)
        await asyncio.sleep(0)
        self._add_table()
        self._inner.addStretch(1)

    def show_spending(self, spending: Spending, lines: Sequence[LedgerRow] | None) -> None:
        """Show newer numbers."""
        facts = [
            (tr("Today"), words.money(spending.today), ""),
            (tr("This month"), words.money(spending.month), ""),
            (tr("Since the first rental"), words.money(spending.total), ""),
            (tr("Reserved"), words.money(spending.reserved), tr("For what is rented now, up to its end")),
        ]
        if spending.elsewhere:
            facts.append(
                (tr("Other libraries"), words.money(spending.elsewhere), tr("Part of all this; it counts for the caps"))
            )
        facts += [
            (tr("Credit at {provider}", provider=vocabulary.named(name)), words.money(amount), tr("As last seen"))
            for name, amount in spending.credit.items()
        ]
        self.figures.show_facts(facts)
        self.caps.show_spending(spending)
        self.bars.show_days(spending.by_day, spending.caps.day)
        if lines is not None:  # None: nobody looks at them
            self.ledger.put(lines)
            self.export.setEnabled(bool(lines))

    def save_as(self) -> None:
        """Ask where the ledger goes, and write it there."""
        dialog = QFileDialog(self, tr("Save the ledger"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(tr("Table (*.csv)"))
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(NAME)
        dialog.fileSelected.connect(lambda name: self._ops.start(self.save(Path(name))))
        dialog.open()

    async def save(self, target: Path) -> None:
        """Write the ledger into a file."""
        body = await self._ops.demand(self._ops.library.rentals.ledger_csv)
        await self._ops.demand(self._ops.library.exports.write, target, body)
        self.said.emit(tr("The ledger is in {name}.", name=target.name))

    # --- inside

    async def _set_caps(self, caps: Caps) -> None:
        await self._ops.ask(self._ops.library.rentals.set_caps, caps)
        self.changed.emit()

    def _add_table(self) -> None:
        self.table = MoneySheet(self._look, self.ledger, tr("Ledger"), (30, 14, 30, 12), (1, 4))
        self.table.setMinimumHeight(TABLE)
        self.export = button(tr("Save as CSV…"), self.save_as)
        head = QHBoxLayout()
        head.setContentsMargins(tokens.L, 0, tokens.M, 0)
        head.addWidget(label(tr("Ledger"), "subtitle"), 1)
        head.addWidget(self.export)
        sheet = QFrame()
        sheet.setObjectName("card")
        column = QVBoxLayout(sheet)
        column.setContentsMargins(1, tokens.S, 1, tokens.S)
        column.addLayout(head)
        column.addWidget(self.table)
        self._inner.addWidget(sheet)
