"""Pictures of every view of the real window in both themes, on your own files or on the set that the program draws.

python -m tests.bench.screenshots [FOLDER...] [--library DIR] [--out DIR] [--query WORDS] [--size 1280x820]
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))


def main() -> int:
    """Read the folders (or what the program draws) into a library for the time being, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folders", type=Path, nargs="*", help="what to show (default: a small set that is drawn for it)"
    )
    parser.add_argument("--library", type=Path, help="show this library instead")
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
        await asyncio.to_thread(library.wait_idle, 600)
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
        await save(f"viewer-{number}", 3.0)
    window.show_view("library")
    view.search("")


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
    for name in ("jobs", "duplicates"):
        window.show_view(name)
        await save(name, 1.5)


async def settle(done: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so, or long enough."""
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
