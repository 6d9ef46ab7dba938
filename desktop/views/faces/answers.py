"""What becomes of the answers to questions about people, and what Kinora says that it learned."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from desktop.views.faces.asking import NEVER, NO, PET, YES
from engine.language import tr, trn
from engine.model import PersonRow, Suggestion

if TYPE_CHECKING:
    from desktop.views.people import PeopleView

MOST = 2000  # faces that one answer is about


class Answers(QObject):
    """Tells the library what was answered."""

    def __init__(self, view: "PeopleView") -> None:
        super().__init__(view)
        self._view = view

    def take(self, one: Suggestion, what: str) -> None:
        """Put an answer (yes, no, never, pet) into effect."""
        deeds, person = self._view.deeds, one.person
        if one.other is not None:
            if what == YES:
                deeds.merge([person, one.other], learned(person, one.other))
            elif what == PET:
                deeds.pet([one.other], True)
            elif what == NEVER:
                deeds.never(person, one.other)
            else:
                self._view.ops.start(self._deny_all(one.other, person))
        elif one.appearance is not None:
            if what == YES:
                deeds.assign([one.appearance.id], person.id, person.name, belongs(person))
            elif what == PET:
                deeds.pet_of([one.appearance.id])
            elif what == NO:
                deeds.deny([one.appearance.id], person, refused(person))

    def show(self, one: Suggestion) -> None:
        """Show where the face in question is."""
        view = self._view
        if one.appearance is not None:
            view.open_moment.emit([one.appearance.asset], 0, "", one.appearance.moment)
        elif one.other is not None:
            view.open_person(one.other.id)

    async def _deny_all(self, other: PersonRow, person: PersonRow) -> None:
        rows = await self._view.ops.ask(self._view.ops.library.people.appearances, other.id, 0, MOST)
        self._view.deeds.deny([one.id for one in rows or ()], person, refused(person))


def belongs(person: PersonRow) -> str:
    """What a yes to one face taught."""
    if person.named:
        return tr("Learned: this is {name}.", name=person.name)
    return tr("Learned: they are one animal.") if person.pet else tr("Learned: they are one person.")


def learned(person: PersonRow, other: PersonRow) -> str:
    """What a yes to two groups taught."""
    name = person.name or other.name
    if not name and person.pet:
        return trn(
            "Learned: {n} face is one animal.", "Learned: these {n} faces are one animal.", person.faces + other.faces
        )
    if not name:
        return trn(
            "Learned: {n} face is one person.", "Learned: these {n} faces are one person.", person.faces + other.faces
        )
    more = other.faces if person.named else person.faces
    return trn("Learned: {n} more face of {name}.", "Learned: {n} more faces of {name}.", more, name=name)


def refused(person: PersonRow) -> str:
    """What a no taught."""
    if person.named:
        return tr("Learned: that is not {name}. It is not asked again.", name=person.name)
    two = tr("Learned: they are two animals. It is not asked again.")
    return two if person.pet else tr("Learned: they are two people. It is not asked again.")
