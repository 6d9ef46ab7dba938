"""What a person decides about people: each is stored at once and can be undone."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from desktop.look import vocabulary
from desktop.operations import Operations
from desktop.views.faces.naming import PersonDialog
from engine.errors import Cancelled, KinoraError
from engine.language import digits, mark, tr, trn
from engine.model import Erased, PersonRow, Step

IMPORTING = mark("Reading names beside your files")


class Deeds(QObject):
    """Asks what has to be asked, and tells the library.

    Signals:
        done: a decision was stored: a sentence that offers to undo it.
        said: a sentence without a way back.
        moved: people changed; look again. The id of the person that came of a merge, else 0.
    """

    done = Signal(str)
    said = Signal(str)
    moved = Signal(int)

    def __init__(self, ops: Operations, over: QWidget) -> None:
        super().__init__(over)
        self._ops, self._over = ops, over

    def name(self, person: PersonRow, name: str, known: Sequence[PersonRow]) -> None:
        """Give a name; a name in use asks whether both are the same person."""
        same = next((one for one in known if one.name.casefold() == name.casefold() and one.id != person.id), None)
        if same is None:
            self._start(
                tr("This is {name}.", name=name) if not person.named else tr("Renamed to {name}.", name=name),
                self._people.name,
                person.id,
                name,
            )
            return
        box = self._question(
            tr("Is this the same {name}?", name=same.name), tr("There is a {name} already.", name=same.name)
        )
        box.setInformativeText(
            tr(
                "{amount} and {amount2} become one person. Undo parts them again.",
                amount=_amount(same),
                amount2=_amount(person),
            )
        )
        both = box.addButton(tr("Merge"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Keep apart"), QMessageBox.ButtonRole.RejectRole)
        both.clicked.connect(
            lambda: self._start(tr("Merged with {name}.", name=same.name), self._people.name, person.id, name)
        )
        box.open()

    def merge(self, people: Sequence[PersonRow], told: str = "") -> None:
        """Make one person of several; the named one (or the one with the most faces) gives the name."""
        if len(people) < 2:
            self.said.emit(tr("Select two or more people to merge."))
            return
        order = sorted(people, key=lambda one: (not one.named, -one.faces))
        names = list(dict.fromkeys(one.name for one in order if one.named))
        ids = [one.id for one in order]
        merged = tr("Merged into {names}.", names=names[0]) if names else tr("Merged {n} groups.", n=len(ids))
        said = told or merged
        if len(names) < 2:
            self._start(said, self._people.merge, ids)
            return
        box = self._question(
            tr("Merge into {names}?", names=names[0]), tr("{list} have names of their own.", list=", ".join(names[:4]))
        )
        box.setInformativeText(tr("All of them become {names}. Undo parts them again.", names=names[0]))
        both = box.addButton(tr("Merge"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Keep apart"), QMessageBox.ButtonRole.RejectRole)
        both.clicked.connect(lambda: self._start(said, self._people.merge, ids))
        box.open()

    def hide(self, ids: Sequence[int], on: bool = True) -> None:
        """Show people no more in the list, or again."""
        if ids:
            yes = trn("{n} person hidden.", "{n} people hidden.", len(ids))
            no = trn("{n} person shown again.", "{n} people shown again.", len(ids))
            self._start(yes if on else no, self._people.hide, list(ids), on)

    def assign(self, appearances: Sequence[int], person: int | None, name: str, told: str = "") -> None:
        """Move faces to a person (None: a new one)."""
        what = trn("{n} appearance", "{n} appearances", len(appearances))
        said = tr("{what} moved to {name}.", what=what, name=name) if name else tr("{what} moved.", what=what)
        self._ops.start(self._assign(told or said, list(appearances), person, name))

    def deny(self, appearances: Sequence[int], person: PersonRow, told: str = "") -> None:
        """These are not this person."""
        if appearances:
            what = trn("{n} appearance", "{n} appearances", len(appearances))
            said = (
                tr("{what}: not {name}.", what=what, name=person.name)
                if person.named
                else tr("{what} taken out.", what=what)
            )
            self._start(told or said, self._people.deny, list(appearances), person.id)

    def confirm(self, appearances: Sequence[int], name: str) -> None:
        """These are right."""
        self._start(tr("Confirmed as {name}.", name=name), self._people.confirm, list(appearances))

    def never(self, person: PersonRow, other: PersonRow) -> None:
        """These two are never one person."""
        self._start(tr("They are kept apart for good."), self._people.never, person.id, other.id)

    def pet(self, people: Sequence[PersonRow], on: bool) -> None:
        """These are pets, or they are none."""
        names = ", ".join(one.name for one in people if one.named)
        yes = tr("{names}: among the pets now.", names=names) if names else tr("Among the pets now.")
        no = tr("{names}: among the people now.", names=names) if names else tr("Among the people now.")
        self._start(yes if on else no, self._people.pet, [one.id for one in people], on)

    def pet_of(self, appearances: Sequence[int]) -> None:
        """These faces of nobody are one pet."""
        if appearances:
            self._start(tr("Among the pets now."), self._people.pet_of, list(appearances))

    def ignore(self, appearances: Sequence[int] | None) -> None:
        """Leave these faces of nobody alone; None: all of them."""
        if appearances is None:
            self._start(tr("All strangers are left alone."), self._people.ignore)
        elif appearances:
            said = trn("{n} stranger is left alone.", "{n} strangers are left alone.", len(appearances))
            self._start(said, self._people.ignore, list(appearances))

    def split(self, appearances: Sequence[int]) -> None:
        """Make a new person of these."""
        if appearances:
            what = trn("{n} appearance", "{n} appearances", len(appearances))
            self._start(tr("A new person with {what}.", what=what), self._people.split, list(appearances))

    def cover(self, person: int, appearance: int) -> None:
        """Let this face stand for the person."""
        self._start(tr("This face stands for the person now."), self._people.cover, person, appearance)

    def ask_person(self, title: str, known: Sequence[PersonRow], then: Callable[[int, str], object]) -> None:
        """Ask for a person and go on with the answer (id 0: a new one of that name)."""
        dialog = PersonDialog(self._over, title, [one for one in known if one.named])
        dialog.chosen.connect(then)
        dialog.open()

    def erase(self, person: PersonRow) -> None:
        """Ask, saying what will happen, and erase what is known of a person's face and voice."""
        name = person.name or tr("this person")
        box = self._question(tr("Erase a person?"), tr("Erase {name} from this library?", name=name))
        box.setInformativeText(
            tr(
                "The name, {amount}, and every number that was made of them are deleted for good. "
                "This cannot be undone. Your files stay as they are; reading them again would find "
                "the faces anew, without the name.",
                amount=_amount(person),
            )
        )
        gone = box.addButton(tr("Erase"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole))
        gone.clicked.connect(lambda: self._ops.start(self._erase(name, self._people.erase, person.id)))
        box.open()

    def erase_all(self) -> None:
        """Ask, and erase every face and voice of the library."""
        box = self._question(tr("Erase all people?"), tr("Erase all faces and voices from this library?"))
        box.setInformativeText(
            tr(
                "Every name, every face and voice and every number that was made of them are deleted "
                "for good. This cannot be undone. Your files stay as they are. To have no faces "
                "found again, switch off “Recognise people” in the settings."
            )
        )
        gone = box.addButton(tr("Erase all"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole))
        gone.clicked.connect(lambda: self._ops.start(self._erase(tr("All people"), self._people.erase_all)))
        box.open()

    def import_names(self) -> None:
        """Take over the names of faces that other programs wrote beside the files."""
        if self._ops.tasks.titled(tr(IMPORTING)) is None:
            self._ops.start(self._import())

    # --- inside

    @property
    def _people(self) -> Any:
        return self._ops.library.people

    def _question(self, title: str, text: str) -> QMessageBox:
        box = QMessageBox(self._over)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(title)
        box.setText(text)
        return box

    def _start(self, said: str, verb: Callable[..., Any], *values: object) -> None:
        self._ops.start(self._do(said, verb, *values))

    async def _do(self, said: str, verb: Callable[..., Any], *values: object) -> None:
        try:
            answer = await self._ops.demand(verb, *values)
        except Cancelled:
            return
        except KinoraError as error:
            self._ops.tell(error)
        else:
            self.done.emit(said)
            joined = verb in (self._people.name, self._people.merge)
            self.moved.emit(answer if joined and isinstance(answer, int) else 0)
            return
        self.moved.emit(0)

    async def _assign(self, said: str, appearances: list[int], person: int | None, name: str) -> None:
        def both() -> None:
            made = self._people.assign(appearances, person)
            if person is None and name:
                self._people.name(made, name)

        await self._do(said, both)

    async def _import(self) -> None:
        last: deque[str] = deque(maxlen=1)
        if await self._ops.run(tr(IMPORTING), _heard(self._people.import_regions(), last)):
            self.said.emit(tr("Taken over: {last}", last=last[0]) if last else "")
        self.moved.emit(0)

    async def _erase(self, name: str, verb: Callable[..., Erased], *values: int) -> None:
        proof = await self._ops.ask(verb, *values)
        self.moved.emit(0)
        if proof is None:
            return
        box = self._question(tr("Erased"), tr("{name}: erased.", name=name))
        box.setInformativeText(proof_words(proof))
        box.addButton(tr("Close"), QMessageBox.ButtonRole.AcceptRole)
        box.open()


def _heard(steps: Iterator[Step], last: deque[str]) -> Iterator[Step]:
    """The steps, of whose words the last are kept."""
    for step in steps:
        last.append(step.text)
        yield step


def proof_words(proof: Erased) -> str:
    """What was counted before and after, line by line."""
    lines = [
        tr(
            "{what}: {before} before, {now} now",
            what=vocabulary.named(name),
            before=digits(count),
            now=digits(proof.after.get(name, 0)),
        )
        for name, count in proof.before.items()
    ]
    left = sum(proof.after.values())
    end = (
        tr("Nothing is left of it.")
        if not left
        else tr("{left} entries are left. Try again, and look into the log.", left=digits(left))
    )
    return "\n".join([*lines, "", end])


def _amount(person: PersonRow) -> str:
    faces = trn("{n} face", "{n} faces", person.faces)
    return (
        tr("{faces} and {count}", faces=faces, count=trn("{n} voice", "{n} voices", person.voices))
        if person.voices
        else faces
    )
