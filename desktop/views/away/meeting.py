"""Who was found at an address: its fingerprint to compare, what it asks for, and the word that it is the right one."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QTextOption
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.views.away.signs import KINDS, Drawing
from engine.language import mark, tr
from engine.model import HostKind, Introduction

COMPARE_SSH = mark(
    "Kinora has never met this machine. On it, this command shows its fingerprint; compare them, every sign:"
)
COMMAND_SSH = "ssh-keygen -lf /etc/ssh/ssh_host_{sort}_key.pub"
COMPARE_TLS = mark(
    "Nobody vouches for the certificate of this machine. `kinora serve` there writes its fingerprint when it starts; "
    "compare them, every sign:"
)
IDENTITY = (("identity", mark("Key file, if it is none of the usual ones")),)
CERTIFICATES = (
    ("ca", mark("Certificate of the authority")),
    ("cert", mark("Your certificate")),
    ("key", mark("Your key")),
)


class Choose(QWidget):
    """A path that can be typed or chosen."""

    def __init__(self, look: Look, title: str) -> None:
        super().__init__()
        self._title = title
        self.box = QLineEdit()
        self.box.setAccessibleName(title)
        self.box.setPlaceholderText(tr("Path of the file"))
        pick = Tool(look, "folder", tr("Choose a file: {title}", title=title))
        pick.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        pick.clicked.connect(lambda _on=False: self._pick())
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.XS)
        line.addWidget(self.box, 1)
        line.addWidget(pick)

    def _pick(self) -> None:
        dialog = QFileDialog(self, self._title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.box.setText(str(Path(name))))
        dialog.open()


class Fingerprint(QTextEdit):
    """A fingerprint, large, to be read and copied as it is; it breaks anywhere rather than be cut off."""

    def __init__(self, look: Look, text: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setObjectName("fingerprint")
        self.setFont(look.font(tokens.TITLE, bold=True))
        self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setPlainText(text)
        self.setAccessibleName(tr("Fingerprint: {fingerprint}", fingerprint=text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(round(self.document().size().height()) + 2 * self.frameWidth() + 4)


class Meeting(QFrame):
    """The question whether this is the machine that is meant.

    Signals:
        agreed: it is: add it.
        left: it is not, or not now.
    """

    agreed = Signal()
    left = Signal()

    def __init__(self, look: Look, met: Introduction) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look, self.met = look, met
        self.name = QLineEdit(met.name)
        self.name.setAccessibleName(tr("Name"))
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(tr("Paste the token that `kinora token new --role operator` made there"))
        self.token.setAccessibleName(tr("Token"))
        named = CERTIFICATES if cluster(met) else IDENTITY if met.kind is HostKind.SSH else ()
        self.files = {key: (tr(title), Choose(look, tr(title))) for key, title in named}
        self.fingerprint = Fingerprint(look, met.fingerprint)
        self.yes = button(self._yes_words(), self._agree, "primary")
        self._assemble()
        for box in (self.name, self.token, *(choose.box for _, choose in self.files.values())):
            box.returnPressed.connect(self._next)
            box.textChanged.connect(lambda _text: self._enable())
        self._enable()

    @property
    def unknown(self) -> bool:
        """Whether a key is to be compared."""
        return bool(self.met.key) and not self.met.known

    @property
    def needless(self) -> bool:
        """Whether there is nothing to ask."""
        return not self.unknown and not self.met.token and not cluster(self.met)

    def take_focus(self) -> None:
        """Begin where something is to be looked at or written."""
        if self.unknown:
            self.fingerprint.setFocus()
        elif self.met.token:
            self.token.setFocus()
        elif self.files:
            next(choose for _, choose in self.files.values()).box.setFocus()

    def options(self) -> dict[str, str]:
        """The certificates of a cluster, the key file of a login."""
        return {key: text for key, (_, choose) in self.files.items() if (text := choose.box.text().strip())}

    def busy(self, on: bool) -> None:
        """It is being added."""
        self.setEnabled(not on)

    # --- inside

    def _yes_words(self) -> str:
        if not self.met.key or self.met.known:
            return tr("Add it")
        return tr("It is this machine: pin this key")

    def _enable(self) -> None:
        files = not cluster(self.met) or len(self.options()) == len(self.files)
        self.yes.setEnabled(files and (not self.met.token or bool(self.token.text().strip())))

    def _next(self) -> None:
        """Enter in a field: the next one, in the end the button, which is pressed by itself only without a key."""
        if not self.yes.isEnabled():
            self.focusNextChild()
        elif self.unknown:
            self.yes.setFocus()
        else:
            self._agree()

    def _agree(self) -> None:
        if self.yes.isEnabled():
            self.agreed.emit()

    def _assemble(self) -> None:
        kind, icon = KINDS[self.met.kind]
        head = QHBoxLayout()
        head.setSpacing(tokens.S)
        head.addWidget(Drawing(self._look, icon, "muted", 24))
        head.addWidget(label(tr("There is a machine at this address"), "subtitle", wrap=True), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        column.addLayout(head)
        self._say(column, f"{tr(kind)} · {words.breakable(self.met.address)}", "small")
        for note in self.met.notes:
            self._say(column, note, "")
        if self.unknown:
            self._add_key(column)
        elif self.met.key:
            self._say(column, tr("Its key is known already and is the same."), "success")
        fields: list[tuple[str, QWidget]] = [(tr("Name"), self.name)]
        fields += [(tr("Token"), self.token)] if self.met.token else []
        for title, field in (*fields, *self.files.values()):
            column.addWidget(label(title, "caption"))
            column.addWidget(field)
        if self.met.token:
            self._say(column, tr("The token is kept in the keyring of this computer and never shown again."), "small")
        line = QHBoxLayout()
        line.setSpacing(tokens.S)
        line.addWidget(self.yes)
        line.addWidget(button(tr("Cancel"), self.left.emit))
        line.addStretch(1)
        column.addSpacing(tokens.XS)
        column.addLayout(line)

    def _add_key(self, column: QVBoxLayout) -> None:
        ssh = self.met.kind is HostKind.SSH
        self._say(column, tr(COMPARE_SSH if ssh else COMPARE_TLS), "")
        if ssh:
            sort = self.met.key.partition(" ")[0].removeprefix("ssh-").partition("-")[0] or "ed25519"
            self._say(column, COMMAND_SSH.format(sort=sort), "strong")
        column.addWidget(label(tr("Fingerprint"), "caption"))
        column.addWidget(self.fingerprint)
        self._say(column, tr("If they differ, somebody stands in between: cancel, and add nothing."), "small")

    def _say(self, column: QVBoxLayout, text: str, role: str) -> None:
        made = label(text, role, wrap=True, select=True)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column.addWidget(made)


def cluster(met: Introduction) -> bool:
    """Whether it is a cluster, which is reached with certificates."""
    return met.kind is HostKind.CLUSTER
