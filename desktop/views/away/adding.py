"""Adding a host: paste where it is, look at its key, and see it tested."""

from threading import Event

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.operations import Operations
from desktop.views.away.meeting import Meeting
from desktop.views.away.outcome import Outcome
from desktop.views.away.trial import Trial
from desktop.views.away.unlock import keep_near
from desktop.views.parts.cards import Card, emptied, taken
from engine.errors import Cancelled, HostKeyChanged, HostKeyUnknown, KinoraError
from engine.language import mark, tr
from engine.model import HostRow, HostState, Introduction

EXAMPLES = "ssh user@box    user@box:2222    https://box:8765    tls://scheduler:8786"
ALARM = mark("Do not go on: this machine shows another key than before.")


class AddHost(QFrame):
    """One line to paste into, and what follows from it, in the same place.

    Signals:
        added: a host was added, or taken away again.
        removal: the host with the changed key shall be removed.
        left: nothing more is to be added.
    """

    added = Signal(object)
    removal = Signal(object)
    left = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._ops, self._look = ops, look
        self._latest = ops.latest()
        self._row: HostRow | None = None  # that was added
        self._given_up = Event()  # nobody waits for the introduction any more
        self.meeting: Meeting | None = None
        self._refusal: Card | None = None
        self.states: tuple[HostState, ...] = ()  # those that are there, for who has this address already
        self.box = QLineEdit()
        self.box.setPlaceholderText(tr("Paste how you reach it, as: ssh user@box"))
        self.box.setAccessibleName(tr("Address of the machine"))
        self.box.setClearButtonEnabled(True)
        self.go = button(tr("Connect"), self.connect_to, "primary")
        self.shut = Tool(look, "close", tr("Close"))
        self.shut.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Asking who is there"))
        self.asking = label("", "small")
        self.stop = button(tr("Stop connecting"), self._stop, "quiet")
        self.trial = Trial(ops, look)
        self.trial.began.connect(self._began)
        self.trial.ended.connect(self._tested)
        self.outcome = Outcome()
        self.outcome.again.connect(self._again)
        self.outcome.removal.connect(lambda: self._latest.start(self._remove()))
        self.outcome.kept.connect(self.leave)
        self.done = button(tr("Done"), self.leave, "primary")
        self._below = QVBoxLayout()
        self._below.setSpacing(tokens.S)
        self._assemble()
        self.box.returnPressed.connect(self.connect_to)
        self.box.textChanged.connect(lambda text: self.go.setEnabled(bool(text.strip())))
        self.shut.clicked.connect(lambda _on=False: self.leave())

    def begin(self) -> None:
        """Start anew."""
        self._clear()
        self.trial.hide()
        self.outcome.hide()
        self.done.hide()
        self.box.clear()
        self.box.setEnabled(True)
        self.go.setEnabled(False)
        self.box.setFocus()

    def leave(self) -> None:
        """Stop what is under way, and close."""
        self.stop_all()
        self._clear()
        self.left.emit()

    def stop_all(self) -> None:
        """Wait for nothing any more."""
        self._given_up.set()
        self._latest.cancel()
        self.trial.cancel()
        self.trial.unlock.put_away()

    def connect_to(self) -> None:
        """Look who is at the address."""
        address = self.box.text().strip()
        if address and not self.trial.running:
            self._clear()
            self.trial.hide()
            self.outcome.hide()
            self.done.hide()
            self._latest.start(self._introduce(address))

    # --- inside

    async def _introduce(self, address: str) -> None:
        self._wait(True)
        met, refused = None, None
        self._given_up = given_up = Event()
        try:
            met = await self._ops.demand(self._ops.library.hosts.introduce, address, given_up.is_set)
        except Cancelled:
            return
        except KinoraError as error:
            refused = error
        finally:
            self._wait(False)
        if met is not None:
            await self._meet(met)
        elif refused is not None:
            self._refuse(refused, address)

    async def _meet(self, met: Introduction) -> None:
        meeting = Meeting(self._look, met)
        if meeting.needless:
            await self._add(met, meeting)
            meeting.deleteLater()
            return
        meeting.agreed.connect(lambda: self._latest.start(self._add(met, meeting)))
        meeting.left.connect(self.begin)
        self._clear()
        self._below.addWidget(meeting)
        meeting.show()  # at once: until then the Tab key would pass it over
        self.meeting = meeting
        meeting.take_focus()

    async def _add(self, met: Introduction, meeting: Meeting) -> None:
        meeting.busy(True)
        call, token = self._ops.library.hosts.add, meeting.token.text().strip()
        try:
            row = await self._ops.demand(lambda: call(
                met.address, pinned=met.key, token=token, name=meeting.name.text().strip(), options=meeting.options()
            ))  # fmt: skip
        except Cancelled:
            return
        except KinoraError as error:
            meeting.busy(False)
            self._refuse(error, met.address, keep=True)
            return
        meeting.token.clear()
        self._try(row)

    def _try(self, row: HostRow) -> None:
        self._clear()
        self._row = row
        self.box.clear()
        self.added.emit(row)
        self.trial.start(row)

    def _began(self) -> None:
        for one in (self.outcome, self.done):
            keep_near(one)
            one.hide()

    def _tested(self, good: bool) -> None:
        if self._row is None or self.isHidden():
            return
        if good:
            self.done.show()
            self.done.setFocus()
        else:
            self.outcome.show_failed(self._row, stopped=self.trial.stopped)
            self.outcome.once_more.setFocus()

    def _again(self) -> None:
        if self._row is not None:
            self.trial.start(self._row)

    async def _remove(self) -> None:
        """Take away what was just added; its line is there again, to be mended."""
        row = self._row
        if row is None:
            return
        try:
            await self._ops.demand(self._ops.library.hosts.remove, row.id)
        except Cancelled:
            return
        except KinoraError as error:
            self._ops.tell(error)
            return
        self.begin()
        self.box.setText(row.address)
        self.box.selectAll()
        self.added.emit(row)

    def _refuse(self, error: KinoraError, address: str, *, keep: bool = False) -> None:
        """Say what is wrong, in place; a changed key leads to nothing but removing."""
        if not keep:
            self._clear()
        self._unsay()
        if isinstance(error, HostKeyChanged):
            card = Card(self._look, "danger", tr(ALARM), f"{error.text} {error.hint}")
            known = next((one for one in self.states if _same(one.row.address, address)), None)
            if known is not None:
                card.add(tr("Remove {name}…", name=known.row.name), lambda: self.removal.emit(known), "danger")
        else:
            print_ = error.fingerprint if isinstance(error, HostKeyUnknown) else ""
            card = Card(self._look, "danger", error.text, f"{error.hint} {print_}".strip())
        self._below.addWidget(card)
        self._refusal = card
        if not keep:
            self.box.setFocus()
            self.box.selectAll()

    def _unsay(self) -> None:
        if self._refusal is not None:
            taken(self._below, self._refusal)
            self._refusal = None

    def _stop(self) -> None:
        self._given_up.set()
        self._latest.cancel()
        self.box.setFocus()

    def _wait(self, on: bool) -> None:
        self.asking.setText(tr("Asking who is there…"))
        for part in (self.bar, self.asking, self.stop):
            part.setVisible(on)
        self.box.setEnabled(not on)
        self.go.setEnabled(not on and bool(self.box.text().strip()))

    def _clear(self) -> None:
        self.meeting = self._refusal = None
        emptied(self._below)

    def _assemble(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label(tr("Add a host"), "subtitle"), 1)
        head.addWidget(self.shut)
        line = QHBoxLayout()
        line.setSpacing(tokens.S)
        line.addWidget(self.box, 1)
        line.addWidget(self.go)
        waiting = QHBoxLayout()
        waiting.setSpacing(tokens.S)
        waiting.addWidget(self.asking)
        waiting.addWidget(self.bar, 1)
        waiting.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        column.addLayout(head)
        column.addLayout(line)
        column.addWidget(label(EXAMPLES, "small", wrap=True))
        column.addLayout(waiting)
        column.addLayout(self._below)
        column.addWidget(self.trial)
        column.addWidget(self.outcome)
        column.addWidget(self.done, 0, Qt.AlignmentFlag.AlignLeading)
        for part in (self.bar, self.asking, self.stop, self.done):
            part.hide()


def _same(one: str, other: str) -> bool:
    """Whether two spellings mean the same place: the kept one ends with a port, the pasted one may lack all but it."""
    bare = other.removeprefix("ssh ").partition("://")[2] or other.removeprefix("ssh ").strip()
    kept = one.partition("://")[2]
    return bare in (kept, kept.rpartition(":")[0])
