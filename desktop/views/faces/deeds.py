"""What a person decides about people: each is stored at once and can be undone."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from desktop.look import words
from desktop.operations import Operations
from desktop.views.faces.naming import PersonDialog
from engine.errors import Cancelled, KinoraError
from engine.model import Erased, PersonRow, Step

IMPORTING = "Reading names beside your files"


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
                f"This is {name}." if not person.named else f"Renamed to {name}.", self._people.name, person.id, name
            )
            return
        box = self._question(f"Is this the same {same.name}?", f"There is a {same.name} already.")
        box.setInformativeText(f"{_amount(same)} and {_amount(person)} become one person. Undo parts them again.")
        both = box.addButton("Merge", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Keep apart", QMessageBox.ButtonRole.RejectRole)
        both.clicked.connect(lambda: self._start(f"Merged with {same.name}.", self._people.name, person.id, name))
        box.open()

    def merge(self, people: Sequence[PersonRow]) -> None:
        """Make one person of several; the named one (or the one with the most faces) gives the name."""
        if len(people) < 2:
            self.said.emit("Select two or more people to merge.")
            return
        order = sorted(people, key=lambda one: (not one.named, -one.faces))
        names = list(dict.fromkeys(one.name for one in order if one.named))
        ids = [one.id for one in order]
        said = f"Merged into {names[0]}." if names else f"Merged {len(ids)} groups."
        if len(names) < 2:
            self._start(said, self._people.merge, ids)
            return
        box = self._question(f"Merge into {names[0]}?", f"{', '.join(names[:4])} have names of their own.")
        box.setInformativeText(f"All of them become {names[0]}. Undo parts them again.")
        both = box.addButton("Merge", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Keep apart", QMessageBox.ButtonRole.RejectRole)
        both.clicked.connect(lambda: self._start(said, self._people.merge, ids))
        box.open()

    def hide(self, ids: Sequence[int], on: bool = True) -> None:
        """Show people no more in the list, or again."""
        if ids:
            what = words.count(len(ids), "person", "people")
            self._start(f"{what} {'hidden' if on else 'shown again'}.", self._people.hide, list(ids), on)

    def assign(self, appearances: Sequence[int], person: int | None, name: str) -> None:
        """Move faces to a person (None: a new one)."""
        what = words.count(len(appearances), "appearance")
        said = f"{what} moved to {name}." if name else f"{what} moved."
        self._ops.start(self._assign(said, list(appearances), person, name))

    def deny(self, appearances: Sequence[int], person: PersonRow) -> None:
        """These are not this person."""
        if appearances:
            what = words.count(len(appearances), "appearance")
            said = f"{what}: not {person.name}." if person.named else f"{what} taken out."
            self._start(said, self._people.deny, list(appearances), person.id)

    def confirm(self, appearances: Sequence[int], name: str) -> None:
        """These are right."""
        self._start(f"Confirmed as {name}.", self._people.confirm, list(appearances))

    def never(self, person: PersonRow, other: PersonRow) -> None:
        """These two are never one person."""
        self._start("They are kept apart for good.", self._people.never, person.id, other.id)

    def split(self, appearances: Sequence[int]) -> None:
        """Make a new person of these."""
        if appearances:
            what = words.count(len(appearances), "appearance")
            self._start(f"A new person with {what}.", self._people.split, list(appearances))

    def cover(self, person: int, appearance: int) -> None:
        """Let this face stand for the person."""
        self._start("This face stands for the person now.", self._people.cover, person, appearance)

    def ask_person(self, title: str, known: Sequence[PersonRow], then: Callable[[int, str], object]) -> None:
        """Ask for a person and go on with the answer (id 0: a new one of that name)."""
        dialog = PersonDialog(self._over, title, [one for one in known if one.named])
        dialog.chosen.connect(then)
        dialog.open()

    def erase(self, person: PersonRow) -> None:
        """Ask, saying what will happen, and erase what is known of a person's face and voice."""
        name = person.name or "this person"
        box = self._question("Erase a person?", f"Erase {name} from this library?")
        box.setInformativeText(
            f"The name, {_amount(person)}, and every number that was made of them are deleted for good. "
            "This cannot be undone. Your files stay as they are; reading them again would find the faces anew, "
            "without the name."
        )
        gone = box.addButton("Erase", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
        gone.clicked.connect(lambda: self._ops.start(self._erase(name, self._people.erase, person.id)))
        box.open()

    def erase_all(self) -> None:
        """Ask, and erase every face and voice of the library."""
        box = self._question("Erase all people?", "Erase all faces and voices from this library?")
        box.setInformativeText(
            "Every name, every face and voice and every number that was made of them are deleted for good. "
            "This cannot be undone. Your files stay as they are. To have no faces found again, switch off "
            "“Recognise people” in the settings."
        )
        gone = box.addButton("Erase all", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
        gone.clicked.connect(lambda: self._ops.start(self._erase("All people", self._people.erase_all)))
        box.open()

    def import_names(self) -> None:
        """Take over the names of faces that other programs wrote beside the files."""
        if self._ops.tasks.titled(IMPORTING) is None:
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
        if await self._ops.run(IMPORTING, _heard(self._people.import_regions(), last)):
            self.said.emit(f"Taken over: {last[0]}" if last else "")
        self.moved.emit(0)

    async def _erase(self, name: str, verb: Callable[..., Erased], *values: int) -> None:
        proof = await self._ops.ask(verb, *values)
        self.moved.emit(0)
        if proof is None:
            return
        box = self._question("Erased", f"{name}: erased.")
        box.setInformativeText(proof_words(proof))
        box.addButton("Close", QMessageBox.ButtonRole.AcceptRole)
        box.open()


def _heard(steps: Iterator[Step], last: deque[str]) -> Iterator[Step]:
    """The steps, of whose words the last are kept."""
    for step in steps:
        last.append(step.text)
        yield step


def proof_words(proof: Erased) -> str:
    """What was counted before and after, line by line."""
    lines = [f"{name.replace('_', ' ').capitalize()}: {count:,} before, {proof.after.get(name, 0):,} now"
             for name, count in proof.before.items()]  # fmt: skip
    left = sum(proof.after.values())
    end = "Nothing is left of it." if not left else f"{left:,} entries are left. Try again, and look into the log."
    return "\n".join([*lines, "", end])


def _amount(person: PersonRow) -> str:
    faces = words.count(person.faces, "face")
    return f"{faces} and {words.count(person.voices, 'voice')}" if person.voices else faces
