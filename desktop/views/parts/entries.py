"""The entries of the viewer's menus: of a box of a picture, of a part that was drawn around, of the whole."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence

from desktop.models import query
from desktop.views.parts.overlays import Layer, Mark
from engine.language import tr
from engine.model import Moment

if TYPE_CHECKING:
    from desktop.views.parts.hands import Hands

Deed = tuple[str, Callable[[], object]]  # an empty title is a line
LINE: Deed = ("", lambda: None)


def of_mark(hands: "Hands", mark: Mark, point: QPoint) -> list[Deed]:
    """The entries of a box."""
    make: dict[Layer, Callable[[Hands, Mark, QPoint], list[Deed]]] = {
        Layer.FACE: _face, Layer.BODY: _body, Layer.THING: _thing, Layer.TEXT: _text, Layer.ROLE: _role,
        Layer.SAFETY: lambda hands, _mark, _point: safety(hands),
    }  # fmt: skip
    return make[mark.layer](hands, mark, point)


def of_part(hands: "Hands", moment: Moment, point: QPoint) -> list[Deed]:
    """The entries of a part that was drawn around."""
    inside = hands.within(moment)
    found: list[Deed] = [
        (tr("Search for this part"), partial(hands.find_part, moment)),
        (tr("Not like this part"), partial(hands.find_part, moment, less=True)),
    ]
    if words := hands.words_in(moment):
        found.append((tr("Copy the text in it"), partial(hands.copy, words)))
    face = next((mark for mark in inside if mark.layer is Layer.FACE), None)
    if face is not None:
        found.append((tr("Name the face in it…"), partial(hands.name, face, point)))
    found.append((tr("Copy this part of the picture"), partial(hands.copy_part, moment)))
    found.append((tr("Teach this as a logo…"), partial(hands.teach, moment)))
    return found


def of_whole(hands: "Hands", *, drawable: bool) -> list[Deed]:
    """The entries of the whole asset."""
    found: list[Deed] = [
        (tr("Find similar to the whole"), hands.find_like),
        (keyed(tr("Like this too"), "Ctrl+L"), partial(hands.command, "items.like")),
        (keyed(tr("Not like this"), "Ctrl+U"), partial(hands.command, "items.unlike")),
    ]
    if drawable:
        found += [LINE, (keyed(tr("Draw around a part…"), "R"), hands.outline)]
    return [*found, LINE, *safety(hands)]


def keyed(title: str, key: str) -> str:
    """A title with the key that does the same, as menus show it."""
    return f"{title}\t{QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)}"


def safety(hands: "Hands") -> list[Deed]:
    """The entries about how safe the whole is to show."""
    level, said = hands.safety()
    found: list[Deed] = []
    if level != "safe":
        found.append((tr("It is safe to show"), partial(hands.judge, "safe")))
    if level != "explicit":
        found.append((tr("It is not safe to show"), partial(hands.judge, "explicit")))
    if said:
        found.append((tr("Let Kinora judge again whether it is safe"), partial(hands.judge, "")))
    return found


def _face(hands: "Hands", mark: Mark, point: QPoint) -> list[Deed]:
    face = hands.appearance(mark)
    name = tr("Rename or move…") if face is not None and face.name else tr("Name this face…")
    found: list[Deed] = [(keyed(name, "F2"), partial(hands.name, mark, point))]
    if face is None or face.person is None:
        return found
    who = face.name or tr("this person")
    wanted = f'person:"{face.name}"' if face.name else f"person:#{face.person}"
    found.append((tr("Find {who}", who=who), partial(hands.find, wanted)))
    found.append((tr("Go to {who}", who=who), partial(hands.go_to, face.person)))
    if face.name and face.how == "auto":
        found.append((tr("This is {who}", who=who), partial(hands.deeds.confirm, [face.id], who)))
    found.append((keyed(tr("Not {who}", who=who), "Del"), partial(hands.reject, mark)))
    return found


def _body(hands: "Hands", mark: Mark, _point: QPoint) -> list[Deed]:
    found: list[Deed] = [(tr("Find this posture"), partial(hands.find_posture, mark.moment))]
    for posture in filter(None, mark.text.lower().split(", ")):
        found.append((tr("Find “{posture}”", posture=posture), partial(hands.find, f'pose:"{posture}"')))
    found.append((tr("Find what looks like this"), partial(hands.find_part, mark.moment)))
    return found


def _thing(hands: "Hands", mark: Mark, _point: QPoint) -> list[Deed]:
    name = mark.text.lower()
    return [
        (tr("Find “{lower}”", lower=name), partial(hands.find, f'shows:"{name}"')),
        (tr("Find what looks like this"), partial(hands.find_part, mark.moment)),
        (tr("Copy “{text}”", text=mark.text), partial(hands.copy, mark.text)),
        (keyed(tr("Wrong: it is no {lower}", lower=name), "Del"), partial(hands.reject, mark)),
    ]


def _text(hands: "Hands", mark: Mark, point: QPoint) -> list[Deed]:
    chosen = hands.chosen_words()
    found: list[Deed] = [
        (tr("Copy the chosen words"), partial(hands.copy, chosen))
        if chosen and chosen != mark.text
        else (keyed(tr("Copy"), "Ctrl+C"), partial(hands.copy, mark.text)),
        (tr("Search for this text"), partial(hands.find, query.phrase(mark.text))),
    ]
    if mark.spot is not None:
        found.append((keyed(tr("Correct…"), "F2"), partial(hands.correct, mark, point)))
        if mark.original is not None:
            found.append((tr("Back to what was read"), partial(hands.revert, mark)))
        else:
            found.append((keyed(tr("No text stands here"), "Del"), partial(hands.reject, mark)))
    return found


def _role(hands: "Hands", mark: Mark, _point: QPoint) -> list[Deed]:
    return [(tr("Teach this as a logo…"), partial(hands.teach, mark.moment))]
