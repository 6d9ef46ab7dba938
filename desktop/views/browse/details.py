"""The panel beside the grid: what is known of the selection, its stars, tags and files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens, vocabulary, words
from desktop.look.look import Look
from desktop.look.parts import Tool, label, row, rule
from desktop.look.stars import Stars
from desktop.models.deeds import Deeds
from desktop.operations import Operations
from desktop.views.browse.batch import Batch
from desktop.views.browse.kept import Kept
from desktop.views.browse.tags import Tags
from desktop.views.parts.facts import pixels
from desktop.workers.previews import Want, drawn
from engine.language import digits, tr
from engine.model import AssetRow, FileRow

PICTURE = 190  # height of the picture


class Details(QFrame):
    """Facts, stars, tags and files of what is selected.

    Signals:
        rated, tagged, untagged: a change for the shown assets.
        query: a search that a fact leads to.
        reveal: an asset whose file should be shown in the file manager.
        opened: the shown asset should open.
    """

    rated = Signal(list, int)
    tagged = Signal(list, str)
    untagged = Signal(list, str)
    query = Signal(str)
    reveal = Signal(int)
    opened = Signal()

    def __init__(self, ops: Operations, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAccessibleName(tr("Details"))
        self._ops, self._look = ops, look
        self._latest = ops.latest()
        self._ids: list[int] = []
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setFixedHeight(PICTURE)
        self._name = label("", "subtitle", wrap=True, select=True)
        self._kind = label("", "small", wrap=True)
        self._trouble = label("", "danger", wrap=True)
        self._hint = label("", "small", wrap=True)
        self._stars = Stars(look)
        self._stars.rated.connect(lambda stars: self.rated.emit(self._ids, stars))
        self._tags = Tags(ops, look)
        self._tags.added.connect(lambda name: self.tagged.emit(self._ids, name))
        self._tags.removed.connect(lambda name: self.untagged.emit(self._ids, name))
        self._tags.asked.connect(lambda name: self.query.emit(f'tag:"{name}"'))
        self.kept = Kept(ops, look)
        self.kept.asked.connect(self.query)
        self.kept.origins.came.connect(self._tags.show_origins)
        self.batch = Batch(ops, look)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(tokens.M)
        self._facts.setVerticalSpacing(6)
        self._facts.setColumnStretch(1, 1)
        self._files = QVBoxLayout()
        self._files.setSpacing(tokens.S)
        self._assemble()
        self.show_many([])

    def sizeHint(self) -> QSize:
        return QSize(tokens.PANEL, 400)

    def serve(self, deeds: Deeds) -> None:
        """Let these do what is decided here."""
        self.rated.connect(deeds.rate)
        self.tagged.connect(deeds.tag)
        self.untagged.connect(deeds.untag)
        self.batch.edited.connect(deeds.edit)
        self.kept.favoured.connect(lambda asset, on: deeds.favourite([asset], on))
        self.kept.noted.connect(deeds.note)

    def show_assets(self, ids: Sequence[int], count: int) -> None:
        """Show one asset in full, or what several have in common."""
        self._ids = list(ids)
        if count == 1:
            self._latest.start(self._load(ids[0]))
        else:
            self._latest.cancel()
            self.show_many(ids, count)

    def show_many(self, ids: Sequence[int], count: int | None = None) -> None:
        """Show that several assets (or none) are selected."""
        number = len(ids) if count is None else count
        self._name.setText(tr("{number} selected", number=digits(number)) if number else tr("Nothing selected"))
        self._kind.setText(
            tr("What you choose here goes to the first {n} of them.", n=digits(len(ids)))
            if number > len(ids)
            else tr("What you choose here goes to all of them.")
            if number
            else tr("Choose a picture to see what is known of it.")
        )
        self._trouble.hide()
        self._hint.hide()
        self._picture.hide()
        self._empty(self._facts)
        self._empty(self._files)
        self._show_one(False)
        self._file_title.hide()
        self.kept.leave()
        self.batch.setVisible(number > 0)
        if number:
            self.batch.show_assets(ids)

    def _show_one(self, shown: bool) -> None:
        """Show or hide what is about a single asset."""
        for part in (self._stars, self.kept.heart, self._tags, self._tag_title, self.kept, self._rule):
            part.setVisible(shown)

    async def _load(self, asset: int) -> None:
        found = await self._ops.ask(self._ops.library.asset, asset)
        if found is None:
            return
        self.show_asset(found)
        await self._tags.refresh_known()
        ratio = self.devicePixelRatioF()
        blurred = self._look.veil.hides(asset, found.cell.safety)
        side = round((self.width() - 32) * ratio)
        want = Want(asset, side, round(PICTURE * ratio), 0, blur=blurred, cover=False)
        image = await self._ops.ask(_preview, self._ops.library.preview, want)
        if image is not None:
            picture = QPixmap.fromImage(image)
            picture.setDevicePixelRatio(ratio)
            self._picture.setPixmap(picture)
            self._picture.show()

    def show_asset(self, asset: AssetRow) -> None:
        """Show all that is known of one asset."""
        self._picture.hide()
        self._name.setText(asset.cell.name)
        self._kind.setText(f"{asset.format or vocabulary.named(asset.cell.kind.value)}, {words.size(asset.size)}")
        self._trouble.setText(asset.cell.error)
        self._trouble.setVisible(bool(asset.cell.error))
        self._hint.setText(asset.hint)
        self._hint.setVisible(bool(asset.hint))
        self._stars.show_stars(asset.cell.rating)
        self._tags.show_tags(asset.tags)
        self.kept.show_asset(asset)
        self._show_one(True)
        self._file_title.show()
        self.batch.hide()
        self._empty(self._facts)
        for line, (title, text) in enumerate(facts(asset)):
            self._facts.addWidget(label(title, "small"), line, 0, Qt.AlignmentFlag.AlignTop)
            value = label(text, wrap=True, select=True)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._facts.addWidget(value, line, 1)
        self._empty(self._files)
        self._file_title.setText(tr("File") if len(asset.files) == 1 else tr("{n} files", n=len(asset.files)))
        for file in asset.files:
            self._files.addWidget(self._file(asset.cell.id, file))

    def _assemble(self) -> None:
        area = QScrollArea(self)
        content = QWidget(area)
        content.setObjectName("content")
        column = QVBoxLayout(content)
        column.setContentsMargins(tokens.L, tokens.L, tokens.L, tokens.L)
        column.setSpacing(tokens.S)
        self._tag_title = label(tr("Tags"), "caption")
        self._file_title = label(tr("File"), "caption")
        for part in (self._picture, self._name, self._kind, self._trouble, self._hint):
            column.addWidget(part)
        column.addLayout(row(self._stars, self.kept.heart, QWidget(), stretch=2))
        column.addWidget(self.batch)
        column.addSpacing(tokens.XS)
        column.addWidget(self._tag_title)
        column.addWidget(self._tags)
        column.addWidget(self.kept)
        column.addSpacing(tokens.XS)
        self._rule = rule()
        column.addWidget(self._rule)
        column.addLayout(self._facts)
        column.addSpacing(tokens.XS)
        column.addWidget(self._file_title)
        column.addLayout(self._files)
        column.addStretch(1)
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _file(self, asset: int, file: FileRow) -> QWidget:
        holder = QWidget()
        path = Path(file.path)
        name = label(words.breakable(path.name), wrap=True, select=True)
        folder = label(words.breakable(str(path.parent)), "small", wrap=True, select=True)
        for part in (name, folder):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            part.setToolTip(file.path)
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(name)
        text.addWidget(folder)
        if file.state != "present":
            text.addWidget(
                label(
                    {"offline": tr("The drive is not connected"), "missing": tr("Not there any more")}.get(
                        file.state, file.state
                    ),
                    "warning",
                )
            )
        line = row()
        line.addLayout(text, 1)
        if file.state == "present":
            show = Tool(self._look, "reveal", tr("Show in file manager"))
            show.clicked.connect(lambda: self.reveal.emit(asset))
            line.addWidget(show, 0, Qt.AlignmentFlag.AlignTop)
        holder.setLayout(line)
        return holder

    def _empty(self, layout: QGridLayout | QVBoxLayout) -> None:
        while layout.count():
            item = layout.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def facts(asset: AssetRow) -> Iterator[tuple[str, str]]:
    """The facts worth a line, with their names."""
    found, cell = asset.facts, asset.cell
    yield from _present(tr("Taken"), words.when(cell.taken))
    yield from _present(tr("Pixels"), pixels(found.width, found.height))
    if found.duration:
        yield tr("Length"), words.clock(found.duration)
    if found.pages:
        yield tr("Pages"), digits(found.pages)
    yield from _present(tr("Place"), found.place)
    yield from _present(tr("Camera"), " · ".join(part for part in (found.camera, found.lens) if part))
    yield from _present(tr("Title"), found.title)
    yield from _present(tr("About"), found.description)
    yield from _present(tr("By"), found.creator)
    yield from _present(tr("Album"), found.album)
    if cell.safety:
        yield tr("Safety"), vocabulary.named(cell.safety)
    yield tr("Added"), words.when(asset.added)
    waiting = [vocabulary.analysis(job.analyzer) for job in asset.jobs if job.state in ("waiting", "running")]
    if waiting:
        yield tr("Not yet"), ", ".join(waiting)


def _present(title: str, text: str) -> Iterator[tuple[str, str]]:
    if text:
        yield title, text


def _preview(find: "object", want: Want) -> QImage | None:
    path = find(want.asset) if callable(find) else None
    return drawn(path, want) if path is not None else None
