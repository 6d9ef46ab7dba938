"""The menu of what is selected in the grid."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from engine.language import mark, tr, trn

STARS = "stars"
ITEMS: tuple[tuple[str, str], ...] = (
    ("items.open", mark("Open")),
    ("items.reveal", mark("Show in file manager")),
    ("items.copy_path", mark("Copy path")),
    ("", ""),
    ("items.similar", mark("Find similar")),
    ("items.like", mark("Like this too")),
    ("items.unlike", mark("Not like this")),
    ("items.compare", mark("Compare")),
    ("items.explain", mark("Why was this found?")),
    ("", ""),
    ("items.favourite", mark("Favourite")),
    ("items.album", mark("Add to album…")),
    ("items.out_of_album", mark("Take out of this album")),
    ("items.tag", mark("Tag…")),
    (STARS, mark("Stars")),
    ("items.safe", mark("Mark as safe to show")),
    ("items.unsafe", mark("Mark as not safe to show")),
    ("", ""),
    ("items.stack", mark("Stack")),
    ("items.open_stack", mark("Open or close the stack")),
    ("items.top", mark("Put on top of its stack")),
    ("items.out_of_stack", mark("Take out of its stack")),
    ("items.unstack", mark("Take the stack apart")),
    ("", ""),
    ("file.export", mark("Export list…")),
)
STACK = "items.stack"
OF_ALBUMS = ("items.out_of_album",)
OF_STACKS = ("items.open_stack", "items.top", "items.out_of_stack", "items.unstack")


def show_menu(
    over: QWidget, point: QPoint, run: Callable[[str], object], *, count: int, album: bool, stacked: bool
) -> QMenu:
    """Show it at a global point; what cannot be done with `count` items here is left out."""
    menu = QMenu(over)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for name, words in ITEMS:
        if not name:
            menu.addSeparator()
        elif name == STARS:
            _add_stars(menu.addMenu(tr(words)), run)
        elif (album or name not in OF_ALBUMS) and (stacked or name not in OF_STACKS) and (count > 1 or name != STACK):
            menu.addAction(tr(words)).triggered.connect(lambda _on=False, name=name: run(name))
    menu.popup(point)
    return menu


def _add_stars(menu: QMenu, run: Callable[[str], object]) -> None:
    for stars in range(6):
        words = trn("{n} star", "{n} stars", stars) if stars else tr("No stars")
        menu.addAction(words).triggered.connect(lambda _on=False, name=f"items.rate{stars}": run(name))
