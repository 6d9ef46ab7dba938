"""What the keys do in the people view."""

from functools import partial
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
        (tr("Yes, this is that person"), "Y", partial(view.questions.answer, YES)),
        (tr("No, this is not that person"), "N", partial(view.questions.answer, NO)),
        (tr("Skip the question"), "S", view.questions.skip),
        (tr("Merge, or move faces"), "M", lambda: view.merge() if view.whom is None else view.move_faces()),
        (tr("Not this person"), "Del", view.deny),
        (tr("Hide"), "H", view.hide_chosen),
        (tr("Rename this person"), "F2", view.rename),
        (tr("Back to all people"), "Esc", view.escape),
    ):
        action = QAction(name, view)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _on=False, call=call: call())
        view.addAction(action)
