"""The people of the library: who they are, whose face is whose, and what is not sure yet."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu, QStackedWidget, QVBoxLayout

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.faces import keys
from desktop.views.faces.asking import NEVER, NO, YES, Questions
from desktop.views.faces.crowd import Crowd, listed
from desktop.views.faces.deeds import Deeds
from desktop.views.faces.single import Single, page_of
from engine.errors import NotFound
from engine.language import mark, tr
from engine.model import Change, PersonRow, Suggestion

AGAIN = 500  # milliseconds between two looks while things change
MOST = 2000  # appearances of a person that are shown
ASKED = 20  # questions fetched at once
SETTING = "people.biometrics"


class PeopleView(View):
    """All people, or one of them."""

    id: ClassVar[str] = "people"
    title: ClassVar[str] = mark("People")
    icon: ClassVar[str] = "people"
    shortcut: ClassVar[str] = "Ctrl+2"

    def __init__(self, ops: Operations, bridge: QObject, look: Look) -> None:
        super().__init__(ops, bridge, look)
        self.crowd = Crowd(ops, look)
        self.single = Single(ops, look)
        self.questions = Questions(ops, look)
        self.deeds = Deeds(ops, self)
        self.whom: int | None = None  # the person whose page is shown
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
        if self.whom is None:
            return []
        return list(dict.fromkeys(one.asset for one in self.single.chosen()))

    def close_view(self) -> None:
        self._again.stop()
        self.crowd.tiles.close_tiles()
        self.single.tiles.close_tiles()

    def save_state(self) -> dict[str, Any]:
        return {"hidden": self.crowd.hidden.isChecked()}

    def restore_state(self, state: dict[str, Any]) -> None:
        self.crowd.hidden.setChecked(state.get("hidden") in (True, "true"))

    def refresh(self) -> None:
        """Look at the people again."""
        self._latest.start(self._load())

    # --- going about

    def open_person(self, number: int) -> None:
        """Show the page of one person."""
        if number:
            self.whom = number
            self.single.tiles.show_tiles(())
            self.pile.setCurrentWidget(self.single)
            self.single.column.insertWidget(1, self.questions)
            self.refresh()
            self.single.tiles.setFocus()

    def open_crowd(self) -> None:
        """Show all people."""
        self.whom = None
        self.pile.setCurrentWidget(self.crowd)
        self.crowd.column.insertWidget(1, self.questions)
        self.refresh()
        self.crowd.tiles.setFocus()

    def show_files(self) -> None:
        """Show the files of the person in the library."""
        chosen = self.crowd.chosen() if self.whom is None else []
        person = self._person() or (chosen[0] if chosen else None)
        if person is not None and person.named:
            self.show_query.emit(f'person:"{person.name}"')
        elif person is not None and self.whom is None:
            self.open_person(person.id)
        elif person is not None:
            assets = list(dict.fromkeys(one.asset for one in self.single.rows.values()))
            if assets:
                self.open_asset.emit(assets, 0, "")

    def show_appearance(self) -> None:
        """Show a face in its file."""
        chosen = self.single.chosen()
        if chosen:
            here = chosen[0]
            assets = list(dict.fromkeys(one.asset for one in self.single.rows.values()))
            self.open_moment.emit(assets, assets.index(here.asset), "", here.moment)

    # --- deeds

    def rename(self) -> None:
        """Type a name."""
        if self.whom is None:
            self.crowd.rename(max(0, self.crowd.tiles.current))
        else:
            self.single.begin_naming()

    def merge(self) -> None:
        """Merge the selected people, or this one with another."""
        person = self._person()
        if self.whom is None:
            self.deeds.merge(self.crowd.chosen())
        elif person is not None:
            others = [one for one in self.crowd.people if one.id != person.id]

            def both(number: int, name: str, person: PersonRow = person) -> None:
                other = self.crowd.person(number)
                if other is not None:
                    self.deeds.merge([other, person])
                else:
                    self.deeds.name(person, name, self.crowd.people)

            self.deeds.ask_person(tr("Merge with whom?"), others, both)

    def move_faces(self) -> None:
        """Move the selected faces to another person."""
        ids = [one.id for one in self.single.chosen()]
        if self.whom is not None and ids:
            others = [one for one in self.crowd.people if one.id != self.whom]
            self.deeds.ask_person(
                tr("Whose are they?"), others, lambda number, name: self.deeds.assign(ids, number or None, name)
            )

    def deny(self) -> None:
        """The selected faces are not this person."""
        person = self._person()
        if person is not None and self.whom is not None:
            self.deeds.deny([one.id for one in self.single.chosen()], person)

    def hide_chosen(self) -> None:
        """Hide the chosen people, or show them again."""
        person = self._person()
        chosen = self.crowd.chosen() if self.whom is None else [person] if person is not None else []
        if chosen:
            self.deeds.hide([one.id for one in chosen], not chosen[0].hidden)

    def erase(self) -> None:
        """Erase a person after a question."""
        chosen = self.crowd.chosen() if self.whom is None else []
        person = self._person() or (chosen[0] if chosen else None)
        if person is not None:
            self.deeds.erase(person)

    def cover(self) -> None:
        """Let the selected face stand for the person."""
        chosen = self.single.chosen()
        if self.whom is not None and chosen:
            self.deeds.cover(self.whom, chosen[0].id)

    def split(self) -> None:
        """Make a new person of the selected faces."""
        self.deeds.split([one.id for one in self.single.chosen()])

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

    # --- inside

    def _tiles(self) -> Any:
        return self.crowd.tiles if self.whom is None else self.single.tiles

    def _person(self) -> PersonRow | None:
        return self.single.person if self.whom is not None else None

    async def _load(self) -> None:
        people = self.ops.library.people
        hidden = self.crowd.hidden.isChecked()
        found = await self.ops.ask(lambda: listed(people.listing(hidden=hidden)))
        if found is None:
            return
        self.crowd.show_people(found)
        if not found.people:
            await self._say_why()
        whom = self.whom
        if whom is not None:
            person = await self.ops.ask(self._found, whom)
            rows = await self.ops.ask(people.appearances, whom, 0, MOST) if person is not None else None
            if person is None or not rows:
                self.open_crowd()
                return
            if whom == self.whom:
                self.single.naming.know(found.names)
                page = await self.ops.ask(page_of, person, rows, self.ops.library.cells)
                if page is not None and whom == self.whom:
                    self.single.show_page(page)
        asked = await self.ops.ask(people.suggestions, whom, ASKED)
        if whom == self.whom:
            self.questions.put(asked or ())

    def _found(self, whom: int) -> PersonRow | None:
        try:
            return self.ops.library.people.person(whom)
        except NotFound:
            return None  # merged into another, or erased

    async def _say_why(self) -> None:
        """Say on the empty page what is missing."""
        settings = await self.ops.ask(self.ops.library.settings)
        tasks = await self.ops.ask(self.ops.library.packs.tasks)
        empty = self.crowd.empty
        empty.clear()
        if settings is not None and not settings[SETTING]:
            empty.title.setText(tr("People are not recognised"))
            empty.text.setText(tr("“Recognise people” is switched off. No faces or voices are told apart."))
            empty.add(tr("Settings"), lambda: self.command.emit("view.settings"), "primary")
        elif any(not task.pack for task in tasks or () if task.task in ("face-detection", "face-embedding")):
            empty.title.setText(tr("A pack is needed to find faces"))
            empty.text.setText(tr("Install one, and Kinora looks for people in everything that is in the library."))
            empty.add(tr("Packs"), lambda: self.command.emit("view.packs"), "primary")
        else:
            empty.title.setText(tr("Nobody yet"))
            empty.text.setText(tr("People appear here as faces and voices are found in your files."))

    def _answered(self, one: Suggestion, what: str) -> None:
        deeds, person = self.deeds, one.person
        if one.other is not None:
            if what == YES:
                deeds.merge([person, one.other])
            elif what == NEVER:
                deeds.never(person, one.other)
            else:
                self.ops.start(self._deny_all(one.other, person))
        elif one.appearance is not None:
            if what == YES:
                deeds.assign([one.appearance.id], person.id, person.name)
            elif what == NO:
                deeds.deny([one.appearance.id], person)

    async def _deny_all(self, other: PersonRow, person: PersonRow) -> None:
        rows = await self.ops.ask(self.ops.library.people.appearances, other.id, 0, MOST)
        self.deeds.deny([one.id for one in rows or ()], person)

    def _show_question(self, one: Suggestion) -> None:
        if one.appearance is not None:
            self.open_moment.emit([one.appearance.asset], 0, "", one.appearance.moment)
        elif one.other is not None:
            self.open_person(one.other.id)

    def _menu(self, point: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, call in self._crowd_menu() if self.whom is None else self._single_menu():
            if text:
                menu.addAction(text).triggered.connect(lambda _on=False, call=call: call())
            else:
                menu.addSeparator()
        menu.popup(point)

    def _crowd_menu(self) -> list[tuple[str, Callable[[], object]]]:
        chosen = self.crowd.chosen()
        if not chosen:
            return [(tr("Group faces again"), self.group_again)]
        hidden = chosen[0].hidden
        return [
            (tr("Open"), partial(self.open_person, chosen[0].id)),
            (tr("Rename") if chosen[0].named else tr("Add a name"), self.rename),
            *([(tr("Merge"), self.merge)] if len(chosen) > 1 else []),
            (tr("Show again") if hidden else tr("Hide"), self.hide_chosen),
            ("", lambda: None),
            (tr("Erase…"), self.erase),
        ]

    def _single_menu(self) -> list[tuple[str, Callable[[], object]]]:
        if not self.single.chosen():
            return [(tr("Rename"), self.rename)]
        return [
            (tr("Show in its file"), self.show_appearance),
            (tr("Make cover"), self.cover),
            ("", lambda: None),
            (tr("Move to…"), self.move_faces),
            (tr("Not this person"), self.deny),
            (tr("New person"), self.split),
        ]

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
        self.pile.addWidget(self.single)
        self.crowd.column.insertWidget(1, self.questions)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pile)
        menu = QMenu(self)
        for text, call in (
            (tr("Group faces again"), self.group_again),
            (tr("Import names from sidecar files"), self.deeds.import_names),
            (tr("Export…"), self.export),
            ("", None),
            (tr("Erase all people…"), self.deeds.erase_all),
        ):
            if call is None:
                menu.addSeparator()
            else:
                menu.addAction(text).triggered.connect(lambda _on=False, call=call: call())
        self.crowd.more.setMenu(menu)

    def _connect(self) -> None:
        crowd, single, deeds = self.crowd, self.single, self.deeds
        crowd.opened.connect(self.open_person)
        crowd.named.connect(lambda person, name: deeds.name(person, name, crowd.people))
        crowd.joined.connect(lambda ids: deeds.merge([one for i in ids if (one := crowd.person(i)) is not None]))
        crowd.hidden_wanted.connect(lambda _on: self.refresh())
        crowd.tiles.menu_asked.connect(self._menu)
        single.tiles.menu_asked.connect(self._menu)
        single.left.connect(self.open_crowd)
        single.named.connect(self._name_this)
        verbs = {
            "move": self.move_faces, "deny": self.deny, "split": self.split, "cover": self.cover, "merge": self.merge,
            "show": self.show_appearance, "files": self.show_files, "hide": self.hide_chosen, "erase": self.erase,
        }  # fmt: skip
        single.asked.connect(lambda what: verbs[what]())
        self.questions.answered.connect(self._answered)
        self.questions.shown_in.connect(self._show_question)
        deeds.done.connect(self.undoable)
        deeds.said.connect(self.message)
        deeds.moved.connect(self._moved)

    def escape(self) -> None:
        """Close what is open, unselect, or go back to all people."""
        tiles = self._tiles()
        naming = self.crowd.naming if self.whom is None else self.single.naming
        if naming.isVisible():
            naming.leave()
        elif len(tiles.selection):
            tiles.selection.clear()
            tiles.changed_selection()
        elif self.whom is not None:
            self.open_crowd()
