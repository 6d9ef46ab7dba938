"""The panel beside the viewer: what is known of the asset, its moments, its text."""

from functools import partial

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens, vocabulary
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.look.parts import Tool, label, row, rule
from desktop.look.stars import Stars
from desktop.models.lines import Entry, LinesModel
from desktop.operations import Operations
from desktop.views.browse.kept import Kept
from desktop.views.browse.tags import Tags
from desktop.views.parts.cards import Card, emptied, section
from desktop.views.parts.cliplist import ClipList
from desktop.views.parts.facts import STATES, facts
from desktop.views.parts.lines import LinesView
from desktop.views.parts.spoken import SaidPanel
from desktop.views.parts.subject import Subject
from desktop.views.parts.within import Within
from engine.language import digits, mark, tr, trn
from engine.model import FileRow, JobRow, JobState, Kind, Moment

ABOUT, MOMENTS, TEXT, SAID, CLIPS = 0, 1, 2, 3, 4
WAITS = {
    JobState.WAITING: mark("waits"),
    JobState.RUNNING: mark("is at work"),
    JobState.CANCELLED: mark("was cancelled"),
}


class About(QFrame):
    """Facts, files, tags, failures; a list of moments; a list of texts.

    Signals:
        picked: a moment of a list.
        retried: failed jobs to try again, by id.
        rated, tagged, untagged: a decision about the asset.
        asked: a query.
        reveal: the path of a file (bytes) to show in the file manager.
        filled: another asset, or newer findings of it, are shown.
    """

    picked = Signal(object)
    retried = Signal(list)
    rated = Signal(int)
    tagged = Signal(str)
    untagged = Signal(str)
    asked = Signal(str)
    reveal = Signal(bytes)
    filled = Signal()

    def __init__(self, ops: Operations, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAccessibleName(tr("About this file"))
        self.setFixedWidth(tokens.PANEL)
        self._look = look
        self.trouble = QVBoxLayout()
        self.stars = Stars(look)
        self.tags = Tags(ops, look)
        self.kept = Kept(ops, look)
        self.kept.asked.connect(self.asked)
        self.kept.origins.came.connect(self.tags.show_origins)
        self._facts = QVBoxLayout()
        self._colours = QWidget()
        self._swatches = Flow(self._colours, gap=4)
        self._files = QVBoxLayout()
        self._work = QVBoxLayout()
        self.moments = LinesView(look, LinesModel(self), tr("Moments"))
        self.texts = LinesView(look, LinesModel(self), tr("Text"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find in this text"))
        self.search.setAccessibleName(tr("Find in this text"))
        self.search.setClearButtonEnabled(True)
        self.within = Within(look)
        self.said = SaidPanel(ops, look)
        self.transcript = self.said.transcript
        self.clips = ClipList(look)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self._made_about(), tr("About"))
        self.tabs.addTab(self.moments, tr("Moments"))
        self.tabs.addTab(self._made_texts(), tr("Text"))
        self.tabs.addTab(self.said, tr("Said"))
        self.tabs.addTab(self.clips, tr("Clips"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        self._connect()

    def show_subject(self, subject: Subject) -> None:
        """Fill the panel."""
        self._show_trouble(subject)
        self.stars.show_stars(subject.row.cell.rating)
        self.tags.show_tags(subject.row.tags)
        self.kept.show_asset(subject.row)
        self._show_facts(subject)
        self._show_colours(subject)
        self._show_files(subject.row.files)
        self._show_work(subject.row.jobs)
        self.moments.lines.put([Entry(hit, found=True) for hit in subject.hits])
        self.texts.lines.put(subject.entries)
        self._name_tab(MOMENTS, tr("Moments"), len(subject.hits))
        self._name_tab(TEXT, tr("Text"), len(subject.lines))
        self.tabs.setTabVisible(MOMENTS, bool(subject.hits))  # nothing to see, nothing to open
        self.tabs.setTabVisible(TEXT, bool(subject.entries))
        self.within.show_senses(subject.senses)
        self.said.show_subject(subject)
        self.tabs.setTabVisible(CLIPS, subject.row.cell.kind in (Kind.VIDEO, Kind.AUDIO))
        self.filled.emit()
        self.tabs.setTabVisible(SAID, bool(subject.senses.said))

    def show_moment(self, moment: Moment) -> None:
        """Mark the moment that the stage went to."""
        self.moments.show_current(moment)

    # --- parts

    def _show_trouble(self, subject: Subject) -> None:
        emptied(self.trouble)
        cell = subject.row.cell
        failed = [job for job in subject.row.jobs if job.state is JobState.FAILED]
        said: set[str] = set()
        for job in failed:
            if job.error in said:
                continue
            said.add(job.error)
            card = Card(
                self._look,
                "danger",
                job.error or tr("{analyzer} failed.", analyzer=vocabulary.analysis(job.analyzer)),
                job.hint,
            )
            alike = [other.id for other in failed if other.error == job.error]
            card.add(tr("Try again"), partial(self.retried.emit, alike))
            self.trouble.addWidget(card)
        if cell.error and cell.error not in said:
            self.trouble.addWidget(Card(self._look, "danger", cell.error, subject.row.hint))
        for notice in subject.notices:
            self.trouble.addWidget(Card(self._look, "warning", notice))

    def _show_facts(self, subject: Subject) -> None:
        emptied(self._facts)
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(tokens.M)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for line, (name, value) in enumerate(facts(subject)):
            grid.addWidget(label(name, "small"), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_value(value), line, 1)
        self._facts.addWidget(holder)

    def _show_colours(self, subject: Subject) -> None:
        self._swatches.clear()
        for name, (red, green, blue) in subject.colours:
            swatch = QLabel()
            swatch.setToolTip(name)
            swatch.setAccessibleName(name)
            swatch.setPixmap(_swatch(QColor(red, green, blue), self._look.colour("line"), self.devicePixelRatioF()))
            self._swatches.addWidget(swatch)
        self._colours.setVisible(bool(subject.colours))

    def _show_files(self, files: tuple[FileRow, ...]) -> None:
        emptied(self._files)
        self._files.addWidget(section(trn("{n} file", "{n} files", len(files))))
        for file in files:
            self._files.addWidget(self._file(file))

    def _file(self, file: FileRow) -> QWidget:
        path = _value(_breakable(file.path))
        path.setToolTip(file.path)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(path)
        state = tr(STATES.get(file.state, file.state))
        for words_, role in ((state, "warning"), (file.error, "danger"), (file.hint, "small")):
            if words_:
                part = label(words_, role, wrap=True)
                part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                text.addWidget(part)
        line = row()
        line.addLayout(text, 1)
        if file.state == "present":
            show = Tool(self._look, "reveal", tr("Show in file manager"))
            show.clicked.connect(lambda: self.reveal.emit(file.raw))
            line.addWidget(show, 0, Qt.AlignmentFlag.AlignTop)
        holder = QWidget()
        holder.setLayout(line)
        return holder

    def _show_work(self, jobs: tuple[JobRow, ...]) -> None:
        emptied(self._work)
        open_ = [job for job in jobs if job.state in WAITS]
        if open_:
            self._work.addWidget(section(tr("Still to come")))
        for job in open_:
            words_ = f"{vocabulary.analysis(job.analyzer)} {tr(WAITS[job.state])}"
            self._work.addWidget(label(f"{words_}: {job.error}" if job.error else words_, "small", wrap=True))

    def _name_tab(self, tab: int, name: str, count: int) -> None:
        self.tabs.setTabText(tab, f"{name} {digits(count)}" if count else name)
        self.tabs.setTabEnabled(tab, bool(count))
        if not count and self.tabs.currentIndex() == tab:
            self.tabs.setCurrentIndex(ABOUT)

    def _made_about(self) -> QScrollArea:
        area = QScrollArea(self.tabs)  # from the outside in: whatever moves into another widget is styled again
        content = QWidget(area)
        content.setObjectName("content")
        column = QVBoxLayout(content)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.L)
        column.setSpacing(tokens.M)
        for holder in (self.trouble, self._facts, self._files, self._work):
            holder.setSpacing(tokens.S)
        column.addLayout(self.trouble)
        column.addLayout(row(self.stars, self.kept.heart, QWidget(), stretch=2))
        column.addWidget(self.tags)
        column.addWidget(self.kept)
        column.addWidget(self.within)
        column.addWidget(rule())
        column.addLayout(self._facts)
        column.addWidget(self._colours)
        column.addWidget(rule())
        column.addLayout(self._files)
        column.addLayout(self._work)
        column.addStretch(1)
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _made_texts(self) -> QWidget:
        page = QWidget(self.tabs)
        column = QVBoxLayout(page)
        column.setContentsMargins(tokens.S, tokens.S, tokens.S, 0)
        column.setSpacing(tokens.S)
        column.addWidget(self.search)
        column.addWidget(self.texts, 1)
        return page

    def _connect(self) -> None:
        self.stars.rated.connect(self.rated)
        self.tags.added.connect(self.tagged)
        self.tags.removed.connect(self.untagged)
        self.tags.asked.connect(lambda name: self.asked.emit(f'tag:"{name}"'))
        self.moments.picked.connect(self.picked)
        self.texts.picked.connect(self.picked)
        self.search.textChanged.connect(self.texts.lines.filter)


def _swatch(colour: QColor, line: QColor, ratio: float) -> QPixmap:
    drawn = QPixmap(round(28 * ratio), round(18 * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    with QPainter(drawn) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(line)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(0.5, 0.5, 27, 17), tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
    return drawn


def _value(text: str) -> QLabel:
    made = label(text, wrap=True, select=True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made


def _breakable(path: str) -> str:
    """A path with places where a line may break."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b").replace("_", "_\u200b")
