"""A test of a host while it runs: what it is at, how far, how it ended, and what it wants to be typed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.operations import Following, Operations
from desktop.views.away.signs import Drawing
from desktop.views.away.unlock import Unlock, keep_near
from engine.errors import Cancelled, HostPassphrase, HostPassword, KinoraError
from engine.language import tr
from engine.model import HostRow


class Trial(QWidget):
    """Connects to a host, step by step.

    Signals:
        began: it runs.
        ended: whether it went well.
    """

    began = Signal()
    ended = Signal(bool)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops = ops
        self._following: Following | None = None
        self._row: HostRow | None = None
        self._what = "password"  # or "passphrase"
        self._typed = False  # a password, right before this test
        self.stopped = False  # by somebody, before its end
        self.unlock = Unlock()
        self.unlock.typed.connect(lambda secret, keep: ops.start(self._unlock(secret, keep=keep)))
        self.drawing = Drawing(look, "clock", "accent", 18)
        self.text = label("", "", wrap=True, select=True)
        self.hint = label("", "small", wrap=True, select=True)
        for one in (self.text, self.hint):
            one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("How far the test is"))
        self.stop = Tool(look, "close", tr("Stop the test"))
        self.stop.clicked.connect(lambda _on=False: self.cancel())
        column = QVBoxLayout()
        column.setSpacing(2)
        self.key = button(tr("Use a key from now on"), lambda: ops.start(self._use_key()))
        self.key.setToolTip(tr("Kinora makes a key of its own, has it let in there, and forgets the password."))
        self.key.hide()
        for part in (self.text, self.hint, self.unlock, self.bar):
            column.addWidget(part)
        column.addWidget(self.key, 0, Qt.AlignmentFlag.AlignLeading)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, tokens.XS, 0, 0)
        line.setSpacing(tokens.S)
        line.addWidget(self.drawing, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(column, 1)
        line.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def running(self) -> bool:
        """Whether a test is under way."""
        return self._following is not None

    def start(self, host: HostRow) -> None:
        """Test a host; a test under way goes on."""
        if self._following is None:
            self._row, self.stopped = host, False
            self.key.hide()
            self.unlock.put_away()
            self._following = self._ops.follow(self._ops.library.hosts.test(host.id))
            self._ops.start(self._run(self._following))
            self.began.emit()

    def ask(self, host: HostRow, what: str, text: str, hint: str) -> None:
        """Ask for the password or the passphrase that a host wants."""
        if self._following is None:
            self._row, self._what = host, what
            self.say(text, hint, icon="shield", token="warning")
            self.bar.hide()
            self.stop.hide()
            self.unlock.ask(what, host.name)

    def cancel(self) -> None:
        """End it at its next step."""
        if self._following is not None:
            self.stopped = True
            self._following.cancel()
            self.say(tr("Stopping…"))

    def say(self, text: str, hint: str = "", *, icon: str = "clock", token: str = "accent") -> None:
        """Show a sentence."""
        self.drawing.show_icon(icon, token)
        self.text.setText(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.show()

    async def _run(self, following: Following) -> None:
        self.bar.setRange(0, 0)
        self.bar.show()
        self.stop.show()
        self.say(tr("Connecting…"))
        good, last, wanted = False, "", None
        try:
            async for step in following:
                last = step.text
                self.bar.setRange(0, 1000)
                self.bar.setValue(round(1000 * step.done / step.total) if step.total else 0)
                if not following.cancelled:
                    self.say(step.text)
            good = not following.cancelled
            if good:
                self.say(last, icon="check", token="success")
                self.key.setVisible(self._typed)
                self._typed = False
            else:
                self.hide()
        except Cancelled:
            self.hide()
        except HostPassword as error:
            wanted = error
        except KinoraError as error:
            self.say(error.text, error.hint, icon="warning", token="danger")
        finally:
            self._following = None
            self.bar.hide()
            self.stop.hide()
            self.ended.emit(good)
        if wanted is not None and self._row is not None:
            what = "passphrase" if isinstance(wanted, HostPassphrase) else "password"
            self.ask(self._row, what, wanted.text, wanted.hint)

    async def _unlock(self, secret: str, *, keep: bool) -> None:
        """Hand over what was typed, and try again."""
        row, what = self._row, self._what
        if row is None:
            return
        self.say(tr("Connecting…"))
        self._typed = what == "password"
        try:
            await self._ops.demand(self._ops.library.hosts.unlock, row.id, what, secret, keep=keep)
        except Cancelled:
            return
        except KinoraError as error:  # there is nowhere to keep it
            self.ask(row, what, error.text, error.hint)
            return
        self.start(row)

    async def _use_key(self) -> None:
        row = self._row
        if row is None:
            return
        keep_near(self.key)
        self.key.setEnabled(False)
        try:
            await self._ops.demand(self._ops.library.hosts.use_key, row.id)
            text = tr(
                "{name} is entered with a key of Kinora's own from now on; the password is forgotten.", name=row.name
            )
            self.say(text, icon="check", token="success")
            self.key.hide()
        except Cancelled:
            return
        except KinoraError as error:
            self.say(error.text, error.hint, icon="warning", token="danger")
        finally:
            self.key.setEnabled(True)
