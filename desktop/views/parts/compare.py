"""Members of a group of duplicates side by side, with one zoom for all."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, choose, label
from desktop.models.groups import name_of
from desktop.operations import Operations
from desktop.views.parts.aside import Aside
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.cards import emptied
from desktop.views.parts.contrast import Contrast, contrasts, likeness
from desktop.views.parts.elided import Elided
from desktop.views.parts.overlays import Marks
from engine.language import tr
from engine.model import Twin, TwinGroup

MOST = 4  # members side by side
LEAST = 170  # pixels of one
LOW = 250  # pixels: below this height (a question stands under the pictures) the words make room
WORDS = 0.42  # of the height that words may take from the pictures


class Member(QFrame):
    """One member: its picture, whether it is kept, its facts.

    Signals:
        wished: a person wants it kept, or not.
        opened: show it in the viewer.
    """

    wished = Signal(bool)
    opened = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._look = look
        self.canvas = Canvas(Marks(), look=look)
        self.canvas.setMinimumSize(60, 50)
        self.number = label("", "strong")
        self.name = Elided("strong", Qt.TextElideMode.ElideMiddle)
        self.keep = QPushButton(tr("Keep"))
        self.keep.setCheckable(True)
        self.keep.clicked.connect(lambda checked: self.wished.emit(checked))
        self.open = Tool(look, "fit", tr("Open"))
        self.open.clicked.connect(self.opened)
        self.reason = label("", "small", wrap=True)
        self.reason.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bottom = QScrollArea()
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(tokens.S)
        self.facts.setVerticalSpacing(3)
        self.facts.setColumnStretch(1, 1)
        self._lay_out()
        choose(self, False)
        look.changed.connect(self._dress)
        self._dress()

    def show_member(self, number: int, member: Twin, rows: Sequence[tuple[Contrast, str, bool]]) -> None:
        """Fill in the words; `rows` are facts with this member's value and whether it is ahead."""
        self.number.setText(str(number))
        self.name.say(name_of(member))
        self.reason.setText(member.reason)
        emptied(self.facts)
        for line, (fact, value, ahead) in enumerate(rows):
            self._fact(
                line, fact.name, value, "success" if ahead else "" if fact.differs else "muted", strong=fact.differs
            )
        line = len(rows)
        for file in member.asset.files:
            self._fact(line, tr("Folder"), _folder(file.path), "", tip=file.path)
            line += 1

    def show_keep(self, kept: bool) -> None:
        """Show whether it is kept."""
        self.keep.setChecked(kept)
        self.keep.setText(tr("Kept") if kept else tr("Keep"))
        choose(self, kept)

    def _fact(self, line: int, name: str, value: str, role: str, *, strong: bool = False, tip: str = "") -> None:
        text = label(value, role, wrap=True, select=True)
        text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        text.setToolTip(tip)
        text.setProperty("strong", strong)
        self.facts.addWidget(label(name, "small"), line, 0, Qt.AlignmentFlag.AlignTop)
        self.facts.addWidget(text, line, 1)

    def _dress(self) -> None:
        self.canvas.backdrop = self._look.colour("sunken")
        self.canvas.update()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(tokens.S)
        top.addWidget(self.number)
        top.addWidget(self.name, 1)
        top.addWidget(self.open)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.M, tokens.S, tokens.M, tokens.M)
        column.setSpacing(tokens.S)
        column.addLayout(top)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.bottom)
        column.addWidget(self.keep)
        self._words = QWidget(self.bottom)
        self._words.setObjectName("content")
        lines = QVBoxLayout(self._words)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(tokens.XS)
        lines.addWidget(self.reason)
        lines.addLayout(self.facts)
        lines.addStretch(1)
        self.bottom.setWidget(self._words)
        self.bottom.setWidgetResizable(True)
        self.bottom.setFrameShape(QFrame.Shape.NoFrame)
        self.bottom.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.bottom.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def height_of_words(self) -> int:
        """The height that reason and facts would like to have."""
        layout = self._words.layout()
        width = max(60, self.bottom.viewport().width())
        return layout.heightForWidth(width) if layout is not None else 0


