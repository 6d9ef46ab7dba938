"""The menu of quick filters: it writes them into the query."""

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.look.look import Look
from desktop.models import query
from desktop.operations import Operations
from engine.language import mark, tr

GROUPS: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "type",
        mark("Type"),
        "photo",
        (
            (mark("Photos"), "photo"),
            (mark("Videos"), "video"),
            (mark("Audio"), "audio"),
            (mark("Documents"), "document"),
        ),
    ),
    ("has", mark("Has"), "text", ((mark("Text"), "text"), (mark("Speech"), "speech"), (mark("Place"), "gps"))),
    (
        "rating",
        mark("Rating"),
        "star",
        (
            (mark("5 stars"), "5"),
            (mark("4 stars or more"), ">=4"),
            (mark("3 stars or more"), ">=3"),
            (mark("1 star or more"), ">=1"),
        ),
    ),
    (
        "safe",
        mark("Safety"),
        "shield",
        ((mark("Safe"), "safe"), (mark("Suggestive"), "suggestive"), (mark("Explicit"), "explicit")),
    ),
    ("dup", mark("Duplicates"), "duplicates", ((mark("Exact copies"), "exact"), (mark("Nearly the same"), "near"))),
)

FROM_LIBRARY = (
    ("year", mark("Year"), "calendar", "year:"),
    ("place", mark("Place"), "place", "place:"),
    ("camera", mark("Camera"), "camera", "camera:"),
    ("tag", mark("Tag"), "tag", "tag:"),
    ("in", mark("Folder"), "folder", "in:"),
)


class FilterMenu(QMenu):
    """Quick filters; those with values of the library ask for them when they open."""

    def __init__(
        self, ops: Operations, look: Look, get: Callable[[], str], put: Callable[[str], None], parent: QWidget
    ) -> None:
        super().__init__(tr("Filters"), parent)
        self._ops, self._look = ops, look
        self._get, self._put = get, put
        self.aboutToShow.connect(self._build)

    def _build(self) -> None:
        self.clear()
        now = {(one.key, one.value.lower()) for one in query.filters(self._get()) if not one.negated}
        for key, title, icon, values in GROUPS:
            menu = self._submenu(tr(title), icon)
            for words, value in values:
                self._entry(menu, key, tr(words), value, (key, value) in now)
        self.addSeparator()
        for key, title, icon, typed in FROM_LIBRARY:
            menu = self._submenu(tr(title), icon)
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
            menu.addAction(tr("None known yet")).setEnabled(False)
