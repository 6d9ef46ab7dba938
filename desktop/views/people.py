"""The people of the library: who they are, whose face is whose, and what is not sure yet."""

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.faces import keys, menus, why
from desktop.views.faces.answers import Answers
from desktop.views.faces.asking import Questions
from desktop.views.faces.crowd import Crowd, listed
from desktop.views.faces.deeds import Deeds
from desktop.views.faces.single import Single, page_of
from desktop.views.faces.strangers import MOST as MOST_STRANGERS
from desktop.views.faces.strangers import Strangers, unknown
from desktop.views.faces.tiles import Tiles
from engine.errors import NotFound
from engine.language import mark, tr
from engine.model import AppearanceRow, Change, PersonRow

AGAIN = 500  # milliseconds between two looks while things change
MOST = 2000  # appearances of a person that are shown
ASKED = 20  # questions fetched at once


class PeopleView(View):
    """All people, one of them, or the strangers. The pages are built when they are first shown."""

    id: ClassVar[str] = "people"
    title: ClassVar[str] = mark("People")
    icon: ClassVar[str] = "people"
    shortcut: ClassVar[str] = "Ctrl+2"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.crowd = Crowd(ops, look)
        self.deeds = Deeds(ops, self)
        self.answers = Answers(self)
        self.whom: int | None = None  # the person whose page is shown
        self.strange = False  # whether the page of strangers is shown
        self._single: Single | None = None
        self._strangers: Strangers | None = None
        self._questions: Questions | None = None
        self._latest = ops.latest()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN)
        self._again.timeout.connect(self.refresh)
        self._assemble()
        self._connect()
        keys.install(self)

    # --- the view

    def shown(self) -> None:
        self.refresh()
        self._tiles().setFocus()

    def hidden(self) -> None:
        self._again.stop()

    def changed(self, change: Change) -> None:
        concerned = change.topics & {"people", "findings", "decisions", "settings", "assets"}
        if concerned and self.isVisible() and not self._again.isActive():
            self._again.start()

    def selected(self) -> list[int]:
        return list(dict.fromkeys(one.asset for one in self._chosen()))

    def close_view(self) -> None:
        self._again.stop()
        for page in (self.crowd, self._single, self._strangers):
            if page is not None:
                page.tiles.close_tiles()

    def save_state(self) -> dict[str, Any]:
        return {"hidden": self.crowd.hidden.isChecked()}

    def restore_state(self, state: dict[str, Any]) -> None:
        self.crowd.hidden.setChecked(state.get("hidden") in (True, "true"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._questions is not None:
            self._questions.fit(self.height())

    def refresh(self) -> None:
        """Look at the people again."""
        self._latest.start(self._load())

    # --- the pages

    @property
    def single(self) -> Single:
        """The page of one person."""
        if self._single is None:
            self._single = single = Single(self.ops, self.look)
            self.pile.addWidget(single)
            single.tiles.menu_asked.connect(lambda point: menus.popup(self, point))
            single.left.connect(self.open_crowd)
            single.named.connect(self._name_this)
            single.asked.connect(self._do)
            single.dropped_on.connect(self._drop_faces)
        return self._single

    @property
    def strangers(self) -> Strangers:
        """The page of strangers."""
        if self._strangers is None:
            self._strangers = page = Strangers(self.ops, self.look)
            self.pile.addWidget(page)
            page.tiles.menu_asked.connect(lambda point: menus.popup(self, point))
            page.left.connect(self.open_crowd)
            page.asked.connect(self._do)
            page.joined.connect(lambda ids: self.deeds.assign(ids, None, "", tr("They are one person now.")))
        return self._strangers

    @property
    def questions(self) -> Questions:
        """The strip of questions."""
        if self._questions is None:
            self._questions = Questions(self.ops, self.look)
            self._questions.answered.connect(self.answers.take)
            self._questions.shown_in.connect(self.answers.show)
            self._questions.emptied.connect(lambda: self._tiles().setFocus())
            self._questions.fit(self.height())
            self._place_questions()
        return self._questions

    def open_person(self, number: int) -> None:
        """Show the page of one person."""
        if number:
            self.single.tiles.show_tiles(())
            self._go(number, strange=False)

    def open_crowd(self) -> None:
        """Show all people."""
        self._go(None, strange=False)

    def open_strangers(self) -> None:
        """Show the faces of nobody."""
        self._go(None, strange=True)

    def show_files(self) -> None:
        """Show the files of the person in the library."""
        chosen = self._people_chosen()
        person = chosen[0] if chosen else None
        if person is not None and person.named:
            self.show_query.emit(f'{"pet" if person.pet else "person"}:"{person.name}"')
        elif person is not None and self.whom is None:
            self.open_person(person.id)
        elif person is not None:
            assets = list(dict.fromkeys(one.asset for one in self.single.rows.values()))
            if assets:
                self.open_asset.emit(assets, 0, "")

    def show_appearance(self) -> None:
        """Show a face in its file."""
        chosen = self._chosen()
        if chosen:
            here, rows = chosen[0], (self.strangers if self.strange else self.single).rows
            assets = list(dict.fromkeys(one.asset for one in rows.values()))
            self.open_moment.emit(assets, assets.index(here.asset), "", here.moment)

    # --- deeds

    def rename(self) -> None:
        """Type a name."""
        if self.strange:
            self.move_faces()
        elif self.whom is None:
            self.crowd.rename(max(0, self.crowd.tiles.current))
        else:
            self.single.begin_naming()

    def merge(self) -> None:
        """Merge the selected people, or this one with another."""
        person = self._person()
        if person is not None:
            others = [one for one in self.crowd.people if one.id != person.id]

            def both(number: int, name: str, person: PersonRow = person) -> None:
                other = self.crowd.person(number)
                if other is not None:
                    self.deeds.merge([other, person])
                else:
                    self.deeds.name(person, name, self.crowd.people)

            self.deeds.ask_person(tr("Merge with whom?"), others, both)
        elif not self.strange:
            self.deeds.merge(self.crowd.chosen())

    def move_faces(self) -> None:
        """Move the selected faces to another person."""
        ids = [one.id for one in self._chosen()]
        if ids:
            others = [one for one in self.crowd.people if one.id != self.whom]
            self.deeds.ask_person(
                tr("Whose are they?"), others, lambda number, name: self.deeds.assign(ids, number or None, name)
            )

    def deny(self) -> None:
        """The selected faces are not this person; of strangers: they are left alone."""
        person, ids = self._person(), [one.id for one in self._chosen()]
        if self.strange:
            self.deeds.ignore(ids)
        elif person is not None:
            self.deeds.deny(ids, person)

    def ignore_all(self) -> None:
        """Leave all strangers alone."""
        self.deeds.ignore(None)

    def pet_chosen(self) -> None:
        """The chosen are pets, or are none."""
        if self.strange:
            self.deeds.pet_of([one.id for one in self._chosen()])
        elif chosen := self._people_chosen():
            self.deeds.pet(chosen, not chosen[0].pet)

    def hide_chosen(self) -> None:
        """Hide the chosen people, or show them again."""
        if chosen := self._people_chosen():
            self.deeds.hide([one.id for one in chosen], not chosen[0].hidden)

    def erase(self) -> None:
        """Erase a person after a question."""
        if chosen := self._people_chosen():
            self.deeds.erase(chosen[0])

    def cover(self) -> None:
        """Let the selected face stand for the person."""
        chosen = self._chosen()
        if self.whom is not None and chosen:
            self.deeds.cover(self.whom, chosen[0].id)

    def split(self) -> None:
        """Make a new person of the selected faces."""
        self.deeds.split([one.id for one in self._chosen()])

    def group_again(self) -> None:
        """Put the faces that belong to nobody into groups."""
        self.ops.start(self._group())

    def export(self) -> None:
        """Ask where to, and write down what is known of people."""
        dialog = QFileDialog(self, tr("Export people"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile("kinora-people.json")
        dialog.fileSelected.connect(lambda path: self.ops.start(self._export(Path(path))))
        dialog.open()

    def escape(self) -> None:
        """Close what is open, unselect, or go back to all people."""
        tiles = self._tiles()
        naming = None if self.strange else self.crowd.naming if self.whom is None else self.single.naming
        if naming is not None and naming.isVisible():
            naming.leave()
        elif len(tiles.selection):
            tiles.selection.clear()
            tiles.changed_selection()
        elif self.whom is not None or self.strange:
            self.open_crowd()

    # --- inside

    def _tiles(self) -> Tiles:
        return (self.strangers if self.strange else self.crowd if self.whom is None else self.single).tiles

    def _person(self) -> PersonRow | None:
        return self.single.person if self.whom is not None else None

    def _people_chosen(self) -> list[PersonRow]:
        person = self._person()
        return [person] if person is not None else [] if self.strange else self.crowd.chosen()

    def _chosen(self) -> list[AppearanceRow]:
        """The faces and voices that a deed is about."""
        return self.strangers.chosen() if self.strange else [] if self.whom is None else self.single.chosen()

    def _go(self, whom: int | None, *, strange: bool) -> None:
        self.whom, self.strange = whom, strange
        self.pile.setCurrentWidget(self.strangers if strange else self.crowd if whom is None else self.single)
        self._place_questions()
        self.refresh()
        self._tiles().setFocus()

    def _place_questions(self) -> None:
        if self._questions is not None:
            page = self.crowd if self.whom is None else self.single
            page.column.insertWidget(1, self._questions)

    def _do(self, what: str) -> None:
        """What a button of a page asks for."""
        {
            "move": self.move_faces, "deny": self.deny, "split": self.split, "cover": self.cover, "merge": self.merge,
            "show": self.show_appearance, "files": self.show_files, "hide": self.hide_chosen, "erase": self.erase,
            "pet": self.pet_chosen, "who": self.move_faces, "ignore": self.deny, "all": self.ignore_all,
        }[what]()  # fmt: skip

    def _drop_faces(self, what: str, ids: list[int]) -> None:
        """Faces of the person were dragged on a button: they are not this person, or a new one."""
        person = self._person()
        if what == "split":
            self.deeds.split(ids)
        elif person is not None:
            self.deeds.deny(ids, person)

    async def _load(self) -> None:
        people, cells = self.ops.library.people, self.ops.library.cells
        hidden = self.crowd.hidden.isChecked()
        found = await self.ops.ask(lambda: (listed(people.listing(hidden=hidden)), people.count_strangers()))
        if found is None:
            return
        self.crowd.show_people(found[0])
        self.crowd.strangers.show_count(found[1])
        if not found[0].people:
            await why.say(self)
        if self.strange:
            unknown_ = await self.ops.ask(lambda: unknown(found[1], people.strangers(0, MOST_STRANGERS), cells))
            if unknown_ is not None and self.strange:
                self.strangers.show_page(unknown_)
            return
        whom = self.whom
        if whom is not None:
            person = await self.ops.ask(self._found, whom)
            rows = await self.ops.ask(people.appearances, whom, 0, MOST) if person is not None else None
            if person is None or not rows:
                self.open_crowd()
                return
            if whom == self.whom:
                self.single.naming.know(found[0].names)
                page = await self.ops.ask(page_of, person, rows, cells)
                if page is not None and whom == self.whom:
                    self.single.show_page(page)
        asked = await self.ops.ask(people.suggestions, whom, ASKED)
        if whom == self.whom and not self.strange and (asked or self._questions is not None):
            self.questions.put(asked or ())

    def _found(self, whom: int) -> PersonRow | None:
        try:
            return self.ops.library.people.person(whom)
        except NotFound:
            return None  # merged into another, or erased

    async def _group(self) -> None:
        if await self.ops.run(tr("Grouping faces"), self.ops.library.people.refresh()):
            self.message.emit(tr("The faces are grouped."))
        self.refresh()

    async def _export(self, target: Path) -> None:
        written = await self.ops.ask(self.ops.library.people.export, target)
        if written is not None:
            self.message.emit(tr("What is known of people is in {name}.", name=written.name))

    def _name_this(self, name: str) -> None:
        if self.single.person is not None:
            self.deeds.name(self.single.person, name, self.crowd.people)

    def _moved(self, number: int) -> None:
        if self.whom is not None and number:
            self.whom = number  # this person was merged into another: go on with that one
        self.refresh()

    # --- building

    def _assemble(self) -> None:
        self.pile = QStackedWidget()
        self.pile.addWidget(self.crowd)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pile)
        self.crowd.more.setMenu(menus.more(self))

    def _connect(self) -> None:
        crowd, deeds = self.crowd, self.deeds
        crowd.opened.connect(self.open_person)
        crowd.named.connect(lambda person, name: deeds.name(person, name, crowd.people))
        crowd.joined.connect(lambda ids: deeds.merge([one for i in ids if (one := crowd.person(i)) is not None]))
        crowd.hidden_wanted.connect(lambda _on: self.refresh())
        crowd.tiles.menu_asked.connect(lambda point: menus.popup(self, point))
        crowd.strangers.opened.connect(self.open_strangers)
        crowd.strangers.ignored.connect(self.ignore_all)
        crowd.strangers.stands.connect(self.stand)
        deeds.done.connect(self.undoable)
        deeds.said.connect(self.message)
        deeds.moved.connect(self._moved)
