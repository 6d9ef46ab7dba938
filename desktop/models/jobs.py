"""Tables of the work: one line for each analyzer, one for each job."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.look import words
from engine.language import digits, mark, tr
from engine.model import JobRow, JobState, QueueStatus, Rate

Index = QModelIndex | QPersistentModelIndex
SORT = Qt.ItemDataRole.UserRole
SHARE = Qt.ItemDataRole.UserRole + 1  # 0..1 of a running job
ROW = Qt.ItemDataRole.UserRole + 2
NOWHERE = QModelIndex()
NONE = "\N{EN DASH}"
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RatesModel(QAbstractTableModel):
    """How every analyzer gets on."""

    HEADS = (
        mark("Analyzer"),
        mark("Waiting"),
        mark("At work"),
        mark("Done"),
        mark("Failed"),
        mark("Held"),
        mark("Speed"),
        mark("Left"),
        mark("Remark"),
    )
    NOTE = 8

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rates: tuple[Rate, ...] = ()
        self._paused = False

    def put(self, status: QueueStatus) -> None:
        """Take newer numbers."""
        self._paused = status.paused
        if [rate.analyzer for rate in status.rates] != [rate.analyzer for rate in self.rates]:
            self.beginResetModel()
            self.rates = status.rates
            self.endResetModel()
            return
        before, self.rates = self.rates, status.rates
        for row, (old, new) in enumerate(zip(before, self.rates, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.HEADS) - 1))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rates)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if section in (0, self.NOTE) else RIGHT
        return tr(self.HEADS[section]) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        rate = self.rates[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(rate, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT if index.column() in (0, self.NOTE) else RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return rate.reason or None
        return rate if role == ROW else None

    def _text(self, rate: Rate, column: int) -> str:
        pending = rate.waiting or rate.running
        speed = f"{words.decimal(rate.per_second)}/s" if rate.per_second >= 0.05 and pending else ""
        left = words.span(rate.left) if pending and not self._paused else ""
        counts = (rate.waiting, rate.running, rate.done, rate.failed, rate.held)
        return (rate.title, *(digits(count) if count else NONE for count in counts), speed, left, rate.reason)[column]


class JobsModel(QAbstractTableModel):
    """Jobs, changed row by row so that selection and scrolling stay."""

    def __init__(self, heads: Sequence[str], text: Callable[[JobRow, int], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.heads = tuple(heads)
        self.jobs: list[JobRow] = []
        self._text = text

    def put(self, jobs: Iterable[JobRow]) -> None:
        """Take a newer list: rows that went are removed, new ones inserted, changed ones repainted."""
        fresh = list({job.id: job for job in jobs}.values())
        self._remove({job.id for job in fresh})
        self._sort(fresh)
        self._insert(fresh)
        for row, job in enumerate(fresh):
            if self.jobs[row] != job:
                self.jobs[row] = job
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.heads) - 1))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.jobs)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT
        return self.heads[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        job = self.jobs[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(job, index.column())
        if role == SHARE:
            return job.progress if job.state is JobState.RUNNING else None
        return job if role == ROW else None

    def _remove(self, keep: set[int]) -> None:
        gone = [row for row, job in enumerate(self.jobs) if job.id not in keep]
        for first, last in reversed(list(_runs(gone))):
            self.beginRemoveRows(NOWHERE, first, last)
            del self.jobs[first : last + 1]
            self.endRemoveRows()

    def _sort(self, fresh: Sequence[JobRow]) -> None:
        """Bring the rows that stay into the new order; selected rows move along."""
        place = {job.id: row for row, job in enumerate(fresh)}
        wanted = sorted(self.jobs, key=lambda job: place[job.id])
        if wanted == self.jobs:
            return
        self.layoutAboutToBeChanged.emit()
        held = [(index, self.jobs[index.row()].id) for index in self.persistentIndexList()]
        self.jobs = wanted
        now = {job.id: row for row, job in enumerate(wanted)}
        for index, job_id in held:
            self.changePersistentIndex(index, self.index(now[job_id], index.column()))
        self.layoutChanged.emit()

    def _insert(self, fresh: Sequence[JobRow]) -> None:
        known = {job.id for job in self.jobs}
        new = [row for row, job in enumerate(fresh) if job.id not in known]
        for first, last in _runs(new):
            self.beginInsertRows(NOWHERE, first, last)
            self.jobs[first:first] = fresh[first : last + 1]
            self.endInsertRows()


def _runs(rows: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Neighbouring numbers as (first, last)."""
    for _, run in groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0]):
        numbers = [row for _, row in run]
        yield numbers[0], numbers[-1]
