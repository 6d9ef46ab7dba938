"""Log records without anything private: what the program itself says, numbers, and the places in its own code."""

import logging
import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import engine

LEFT_OUT = "…"
ROOT = Path(engine.__file__).resolve().parent.parent
_PLACES = re.compile(r"%(?:\((\w+)\))?[#0 +-]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?([diouxXeEfFgGcrsa%])")


class Bare(logging.Formatter):
    """Writes the sentence of the code with numbers filled in; every word that came from outside is left out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s")

    def format(self, record: logging.LogRecord) -> str:
        """One record as a line, and a line for each place of its traceback."""
        head = f"{self.formatTime(record)} {record.levelname} {record.name} {sentence(record)}"
        if not record.exc_info or record.exc_info[0] is None:
            return head
        kind, _, trace = record.exc_info
        return "\n".join((f"{head} ({named(kind)})", *(f"    {place}" for place in places(trace))))


def sentence(record: logging.LogRecord) -> str:
    """What the code says, with its numbers; text is left out."""
    template = str(record.msg)
    args: Any = record.args
    values = iter(args if isinstance(args, tuple) else ())

    def fill(found: re.Match[str]) -> str:
        name, how = found.groups()
        if how == "%":
            return "%"
        value = args.get(name) if name and isinstance(args, dict) else next(values, None)
        return bare(value)

    return _PLACES.sub(fill, template) if args else template


def bare(value: object) -> str:
    """A number as it is, an error by its code or class; of anything else nothing."""
    if isinstance(value, bool | int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, BaseException):
        return named(type(value))
    return LEFT_OUT


def named(kind: type[BaseException]) -> str:
    """An error of Kinora by its code, any other by its class."""
    code = getattr(kind, "code", "")
    return code if isinstance(code, str) and code else kind.__name__


def places(trace: TracebackType | None) -> list[str]:
    """Where in the program's own code: `engine/queue.py:42 status`; of foreign code the name of the module."""
    return [
        f"{inside(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]  # fmt: skip


def inside(file: str) -> str:
    """A file of the program below its folder; of foreign code only its own name."""
    path = Path(file)
    try:
        return path.resolve().relative_to(ROOT).as_posix() if ".venv" not in path.parts else path.name
    except (ValueError, OSError):
        return path.name
