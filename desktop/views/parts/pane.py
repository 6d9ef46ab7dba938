"""One of the files that are compared: its picture, its name, its marks of favour, its facts."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, button, choose, label
from desktop.look.stars import Stars
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.cards import emptied
from desktop.views.parts.contrast import Contrast
from desktop.views.parts.elided import Elided
from desktop.views.parts.overlays import Marks
from engine.language import tr
from engine.model import AssetRow

LOW = 250  # pixels: below this height the words make room for the picture
WORDS = 0.3  # of the height that facts may take from the pictures


class Pane(QFrame):
    """A picture with its words; the one with the focus has a frame.

    Signals:
        entered: it was clicked, or got the focus of the keyboard.
        rated: stars from 0 to 5.
        liked: it becomes a favourite, or is none any more.
        closed: take it out of the comparison.
        opened: show it in the viewer.
        unveiled: show it although it is blurred.
    """

    entered = Signal()
    rated = Signal(int)
    liked = Signal(bool)
    closed = Signal()
    opened = Signal()
    unveiled = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._look = look
        choose(self, False)
        self.row: AssetRow | None = None
        self.canvas = Canvas(Marks(), look=look)
        self.canvas.setMinimumSize(60, 50)
        self.canvas.installEventFilter(self)
        self.number = label("", "strong")
        self.name = Elided("strong", Qt.TextElideMode.ElideMiddle)
        self.stars = Stars(look)
        self.heart = Tool(look, "heart", tr("Favourite (F)"), checkable=True)
        self.open = Tool(look, "fit", tr("Open (Enter)"))
        self.out = Tool(look, "close", tr("Take out of the comparison (Del)"))
        self.show_it = button(tr("Show"), self.unveiled.emit)
        self.bottom = QScrollArea()
        self.facts = QGridLayout()
        self._lay_out()
        for part, said in (
            (self.stars.rated, self.rated), (self.heart.clicked, self.liked),
            (self.open.clicked, self.opened), (self.out.clicked, self.closed),
        ):  # fmt: skip
            part.connect(self.entered)  # first: what follows is about the one in focus
            part.connect(said)
        look.changed.connect(self._dress)
        self._dress()

    def show_row(self, number: int, row: AssetRow, facts: Sequence[tuple[Contrast, str, bool]]) -> None:
        """Fill in the words; `facts` with this one's value and whether it is ahead."""
        self.row = row
        self.number.setText(str(number))
        self.name.say(row.cell.name)
        self.canvas.setAccessibleName(tr("Picture {number}: {name}", number=number, name=row.cell.name))
        self.stars.show_stars(row.cell.rating)
        emptied(self.facts)
        for line, (fact, value, ahead) in enumerate(facts):
            role = "success" if ahead else "" if fact.differs else "muted"
            text = label(value, role, wrap=True, select=True)
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            text.setProperty("strong", fact.differs)
            self.facts.addWidget(label(fact.name, "small"), line, 0, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(text, line, 1)

    def show_favourite(self, on: bool) -> None:
        """Show whether it is a favourite."""
        self.heart.setChecked(on)
        self.heart.show_icon("heart-full" if on else "heart")

    def show_veil(self, veiled: bool) -> None:
        """Offer to show it when it is blurred."""
        self.show_it.setVisible(veiled)

    def show_current(self, current: bool) -> None:
        """Whether the keys are about this one."""
        choose(self, current)

    def height_of_words(self) -> int:
        """The height that the facts would like to have."""
        layout = self._words.layout()
        width = max(60, self.bottom.viewport().width())
        return layout.heightForWidth(width) if layout is not None else 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.FocusIn):
            self.entered.emit()
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        self.canvas.backdrop = self._look.colour("sunken")
        self.canvas.update()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(tokens.S)
        for part, stretch in ((self.number, 0), (self.name, 1), (self.show_it, 0), (self.open, 0), (self.out, 0)):
            top.addWidget(part, stretch)
        marks = QHBoxLayout()
        marks.setSpacing(tokens.S)
        marks.addWidget(self.stars)
        marks.addWidget(self.heart)
        marks.addStretch(1)
        self.facts.setHorizontalSpacing(tokens.S)
        self.facts.setVerticalSpacing(3)
        self.facts.setColumnStretch(1, 1)
        self._words = QWidget()
        self._words.setObjectName("content")
        lines = QVBoxLayout(self._words)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addLayout(self.facts)
        lines.addStretch(1)
        self.bottom.setWidget(self._words)
        self.bottom.setWidgetResizable(True)
        self.bottom.setFrameShape(QFrame.Shape.NoFrame)
        self.bottom.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.bottom.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.M, tokens.S, tokens.M, tokens.S)
        column.setSpacing(tokens.S)
        column.addLayout(top)
        column.addWidget(self.canvas, 1)
        column.addLayout(marks)
        column.addWidget(self.bottom)
        self.show_it.hide()


def level(shown: Sequence[Pane], room: int) -> None:
    """Give the words of all one height, so that the pictures stand level; `room` is the height that there is."""
    if shown:
        height = min(max(pane.height_of_words() for pane in shown), round(room * WORDS))
        for pane in shown:
            pane.bottom.setFixedHeight(max(40, height))
            pane.bottom.setVisible(room >= LOW)
