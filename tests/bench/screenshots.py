"""Pictures of every view of the real window in both themes, on your own files or on the set that the program draws.

python -m tests.bench.screenshots [FOLDER...] [--library DIR] [--models DIR] [--out DIR] [--query WORDS] [--open ...]

`--models` is a folder of small models (see tests/packs.py): packs are made of them, so that faces, things, postures and
sounds show too; otherwise the packs that are installed are used.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))


def main() -> int:
    """Read the folders (or what the program draws) into a library for the time being, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folders", type=Path, nargs="*", help="what to show (default: a small set that is drawn for it)"
    )
    parser.add_argument("--library", type=Path, help="show this library instead")
    parser.add_argument("--models", type=Path, help="make packs of the models in this folder")
    parser.add_argument("--person", default="", help="name the person with most faces so before the pictures are taken")
    parser.add_argument("--out", type=Path, default=Path("out/screenshots"))
    parser.add_argument("--query", default="the")
    parser.add_argument(
        "--open",
        nargs="*",
        default=["type:photo has:text", "type:video", "type:document"],
        help="queries whose first hit is opened",
    )
    parser.add_argument("--size", default="1280x820")
    parser.add_argument("--themes", default="light,dark")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kinora-shots-") as scratch:
        if given.library is None and not given.folders:
            from engine.cli.samples import draw

            given.folders = [draw(Path(scratch) / "samples")]
        if given.models is not None:
            from tests.packs import real_packs

            os.environ["KINORA_PACKS"] = str(real_packs(given.models, Path(scratch) / "packs"))
        return shoot(given.library or Path(scratch) / "library", given)


def shoot(path: Path, given: argparse.Namespace) -> int:
    import qasync
    from PySide6.QtCore import qInstallMessageHandler

    from desktop.app import application
    from desktop.look.look import Look
    from desktop.shell.state import State
    from desktop.window import Window

    qInstallMessageHandler(lambda kind, where, text: print("qt:", text, file=sys.stderr))
    app = application()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with tempfile.TemporaryDirectory() as scratch:
        window = Window(Look(app, "light"), State(Path(scratch) / "window.ini"))
        window.resize(*(int(side) for side in given.size.split("x")))
        window.show()
        app.processEvents()
        with loop:
            loop.run_until_complete(session(window, path, given))
    return 0


async def session(window: object, path: Path, given: argparse.Namespace) -> None:
    from desktop.operations import Operations
    from desktop.window import Window
    from desktop.workers.bridge import Bridge
    from engine.library import Library

    assert isinstance(window, Window)
    library = await asyncio.to_thread(Library.open, path)
    if given.folders:
        for _ in await asyncio.to_thread(lambda: list(library.add(given.folders, watch=False))):
            pass
        await asyncio.to_thread(library.wait_idle, 900)
    for _ in await asyncio.to_thread(lambda: list(library.people.refresh())):
        pass
    await asyncio.to_thread(name_people, library, [name for name in given.person.split(",") if name])
    ops = Operations(library)
    bridge = Bridge(library.subscribe)
    window.attach(ops, bridge)
    await settle(lambda: window.current is not None)
    try:
        for theme in given.themes.split(","):
            window.look.choose(theme)
            await tour(window, given, theme)
    finally:
        bridge.close()
        window.release()
        await ops.close()
        window.close()
        await asyncio.to_thread(library.close)


def name_people(library: Any, names: list[str]) -> None:
    """Give the people with the most faces these names."""
    crowd = sorted(library.people.listing(), key=lambda one: -one.faces)
    for one, name in zip(crowd, names, strict=False):
        if not one.named:
            library.people.name(one.id, name)


