"""Reading the end of the log."""

import os
import re
from pathlib import Path

from engine.model.health import LogLine
from engine.observe.logs import BARE, NAME

LEVELS = ("INFO", "WARNING", "ERROR", "CRITICAL")
BYTES = 512 << 10  # of the end that are looked at
_HEAD = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ ([A-Z]+) (\S+) (?:\[[^\]]*\] )?(.*)$")


def tail(folder: Path, lines: int, words: str = "", level: str = "") -> list[LogLine]:
    """The last entries that have all the words and at least that level, oldest first."""
    least = LEVELS.index(level) if level in LEVELS else 0
    wanted = words.lower().split()
    found = [
        line
        for line in entries(_end(folder / NAME))
        if (LEVELS.index(line.level) if line.level in LEVELS else 0) >= least
        and all(word in f"{line.source} {line.text}".lower() for word in wanted)
    ]
    return found[-lines:]


def bare(folder: Path, lines: int) -> str:
    """The end of the log that names nothing private."""
    return "\n".join(_end(folder / BARE).splitlines()[-lines:])


def entries(text: str) -> list[LogLine]:
    """Entries with the lines that belong to them (tracebacks)."""
    found: list[LogLine] = []
    for line in text.splitlines():
        head = _HEAD.match(line)
        if head is not None:
            found.append(LogLine(*head.groups()))
        elif found:
            last = found[-1]
            found[-1] = LogLine(last.at, last.level, last.source, f"{last.text}\n{line}")
    return found


def _end(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:  # nothing was logged yet
        return ""
