"""The composition root of the window: paint first, then open the library, then run until the window closes."""

import contextlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QTranslator
from PySide6.QtWidgets import QApplication

from desktop.look import words
from desktop.look.look import Look
from desktop.shell.state import State
from desktop.window import Window
from desktop.workers.collector import Collector
from engine import language
from engine.errors import KinoraError, LibraryBusy

if TYPE_CHECKING:
    import asyncio

    from engine.library import Library

log = logging.getLogger(__name__)

ARENAS, OWN_MAPPING_FROM, TRIM_FROM = -8, -3, -1  # M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of glibc's malloc.h
LARGE = 1 << 19  # bytes


def run(library_path: Path, paths_to_open: Sequence[Path] = ()) -> int:
    """Show the window of a library until it is closed; return the exit status.

    Raises:
        LibraryBusy: another Kinora has this library open (ask it to `come_forward`).
    """
    spare_memory()
    app = application()
    state = State(library_path / "window.ini")
    speak(app, str(state.get("window/language") or "system"))
    look = Look(app, str(state.get("window/theme") or "system"))
    window = Window(look, state)
    window.add(list(paths_to_open))
    window.show()
    app.processEvents()  # the first paint; only then the slower imports
    collector = Collector(app)
    sys.excepthook = _log_unexpected
    sys.setswitchinterval(0.001)  # seconds: other threads hand the interpreter back to the UI thread sooner

    import asyncio

    import qasync

    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        busy = loop.run_until_complete(live(window, library_path))
    window.deleteLater()
    app.processEvents()
    collector.close()
    if busy is not None:
        raise busy
    return 0


def spare_memory() -> None:
    """Have the C library give large blocks back at once.

    Lists of a million come and go in several threads; left to itself glibc keeps what each of them once needed.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        for what, value in ((ARENAS, 2), (OWN_MAPPING_FROM, LARGE), (TRIM_FROM, LARGE)):
            mallopt(what, value)


def application() -> QApplication:
    """The one QApplication of the process."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("Kinora")
    app.setApplicationDisplayName("Kinora")
    app.setDesktopFileName("kinora")
    app.setQuitOnLastWindowClosed(False)  # the library has to be closed after the window
    return app


def speak(app: QApplication, choice: str) -> None:
    """Use a language for every sentence, in its direction; Qt's own buttons follow where it has a translation."""
    code = language.use(choice)
    app.setLayoutDirection(words.locale().textDirection())
    translator = QTranslator(app)
    if translator.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(translator)


async def live(window: Window, library_path: Path) -> LibraryBusy | None:
    """Open the library, run the window on it until it closes, close the library; the error when it is in use."""
    import asyncio

    from desktop.ahead import load_first

    first = asyncio.ensure_future(load_first())  # meanwhile
    try:
        return await _live(window, library_path, first)
    finally:
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def _live(window: Window, library_path: Path, first: "asyncio.Future[None]") -> LibraryBusy | None:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from desktop.ahead import load_rest

    closed = asyncio.Event()
    window.closing.connect(closed.set)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="library") as thread:
        try:
            library = await loop.run_in_executor(thread, _open, library_path)
        except LibraryBusy as busy:
            window.release()
            window.close()
            return busy
        except KinoraError as error:
            window.refuse(error)
            await closed.wait()
            window.release()
            return None
        await first
        rest = asyncio.ensure_future(load_rest())
        await _run_on(window, library, closed)
        rest.cancel()
        await asyncio.gather(rest, return_exceptions=True)
        await loop.run_in_executor(thread, library.close)
    return None


async def _run_on(window: Window, library: "Library", closed: "object") -> None:
    import asyncio

    from desktop.operations import Operations
    from desktop.workers.bridge import Bridge

    assert isinstance(closed, asyncio.Event)
    ops = Operations(library)
    bridge = Bridge(library.subscribe)
    library.answer("come_forward", window.come_forward)
    try:
        if not closed.is_set():
            window.attach(ops, bridge)
        await closed.wait()
    finally:
        bridge.close()
        window.release()
        await ops.close()
        window.close()


def _open(path: Path) -> "Library":
    from engine.library import Library

    return Library.open(path)


def _log_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("An unexpected error reached the event loop", exc_info=(kind, error, trace))
