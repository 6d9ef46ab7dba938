"""A time for questions to the library."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from contextvars import ContextVar

from engine.errors import TookTooLong
from engine.language import tr

TURNS = 20_000  # steps of SQLite between two looks at the time
until: ContextVar[float | None] = ContextVar("until", default=None)  # time.monotonic() value


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Give up what this thread reads inside the block when it takes longer. Raises TookTooLong."""
    token = until.set(time.monotonic() + seconds)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        raise given_up() from error
    finally:
        until.reset(token)


def watch(connection: sqlite3.Connection) -> None:
    """Let what is read over this connection end at its time, if it has one."""
    end = until.get()
    connection.set_progress_handler(None if end is None else lambda: time.monotonic() > end, TURNS)


def given_up() -> TookTooLong:
    """The error of a question that took too long."""
    return TookTooLong(tr("This took too long and was given up."))
