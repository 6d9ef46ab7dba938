"""Tables of the work: one line for each analyzer, one for each job."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from PySide6.QtCore import QObject, Qt

from desktop.look import words
from desktop.models.table import NOWHERE, Index, TableModel
from engine.language import digits, tr
from engine.model import JobRow, JobState, QueueStatus, Rate

SHARE = Qt.ItemDataRole.UserRole + 1  # 0..1 of a running job
NONE = "\N{EN DASH}"


class RatesModel(TableModel):
    """How every analyzer gets on."""

    def __init__(self, parent: QObject | None = None) -> None:
        heads = (tr("Analyzer"), tr("Waiting"), tr("At work"), tr("Done"), tr("Failed"), tr("Held"), tr("Speed"),
                 tr("Left"), tr("Remark"))  # fmt: skip
        super().__init__(heads, _rate_words, parent, numbers=range(1, 8))

    def put(self, status: QueueStatus) -> None:
        """Take newer numbers; while the work is paused nothing says how long it takes."""
        rates = [replace(rate, left=None) if status.paused else rate for rate in status.rates]
        if [rate.analyzer for rate in rates] != [rate.analyzer for rate in self.rows]:
            self.beginResetModel()
            self.rows = rates
            self.endResetModel()
            return
        before, self.rows = self.rows, rates
        for row, (old, new) in enumerate(zip(before, rates, strict=True)):
            if old != new:
                self._repaint(row)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.ToolTipRole and index.isValid():
            return self.rows[index.row()].reason or None
        return super().data(index, role)


class JobsModel(TableModel):
    """Jobs, changed row by row so that selection and scrolling stay."""

    def put(self, jobs: Iterable[JobRow]) -> None:
        """Take a newer list: rows that went are removed, new ones inserted, changed ones repainted."""
        fresh = list({job.id: job for job in jobs}.values())
        self._remove({job.id for job in fresh})
        self._sort(fresh)
        self._insert(fresh)
        for row, job in enumerate(fresh):
            if self.rows[row] != job:
                self.rows[row] = job
                self._repaint(row)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == SHARE and index.isValid():
            job: JobRow = self.rows[index.row()]
            return job.progress if job.state is JobState.RUNNING else None
        return super().data(index, role)

    def _remove(self, keep: set[int]) -> None:
        gone = [row for row, job in enumerate(self.rows) if job.id not in keep]
        for first, last in reversed(list(_runs(gone))):
            self.beginRemoveRows(NOWHERE, first, last)
            del self.rows[first : last + 1]
            self.endRemoveRows()

    def _sort(self, fresh: Sequence[JobRow]) -> None:
        """Bring the rows that stay into the new order; selected rows move along."""
        place = {job.id: row for row, job in enumerate(fresh)}
        wanted = sorted(self.rows, key=lambda job: place[job.id])
        if wanted == self.rows:
            return
        self.layoutAboutToBeChanged.emit()
        held = [(index, self.rows[index.row()].id) for index in self.persistentIndexList()]
        self.rows = wanted
        now = {job.id: row for row, job in enumerate(wanted)}
        for index, job_id in held:
            self.changePersistentIndex(index, self.index(now[job_id], index.column()))
        self.layoutChanged.emit()

    def _insert(self, fresh: Sequence[JobRow]) -> None:
        known = {job.id for job in self.rows}
        new = [row for row, job in enumerate(fresh) if job.id not in known]
        for first, last in _runs(new):
            self.beginInsertRows(NOWHERE, first, last)
            self.rows[first:first] = fresh[first : last + 1]
            self.endInsertRows()


def _rate_words(rate: Rate, column: int) -> str:
    pending = rate.waiting or rate.running
    speed = f"{words.decimal(rate.per_second)}/s" if rate.per_second >= 0.05 and pending else ""
    left = words.span(rate.left) if pending else ""
    counts = (rate.waiting, rate.running, rate.done, rate.failed, rate.held)
    return (rate.title, *(digits(count) if count else NONE for count in counts), speed, left, rate.reason)[column]


def _runs(rows: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Neighbouring numbers as (first, last)."""
    for _, run in groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0]):
        numbers = [row for _, row in run]
        yield numbers[0], numbers[-1]
