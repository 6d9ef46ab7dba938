"""The log: a file in the library, rotated, with tracebacks of bugs; nothing is sent anywhere."""

import logging
import logging.handlers
from pathlib import Path

from engine.observe.bare import Bare

BYTES = 2 << 20
KEPT = 3
NAME, BARE = "kinora.log", "bare.log"
OURS = ("engine", "desktop", "kinora")
FORM = "%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s"


class Log(logging.Handler):
    """Writes each record twice: whole for the user, and without anything private for a report."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._parts = tuple(
            logging.handlers.RotatingFileHandler(
                folder / name, maxBytes=BYTES, backupCount=kept, encoding="utf-8", delay=True
            )
            for name, kept in ((NAME, KEPT), (BARE, 1))
        )
        self._parts[0].setFormatter(logging.Formatter(FORM))
        self._parts[1].setFormatter(Bare())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        for part in self._parts:
            part.handle(record)

    def close(self) -> None:
        """Close the files."""
        for part in self._parts:
            part.close()
        super().close()


def open_log(folder: Path) -> logging.Handler:
    """Write the log of this process to `folder`/kinora.log; the handler is closed by `close_log`."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = Log(folder)
    for name in OURS:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    return handler


def close_log(handler: logging.Handler) -> None:
    """Take the handler away again."""
    for name in OURS:
        logging.getLogger(name).removeHandler(handler)
    handler.close()
