"""A small page over the list that says why something was found: what each part of the query gave it."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.grid.moments import better_words, has_place, reason
from desktop.look.grid.snippet import place_words
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from desktop.views.parts.cards import emptied
from desktop.views.parts.elided import Elided
from engine.language import digits, tr, trn
from engine.model import Contribution, MomentHit

WIDTH = 400
MOMENTS = 4  # places of a hit that are named
PARTS = 8  # of a query that are explained


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
        column.addStretch(1)
        self.hide()

    def show_hits(self, name: str, hits: Sequence[MomentHit], beside: QRect, back: QWidget) -> None:
        """Explain these moments, beside a rectangle of the parent."""
        self._back = back
        self.title.say(tr("Why {name} was found", name=name))
        emptied(self._rows)
        hits = distinct(hits)
        parts = merged(hits)
        if parts:
            self._rows.addWidget(_parts(parts))
        places = [hit for hit in hits if has_place(hit) or hit.snippet]
        if places:
            self._rows.addWidget(_places(places))
        if not parts:
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
        needed = self._column.totalHeightForWidth(self.width()) if self._column.hasHeightForWidth() else -1
        height = min(room.height(), needed if needed > 0 else self.sizeHint().height())
        self.setFixedHeight(height)
        corner = QPoint(beside.right() - self.width(), beside.top() + 34)
        x = min(max(room.left(), corner.x()), room.right() - self.width())
        y = corner.y() if corner.y() + height <= room.bottom() else max(room.top(), room.bottom() - height)
        self.move(x, y)


def distinct(hits: Sequence[MomentHit]) -> list[MomentHit]:
    """The hits without those that would say the same of the same place."""
    return list({(place_words(hit.moment), hit.parts): hit for hit in reversed(hits)}.values())[::-1]


def merged(hits: Sequence[MomentHit]) -> list[Contribution]:
    """What each part of the query gave, once for all moments: with the best of what was measured, the most first."""
    found: dict[tuple[str, str], Contribution] = {}
    for part in (part for hit in hits for part in hit.parts):
        known = found.get((part.part, part.why))
        if known is None or (part.better or 0.0) > (known.better or 0.0):
            found[part.part, part.why] = part
    return sorted(found.values(), key=lambda part: -part.share)


def _parts(parts: Sequence[Contribution]) -> QWidget:
    holder = QWidget()
    table = QGridLayout(holder)
    table.setContentsMargins(0, 0, tokens.S, 0)
    table.setHorizontalSpacing(tokens.M)
    table.setVerticalSpacing(2)
    table.setColumnStretch(0, 1)
    for number, part in enumerate(parts[:PARTS]):
        said = _wrapped(label(tr("“{words}”", words=part.part) if part.part else tr("All words"), "", wrap=True))
        table.addWidget(said, 2 * number, 0)
        if part.share < 1:  # of the only one it is clear
            table.addWidget(_bar(part), 2 * number, 1)
        table.addWidget(_wrapped(label(contribution_words(part), "small", wrap=True)), 2 * number + 1, 0, 1, 2)
    return holder


def _bar(part: Contribution) -> QProgressBar:
    bar = QProgressBar()
    bar.setTextVisible(False)
    bar.setFixedWidth(90)
    bar.setRange(0, 1000)
    bar.setValue(round(part.share * 1000))
    bar.setAccessibleName(tr("{share} of the match", share=words.share(part.share)))
    bar.setToolTip(bar.accessibleName())
    return bar


def _places(hits: Sequence[MomentHit]) -> QWidget:
    """Where it was found, each place on lines of its own."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, tokens.S, 0)
    column.setSpacing(2)
    column.addWidget(label(tr("Found at"), "caption"))
    for hit in hits[:MOMENTS]:
        column.addWidget(_wrapped(label(place_line(hit), "", wrap=True)))
        if hit.snippet:
            column.addWidget(_wrapped(label(tr("“{words}”", words=hit.snippet), "small", wrap=True)))
    if len(hits) > MOMENTS:
        rest = len(hits) - MOMENTS
        column.addWidget(label(trn("and at {n} more place", "and at {n} more places", rest), "small"))
    return holder


def place_line(hit: MomentHit) -> str:
    """`0:12 · speech · Anna · better than 97 %`."""
    why = reason(hit)
    place = place_words(hit.moment) or (tr("a part of the picture") if hit.moment.box is not None and not why else "")
    line = " · ".join(part for part in (place, why, better_words(hit)) if part)
    return line[:1].upper() + line[1:]


def _wrapped(made: QLabel) -> QLabel:
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made


def contribution_words(part: Contribution) -> str:
    """`meaning of the picture, first of its list, better than 97 %`."""
    rank = ""
    if part.rank is not None:
        rank = (
            tr("the best match of all") if part.rank == 1 else tr("number {rank} of its list", rank=digits(part.rank))
        )
    better = (
        tr("better than {share} of the library", share=words.share(min(0.999, part.better)))
        if part.better is not None
        else ""
    )
    share = tr("{share} of the match", share=words.share(part.share)) if 0 < part.share < 1 else ""
    return ", ".join(one for one in (part.why, rank, better, share) if one)


def explained_words(hits: Sequence[MomentHit]) -> str:
    """Everything that the page says, as one text."""
    parts = (f"{part.part}: {contribution_words(part)}" for part in merged(hits)[:PARTS])
    return "\n".join((*parts, *(place_line(hit) for hit in hits[:MOMENTS])))
