"""The log: a file in the library, rotated, with tracebacks of bugs; nothing is sent anywhere."""

import logging
import logging.handlers
from pathlib import Path

BYTES = 2 << 20
KEPT = 3
FORM = "%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s"


def open_log(folder: Path) -> logging.Handler:
    """Write the log of this process to `folder`/kinora.log; the handler is closed by `close_log`."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / "kinora.log", maxBytes=BYTES, backupCount=KEPT, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter(FORM))
    for name in ("engine", "desktop", "kinora"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    return handler


def close_log(handler: logging.Handler) -> None:
    """Take the handler away again."""
    for name in ("engine", "desktop", "kinora"):
        logging.getLogger(name).removeHandler(handler)
    handler.close()
