"""What is rented now: its state, what it costs so far, when it ends by itself, and the button that ends it."""

import asyncio
import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, vocabulary
from desktop.look.look import Look
from desktop.look.parts import button, label, rule
from desktop.views.away import saying
from desktop.views.away.signs import Sign
from desktop.views.parts.cards import taken
from engine.language import tr
from engine.model import RentalRow, RentalState

OVER = (RentalState.ENDED, RentalState.FAILED)


def living(rows: Sequence[RentalRow]) -> list[RentalRow]:
    """Those that cost money, or may."""
    return [row for row in rows if row.state not in OVER]


class RentalLine(QWidget):
    """One rental.

    Signals:
        ended: the rental is to be destroyed.
    """

    ended = Signal(object)

    def __init__(self, look: Look, row: RentalRow) -> None:
        super().__init__()
        self.row = row
        self.sign = Sign(look)
        self.title = label("", "strong", wrap=True)
        self.money = label("", "", wrap=True)
        self.left = label("", "small", wrap=True)
        self.text = label("", "danger", wrap=True, select=True)
        for one in (self.title, self.money, self.left, self.text):
            one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.stop = button(tr("Destroy"), lambda: self.ended.emit(self.row), "danger")
        words = QVBoxLayout()
        words.setSpacing(1)
        for one in (self.title, self.money, self.left, self.text):
            words.addWidget(one)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, tokens.S, 0, tokens.S)
        line.setSpacing(tokens.M)
        line.addLayout(words, 1)
        line.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_row(row)

    def show_row(self, row: RentalRow) -> None:
        """Show newer numbers."""
        self.row = row
        provider = vocabulary.named(row.provider)
        self.title.setText(tr("{gpu} at {provider}", gpu=row.gpu, provider=provider))
        self.money.setText(saying.rental_words(row))
        self.left.setText(saying.stops(row, time.time()))
        self.left.setVisible(bool(self.left.text()))
        self.text.setText(row.text)
        self.text.setVisible(bool(row.text))
        self.sign.show_rental(row.state, alarm=row.alarm)
        self.stop.setText(tr("Destroy it again") if row.state is RentalState.ENDING else tr("Destroy"))
        self.stop.setAccessibleName(f"{self.stop.text()}: {self.title.text()}")
        self.setAccessibleName(f"{self.title.text()}: {self.sign.text}. {self.money.text()}")


class Rented(QFrame):
    """All that live.

    Signals:
        ended: a rental is to be destroyed.
    """

    ended = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        self.lines: dict[int, RentalLine] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.S)
        column.setSpacing(tokens.XS)
        column.addWidget(label(tr("Rented now"), "subtitle"))
        column.addWidget(rule())
        column.addLayout(self._list)
        self.hide()

    async def show_rows(self, rows: Sequence[RentalRow]) -> None:
        """Show these, each new one made in a turn of the loop of its own."""
        for gone in self.lines.keys() - {row.id for row in rows}:
            taken(self._list, self.lines.pop(gone))
        for place, row in enumerate(rows):
            if row.id in self.lines:
                self.lines[row.id].show_row(row)
                continue
            line = RentalLine(self._look, row)
            line.ended.connect(self.ended)
            self.lines[row.id] = line
            self._list.insertWidget(place, line)
            await asyncio.sleep(0)
        self.setVisible(bool(rows))
