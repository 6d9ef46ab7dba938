"""The questions before sidecars are written or read: of what, where to, and under which names."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QDialog, QHBoxLayout, QLabel, QRadioButton, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import button, label
from engine.language import tr, trn

SELECTED, LISTED, EVERY = "selected", "listed", "every"
FOLDER, BESIDE = "folder", "beside"
LONG, SHORT = "long", "short"
RATINGS, KEYWORDS, FACES = "ratings", "keywords", "faces"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written: `what` is selected, listed or every; `where` folder or beside; `style` long or short."""

    what: str
    where: str
    style: str
    sure: bool


class ExportDialog(QDialog):
    """Asks what to write.

    Signals:
        chosen: a `Wish`.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget, selected: int, listed: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export sidecars"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._groups: dict[str, QButtonGroup] = {}
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.S)
        column.addWidget(label(tr("Export sidecars (XMP)"), "subtitle"))
        column.addWidget(label(
            tr("Stars, keywords, notes and the names of faces, for digiKam, Lightroom, darktable and others."),
            "muted", wrap=True,
        ))  # fmt: skip
        of = [(EVERY, tr("The whole library"))]
        if listed:
            of.insert(0, (LISTED, trn("The list that shows: {n} file", "The list that shows: {n} files", listed)))
        if selected:
            of.insert(0, (SELECTED, trn("The selection: {n} file", "The selection: {n} files", selected)))
        self._ask("what", tr("Of what"), of)
        self._ask("where", tr("Where to"), [
            (FOLDER, tr("Into a folder of your choice, in folders like yours")), (BESIDE, tr("Beside the originals")),
        ])  # fmt: skip
        self.warning = label("", "small", wrap=True)
        column.addWidget(self.warning)
        self._ask("style", tr("Names"), [
            (LONG, tr("picture.jpg.xmp: digiKam, darktable")), (SHORT, tr("picture.xmp: Lightroom and Adobe")),
        ])  # fmt: skip
        self.sure = QCheckBox(tr("Only faces that I confirmed"))
        column.addSpacing(tokens.S)
        column.addWidget(self.sure)
        self.go = button("", self._choose, "primary")
        column.addSpacing(tokens.M)
        column.addLayout(_buttons(self, self.go))
        self.setMinimumWidth(460)
        self._groups["where"].buttonClicked.connect(lambda _button: self._say())
        self._say()

    def pick(self, group: str, value: str) -> QRadioButton:
        """The choice of a group."""
        return next(one for one in self._radios(group) if one.property("value") == value)

    def _radios(self, group: str) -> list[QRadioButton]:
        return [one for one in self._groups[group].buttons() if isinstance(one, QRadioButton)]

    def _ask(self, name: str, title: str, choices: Sequence[tuple[str, str]]) -> None:
        self._column.addSpacing(tokens.S)
        heading = QLabel(title)
        heading.setProperty("role", "strong")
        self._column.addWidget(heading)
        self._groups[name] = group = QButtonGroup(self)
        for number, (value, text) in enumerate(choices):
            made = QRadioButton(text)
            made.setProperty("value", value)
            made.setAccessibleDescription(title)
            made.setChecked(number == 0)
            group.addButton(made)
            self._column.addWidget(made)

    def _say(self) -> None:
        beside = self._value("where") == BESIDE
        self.warning.setText(
            tr("XMP files are put next to your files; those of other programs are brought up to date, and a copy of "
               "each is kept the first time. Nothing is ever written into your originals.")
            if beside
            else tr("Nothing is written into the folders of your library.")
        )  # fmt: skip
        self.go.setText(tr("Export") if beside else tr("Choose a folder…"))
        self._column.activate()
        self.adjustSize()  # the words above have other lengths

    def _value(self, group: str) -> str:
        return next(str(one.property("value")) for one in self._radios(group) if one.isChecked())

    def _choose(self) -> None:
        wish = Wish(self._value("what"), self._value("where"), self._value("style"), self.sure.isChecked())
        self.accept()
        self.chosen.emit(wish)


class ImportDialog(QDialog):
    """Asks what to take over.

    Signals:
        chosen: the names of what is wanted (ratings, keywords, faces).
    """

    chosen = Signal(list)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import sidecars"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.XL, tokens.XL, tokens.XL, tokens.L)
        column.setSpacing(tokens.S)
        column.addWidget(label(tr("Import sidecars (XMP)"), "subtitle"))
        text = tr(
            "What other programs keep in XMP files beside yours is taken over. What you decided here yourself stays as "
            "it is, and undo takes all of it back."
        )
        column.addWidget(label(text, "muted", wrap=True))
        column.addSpacing(tokens.S)
        self.boxes = {RATINGS: QCheckBox(tr("Stars")), KEYWORDS: QCheckBox(tr("Keywords")),
                      FACES: QCheckBox(tr("Names of faces"))}  # fmt: skip
        self.go = button(tr("Import"), self._choose, "primary")
        for box in self.boxes.values():
            box.setChecked(True)
            box.toggled.connect(lambda _on: self.go.setEnabled(bool(self._wanted())))
            column.addWidget(box)
        column.addSpacing(tokens.M)
        column.addLayout(_buttons(self, self.go))
        self.setMinimumWidth(420)

    def _wanted(self) -> list[str]:
        return [name for name, box in self.boxes.items() if box.isChecked()]

    def _choose(self) -> None:
        wanted = self._wanted()
        self.accept()
        self.chosen.emit(wanted)


def _buttons(dialog: QDialog, go: QWidget) -> QHBoxLayout:
    made = QHBoxLayout()
    made.addStretch(1)
    made.addWidget(button(tr("Cancel"), dialog.reject))
    made.addWidget(go)
    return made
