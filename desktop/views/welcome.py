"""The first page of a new library: what to drop, what is read, and what never happens."""

from typing import ClassVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.look import icons, tokens
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.operations import Operations
from desktop.views.base import View
from engine.language import mark, tr

READS = (
    (
        "photo",
        mark("Photos"),
        mark("JPEG, PNG, HEIC, AVIF, WebP, GIF, TIFF and camera RAW: what is in them, text, place and date"),
    ),
    ("video", mark("Videos"), mark("Cuts, key frames, text in the picture, where somebody speaks")),
    ("audio", mark("Audio"), mark("Titles and tags, and where somebody speaks")),
    ("document", mark("Documents"), mark("PDF, Office, e-books, e-mail, subtitles and plain text, page by page")),
    ("packs", mark("More with packs"), mark("Faces, things, postures, speech, sounds, search by meaning")),
)
PROMISES = (
    ("lock", mark("Originals are never changed"), mark("Kinora opens your files for reading only, where they are.")),
    (
        "offline",
        mark("Nothing leaves this computer"),
        mark("Everything is read by models that run here. No account, no telemetry."),
    ),
    ("undo", mark("Nothing is lost"), mark("What you decide can be undone, and survives a crash or a power cut.")),
)


class WelcomeView(View):
    """Invites to add the first folder."""

    id: ClassVar[str] = "welcome"
    title: ClassVar[str] = mark("Welcome")
    icon: ClassVar[str] = "kinora"
    shortcut: ClassVar[str] = ""

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self._drawings: list[tuple[QLabel, str, str, int]] = []
        content = QWidget()
        content.setObjectName("content")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.XL)
        inner.setSpacing(tokens.L)
        inner.addStretch(1)
        inner.addLayout(self._head())
        inner.addSpacing(tokens.S)
        inner.addWidget(self._target())
        inner.addLayout(self._facts())
        inner.addStretch(2)
        middle = QWidget()
        middle.setObjectName("content")
        line = QHBoxLayout(middle)
        line.setContentsMargins(0, 0, 0, 0)
        line.addStretch(1)
        line.addWidget(content, 1000)
        line.addStretch(1)
        content.setMaximumWidth(880)
        area = QScrollArea()
        area.setWidget(middle)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        look.changed.connect(self._tint)
        self._tint()

    def shown(self) -> None:
        self.folder.setFocus()

    def _head(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(tokens.XS)
        title = label(tr("Find the moment"), "display")
        text = label(
            tr(
                "Drop what you have. Afterwards one search box finds the photo, the second of the "
                "film, the line of text."
            ),
            "muted",
            wrap=True,
        )
        for part in (title, text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(part)
        return column

    def _target(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("dropzone")
        frame.setAccessibleName(tr("Drop files and folders anywhere in this window"))
        self.folder = button(tr("Add folder…"), lambda: self.command.emit("file.add_folder"), "primary")
        self.files = button(tr("Add files…"), lambda: self.command.emit("file.add_files"))
        self.packs = button(tr("Packs…"), lambda: self.command.emit("view.packs"), "quiet")
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens.S)
        buttons.addStretch(1)
        buttons.addWidget(self.folder)
        buttons.addWidget(self.files)
        buttons.addWidget(self.packs)
        buttons.addStretch(1)
        words = label(tr("Drop a folder or files anywhere in this window"), "subtitle", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(frame)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.XL)
        column.setSpacing(tokens.M)
        column.addWidget(self._drawing("drop", "accent", 44), 0, Qt.AlignmentFlag.AlignCenter)
        column.addWidget(words)
        column.addLayout(buttons)
        return frame

    def _facts(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(tokens.XL)
        table.setVerticalSpacing(tokens.M)
        for column, (title, entries) in enumerate(
            ((tr("What is read"), READS), (tr("What you can rely on"), PROMISES))
        ):
            table.setColumnStretch(column, 1)
            table.addWidget(label(title, "caption"), 0, column)
            for line, (icon, name, text) in enumerate(entries, 1):
                table.addWidget(self._fact(icon, tr(name), tr(text)), line, column, Qt.AlignmentFlag.AlignTop)
        return table

    def _fact(self, icon: str, name: str, text: str) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.M)
        line.addWidget(self._drawing(icon, "muted", 22), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(name, "strong"))
        words.addWidget(label(text, "small", wrap=True))
        line.addLayout(words, 1)
        return holder

    def _drawing(self, icon: str, token: str, size: int) -> QLabel:
        made = QLabel()
        self._drawings.append((made, icon, token, size))
        return made

    def _tint(self) -> None:
        for place, icon, token, size in self._drawings:
            place.setPixmap(icons.pixmap(icon, getattr(self.look.colours, token), size, self.devicePixelRatioF()))
