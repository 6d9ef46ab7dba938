"""One host: how it is, what it does now, what was measured of it, and what can be done with it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, button, label
from desktop.operations import Operations
from desktop.views.away import saying
from desktop.views.away.figure import Figures
from desktop.views.away.signs import KINDS, Drawing, Sign
from desktop.views.away.trial import Trial
from desktop.views.parts.cards import Card, emptied
from engine.language import tr
from engine.model import HostKind, HostState, HostStatus, JobRow

TROUBLED = {HostStatus.LOST: "warning", HostStatus.ASIDE: "warning", HostStatus.REFUSED: "danger"}
RESTING = (HostStatus.REFUSED, HostStatus.ASIDE, HostStatus.LOST)


class HostCard(QFrame):
    """A host with its buttons.

    Signals:
        asked: what to do (enable, disable, rename, trust, remove, rentals) with this host.
    """

    asked = Signal(str, object)

    def __init__(self, ops: Operations, look: Look, state: HostState) -> None:
        super().__init__()
        self.setObjectName("card")
        self.state = state
        self._ops, self._look = ops, look
        self._jobs: Sequence[JobRow] | None = None  # that are shown; None: nothing is shown yet
        self._trial: Trial | None = None
        self._trouble: tuple[str, str, str] = ("", "", "")
        self._note: Card | None = None  # that says it
        self.sign = Sign(look)
        self.name = label("", "subtitle", wrap=True, select=True)
        self.under = label("", "small", wrap=True, select=True)
        self.now = label("", "", wrap=True)
        for one in (self.name, self.under, self.now):
            one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.figures = Figures()
        self._notes = QVBoxLayout()
        self._notes.setSpacing(0)
        self._tests = QVBoxLayout()
        self._make_buttons()
        self._assemble()

    @property
    def trial(self) -> Trial:
        """The test, made when it is wanted: most hosts are never tested while the window is open."""
        if self._trial is None:
            self._trial = Trial(self._ops, self._look)
            self._trial.began.connect(self._enable)
            self._trial.ended.connect(lambda _good: self._enable())
            self._tests.addWidget(self._trial)
        return self._trial

    def stop(self) -> None:
        """End a test that is under way."""
        if self._trial is not None:
            self._trial.cancel()

    @property
    def home(self) -> bool:
        """Whether it is this computer."""
        return self.state.row.kind is HostKind.LOCAL

    def show_state(self, state: HostState, jobs: Sequence[JobRow] = ()) -> None:
        """Show newer numbers."""
        if (state, jobs) == (self.state, self._jobs) and not state.aside_until:  # that one counts down
            return
        self.state, self._jobs = state, jobs
        self.sign.show_host(state.status)
        self.name.setText(tr("This computer") if self.home else state.row.name)
        self.under.setText(saying.under(state))
        self.under.setVisible(bool(self.under.text()))
        self.now.setText(saying.now(jobs))
        self.now.setVisible(bool(self.now.text()))
        self.show_facts(state)
        hint = " ".join(part for part in (state.hint, saying.rests(state)) if part)
        self._show_trouble(TROUBLED.get(state.status, ""), state.text, hint)
        self._name_it()
        self._enable()

    def show_facts(self, state: HostState) -> None:
        """Show what was measured: the most of what there is to make."""
        self.figures.show_facts(list(saying.facts(state)))

    # --- inside

    def _show_trouble(self, tone: str, text: str, hint: str) -> None:
        if (tone, text, hint) == self._trouble:
            return
        same, self._trouble = tone == self._trouble[0], (tone, text, hint)
        if self._note is not None and same and text:
            self._note.say(text, hint)
            return
        emptied(self._notes)
        self._note = Card(self._look, tone, text, hint) if text else None
        if self._note is not None:
            self._notes.addWidget(self._note)

    def _name_it(self) -> None:
        state, name = self.state, self.state.row.name
        self.test.setAccessibleName(tr("Test {name}", name=name))
        self.again.setAccessibleName(tr("Ask {name} again", name=name))
        more = tr("More for {name}", name=name)
        if more != self.more.accessibleName():
            self.more.setAccessibleName(more)
            self.more.setToolTip(more)
        self.setAccessibleName(f"{self.name.text()}: {self.sign.text}. {state.text} {state.hint}".strip())

    def _enable(self) -> None:
        state, row = self.state, self.state.row
        rented = row.kind is HostKind.RENTAL
        trial = self._trial
        asks = trial is not None and trial.unlock.isVisibleTo(self)
        if self._note is not None:
            self._note.setVisible(not asks)  # the question says the same
        self.test.setEnabled(trial is None or not trial.running)
        self.power.setText(tr("Switch off") if row.enabled else tr("Switch on"))
        self.power.setAccessibleName(f"{self.power.text()}: {row.name}")
        self.again.setVisible(state.status in RESTING and row.enabled and not rented and not state.wants)
        self.unlock.setText(tr("Enter the passphrase") if state.wants == "passphrase" else tr("Enter the password"))
        self.unlock.setAccessibleName(f"{self.unlock.text()}: {row.name}")
        self.unlock.setVisible(bool(state.wants) and row.enabled and not asks)
        for one in (self.test, self.power, self.more):
            one.setVisible(not self.home and not rented)
        self.rentals.setVisible(rented)

    def _make_buttons(self) -> None:
        self.test = button(tr("Test"), self._try, "quiet")
        self.again = button(tr("Ask again"), lambda: self.asked.emit("trust", self.state), "quiet")
        self.unlock = button("", self._ask_secret)
        self.power = button("", self._switch, "quiet")
        self.rentals = button(tr("Show the rental"), lambda: self.asked.emit("rentals", self.state), "quiet")
        self.more = Tool(self._look, "more", "")
        menu = QMenu(self)
        menu.addAction(tr("Rename…")).triggered.connect(partial(self._ask, "rename"))
        menu.addAction(tr("Remove…")).triggered.connect(partial(self._ask, "remove"))
        self.more.setMenu(menu)
        self.more.setPopupMode(Tool.ToolButtonPopupMode.InstantPopup)
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _ask(self, what: str, _on: bool = False) -> None:
        self.asked.emit(what, self.state)

    def _try(self) -> None:
        self.trial.start(self.state.row)
        self._enable()

    def _ask_secret(self) -> None:
        state = self.state
        self.trial.ask(state.row, state.wants, state.text, state.hint)
        self._enable()

    def _switch(self) -> None:
        self.asked.emit("disable" if self.state.row.enabled else "enable", self.state)

    def _assemble(self) -> None:
        words, icon = KINDS[self.state.row.kind]
        kind = Drawing(self._look, icon, "muted", 24)
        kind.setToolTip(tr(words))
        head = QHBoxLayout()
        head.setSpacing(tokens.S)
        head.addWidget(kind)
        head.addWidget(self.name, 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        column.setSpacing(tokens.S)
        column.addLayout(head)
        column.addWidget(self.under)
        column.addWidget(self.figures)
        column.addWidget(self.now)
        column.addLayout(self._notes)
        column.addLayout(self._tests)
        if self.home:
            for one in (self.unlock, self.test, self.again, self.power, self.rentals, self.more):
                one.setParent(self)
                one.hide()
            return
        buttons = QHBoxLayout()
        buttons.setSpacing(tokens.XS)
        for one in (self.unlock, self.test, self.again, self.power, self.rentals):
            buttons.addWidget(one)
        buttons.addStretch(1)
        buttons.addWidget(self.more)
        column.addLayout(buttons)