async def tour(window: object, given: argparse.Namespace, theme: str) -> None:
    from desktop.views.library import LibraryView
    from desktop.window import Window

    assert isinstance(window, Window)

    async def save(name: str, wait: float = 0.9) -> None:
        await asyncio.sleep(wait)
        window.toasts.clear()
        target = given.out / f"{name}-{theme}.png"
        window.grab().save(str(target))
        print(target)

    view = window.view("library")
    assert isinstance(view, LibraryView)
    window.show_view("welcome")
    await save("welcome")
    window.show_view("library")
    view.search("")
    view.bar.details.setChecked(False)
    await settle(lambda: view.grid.plan.count > 0, 5)
    await save("library", 1.5)
    view.grid.select_row(min(8, view.grid.plan.count - 1))
    view.bar.details.setChecked(True)
    await save("library-details", 1.5)
    view.bar.details.setChecked(False)
    view.search(given.query)
    await settle(lambda: bool(view.grid.hits), 5)
    await save("search", 1.5)
    view.grid.select_row(0)
    view.bar.narrow.setChecked(True)
    await save("search-narrow", 1.2)
    view.explain(0)
    await save("search-explain")
    view.explanation.leave()
    view.bar.narrow.setChecked(False)
    view.bar.matches.setChecked(False)
    await save("search-pictures")
    view.bar.matches.setChecked(True)
    await extras(window, view, save)
    for number, query in enumerate(given.open, start=1):
        window.show_view("library")
        view.search(query)
        await settle(lambda: view.seeker.text == query and view.grid.plan.count > 0, 5)  # noqa: B023
        await asyncio.sleep(0.6)
        view.grid.go(0)
        view.open_current()
        await boxes(window)
        await save(f"viewer-{number}", 3.0)
    window.show_view("library")
    view.search("")


async def boxes(window: object) -> None:
    """Show everything that was seen in the picture, and what is said."""
    from desktop.views.parts.about import SAID
    from desktop.views.parts.overlays import Layer
    from desktop.views.viewer import ViewerView
    from desktop.window import Window
    from engine.model import Moment

    assert isinstance(window, Window)
    viewer = window.view("viewer")
    assert isinstance(viewer, ViewerView)
    for layer in (Layer.FACE, Layer.BODY, Layer.THING):
        viewer.bar.set_layer(layer, True)
    await settle(lambda: viewer.subject is not None, 5)
    await asyncio.sleep(0.5)
    if viewer.subject is not None and viewer.subject.senses.said:
        viewer.about.tabs.setCurrentIndex(SAID)
        viewer.go(Moment(start=viewer.subject.senses.said[0].words[-1][0]))


async def extras(window: object, view: object, save: Callable[..., Awaitable[None]]) -> None:
    from desktop.views.library import LibraryView
    from desktop.window import Window

    assert isinstance(window, Window)
    assert isinstance(view, LibraryView)
    view.search("type:photo (harbour")
    await save("search-mistake")
    view.search("type:video year:1901 zebra")
    await save("search-nothing")
    view.search("")
    await asyncio.sleep(0.5)
    view.bar.box.setFocus()
    view.bar.box.setText("type:")
    view.bar.box.setCursorPosition(5)
    view.bar.box._edited("type:")
    await save("completion")
    view.search("")
    window.open_palette()
    await save("palette")
    window.show_view("settings")
    await save("settings")
    for name in ("jobs", "duplicates", "packs"):
        window.show_view(name)
        await save(name, 1.5)
    await crowd(window, save)


async def crowd(window: object, save: Callable[..., Awaitable[None]]) -> None:
    from desktop.views.people import PeopleView
    from desktop.window import Window

    assert isinstance(window, Window)
    window.show_view("people")
    view = window.view("people")
    assert isinstance(view, PeopleView)
    view.open_crowd()
    await settle(lambda: bool(view.crowd.people), 5)
    if view.crowd.people:
        view.crowd.tiles.select_row(0)
    await save("people", 2.5)
    if view.crowd.people:
        view.open_person(view.crowd.people[0].id)
        await settle(lambda: bool(view.single.tiles.tiles), 5)
        view.single.tiles.select_row(1)
        await save("person", 2.5)
    view.open_crowd()


async def settle(done: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so, or long enough."""
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
