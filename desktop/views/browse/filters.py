"""The menu of quick filters: it writes them into the query."""

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.look.look import Look
from desktop.models import query
from desktop.operations import Operations

GROUPS: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    ("type", "Type", "photo",
     (("Photos", "photo"), ("Videos", "video"), ("Audio", "audio"), ("Documents", "document"))),
    ("has", "Has", "text", (("Text", "text"), ("Speech", "speech"), ("Place", "gps"))),
    ("rating", "Rating", "star",
     (("5 stars", "5"), ("4 stars or more", ">=4"), ("3 stars or more", ">=3"), ("1 star or more", ">=1"))),
    ("safe", "Safety", "shield", (("Safe", "safe"), ("Suggestive", "suggestive"), ("Explicit", "explicit"))),
    ("dup", "Duplicates", "duplicates", (("Exact copies", "exact"), ("Nearly the same", "near"))),
)  # fmt: skip

FROM_LIBRARY = (
    ("year", "Year", "calendar", "year:"),
    ("place", "Place", "place", "place:"),
    ("camera", "Camera", "camera", "camera:"),
    ("tag", "Tag", "tag", "tag:"),
    ("in", "Folder", "folder", "in:"),
)


class FilterMenu(QMenu):
    """Quick filters; those with values of the library ask for them when they open."""

    def __init__(
        self, ops: Operations, look: Look, get: Callable[[], str], put: Callable[[str], None], parent: QWidget
    ) -> None:
        super().__init__("Filters", parent)
        self._ops, self._look = ops, look
        self._get, self._put = get, put
        self.aboutToShow.connect(self._build)

    def _build(self) -> None:
        self.clear()
        now = {(one.key, one.value.lower()) for one in query.filters(self._get()) if not one.negated}
        for key, title, icon, values in GROUPS:
            menu = self._submenu(title, icon)
            for words, value in values:
                self._entry(menu, key, words, value, (key, value) in now)
        self.addSeparator()
        for key, title, icon, typed in FROM_LIBRARY:
            menu = self._submenu(title, icon)
            menu.addAction("…").setEnabled(False)
            menu.aboutToShow.connect(lambda m=menu, k=key, t=typed: self._ops.start(self._fill(m, k, t, now)))

    def _submenu(self, title: str, icon: str) -> QMenu:
        menu = self.addMenu(title)
        menu.setIcon(self._look.icon(icon))
        return menu

    def _entry(self, menu: QMenu, key: str, words: str, value: str, on: bool) -> QAction:
        made = menu.addAction(words)
        made.setCheckable(True)
        made.setChecked(on)
        made.triggered.connect(lambda: self._put(query.toggled(self._get(), key, value)))
        return made

    async def _fill(self, menu: QMenu, key: str, typed: str, now: set[tuple[str, str]]) -> None:
        found = await self._ops.ask(self._ops.library.complete, typed, len(typed))
        menu.clear()
        for one in (found or ())[:24]:
            value = one.text.strip().removeprefix(typed).strip('"')
            if value:
                self._entry(menu, key, value, value, (key, value.lower()) in now)
        if menu.isEmpty():
            menu.addAction("None known yet").setEnabled(False)
