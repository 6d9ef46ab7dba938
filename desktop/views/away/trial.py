"""A test of a host while it runs: what it is at, how far, and how it ended."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from desktop.operations import Following, Operations
from desktop.views.away.signs import Drawing
from engine.errors import Cancelled, KinoraError
from engine.language import tr
from engine.model import HostRow


class Trial(QWidget):
    """Connects to a host, step by step.

    Signals:
        ended: whether it went well.
    """

    ended = Signal(bool)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops = ops
        self._following: Following | None = None
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
        for part in (self.text, self.hint, self.bar):
            column.addWidget(part)
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
            self._following = self._ops.follow(self._ops.library.hosts.test(host.id))
            self._ops.start(self._run(self._following))

    def cancel(self) -> None:
        """End it at its next step."""
        if self._following is not None:
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
        good, last = False, ""
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
            else:
                self.hide()
        except Cancelled:
            self.hide()
        except KinoraError as error:
            self.say(error.text, error.hint, icon="warning", token="danger")
        finally:
            self._following = None
            self.bar.hide()
            self.stop.hide()
            self.ended.emit(good)
