"""A number with its name above it."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.flow import Flow
from desktop.look.parts import label
from desktop.views.away.saying import Fact


class Figure(QWidget):
    """One of them."""

    def __init__(self, fact: Fact) -> None:
        super().__init__()
        self.title = label("", "caption")
        self.value = label("", select=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, tokens.S, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addWidget(self.value)
        self._fact: Fact | None = None
        self.show_fact(fact)

    def show_fact(self, fact: Fact) -> None:
        """Show another one."""
        if fact == self._fact:
            return
        self._fact = fact
        title, value, tip = fact
        self.title.setText(title)
        self.value.setText(value)
        self.setToolTip(tip)
        self.setAccessibleName(f"{title}: {value}")
        self.setAccessibleDescription(tip)


class Figures(QWidget):
    """Several side by side, in lines."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: list[Figure] = []
        self._flow = Flow(self, gap=tokens.M)

    def show_facts(self, found: Sequence[Fact]) -> None:
        """Show these; widgets that are there are used again."""
        for figure, fact in zip(self.figures, found, strict=False):
            figure.show_fact(fact)
            figure.show()
        for fact in found[len(self.figures) :]:
            figure = Figure(fact)
            self._flow.addWidget(figure)
            self.figures.append(figure)
        for figure in self.figures[len(found) :]:
            figure.hide()
        self.setVisible(bool(found))

    def words(self) -> str:
        """What is shown, as text."""
        return "; ".join(f"{one.title.text()}: {one.value.text()}" for one in self.figures if not one.isHidden())
