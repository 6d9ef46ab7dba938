"""The scenes of the gallery: each brings the real window into a state that somebody sees, and takes its picture."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

Save = Callable[[str], Awaitable[None]]
Scene = Callable[[Any, Any, Save], Awaitable[None]]  # window, library, what takes the picture


async def settle(done: Callable[[], object], seconds: float = 15) -> None:
    """Wait until something is so, or long enough."""
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


async def quiet(window: Any) -> None:
    """Wait until the window asks for nothing more, pictures included."""
    await settle(lambda: not window.ops._running, 10)
    await asyncio.sleep(0.8)
    await settle(lambda: not window.ops._running, 10)
    window.toasts.clear()


def found(library: Any, name: str) -> int | None:
    """The asset whose file has this name."""
    for cell in library.cells(list(library.listing().ids)):
        if cell.name == name:
            return int(cell.id)
    return None


async def shown(window: Any, query: str = "", *, matches: bool = True) -> Any:
    """The library view with a query."""
    window.show_view("library")
    view = window.view("library")
    view.bar.matches.setChecked(matches)
    view.bar.details.setChecked(False)
    view.search(query)
    await settle(lambda: view.seeker.text == query and (view.grid.plan.count or query))
    await quiet(window)
    return view


async def welcome(window: Any, library: Any, save: Save) -> None:
    window.show_view("welcome")
    view = window.view("welcome")
    for step, name in enumerate(("folders", "understanding", "works")):
        view.go(step)
        await quiet(window)
        await save(f"welcome-{step + 1}-{name}")


async def browse(window: Any, library: Any, save: Save) -> None:
    view = await shown(window)
    view.bar.narrow.setChecked(False)
    await quiet(window)
    await save("library")
    view.bar.narrow.setChecked(True)
    await quiet(window)
    await save("library-albums")
    view.grid.select_row(min(4, view.grid.plan.count - 1))
    view.bar.details.setChecked(True)
    await quiet(window)
    await save("library-details")
    view.grid.selection.set(1, 4)
    view.grid.changed_selection()
    await quiet(window)
    await save("library-several")
    view.bar.details.setChecked(False)
    view.bar.narrow.setChecked(False)


async def search(window: Any, library: Any, save: Save) -> None:
    view = await shown(window, "the")
    await save("search-words")
    view.grid.select_row(0)
    view.explain(0)
    await quiet(window)
    await save("search-why")
    view.explanation.leave()
    view = await shown(window, "flower")
    view.bar.narrow.setChecked(True)
    await quiet(window)
    await save("search-meaning")
    view.bar.narrow.setChecked(False)
    cat = found(library, "chelsea.png")
    if cat:
        await shown(window, f"like:#{cat}")
        await save("search-like")
    await shown(window, "type:video year:1901 zebra")
    await save("search-nothing")
    await shown(window, "type:photo (harbour")
    await save("search-mistake")
    view = await shown(window, "")
    view.bar.box.setFocus()
    view.bar.box.setText("type:")
    view.bar.box.setCursorPosition(5)
    view.bar.box._edited("type:")
    await quiet(window)
    await save("search-completion")
    view.search("")


def _shows(viewer: Any, asset: int) -> bool:
    return viewer.subject is not None and viewer.subject.row.cell.id == asset


async def look(window: Any, library: Any, save: Save) -> None:
    from desktop.views.parts.about import SAID
    from desktop.views.parts.overlays import Layer

    for name, scene in (("curie_couple_bw.jpg", "viewer-faces"), ("en_bar_chalkboard.jpg", "viewer-text"),
                        ("cuts_and_jfk.mp4", "viewer-film"), ("en_jfk.flac", "viewer-sound"),
                        ("In-CC0.pdf", "viewer-document")):  # fmt: skip
        asset = found(library, name)
        if asset is None:
            continue
        ids = list(library.listing().ids)
        window.open_asset(ids, ids.index(asset), "", None)
        viewer = window.view("viewer")
        await settle(partial(_shows, viewer, asset))
        for layer in (Layer.FACE, Layer.BODY, Layer.THING):
            viewer.bar.set_layer(layer, scene == "viewer-faces")
        viewer.bar.text.setChecked(scene == "viewer-text")
        viewer.about.tabs.setCurrentIndex(SAID if viewer.subject and viewer.subject.senses.said else 0)
        await quiet(window)
        await asyncio.sleep(1.2)
        await save(scene)
    window.show_view("library")


async def compare(window: Any, library: Any, save: Save) -> None:
    ids = [one for name in ("coffee.png", "4_brighter.webp") if (one := found(library, name))]
    if len(ids) == 2:
        window.compare(ids)
        await quiet(window)
        await asyncio.sleep(1)
        await save("compare")


async def people(window: Any, library: Any, save: Save) -> None:
    window.show_view("people")
    view = window.view("people")
    view.open_crowd()
    await settle(lambda: view.crowd.people, 5)
    await quiet(window)
    await save("people")
    if view.crowd.people:
        view.open_person(view.crowd.people[0].id)
        await settle(lambda: view.single.tiles.tiles, 5)
        await quiet(window)
        await save("person")
        view.open_crowd()


async def places(window: Any, library: Any, save: Save) -> None:
    await shown(window)
    window.show_view("map")
    await quiet(window)
    await asyncio.sleep(1)
    await save("places")


async def care(window: Any, library: Any, save: Save) -> None:
    for name in ("duplicates", "jobs", "packs", "health", "settings"):
        window.show_view(name)
        await quiet(window)
        await asyncio.sleep(0.6)
        await save({"jobs": "work"}.get(name, name))


async def hosts(window: Any, library: Any, save: Save) -> None:
    """With the hosts and rentals of the tests: nobody's own machines, and no money."""
    from types import SimpleNamespace

    from tests.desktop.hosting import StandinHosts, StandinRentals

    world: Any = SimpleNamespace(calls=[], done=[], tell=lambda *topics: None)
    own = library.hosts, library.rentals
    window.show_view("hosts")
    view = window.view("hosts")
    await settle(view.built.is_set)
    await quiet(window)
    await save("hosts-none")
    library.hosts, library.rentals = StandinHosts(world), StandinRentals(world)
    try:
        await _hosts_of(view, window, library, save)
    finally:
        library.hosts, library.rentals = own
        view.board.add.leave()
        view.tabs.setCurrentIndex(0)