class Comparison(QWidget):
    """Up to four members of a group; more are leafed through.

    Signals:
        kept: the indices of the members that are kept changed.
        opened: the index of a member to show in the viewer.
    """

    kept = Signal()
    opened = Signal(int)

    def __init__(self, ops: Operations, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ops, self._look = ops, look
        self.group: TwinGroup | None = None
        self.keeping: set[int] = set()
        self.first = 0
        self.members: list[Member] = []  # as many as were shown side by side so far
        self.aside = Aside(ops, look, self)
        self.before = Tool(look, "left", tr("Earlier members"))
        self.after = Tool(look, "right", tr("Further members"))
        self.range = QLabel()
        self.range.setProperty("role", "small")
        self._lay_out()
        self.before.clicked.connect(lambda: self.leaf(-1))
        self.after.clicked.connect(lambda: self.leaf(1))

    def show_group(self, group: TwinGroup | None, keeping: set[int] | None = None) -> None:
        """Show a group with the proposed choice, or with one made before."""
        self.group = group
        self.aside.forget()
        self.first = 0
        if group is None:
            self.keeping = set()
            self._fill()
            return
        self.keeping = keeping or {i for i, member in enumerate(group.members) if member.keep} or {0}
        self._fill()

    def keep_only(self, index: int) -> None:
        """Keep this member and no other."""
        if self.group is not None and 0 <= index < len(self.group.members):
            self.keeping = {index}
            self._show_keeping()

    def wish(self, index: int, on: bool) -> None:
        """Keep a member too, or no longer; one is always kept."""
        self.keeping = self.keeping | {index} if on else (self.keeping - {index}) or {index}
        self._show_keeping()

    def leaf(self, by: int) -> None:
        """Show further members."""
        if self.group is None:
            return
        room = self._room()
        self.first = min(max(0, self.first + by * room), max(0, len(self.group.members) - room))
        self._fill()

    def stop(self) -> None:
        """Draw nothing more."""
        self.aside.stop()

    def zoom(self, factor: float) -> None:
        """Look closer, at all of them."""
        self.aside.zoom(factor)

    def fit(self) -> None:
        """Show the whole of all of them."""
        self.aside.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.group is not None and self._room() != sum(not member.isHidden() for member in self.members):
            self.leaf(0)
        self._level()

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * LEAST, 200)

    def _level(self) -> None:
        """Give the words of all members one height, so that the pictures stand level."""
        shown = [member for member in self.members if not member.isHidden()]
        if shown:
            tallest = max(member.height_of_words() for member in shown)
            height = min(tallest, round(self.height() * WORDS))
            for member in shown:
                member.bottom.setFixedHeight(max(40, height))
                member.bottom.setVisible(self.height() >= LOW)

    def _room(self) -> int:
        count = len(self.group.members) if self.group is not None else 0
        return max(1, min(MOST, count, max(2, self.width() // LEAST)))

    def _add(self) -> None:
        place, member = len(self.members), Member(self._look, self)
        member.wished.connect(lambda on: self.wish(self.first + place, on))
        member.opened.connect(lambda: self.opened.emit(self.first + place))
        self.members.append(member)
        self.aside.add(member.canvas)
        self._across.addWidget(member, 1)

    def _fill(self) -> None:
        members = self.group.members if self.group is not None else ()
        room = self._room()
        while len(self.members) < min(room, len(members)):
            self._add()
        facts = contrasts([member.asset for member in members], likeness(members)) if members else []
        for place, pane in enumerate(self.members):
            index = self.first + place
            pane.setVisible(place < room and index < len(members))
            if place >= room or index >= len(members):
                continue
            rows = [(fact, fact.values[index], index in fact.best) for fact in facts if fact.values[index]]
            pane.show_member(index + 1, members[index], rows)
        self._show_keeping()
        more = len(members) > room
        for part in (self.before, self.range, self.after):
            part.setVisible(more)
        self.range.setText(
            tr(
                "{first} to {first2} of {n}",
                first=self.first + 1,
                first2=min(self.first + room, len(members)),
                n=len(members),
            )
        )
        self.before.setEnabled(self.first > 0)
        self.after.setEnabled(self.first + room < len(members))
        QTimer.singleShot(0, self, self._level)  # when the words have been laid out
        self.aside.show([member.asset.cell for member in members[self.first : self.first + room]])

    def _show_keeping(self) -> None:
        for place, pane in enumerate(self.members):
            pane.show_keep(self.first + place in self.keeping)
        self.kept.emit()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.XS)
        self._across = QHBoxLayout()
        self._across.setSpacing(tokens.M)
        column.addLayout(self._across, 1)
        turn = QHBoxLayout()
        column.addLayout(turn)
        turn.addStretch(1)
        for part in (self.before, self.range, self.after):
            turn.addWidget(part)
            part.hide()
        turn.addStretch(1)


def _folder(path: str) -> str:
    head = path.replace("\\", "/").rpartition("/")[0]
    return (head or path).replace("/", "/\u200b").replace("_", "_\u200b")
