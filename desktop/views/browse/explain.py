"""A small page over the list that says why something was found: what each part of the query gave it."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.grid.moments import better_words
from desktop.look.grid.snippet import place_words
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from desktop.views.parts.cards import emptied
from desktop.views.parts.elided import Elided
from engine.language import digits, tr
from engine.model import Contribution, MomentHit

WIDTH = 400
MOMENTS = 3  # of a hit that are explained
PARTS = 8  # of a moment


class Explain(QFrame):
    """The page; Esc or a press outside closes it."""

    def __init__(self, look: Look, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setObjectName("popup")
        self.setAccessibleName(tr("Why this was found"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._back: QWidget | None = None
        self.title = Elided("strong", Qt.TextElideMode.ElideMiddle)
        self._close = Tool(look, "close", tr("Close (Esc)"))
        self._close.clicked.connect(self.leave)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self._close)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(tokens.M)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.S, tokens.S, tokens.L)
        column.setSpacing(tokens.S)
        column.addLayout(head)
        column.addLayout(self._rows)
        self.hide()

    def show_hits(self, name: str, hits: Sequence[MomentHit], beside: QRect, back: QWidget) -> None:
        """Explain these moments, beside a rectangle of the parent."""
        self._back = back
        self.title.say(tr("Why {name} was found", name=name))
        emptied(self._rows)
        hits = distinct(hits)
        for hit in hits[:MOMENTS]:
            self._rows.addWidget(_moment(hit))
        if not any(hit.parts for hit in hits):
            self._rows.addWidget(label(tr("It fits the filters; nothing in it was ranked."), "muted", wrap=True))
        self.setAccessibleDescription(explained_words(hits))
        self._place(beside)
        self.show()
        self.raise_()
        self.setFocus()

    def leave(self) -> None:
        """Close."""
        self.hide()
        if self._back is not None:
            self._back.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_E, Qt.Key.Key_Return):
            self.leave()
        else:
            super().keyPressEvent(event)

    def _place(self, beside: QRect) -> None:
        room = self._over.rect().adjusted(8, 8, -8, -8)
        self.setFixedWidth(min(WIDTH, room.width()))
        self._column.activate()
        height = min(room.height(), max(self.sizeHint().height(), self._column.totalHeightForWidth(self.width())))
        self.setFixedHeight(height)
        corner = QPoint(beside.right() - self.width(), beside.top() + 34)
        x = min(max(room.left(), corner.x()), room.right() - self.width())
        y = corner.y() if corner.y() + height <= room.bottom() else max(room.top(), room.bottom() - height)
        self.move(x, y)


def distinct(hits: Sequence[MomentHit]) -> list[MomentHit]:
    """The hits without those that would say the same of the same place."""
    return list({(place_words(hit.moment), hit.parts): hit for hit in reversed(hits)}.values())[::-1]


def _moment(hit: MomentHit) -> QWidget:
    holder = QWidget()
    table = QGridLayout(holder)
    table.setContentsMargins(0, 0, tokens.S, 0)
    table.setHorizontalSpacing(tokens.M)
    table.setVerticalSpacing(2)
    table.setColumnStretch(0, 1)
    head = " · ".join(
        part for part in (place_words(hit.moment).capitalize() or tr("As a whole"), better_words(hit)) if part
    )
    table.addWidget(label(head, "caption"), 0, 0, 1, 2)
    for number, part in enumerate(hit.parts[:PARTS]):
        line = 1 + 2 * number
        said = label(f"“{part.part}”" if part.part else tr("All words"), "", wrap=True)
        said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        bar = QProgressBar()
        bar.setTextVisible(False)
        bar.setFixedWidth(90)
        bar.setRange(0, 1000)
        bar.setValue(round(part.share * 1000))
        bar.setAccessibleName(tr("{share:.0f} % of the match", share=part.share * 100))
        bar.setToolTip(bar.accessibleName())
        table.addWidget(said, line, 0)
        table.addWidget(bar, line, 1)
        why = label(contribution_words(part), "small", wrap=True)
        why.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        table.addWidget(why, line + 1, 0, 1, 2)
    return holder


def contribution_words(part: Contribution) -> str:
    """`meaning of the picture, first of its list, better than 97 %`."""
    rank = ""
    if part.rank is not None:
        rank = (
            tr("the best match of all") if part.rank == 1 else tr("number {rank} of its list", rank=digits(part.rank))
        )
    better = (
        tr("better than {value:.0f} % of the library", value=min(99.9, part.better * 100))
        if part.better is not None
        else ""
    )
    share = tr("{share:.0f} % of the match", share=part.share * 100) if part.share else ""
    return ", ".join(one for one in (part.why, rank, better, share) if one)


def explained_words(hits: Sequence[MomentHit]) -> str:
    """Everything that the page says, as one text."""
    return "\n".join(f"{part.part}: {contribution_words(part)}" for hit in hits[:MOMENTS] for part in hit.parts[:PARTS])
