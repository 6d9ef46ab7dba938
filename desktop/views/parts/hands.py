"""What can be done with what the viewer shows: name a face, find what is like it, teach a logo."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtWidgets import QInputDialog, QMenu

from desktop.models import query
from desktop.views.faces.deeds import Deeds
from desktop.views.faces.naming import NameBox
from desktop.views.parts.overlays import Layer, Mark
from desktop.views.parts.stage import Stage
from engine.language import tr
from engine.model import AppearanceRow, Moment, PersonRow

if TYPE_CHECKING:
    from desktop.views.viewer import ViewerView

Deed = tuple[str, Callable[[], object]]
WIDE = 240  # pixels of the box for a name


class Hands(QObject):
    """The menus and the naming box of one viewer."""

    def __init__(self, view: "ViewerView") -> None:
        super().__init__(view)
        self._view = view
        self.deeds = Deeds(view.ops, view)
        self.naming = NameBox(view)
        self.naming.hide()
        self._face: AppearanceRow | None = None
        self._known: list[PersonRow] = []
        self.naming.given.connect(self._given)
        self.naming.left.connect(view.focus_stage)
        self.deeds.done.connect(view.undoable)
        self.deeds.moved.connect(lambda _number: view.renew())
        view.about.transcript.picked.connect(view.go)
        view.about.within.asked.connect(view.show_query)

    def adopt(self, stage: Stage) -> None:
        """Listen to a stage."""
        stage.touched.connect(self._touched)
        stage.menu_asked.connect(self.show_menu)
        stage.outlined.connect(self._outlined)

    # --- faces

    def name(self, mark: Mark, point: QPoint) -> None:
        """Type a name for a face, near a global point."""
        face = self._appearance(mark)
        if face is None:
            self._view.message.emit(tr("This face is still being told apart. Try again in a moment."))
            return
        self._face = face
        view = self._view
        at = view.mapFromGlobal(point)
        left = min(max(8, at.x() - WIDE // 2), max(8, view.width() - WIDE - 8))
        top = min(max(8, at.y() + 12), max(8, view.height() - 48))
        self.naming.open_at(QRect(left, top, WIDE, 34), face.name)
        view.ops.start(self._know())

    def _given(self, name: str) -> None:
        view, face = self._view, self._face
        view.focus_stage()
        if face is not None:
            view.ops.start(self._name(face, name))

    async def _name(self, face: AppearanceRow, name: str) -> None:
        """A face of a person without a name names the person; of another one, this face alone is moved."""
        people = await self._view.ops.ask(self._view.ops.library.people.listing, hidden=True)
        known = people or []
        own = next((one for one in known if one.id == face.person), None)
        same = next((one for one in known if one.name.casefold() == name.casefold()), None)
        if own is not None and not own.named:
            self.deeds.name(own, name, known)
        else:
            self.deeds.assign([face.id], same.id if same is not None else None, same.name if same else name)

    async def _know(self) -> None:
        people = await self._view.ops.ask(self._view.ops.library.people.listing)
        self._known = people or []
        self.naming.know([one.name for one in self._known if one.named])

    def _appearance(self, mark: Mark) -> AppearanceRow | None:
        subject = self._view.subject
        return subject.senses.faces.get(mark.key) if subject is not None and mark.layer is Layer.FACE else None

    def _touched(self, mark: Mark, point: QPoint) -> None:
        if mark.layer is Layer.FACE:
            self.name(mark, point)
        else:
            self.show_menu(mark, point)

    # --- menus

    def show_menu(self, mark: Mark | None, point: QPoint) -> None:
        """Show what can be done with a box, or with the whole."""
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, call in self.deeds_of(mark, point):
            if text:
                menu.addAction(text).triggered.connect(lambda _on=False, call=call: call())
            else:
                menu.addSeparator()
        menu.popup(point)

    def deeds_of(self, mark: Mark | None, point: QPoint) -> list[Deed]:
        """The entries of the menu."""
        found: list[Deed] = []
        if mark is not None and mark.layer is Layer.FACE:
            found += self._face_deeds(mark, point)
        elif mark is not None and mark.layer is Layer.BODY:
            found.append((tr("Find this posture"), lambda: self._find_posture(mark.moment)))
            for posture in filter(None, mark.text.lower().split(", ")):
                found.append(
                    (tr("Find “{posture}”", posture=posture), partial(self._view.show_query.emit, f'pose:"{posture}"'))
                )
            found.append((tr("Find what looks like this"), lambda: self._find_part(mark.moment)))
        elif mark is not None and mark.layer is Layer.THING:
            wanted = f'shows:"{mark.text.lower()}"'
            found.append((tr("Find “{lower}”", lower=mark.text.lower()), lambda: self._view.show_query.emit(wanted)))
            found.append((tr("Find what looks like this"), lambda: self._find_part(mark.moment)))
        elif mark is not None and mark.layer is Layer.ROLE:
            found.append((tr("Teach this as a logo…"), lambda: self.teach(mark.moment)))
        if found:
            found.append(("", lambda: None))
        found.append((tr("Find similar to the whole"), self._find_like))
        if self._view.stage is not None and self._view.stage.layers:
            found.append((tr("Draw around a part… (R)"), self.outline))
        return found

    def _face_deeds(self, mark: Mark, point: QPoint) -> list[Deed]:
        face = self._appearance(mark)
        name = tr("Rename or move…") if face is not None and face.name else tr("Name this face…")
        found: list[Deed] = [(name, lambda: self.name(mark, point))]
        if face is not None and face.person is not None:
            who = face.name or tr("this person")
            if face.name:
                wanted = f'person:"{face.name}"'
                found.append((tr("Find {who}", who=who), lambda: self._view.show_query.emit(wanted)))
                if face.how == "auto":
                    found.append((tr("This is {who}", who=who), lambda: self.deeds.confirm([face.id], who)))
            found.append((tr("Not {who}", who=who), lambda: self._view.ops.start(self._deny(face))))
        return found

    async def _deny(self, face: AppearanceRow) -> None:
        if face.person is not None:
            person = await self._view.ops.ask(self._view.ops.library.people.person, face.person)
            if person is not None:
                self.deeds.deny([face.id], person)

    # --- parts of a picture

    def outline(self) -> None:
        """Let a part of the picture be drawn around."""
        if self._view.stage is not None:
            self._view.stage.outline()
            self._view.message.emit(tr("Draw a rectangle around the part that you mean."))

    def _outlined(self, moment: Moment) -> None:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Find similar")).triggered.connect(lambda _on=False: self._find_part(moment))
        menu.addAction(tr("Teach this as a logo…")).triggered.connect(lambda _on=False: self.teach(moment))
        menu.popup(self._view.cursor().pos())

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

    def _find_like(self) -> None:
        view = self._view
        if view.asset is not None:
            shown = view.stage.moment if view.stage is not None else Moment()
            view.show_query.emit(query.like(view.asset, Moment(start=shown.start)))

    def _find_part(self, moment: Moment) -> None:
        if self._view.asset is not None and moment.box is not None:
            self._view.show_query.emit(query.like(self._view.asset, moment))

    def _find_posture(self, moment: Moment) -> None:
        if self._view.asset is not None:
            self._view.show_query.emit(query.posture(self._view.asset, moment))
