"""What the keys do in the viewer."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

from desktop.views.parts import filmkeys
from desktop.views.parts.film import HOP, FilmStage
from desktop.views.parts.overlays import Layer
from desktop.views.parts.paper import PaperStage
from engine.language import tr

if TYPE_CHECKING:
    from desktop.views.viewer import ViewerView

CLOSER = 1.25  # one press of + or -
LOUDER = 0.05


def install(view: "ViewerView") -> None:
    """Give the viewer its commands, each with its key."""
    for name, keys, call in (
        (tr("Back to the list"), "Esc", view.go_back.emit),
        (tr("Previous file"), "PgUp", lambda: view.step(-1)),
        (tr("Next file"), "PgDown", lambda: view.step(1)),
        (tr("Larger"), "+", lambda: view.zoom(CLOSER)),
        (tr("Larger "), "=", lambda: view.zoom(CLOSER)),
        (tr("Smaller"), "-", lambda: view.zoom(1 / CLOSER)),
        (tr("Whole picture"), "0", view.fit),
        ("100 %", "1", view.full),
        (tr("Text boxes"), "O", filmkeys.either(view, lambda film: film.mark(1), view.bar.text.toggle)),
        (tr("Safety boxes"), "S", view.bar.safety.toggle),
        (tr("Faces"), "F", lambda: view.bar.switch(Layer.FACE)),
        (tr("Bodies"), "B", lambda: view.bar.switch(Layer.BODY)),
        (tr("Things"), "T", lambda: view.bar.switch(Layer.THING)),
        (tr("Titles and logos"), "L", lambda: view.bar.switch(Layer.ROLE)),
        (tr("Name or correct what has the focus"), "F2", lambda: view.hands.rename()),
        (tr("What has the focus is wrong"), "Del", lambda: view.hands.reject_held()),
        (
            tr("Compare with the next one"),
            "C",
            filmkeys.either(view, lambda _film: view.clipping.add_marked(), lambda: view.command.emit("items.compare")),
        ),
        (tr("Whole picture or 100 %"), "Z", view.toggle_zoom),
        (tr("Go to a page"), "Ctrl+G", lambda: _paper(view, "ask_page")),
        (tr("Pages as small pictures"), "G", lambda: _paper(view, "toggle_leaves")),
        (tr("All boxes"), "A", view.bar.switch_all),
        (tr("Draw around a part"), "R", lambda: view.hands.outline()),
        (tr("What is known"), "I", filmkeys.either(view, lambda film: film.mark(-1), view.bar.panel.toggle)),
        (tr("Next hit"), "F3", lambda: view.next_hit(1)),
        (tr("Previous hit"), "Shift+F3", lambda: view.next_hit(-1)),
        *filmkeys.deeds(view),
        (tr("Copy the chosen words"), "Ctrl+C", view.copy),
        (tr("Choose all words"), "Ctrl+A", view.choose_all),
    ):
        action = QAction(name, view)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked=False, call=call: call())
        view.addAction(action)


def pressed(view: "ViewerView", event: QKeyEvent) -> bool:
    """Do what an arrow or the space bar asks for; False when the key means nothing here."""
    film = view.stage if isinstance(view.stage, FilmStage) else None
    key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        way = 1 if key == Qt.Key.Key_Right else -1
        if film is None:
            view.step(way)
        else:
            film.hop(way * (1.0 if shift else HOP))
        return True
    if film is None:
        return False
    if key == Qt.Key.Key_Space:
        film.toggle()
    elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
        film.louder(LOUDER if key == Qt.Key.Key_Up else -LOUDER)
    else:
        return False
    return True


def _paper(view: "ViewerView", name: str) -> None:
    if isinstance(view.stage, PaperStage):
        getattr(view.stage, name)()
