"""The longest turn of the loop, CPU time of the thread of the window, in the views with many people and many packs."""

import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QColor, QImage

from desktop.look.look import Look
from desktop.operations import Operations
from desktop.shell.state import State
from desktop.views.library import LibraryView
from desktop.views.packs import PacksView
from desktop.views.people import PeopleView
from desktop.window import Window
from desktop.workers.bridge import Bridge
from engine.library import Library
from engine.model import Facet, FacetValue
from tests.desktop.senses import person
from tests.desktop.standin import Standin

STEPS = 60
GIVEN = ("Anna", "Bartholomäus", "Chloé", "Dmitri", "Wilhelmina Alexandrina", "Fatima", "Giuseppe", "Hana")
FAMILY = ("Hohenlohe-Waldenburg", "Li", "Østergaard", "Nguyễn", "Papadopoulos", "Smith", "Kowalczyk-Brzęczyszczy")


class Watch:
    """Notes the turn of the loop that took the thread of the window longest."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._task = asyncio.ensure_future(self._watch())

    def take(self) -> float:
        """Milliseconds of the longest turn since the last look."""
        found, self.longest = self.longest, 0.0
        return found * 1e3

    def close(self) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - began)


def crowded(folder: Path, people: int) -> Standin:
    """A library in memory with so many people, one of whom has as many faces."""
    library = Standin(folder)
    names = (f"{given} {family}" for given, family in itertools.cycle(itertools.product(GIVEN, FAMILY)))
    own = library.people
    own.rows = {n: person(n, f"{next(names)} {n}" if n % 3 else "", assets=n % 50) for n in range(1, people + 1)}
    own.rows[1] = person(1, "Wilhelmina", faces=people, assets=people)
    own.faces.clear()
    for index in range(people):
        own._face(own.rows[1], 1_000_000 + index, index)
    image = QImage(160, 160, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    image.save(str(folder / "face.jpg"))
    own.pictures[0] = folder / "face.jpg"
    return library


def many(query: str, search: int) -> list[Facet]:
    """Ten facets with eight values each, as a large library has them."""
    return [
        Facet(f"f{n}", f"Facet {n}", tuple(
            FacetValue(f"v{m}", f"a value {search} {m}", 100 * m, f"{query} f{n}:v{m}") for m in range(8)
        ))
        for n in range(10)
    ]  # fmt: skip


async def until(done: Callable[[], object]) -> None:
    """Wait until something is so, and the window has come to rest."""
    while not done():
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.4)


async def look_at(window: Window, library: Standin) -> dict[str, float]:
    """The longest turns, by what was done."""
    found: dict[str, float] = {}
    await until(lambda: window.current is not None)
    watch = Watch()
    await asyncio.sleep(0.2)
    watch.take()
    window.show_view("people")
    people = window.view("people")
    assert isinstance(people, PeopleView)
    await until(lambda: people.crowd.tiles.tiles)
    found["opening people"] = watch.take()
    people.refresh()
    await asyncio.sleep(0.4)
    found["refreshing people"] = watch.take()
    bar = people.crowd.tiles.verticalScrollBar()
    for step in range(STEPS):
        bar.setValue(bar.maximum() * step // STEPS)
        await asyncio.sleep(0.02)
    found["scrolling people"] = watch.take()
    people.open_person(1)
    await until(lambda: people.single.tiles.tiles)
    found["opening a person"] = watch.take()
    window.show_view("packs")
    packs = window.view("packs")
    assert isinstance(packs, PacksView)
    await until(lambda: packs.groups)
    await asyncio.sleep(1)
    found["opening packs"] = watch.take()
    window.show_view("library")
    shown = window.view("library")
    assert isinstance(shown, LibraryView)
    await asyncio.sleep(0.5)
    numbers = itertools.count()
    library.facets = lambda text: many(text, next(numbers))  # type: ignore[method-assign]
    watch.take()
    shown.toggle_narrow()
    await until(lambda: shown.narrow.values.count())
    await asyncio.sleep(0.4)
    found["opening facets"] = watch.take()
    shown.narrow.show_query("dog")
    await asyncio.sleep(0.8)
    found["showing other facets"] = watch.take()
    watch.close()
    return found


async def _live(folder: Path, people: int) -> dict[str, float]:
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    library = crowded(folder, people)
    with Library.open(folder / "library", work=False) as real:
        library.packs = real.packs  # type: ignore[assignment]  # the packs that Kinora really knows
        ops, bridge = Operations(library), Bridge(library.subscribe)  # type: ignore[arg-type]
        window = Window(Look(app, "light"), State(folder / "window.ini"))
        window.resize(1920, 1080)
        window.show()
        window.attach(ops, bridge)
        found = await look_at(window, library)
        bridge.close()
        window.release()
        await ops.close()
        window.close()
    library.close()
    return found


def main() -> int:
    """Print what was measured."""
    import qasync

    from desktop.app import application

    app = application()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop, tempfile.TemporaryDirectory() as name:
        sys.stdout.write(json.dumps(loop.run_until_complete(_live(Path(name), int(sys.argv[1])))) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
