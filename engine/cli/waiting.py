"""Opening a library for one command, and standing by until its queue is done, with progress."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import control
from engine.cli.output import Output, span
from engine.errors import KinoraError, LibraryBusy
from engine.model import AddReport, QueueStatus, Step

if TYPE_CHECKING:
    from engine.library import Library

CALM = 4  # looks at a queue at rest, before it is believed: between two jobs of one file it is at rest, too
LOOK = 0.5  # seconds between two looks at another process


@contextlib.contextmanager
def opened(path: Path, *, own: bool = False, work: bool = False) -> "Iterator[Library]":
    """Open a library for one command; readers may stand beside a running Kinora."""
    from engine.library import Library

    with Library.open(path, own=own, work=work) as library:
        yield library


@contextlib.contextmanager
def beside(path: Path) -> "Iterator[Library]":
    """The library, owned if nobody else does; else beside its owner."""
    with contextlib.ExitStack() as stack:
        try:
            library = stack.enter_context(opened(path, own=True))
        except LibraryBusy:
            library = stack.enter_context(opened(path))
        yield library


def by_owner(path: Path, command: str, here: "Callable[[Library], Callable[..., Any]]", /, **arguments: Any) -> Any:
    """Have something done here, or by the Kinora that has the library open, which knows it as `command`."""
    try:
        with opened(path, own=True) as library:
            return here(library)(**arguments)
    except LibraryBusy:
        return control.ask(path, command, **arguments)


def noted(path: Path, out: Output, what: str) -> None:
    """Have it written into the library's log that something left it; a reader cannot do so itself."""
    try:
        by_owner(path, "exported", lambda library: library.exports.note, what=what)
    except KinoraError as error:  # what was asked for is done
        out.error(f"This export is not in the log: {error.text}", error.hint, error.code)


def wait(library: "Library", out: Output) -> None:
    """Wait for the queue of this process. Raises KinoraError: it is paused, and something waits."""
    with out.progress("Reading") as show:
        before = _ended(library.queue())
        while not library.wait_idle(0.25):
            show(_step(library.queue(), before))
    status = library.queue()
    if status.waiting and status.paused:
        _goes_on(status, works=True)


def wait_beside(path: Path, ticket: int, out: Output) -> AddReport:
    """Wait until the Kinora that has the library open has added what it was handed, and its queue is done.

    Returns what adding came to.

    Raises:
        KinoraError: it could not be added; that Kinora ended meanwhile, works off no queue, or its queue is paused.
    """
    with opened(path) as library, out.progress("Reading") as show:
        before = _ended(library.queue())
        calm = 0
        while calm < CALM:
            told = _adding(path, ticket)
            adding = bool(told["running"])
            status = library.queue()
            if status.waiting and not adding:
                _goes_on(status, bool(told["works"]))
            calm = 0 if adding or status.waiting or status.running else calm + 1
            show(_step(status, before, "Looking through the folders" if adding else ""))
            time.sleep(LOOK)
    return AddReport(**told["report"])


def _goes_on(status: QueueStatus, works: bool) -> None:
    """Check that what waits will be done. Raises KinoraError."""
    if status.paused:
        raise KinoraError("The queue is paused; the rest waits.", hint="`kinora jobs resume` goes on.")
    if not works:
        raise KinoraError(
            "The Kinora that has the library open works for others alone (`kinora serve --node`); the rest waits.",
            hint="End it, then `kinora jobs run` goes on.",
        )


def _adding(path: Path, ticket: int) -> dict[str, Any]:
    try:
        told: dict[str, Any] = control.ask(path, "adding", ticket=ticket)
    except LibraryBusy as error:
        raise KinoraError(
            "The Kinora that had the library open has ended; the rest waits.", hint="`kinora jobs run` goes on."
        ) from error
    if told["error"]:
        text, hint, code = told["error"]
        refused = KinoraError(text, hint=hint)
        refused.code = code
        raise refused
    return told


def _ended(status: QueueStatus) -> int:
    return status.done + status.failed + status.cancelled


def _step(status: QueueStatus, before: int, doing: str = "") -> Step:
    """How far the queue is since the waiting began."""
    done = max(0, _ended(status) - before)
    speed = f"{status.per_second:.1f}/s, {span(status.left)} left" if status.per_second else ""
    text = "; ".join(part for part in (doing, speed, status.trouble) if part)
    return Step(done, done + status.waiting + status.running, text)
