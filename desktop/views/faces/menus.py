"""The menus of the people view."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from engine.language import tr

if TYPE_CHECKING:
    from desktop.views.people import PeopleView

Entries = list[tuple[str, Callable[[], object]]]  # an empty title is a line


def more(view: "PeopleView") -> QMenu:
    """The menu behind "More"."""
    menu = QMenu(view)
    _fill(menu, [
        (tr("Group faces again"), view.group_again),
        (tr("Strangers"), view.open_strangers),
        ("", lambda: None),
        (tr("Import names from sidecar files"), view.deeds.import_names),
        (tr("Export…"), view.export),
        ("", lambda: None),
        (tr("Erase all people…"), view.deeds.erase_all),
    ])  # fmt: skip
    return menu


def popup(view: "PeopleView", point: QPoint) -> None:
    """Show what can be done with what is chosen."""
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    _fill(menu, _strangers(view) if view.strange else _crowd(view) if view.whom is None else _single(view))
    menu.popup(point)


def _fill(menu: QMenu, entries: Entries) -> None:
    for text, call in entries:
        if text:
            menu.addAction(text).triggered.connect(lambda _on=False, call=call: call())
        else:
            menu.addSeparator()


def _crowd(view: "PeopleView") -> Entries:
    chosen = view.crowd.chosen()
    if not chosen:
        return [(tr("Group faces again"), view.group_again)]
    return [
        (tr("Open"), partial(view.open_person, chosen[0].id)),
        (tr("Rename") if chosen[0].named else tr("Add a name"), view.rename),
        *([(tr("Merge"), view.merge)] if len(chosen) > 1 else []),
        (tr("This is not a pet") if chosen[0].pet else tr("This is a pet"), view.pet_chosen),
        (tr("Show again") if chosen[0].hidden else tr("Hide"), view.hide_chosen),
        ("", lambda: None),
        (tr("Erase…"), view.erase),
    ]


def _single(view: "PeopleView") -> Entries:
    if not view.single.chosen():
        return [(tr("Rename"), view.rename)]
    return [
        (tr("Show in its file"), view.show_appearance),
        (tr("Make cover"), view.cover),
        ("", lambda: None),
        (tr("Move to…"), view.move_faces),
        (tr("Not this person"), view.deny),
        (tr("New person"), view.split),
    ]


def _strangers(view: "PeopleView") -> Entries:
    if not view.strangers.chosen():
        return [(tr("Ignore all"), view.ignore_all)]
    return [
        (tr("Show in its file"), view.show_appearance),
        (tr("Who is it?"), view.move_faces),
        (tr("This is a pet"), view.pet_chosen),
        (tr("Ignore"), view.deny),
    ]
