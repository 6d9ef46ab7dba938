"""The third step: it works. What was read so far shows, and can be searched."""

import asyncio
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton, QVBoxLayout

from desktop.look import tokens
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.look.reading import idle_words, queue_words
from desktop.operations import Operations
from desktop.views.parts.tasklist import task_facts
from desktop.views.start.step import Step
from engine.language import mark, tr, trn
from engine.model import Cell, Kind, QueueStatus
from engine.model.start import Invitation

PICTURES = 12
SIDE = 104  # logical pixels
EVERY = 1500  # milliseconds between two looks while it shows
SORTS = {
    "person": mark("Person: {what}"),
    "place": mark("Place: {what}"),
    "shows": mark("Shows: {what}"),
    "word": mark("The word “{what}”"),
    "sound": mark("Sound: {what}"),
    "year": mark("Year: {what}"),
    "tag": mark("Tag: {what}"),
    "camera": mark("Camera: {what}"),
    "type": mark("Kind: {what}"),
}


class LiveStep(Step):
    """Shows how it comes alive.

    Signals:
        search: a query to show in the library.
        finished: go to the library.
    """

    search = Signal(str)
    finished = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(
            tr("It works"),
            tr(
                "Everything that shows here can be searched already, by name, date and place. What is in the pictures, "
                "films and pages comes while the reading goes on in the background; you need not wait for it."
            ),
        )
        self._ops, self._look = ops, look
        self.status = label("", "strong", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("How far the reading is"))
        self.count = label("", "muted", wrap=True)
        frame = QFrame()
        frame.setObjectName("card")
        column = QVBoxLayout(frame)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        for part in (self.status, self.bar, self.count):
            column.addWidget(part)
        self.body.addWidget(frame)
        self._holder = QFrame()
        self._flow = Flow(self._holder, gap=tokens.S)
        self._holder.hide()
        self.pictures: dict[int, QLabel] = {}
        self.heading = label(tr("Try one of these"), "subtitle")
        self.heading.hide()
        self.body.addWidget(self.heading)
        self._invitations = QFrame()
        self._row = Flow(self._invitations, gap=tokens.S)
        self.body.addWidget(self._invitations)
        self.body.addWidget(self._holder)
        self.examples: list[QPushButton] = []
        self._shown: tuple[Invitation, ...] = ()
        self._base = 0
        self._looking, self._inviting = ops.latest(), ops.latest()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(EVERY)
        self._again.timeout.connect(self.look_again)
        self.go = self.add_button(tr("Go to the library"), self.finished.emit, "primary")

    def open_step(self) -> None:
        """It came to the front."""
        self.look_again()
        self._inviting.start(self._invite())

    def close_step(self) -> None:
        """Stop looking."""
        self._again.stop()
        self._looking.cancel()
        self._inviting.cancel()

    def look_again(self) -> None:
        """Look how far it is."""
        self._looking.start(self._look_now())

    async def _look_now(self) -> None:
        library = self._ops.library
        status = await self._ops.ask(library.queue)
        listing = await self._ops.ask(library.listing, "", "added")
        if status is not None:
            self._show_status(status)
        if listing is not None:
            self._show_count(len(listing.ids))
            await self._show_pictures(list(listing.ids[: PICTURES * 2]))
        if self.isVisible():
            self._again.start()

    async def _invite(self) -> None:
        """Look what could be searched for; apart from the rest, for it may take longer."""
        while self.isVisible():
            self._show_examples(tuple(await self._ops.ask(self._ops.library.invitations) or ()))
            await asyncio.sleep(EVERY / 1000)

    def _show_status(self, status: QueueStatus) -> None:
        pending, over = status.waiting + status.running, status.done + status.failed + status.cancelled
        task = next(iter(self._ops.tasks.all()), None)
        if pending:
            self._base = min(self._base, over)
            self.status.setText(queue_words(status, over - self._base, over - self._base + pending))
            self.bar.setRange(0, over - self._base + pending)
            self.bar.setValue(over - self._base)
        elif task is not None:
            self.status.setText(f"{task.title}: {task_facts(task)}".rstrip(": "))
            self.bar.setRange(0, 0)
        else:
            self.status.setText(idle_words(status))
            self.bar.setRange(0, 1)
            self.bar.setValue(1)

    def _show_count(self, count: int) -> None:
        self.count.setText(
            trn("{n} file can be searched now.", "{n} files can be searched now.", count)
            if count
            else tr("The first files appear in a moment.")
        )

    async def _show_pictures(self, ids: Sequence[int]) -> None:
        if len(self.pictures) >= PICTURES:
            return
        cells = await self._ops.ask(self._ops.library.cells, [one for one in ids if one not in self.pictures])
        for cell in cells or ():
            if len(self.pictures) >= PICTURES or not cell.preview or not self._showable(cell):
                continue
            image = await self._ops.ask(self._picture, cell.id)
            if image is not None and cell.id not in self.pictures:
                self._add_picture(cell, image)
                await asyncio.sleep(0)

    def _showable(self, cell: Cell) -> bool:
        """Whether a picture may be shown without being asked for."""
        pictured = cell.kind in (Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT)
        return pictured and not self._look.veil.hides(cell.id, cell.safety)

    def _picture(self, asset: int) -> QImage | None:
        """A small square of the preview; in a thread."""
        path = self._ops.library.preview(asset)
        image = QImage(str(path)) if path is not None else QImage()
        if image.isNull():
            return None
        side = round(SIDE * self.devicePixelRatioF())
        scaled = image.scaled(
            QSize(side, side), Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
        return scaled.copy((scaled.width() - side) // 2, (scaled.height() - side) // 2, side, side)

    def _add_picture(self, cell: Cell, image: QImage) -> None:
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        made = QLabel()
        made.setFixedSize(SIDE, SIDE)
        made.setPixmap(pixmap)
        made.setAccessibleName(cell.name)
        made.setToolTip(cell.name)
        self.pictures[cell.id] = made
        self._flow.addWidget(made)
        made.show()
        self._holder.show()

    def _show_examples(self, found: tuple[Invitation, ...]) -> None:
        if found == self._shown:
            return
        focus = next((number for number, made in enumerate(self.examples) if made.hasFocus()), None)
        self._shown = found
        for made in self.examples:
            self._row.removeWidget(made)
            made.hide()
            made.deleteLater()
        self.examples = []
        for one in found:
            made = button(example_words(one), partial(self.search.emit, one.query))
            made.setToolTip(one.query)
            self._row.addWidget(made)
            made.show()
            self.examples.append(made)
        self.heading.setVisible(bool(found))
        if focus is not None and self.examples:
            self.examples[min(focus, len(self.examples) - 1)].setFocus()


def example_words(one: Invitation) -> str:
    """`Place: Rome · 12 files`."""
    files = trn("{n} file", "{n} files", one.count)
    return f"{tr(SORTS[one.sort], what=one.shown)} · {files}"
