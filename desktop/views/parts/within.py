"""What is in a file, as words that lead to more of it: people, things, sounds, captions."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.views.browse.chips import chip
from desktop.views.parts.cards import emptied, section
from desktop.views.parts.senses import Named, Senses
from engine.language import digits, tr


class Within(QWidget):
    """Chips by sort.

    Signals:
        asked: a query.
    """

    asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._shown: Senses | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(tokens.XS)
        self.hide()

    def show_senses(self, senses: Senses) -> None:
        """Show what was seen and heard."""
        if senses == self._shown:
            return
        self._shown = senses
        emptied(self._column)
        for text in senses.captions:
            part = label(text, "", wrap=True, select=True)
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._column.addWidget(part)
        for title, found in (
            (tr("People"), senses.people),
            (tr("Things"), senses.things),
            (tr("Sounds"), senses.sounds),
        ):
            if found:
                self._column.addWidget(section(title))
                self._column.addWidget(self._chips(found))
        self.setVisible(self._column.count() > 0)

    def _chips(self, found: Sequence[Named]) -> QWidget:
        holder = QWidget()
        flow = Flow(holder, gap=4)
        for one in found:
            made = chip(self._look, f"{one.name} {digits(one.count)}" if one.count > 1 else one.name, "")
            made.setEnabled(bool(one.query))
            if one.query:
                made.setToolTip(tr("Find more: {query}", query=one.query))
                made.clicked.connect(lambda _on=False, query=one.query: self.asked.emit(query))
            flow.addWidget(made)
        return holder