async def _hosts_of(view: Any, window: Any, library: Any, save: Save) -> None:
    library.hosts.fill()
    library.rentals.fill()
    await settle(lambda: len(view.board.cards) == 8)
    await save("hosts")
    view.board.unfold()
    view.board.add.box.setText("ssh anna@box")
    view.board.add.connect_to()
    await settle(lambda: view.board.add.meeting)
    await asyncio.sleep(0.4)
    await save("hosts-add")
    library.rentals.rented = library.rentals.rented[:1]
    view.tabs.setCurrentIndex(1)
    await settle(view.renting.wants.look.isEnabled)
    view.renting.wants.looked.emit()
    await settle(lambda: view.renting.price.forecast)
    await asyncio.sleep(1.2)
    await save("hosts-rent")
    view.tabs.setCurrentIndex(2)
    await settle(lambda: view.money.ledger.rows)
    await save("hosts-money")
    view.tabs.setCurrentIndex(3)
    await settle(lambda: view.travel.boxes)
    await asyncio.sleep(0.4)
    await save("hosts-stays")


async def commands(window: Any, library: Any, save: Save) -> None:
    await shown(window)
    window.open_palette()
    await quiet(window)
    await save("commands")
    if window._palette is not None:
        window._palette.hide()


async def small(window: Any, library: Any, save: Save) -> None:
    before = window.size()
    window.resize(800, 560)
    view = await shown(window, "the")
    view.bar.narrow.setChecked(False)
    await save("small-search")
    window.show_view("people")
    await quiet(window)
    await save("small-people")
    window.resize(before)


async def scrub(window: Any, library: Any, save: Save) -> None:
    view = await shown(window)
    scrubber = view.scrubber
    at = QPoint(scrubber.width() // 2, scrubber.height() // 2)
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove):
        button = Qt.MouseButton.LeftButton
        event = QMouseEvent(
            kind, QPointF(at), scrubber.mapToGlobal(QPointF(at)), button, button, Qt.KeyboardModifier(0)
        )
        QApplication.sendEvent(scrubber, event)
    await asyncio.sleep(0.6)
    await save("time-line")
    QApplication.sendEvent(
        scrubber,
        QMouseEvent(QEvent.Type.MouseButtonRelease, QPointF(at), scrubber.mapToGlobal(QPointF(at)),
                    Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier(0)),
    )  # fmt: skip


SCENES: tuple[tuple[str, Scene], ...] = (
    ("welcome", welcome),
    ("browse", browse),
    ("scrub", scrub),
    ("search", search),
    ("look", look),
    ("compare", compare),
    ("people", people),
    ("places", places),
    ("care", care),
    ("hosts", hosts),
    ("commands", commands),
    ("small", small),
)
