"""The field for a password, or for the passphrase of a key, where a host wants one."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import button
from engine.language import tr


class Unlock(QWidget):
    """One line that shows nothing of what is typed; Enter sends it.

    Signals:
        typed: what was typed, and whether it is to be kept in the keyring.
    """

    typed = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.box = QLineEdit()
        self.box.setEchoMode(QLineEdit.EchoMode.Password)
        self.box.setMaximumWidth(420)
        self.go = button(tr("Log in"), self._send, "primary")
        self.keep = QCheckBox(tr("Keep it in the keyring of this computer"))
        self.keep.setChecked(True)
        line = QHBoxLayout()
        line.setSpacing(tokens.S)
        line.addWidget(self.box, 1)
        line.addWidget(self.go)
        line.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, tokens.XS, 0, tokens.XS)
        column.setSpacing(tokens.XS)
        column.addLayout(line)
        column.addWidget(self.keep)
        self.box.returnPressed.connect(self._send)
        self.box.textChanged.connect(lambda text: self.go.setEnabled(bool(text)))
        self.go.setEnabled(False)
        self.hide()

    def ask(self, what: str, name: str) -> None:
        """Ask for the password of a host, or for the passphrase of the key that opens it."""
        locked = what == "passphrase"
        title = tr("Passphrase of the key for {name}", name=name) if locked else tr("Password for {name}", name=name)
        self.box.setPlaceholderText(tr("Passphrase of the key") if locked else tr("Password"))
        self.box.setAccessibleName(title)
        self.box.clear()
        self.show()
        self.box.setFocus()

    def put_away(self) -> None:
        """Ask no more, and forget what was typed."""
        keep_near(self)
        self.box.clear()
        self.hide()

    def _send(self) -> None:
        secret = self.box.text()
        if secret:
            self.put_away()
            self.typed.emit(secret, self.keep.isChecked())


def keep_near(leaving: QWidget) -> None:
    """Take the keyboard's place from what is about to hide: else it goes to who is next, and the page scrolls there."""
    focused, above = QApplication.focusWidget(), leaving.parentWidget()
    if above is not None and focused is not None and (focused is leaving or leaving.isAncestorOf(focused)):
        above.setFocus()
