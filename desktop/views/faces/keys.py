"""What the keys do in the people view."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from desktop.views.faces.asking import NO, YES
from engine.language import tr

if TYPE_CHECKING:
    from desktop.views.people import PeopleView


def install(view: "PeopleView") -> None:
    """Give the people view its commands, each with its key."""
    for name, keys, call in (
        (tr("Yes, this is that person"), "Y", lambda: view.questions.answer(YES)),
        (tr("No, this is not that person"), "N", lambda: view.questions.answer(NO)),
        (tr("Skip the question"), "S", lambda: view.questions.skip()),
        (tr("Merge, or move faces"), "M", lambda: view.move_faces() if view.whom or view.strange else view.merge()),
        (tr("Not this person; leave a stranger alone"), "Del", view.deny),
        (tr("A pet, or none"), "P", view.pet_chosen),
        (tr("Hide"), "H", view.hide_chosen),
        (tr("Rename this person"), "F2", view.rename),
        (tr("Back to all people"), "Esc", view.escape),
    ):
        action = QAction(name, view)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _on=False, call=call: call())
        view.addAction(action)
