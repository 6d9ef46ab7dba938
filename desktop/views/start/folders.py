"""The first step: which folders are read. Nothing is opened before the button is pressed; only names are counted."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import icons, tokens
from desktop.look.look import Look
from desktop.look.parts import button, label, rule
from desktop.operations import Operations
from desktop.views.start.step import Step
from engine.language import mark, tr, trn
from engine.model import Kind
from engine.model.start import Estimate

Where = QStandardPaths.StandardLocation
SUGGESTED = (
    (Where.PicturesLocation, mark("Pictures"), "photo", True),
    (Where.MoviesLocation, mark("Videos"), "video", True),
    (Where.MusicLocation, mark("Music"), "audio", False),
    (Where.DocumentsLocation, mark("Documents"), "document", False),
)
PROMISES = (
    ("lock", mark("Originals are never changed: Kinora opens your files for reading only, where they are.")),
    ("offline", mark("Nothing leaves this computer: no account, no telemetry; the models run here.")),
)


class FolderLine(QWidget):
    """A folder that can be chosen, with what it seems to hold."""

    def __init__(self, look: Look, path: Path, title: str, icon: str) -> None:
        super().__init__()
        self.path = path
        self._look, self._icon = look, icon
        self.box = QCheckBox(title)
        self.box.setAccessibleDescription(str(path))
        self.where = label(str(path), "small")
        self.where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.where.setToolTip(str(path))
        self.holds = label(tr("counting…"), "muted")
        self._drawing = QLabel()
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(self.box)
        text.addWidget(self.where)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, tokens.XS, 0, tokens.XS)
        line.setSpacing(tokens.M)
        line.addWidget(self._drawing)
        line.addLayout(text, 1)
        line.addWidget(self.holds)
        look.changed.connect(self._tint)
        self._tint()

    def show_estimate(self, found: Estimate | None) -> None:
        """Say what it seems to hold."""
        self.holds.setText(estimate_words(found) if found is not None else tr("could not be counted"))
        self.box.setAccessibleDescription(f"{self.path}, {self.holds.text()}")

    def _tint(self) -> None:
        drawing = icons.pixmap(self._icon, self._look.colours.muted, 22, self.devicePixelRatioF())
        self._drawing.setPixmap(drawing)


class FolderStep(Step):
    """Asks which folders.

    Signals:
        chosen: the paths.
        later: none now.
    """

    chosen = Signal(list)
    later = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__(
            tr("Which folders shall be searchable?"),
            tr(
                "Kinora reads what is in your photos, films, recordings and documents, so that you find the moment. "
                "Nothing is read before you press Start; so far only names are counted."
            ),
        )
        self._ops, self._look = ops, look
        self.lines: dict[Path, FolderLine] = {}
        self._counting = ops.latest()
        frame = QFrame()
        frame.setObjectName("dropzone")
        frame.setAccessibleName(tr("Folders"))
        self._column = QVBoxLayout(frame)
        self._column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        self._column.setSpacing(tokens.XS)
        foot = QHBoxLayout()
        self.more = button(tr("Another folder…"), self._ask)
        foot.addWidget(self.more)
        foot.addWidget(label(tr("or drop folders and files anywhere in this window"), "small", wrap=True), 1)
        self._column.addLayout(foot)
        self.body.addWidget(frame)
        self._promises: list[tuple[QLabel, str]] = []
        for icon, text in PROMISES:
            self.body.addLayout(self._promise(icon, tr(text)))
        self.add_button(tr("Later"), self.later.emit, "quiet")
        self.start = self.add_button(tr("Start"), self._go, "primary")
        for path, title, icon, checked in suggestions():
            self.offer(path, tr(title), icon, checked=checked)
        look.changed.connect(self._tint)
        self._tint()
        self._enable()

    def open_step(self) -> None:
        """It came to the front: count what the folders hold."""
        self._counting.start(self._count())

    def close_step(self) -> None:
        """Stop counting."""
        self._counting.cancel()

    def offer(self, path: Path, title: str, icon: str, *, checked: bool) -> None:
        """Add a folder to the list."""
        if path in self.lines:
            self.lines[path].box.setChecked(True)
            return
        line = FolderLine(self._look, path, title, icon)
        line.box.setChecked(checked)
        line.box.toggled.connect(self._enable)
        if self.lines:
            self._column.insertWidget(self._column.count() - 1, rule())
        self._column.insertWidget(self._column.count() - 1, line)
        self.lines[path] = line
        self._enable()

    def paths(self) -> list[Path]:
        """The chosen folders."""
        return [path for path, line in self.lines.items() if line.box.isChecked()]

    def _go(self) -> None:
        self.chosen.emit(self.paths())

    def _ask(self) -> None:
        dialog = QFileDialog(self, tr("Add a folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(lambda names: self.take([Path(name) for name in names]))
        dialog.open()

    def take(self, paths: Sequence[Path]) -> None:
        """Add folders that were picked, and choose them."""
        for path in paths:
            self.offer(path, path.name or str(path), "folder", checked=True)
        self.open_step()

    def _enable(self) -> None:
        self.start.setEnabled(bool(self.paths()))

    async def _count(self) -> None:
        for path, line in list(self.lines.items()):
            if line.holds.text() == tr("counting…"):
                line.show_estimate(await self._ops.ask(self._ops.library.care.estimate, path))

    def _promise(self, icon: str, text: str) -> QHBoxLayout:
        drawing = QLabel()
        self._promises.append((drawing, icon))
        line = QHBoxLayout()
        line.setSpacing(tokens.M)
        line.addWidget(drawing, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(label(text, "small", wrap=True), 1)
        return line

    def _tint(self) -> None:
        for drawing, icon in self._promises:
            drawing.setPixmap(icons.pixmap(icon, self._look.colours.muted, 18, self.devicePixelRatioF()))


def suggestions() -> list[tuple[Path, str, str, bool]]:
    """The system's own folders that are there: path, title, icon, whether they are chosen from the start."""
    found: dict[Path, tuple[Path, str, str, bool]] = {}
    home = Path.home()
    for where, title, icon, checked in SUGGESTED:
        path = Path(QStandardPaths.writableLocation(where))
        if path != home and path.is_dir() and path not in found:  # without such a folder Qt answers with the home
            found[path] = (path, title, icon, checked)
    return list(found.values())


def estimate_words(found: Estimate) -> str:
    """`1,204 photos, 33 videos`; `over` when there was no time to see them all."""
    words = {
        Kind.PHOTO: lambda n: trn("{n} photo", "{n} photos", n),
        Kind.VIDEO: lambda n: trn("{n} video", "{n} videos", n),
        Kind.AUDIO: lambda n: trn("{n} recording", "{n} recordings", n),
        Kind.DOCUMENT: lambda n: trn("{n} document", "{n} documents", n),
    }
    parts = [words[kind](found.counts[kind]) for kind in words if found.counts.get(kind)]
    text = ", ".join(parts)
    if not text:
        return tr("nothing found so far") if found.more else tr("nothing to read")
    return tr("over {what}", what=text) if found.more else text
