"""Blocks of figures: memory and disk, how quickly the window answers, what failed, versions."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.views.checkup.chart import Chart
from desktop.workers.watchdog import STEPS, Answers, Turn
from engine.language import digits, tr, trn
from engine.model.health import Memory, Room, Trouble

TURNS = 6  # long turns that are listed


class Block(QWidget):
    """A heading and a framed column."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        frame = QFrame()
        frame.setObjectName("card")
        self.column = QVBoxLayout(frame)
        self.column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        self.column.setSpacing(tokens.S)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(tokens.S)
        self.head = QHBoxLayout()
        self.head.addWidget(label(title, "subtitle"), 1)
        outer.addLayout(self.head)
        outer.addWidget(frame, 1)


class MemoryBlock(Block):
    """What the window and the workers hold."""

    def __init__(self, look: Look) -> None:
        super().__init__(tr("Memory"))
        self.chart = Chart(look)
        self.own = label("", "")
        self.workers = label("", "")
        self.column.addWidget(self.chart)
        for colour, text in (("accent", self.own), ("warning", self.workers)):
            line = QHBoxLayout()
            line.setSpacing(tokens.S)
            line.addWidget(Swatch(look, colour))
            line.addWidget(text, 1)
            self.column.addLayout(line)
        self.column.addStretch(1)

    def show_memory(self, memory: Sequence[Memory]) -> None:
        """Show newer samples."""
        self.chart.show_memory(memory)
        if memory:
            last = memory[-1]
            self.own.setText(tr("Window: {size}", size=words.size(last.own)))
            held = words.size(last.workers)
            self.workers.setText(trn("{n} worker: {size}", "{n} workers: {size}", last.count, size=held))


class Swatch(QFrame):
    """A spot of a colour, before the words that it stands for."""

    def __init__(self, look: Look, colour: str) -> None:
        super().__init__()
        self._look, self._colour = look, colour
        self.setFixedSize(12, 4)
        look.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self.setStyleSheet(f"background: {getattr(self._look.colours, self._colour)}; border-radius: 2px;")


class DiskBlock(Block):
    """What the parts of the library take on the disk."""

    def __init__(self) -> None:
        super().__init__(tr("Disk"))
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(tokens.M)
        self._table.setVerticalSpacing(tokens.XS)
        self._table.setColumnStretch(0, 1)
        self.column.addLayout(self._table)
        self.free = label("", "small", wrap=True)
        self.column.addWidget(self.free)
        self.column.addStretch(1)
        self.sizes: dict[str, QLabel] = {}

    def show_rooms(self, rooms: Sequence[Room], free: int) -> None:
        """Show newer sizes."""
        for room in rooms:
            if room.name not in self.sizes:
                row = len(self.sizes)
                name = label(room.title, wrap=True)
                self.sizes[room.name] = size = label("", "muted")
                self._table.addWidget(name, row, 0)
                self._table.addWidget(size, row, 1, Qt.AlignmentFlag.AlignTrailing)
            text = words.size(room.size)
            self.sizes[room.name].setText(tr("over {size}", size=text) if room.more else text)
        self.free.setText(tr("{size} free on this disk", size=words.size(free)))


class AnswersBlock(Block):
    """How quickly the window answers.

    Signals:
        anew: count from the beginning.
    """

    anew = Signal()

    def __init__(self) -> None:
        super().__init__(tr("How quickly the window answers"))
        self.head.addWidget(button(tr("Count anew"), self.anew.emit, "quiet"))
        self.sentence = label("", wrap=True)
        self.counts = label("", "muted", wrap=True)
        self.turns = label("", "small", wrap=True, select=True)
        for part in (self.sentence, self.counts, self.turns):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self.column.addWidget(part)

    def show_answers(self, answers: Answers | None) -> None:
        """Show newer counts; None while nothing is measured."""
        if answers is None or not answers.pulses:
            self.sentence.setText(tr("Not measured yet."))
            return
        share = words.decimal(answers.in_time * 100, 2 if answers.over[0] else 0)
        self.sentence.setText(
            tr("{share} % of the looks were answered within a frame (16 ms). The longest wait was {longest}.",
               share=share, longest=words.quick(answers.longest))
        )  # fmt: skip
        counted = [
            tr("over {ms} ms: {n}", ms=round(step * 1000), n=digits(count))
            for step, count in zip(STEPS, answers.over, strict=True)
        ]
        self.counts.setText(" · ".join([trn("{n} look", "{n} looks", answers.pulses), *counted]))
        self.turns.setText("\n".join(turn_words(turn) for turn in answers.turns[:TURNS]))
        self.turns.setVisible(bool(answers.turns))


def turn_words(turn: Turn) -> str:
    """`48 ms, 31 of them at work (packs): desktop/views/packs.py:201 _fill`."""
    wall, cpu = round(turn.wall * 1000), round(turn.cpu * 1000)
    head = tr("{wall} ms, {cpu} of them at work ({view})", wall=wall, cpu=cpu, view=turn.doing or "…")
    return f"{head}: {turn.where[0]}" if turn.where else head


class TroublesBlock(Block):
    """The last errors, by kind.

    Signals:
        work: show the work view.
    """

    work = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Last errors"))
        self.head.addWidget(button(tr("Show the work"), self.work.emit, "quiet"))
        self.none = label(tr("Nothing failed."), "muted")
        self.column.addWidget(self.none)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(tokens.S)
        self.column.addLayout(self._lines)
        self._shown: tuple[Trouble, ...] = ()

    def show_troubles(self, troubles: Sequence[Trouble]) -> None:
        """Show newer failures."""
        if tuple(troubles) == self._shown:
            return
        self._shown = tuple(troubles)
        while self._lines.count():
            item = self._lines.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.none.setVisible(not troubles)
        for one in troubles[:8]:
            line = label(trouble_words(one), wrap=True, select=True)
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._lines.addWidget(line)


def trouble_words(one: Trouble) -> str:
    """`Text in pictures, 3 times: The file is damaged. Copy it again.`"""
    times = trn("{n} time", "{n} times", one.count)
    return f"{one.title}, {times}: {one.text} {one.hint}".strip()


class VersionsBlock(Block):
    """The program and what it stands on."""

    def __init__(self) -> None:
        super().__init__(tr("Versions"))
        self.text = label("", "muted", wrap=True, select=True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.column.addWidget(self.text)

    def show_versions(self, versions: Sequence[tuple[str, str]]) -> None:
        """Show these."""
        self.text.setText(" · ".join(f"{name} {number}" for name, number in versions))
