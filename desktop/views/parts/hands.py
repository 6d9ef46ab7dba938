"""What can be done with what the viewer shows: name a face, correct a word, find what is like it, teach a logo."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu

from desktop.models import query
from desktop.views.faces.deeds import Deeds
from desktop.views.faces.naming import NameBox
from desktop.views.parts import entries
from desktop.views.parts.correcting import WordsBox
from desktop.views.parts.entries import LINE, Deed
from desktop.views.parts.order import in_order
from desktop.views.parts.overlays import Layer, Mark
from desktop.views.parts.stage import Stage
from engine.language import tr
from engine.model import AppearanceRow, Moment, PersonRow

if TYPE_CHECKING:
    from desktop.views.viewer import ViewerView

WIDE, HIGH, EDGE = 240, 34, 8  # pixels of the box for a name or for words, and its distance from the edges


class Hands(QObject):
    """The menus and the boxes to type in of one viewer."""

    def __init__(self, view: "ViewerView") -> None:
        super().__init__(view)
        self._view = view
        self.deeds = Deeds(view.ops, view)
        self.naming = NameBox(view)
        self.naming.hide()
        self.words = WordsBox(view)
        self._face: AppearanceRow | None = None
        self._line: Mark | None = None
        self.naming.given.connect(self._given)
        self.naming.left.connect(view.focus_stage)
        self.words.given.connect(self._corrected)
        self.words.left.connect(view.focus_stage)
        self.deeds.done.connect(view.undoable)
        self.deeds.moved.connect(lambda _number: view.renew())
        view.about.transcript.picked.connect(view.go)
        view.about.within.asked.connect(view.show_query)

    def adopt(self, stage: Stage) -> None:
        """Listen to a stage."""
        stage.touched.connect(self._touched)
        stage.menu_asked.connect(self.show_menu)
        stage.outlined.connect(self._outlined)

    # --- menus

    def show_menu(self, mark: Mark | None, point: QPoint) -> None:
        """Show what can be done with a box, or with the whole."""
        self._pop(self.deeds_of(mark, point), point)

    def deeds_of(self, mark: Mark | None, point: QPoint) -> list[Deed]:
        """The entries of the menu."""
        stage = self._view.stage
        whole = entries.of_whole(self, drawable=stage is not None and stage.draws and bool(stage.layers))
        return [*entries.of_mark(self, mark, point), LINE, *whole] if mark is not None else whole

    def _pop(self, deeds: list[Deed], point: QPoint) -> None:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, call in deeds:
            if text:
                menu.addAction(text.replace("&", "&&")).triggered.connect(lambda _on=False, call=call: call())
            else:
                menu.addSeparator()
        menu.popup(point)

    def _touched(self, mark: Mark, point: QPoint) -> None:
        if mark.layer is Layer.FACE:
            self.name(mark, point)
        else:
            self.show_menu(mark, point)

    # --- the box with the focus of the keyboard

    def rename(self) -> None:
        """Name the face, or correct the words, that have the focus."""
        if (found := self._held()) is None:
            return
        mark, point = found
        if mark.layer is Layer.FACE:
            self.name(mark, point)
        elif mark.layer is Layer.TEXT and mark.spot is not None:
            self.correct(mark, point)
        else:
            self._view.message.emit(tr("Only faces and words that were read can be typed anew."))

    def reject_held(self) -> None:
        """What has the focus is wrong."""
        if (found := self._held()) is not None:
            self.reject(found[0])

    def _held(self) -> tuple[Mark, QPoint] | None:
        found = self._view.stage.held() if self._view.stage is not None else None
        if found is None:
            self._view.message.emit(tr("Go to a box first: show boxes, then press Tab."))
        return found

    def reject(self, mark: Mark) -> None:
        """What a box says is wrong: this is another person, no such thing, no text."""
        view, library = self._view, self._view.ops.library
        face = self.appearance(mark)
        if mark.layer is Layer.FACE:
            if face is not None and face.person is not None:
                view.ops.start(self._deny(face))
        elif mark.layer is Layer.THING:
            said = tr("“{label}” was taken away here.", label=mark.text)
            self._do(said, library.judging.wrong, mark.key)
        elif mark.layer is Layer.TEXT and mark.spot is not None and view.asset is not None:
            self._do(tr("The line was taken away."), library.corrections.put, view.asset, mark.spot, mark.text, "")
        elif mark.layer is Layer.SAFETY:
            self.judge("safe")
        else:
            view.message.emit(tr("This cannot be taken away."))

    # --- faces

    def name(self, mark: Mark, point: QPoint) -> None:
        """Type a name for a face, near a global point."""
        face = self.appearance(mark)
        if face is None:
            self._view.message.emit(tr("This face is still being told apart. Try again in a moment."))
            return
        self._face = face
        self.naming.open_at(self._place(point, WIDE), face.name)
        self._view.ops.start(self._know())

    def appearance(self, mark: Mark) -> AppearanceRow | None:
        """Who a face was told to be, None while it was not looked at."""
        subject = self._view.subject
        return subject.senses.faces.get(mark.key) if subject is not None and mark.layer is Layer.FACE else None

    def go_to(self, person: int) -> None:
        """Show the page of a person."""
        self._view.show_person.emit(person)

    def _place(self, point: QPoint, width: int) -> QRect:
        view = self._view
        at = view.mapFromGlobal(point)
        left = min(max(EDGE, at.x() - width // 2), max(EDGE, view.width() - width - EDGE))
        top = min(max(EDGE, at.y() + 12), max(EDGE, view.height() - HIGH - EDGE - 6))
        return QRect(left, top, width, HIGH)

    def _given(self, name: str) -> None:
        view, face = self._view, self._face
        view.focus_stage()
        if face is not None:
            view.ops.start(self._name(face, name))

    async def _name(self, face: AppearanceRow, name: str) -> None:
        """A face of a person without a name names the person; of another one, this face alone is moved."""
        people = await self._view.ops.ask(self._view.ops.library.people.listing, hidden=True)
        known: list[PersonRow] = people or []
        own = next((one for one in known if one.id == face.person), None)
        same = next((one for one in known if one.name.casefold() == name.casefold()), None)
        if own is not None and not own.named:
            self.deeds.name(own, name, known)
        else:
            self.deeds.assign([face.id], same.id if same is not None else None, same.name if same else name)

    async def _know(self) -> None:
        people = await self._view.ops.ask(self._view.ops.library.people.listing)
        self.naming.know([one.name for one in people or () if one.named])

    async def _deny(self, face: AppearanceRow) -> None:
        if face.person is not None:
            person = await self._view.ops.ask(self._view.ops.library.people.person, face.person)
            if person is not None:
                self.deeds.deny([face.id], person)

    # --- words

    def chosen_words(self) -> str:
        """The words that are chosen."""
        return self._view.stage.copied() if self._view.stage is not None else ""

    def copy(self, words: str) -> None:
        """Put words on the clipboard."""
        QGuiApplication.clipboard().setText(words)
        self._view.message.emit(tr("Copied."))

    def correct(self, mark: Mark, point: QPoint) -> None:
        """Type what a line really says, near a global point."""
        self._line = mark
        room = self._view.width() - 2 * EDGE
        wide = min(room, max(WIDE, self.words.fontMetrics().horizontalAdvance(mark.text) + 60))
        place = self._place(point, wide)
        place.moveLeft(min(max(EDGE, self._view.mapFromGlobal(point).x()), max(EDGE, self._view.width() - wide - EDGE)))
        self.words.open_at(place, mark.text)

    def revert(self, mark: Mark) -> None:
        """Let stand again what was read."""
        asset = self._view.asset
        if asset is not None and mark.spot is not None:
            revert = self._view.ops.library.corrections.revert
            self._do(tr("What was read stands here again."), revert, asset, mark.spot, mark.text)

    def _corrected(self, text: str) -> None:
        line, asset = self._line, self._view.asset
        if line is not None and line.spot is not None and asset is not None:
            said = tr("Corrected.") if text else tr("The line was taken away.")
            self._do(said, self._view.ops.library.corrections.put, asset, line.spot, line.text, text)

    # --- how safe it is

    def safety(self) -> tuple[str, str]:
        """The level of what is shown, and the one that a person gave it."""
        subject = self._view.subject
        return (subject.row.cell.safety, subject.judged) if subject is not None else ("", "")

    def judge(self, level: str) -> None:
        """Say how safe it is to show; empty: as the models say."""
        asset = self._view.asset
        if asset is not None:
            said = {
                "safe": tr("It counts as safe now."),
                "explicit": tr("It counts as not safe now."),
                "": tr("It counts as what the models say."),
            }[level]
            self._do(said, self._view.ops.library.judging.level, [asset], level)

    # --- parts of a picture

    def outline(self) -> None:
        """Let a part of the picture be drawn around."""
        if self._view.stage is not None:
            self._view.stage.outline()
            self._view.message.emit(
                tr("Draw a rectangle around the part that you mean, or move it with the arrow keys and press Enter.")
            )

    def _outlined(self, moment: Moment, point: QPoint) -> None:
        self._pop(entries.of_part(self, moment, point), point)

    def within(self, moment: Moment) -> list[Mark]:
        """The boxes, of every layer, whose middles lie in a part."""
        stage, box = self._view.stage, moment.box
        if stage is None or box is None:
            return []
        return [
            mark
            for mark in stage.marks_now()
            if box.x <= mark.box.x + mark.box.w / 2 <= box.x + box.w
            and box.y <= mark.box.y + mark.box.h / 2 <= box.y + box.h
        ]

    def words_in(self, moment: Moment) -> str:
        """The text in a part, as the eye reads it."""
        return in_order([mark for mark in self.within(moment) if mark.layer is Layer.TEXT and mark.text])

    def copy_part(self, moment: Moment) -> None:
        """Put a part of the picture on the clipboard, from the finest copy at hand."""
        image = self._view.stage.part(moment) if self._view.stage is not None else None
        if image is not None:
            QGuiApplication.clipboard().setImage(image)
            self._view.message.emit(tr("The part of the picture is on the clipboard."))

    def teach(self, moment: Moment) -> None:
        """Ask for the name of a logo, and learn it from this one example."""
        dialog = QInputDialog(self._view)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Teach a logo"))
        dialog.setLabelText(tr("Whose logo is this? It is then looked for everywhere."))
        dialog.textValueSelected.connect(lambda name: self._view.ops.start(self._teach(name.strip(), moment)))
        dialog.open()

    async def _teach(self, name: str, moment: Moment) -> None:
        view = self._view
        if not name or view.asset is None or moment.box is None:
            return
        teach = view.ops.library.logos.teach
        if await view.ops.ask(teach, name, view.asset, moment.box, moment.start, moment.page) is not None:
            view.message.emit(tr("The logo “{name}” is learned.", name=name))

    # --- searches

    def find(self, text: str) -> None:
        """Search for something else."""
        self._view.show_query.emit(text)

    def find_like(self) -> None:
        """Search for what is like the whole, or like the second that is shown."""
        view = self._view
        if view.asset is not None:
            shown = view.stage.moment if view.stage is not None else Moment()
            self.find(query.like(view.asset, Moment(start=shown.start)))

    def find_part(self, moment: Moment, *, less: bool = False) -> None:
        """Search for what is like a part; `less`: what the search finds, without what is like it."""
        view = self._view
        if view.asset is not None and moment.box is not None:
            like = query.like(view.asset, moment)
            self.find(f"{view.query} -{like}".strip() if less else like)

    def find_posture(self, moment: Moment) -> None:
        """Search for everybody in the posture of a body."""
        if self._view.asset is not None:
            self.find(query.posture(self._view.asset, moment))

    def command(self, name: str) -> None:
        """Run a command of the window."""
        self._view.command.emit(name)

    def _do(self, said: str, verb: Callable[..., Any], *values: object) -> None:
        self._view.ops.start(self._decide(said, verb, *values))

    async def _decide(self, said: str, verb: Callable[..., Any], *values: object) -> None:
        done: list[bool] = []

        def work() -> None:
            verb(*values)
            done.append(True)

        await self._view.ops.ask(work)
        if done:
            self._view.undoable.emit(said)
            await self._view.showing.renewed()
