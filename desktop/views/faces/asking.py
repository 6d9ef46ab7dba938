"""The strip of questions: is this that person?"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout

from desktop.look import tokens
from desktop.look.flow import Flow
from desktop.look.look import Look
from desktop.look.parts import button, label
from desktop.operations import Operations
from desktop.views.faces.round import RoundFace
from engine.language import tr, trn
from engine.model import Suggestion

SIDE, SMALL = 112, 80  # pixels: large enough to tell people apart
LOW = 600  # height of a view that has room for large ones
YES, NO, NEVER, PET = "yes", "no", "never", "pet"


class Questions(QFrame):
    """One question at a time.

    Signals:
        answered: the suggestion and the answer (yes, no, never; pet: the one in question is an animal).
        shown_in: show where the face of a suggestion is.
        emptied: the last question is answered, and the strip that had the focus is gone.
    """

    answered = Signal(object, str)
    shown_in = Signal(object)
    emptied = Signal()

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setAccessibleName(tr("Questions about people"))
        self._all: list[Suggestion] = []
        self._skipped: set[tuple[int, int | None, int | None]] = set()
        self.known = RoundFace(ops, look, SIDE)
        self.asked = RoundFace(ops, look, SIDE, opens=True)
        self.asked.clicked.connect(self._show_in)
        self.title = label("", "subtitle", wrap=True)
        self.note = label("", "small", wrap=True)
        for part in (self.title, self.note):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.yes = button(tr("Yes (Y)"), lambda: self.answer(YES), "primary")
        self.no = button(tr("No (N)"), lambda: self.answer(NO))
        self.never = button(tr("Never"), lambda: self.answer(NEVER))
        self.never.setToolTip(tr("These two are never one person; it is not asked again."))
        self.animal = button(tr("An animal"), lambda: self.answer(PET), "quiet")
        self.animal.setToolTip(tr("The one in question goes among the pets, and is not asked about with people again."))
        self.later = button(tr("Skip (S)"), self.skip, "quiet")
        self._lay_out()
        self.hide()

    @property
    def now(self) -> Suggestion | None:
        """The question that is asked."""
        return self._all[0] if self._all else None

    def put(self, found: Sequence[Suggestion]) -> None:
        """Ask these, the first first; what was skipped comes last and only once."""
        self._all = [one for one in found if _key(one) not in self._skipped]
        self._show()

    def fit(self, height: int) -> None:
        """Take smaller faces in a low view."""
        for face in (self.known, self.asked):
            face.resize_face(SIDE if height >= LOW else SMALL)

    def answer(self, what: str) -> None:
        """Answer the question."""
        now = self.now
        if now is None or (what == NEVER and now.other is None):
            return
        self._all = self._all[1:]
        self._show()
        self.answered.emit(now, what)

    def skip(self) -> None:
        """Ask the next one."""
        if self.now is not None:
            self._skipped.add(_key(self.now))
            self._all = self._all[1:]
            self._show()

    def _show_in(self) -> None:
        if self.now is not None:
            self.shown_in.emit(self.now)

    def _show(self) -> None:
        now = self.now
        if now is None:
            here = QApplication.focusWidget()
            mine = here is not None and self.isAncestorOf(here)
            self.hide()
            if mine:
                self.emptied.emit()
            return
        self.show()
        pet = now.person.pet
        name = now.person.name or (tr("the same animal") if pet else tr("the same person"))
        same = tr("Are these the same animal?") if pet else tr("Are these the same person?")
        self.title.setText(tr("Is this {name}?", name=name) if now.person.named else same)
        cover = now.other.cover if now.other is not None else now.appearance.id if now.appearance is not None else None
        what = trn("{n} face", "{n} faces", now.other.faces) if now.other is not None else tr("One face")
        more = f" · {trn('{n} more question', '{n} more questions', len(self._all) - 1)}" if len(self._all) > 1 else ""
        self.note.setText(f"{what} · {how_alike(now.score)}{more}")
        self.known.show_face(now.person.cover, name)
        self.asked.show_face(cover, tr("The face in question: show it in its file"))
        self.never.setVisible(now.other is not None)
        self.animal.setVisible(not pet)

    def _lay_out(self) -> None:
        text = QVBoxLayout()
        text.setSpacing(tokens.XS)
        text.addStretch(1)
        text.addWidget(self.title)
        text.addWidget(self.note)
        answers = QFrame()
        flow = Flow(answers, gap=tokens.S)
        for part in (self.yes, self.no, self.never, self.animal, self.later):
            flow.addWidget(part)
        text.addSpacing(tokens.XS)
        text.addWidget(answers)
        text.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(tokens.L, tokens.M, tokens.L, tokens.M)
        line.setSpacing(tokens.M)
        line.addWidget(self.known)
        line.addWidget(self.asked)
        line.addLayout(text, 1)


def _key(one: Suggestion) -> tuple[int, int | None, int | None]:
    return (one.person.id, one.other.id if one.other else None, one.appearance.id if one.appearance else None)


def how_alike(score: float) -> str:
    """The likeness in words: 0.5 is as alike as two pictures of one person have to be at least."""
    return tr("very alike") if score >= 0.8 else tr("alike") if score >= 0.5 else tr("a little alike")
