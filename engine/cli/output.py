"""What a command prints: tables and progress for people, JSON for programs, errors on the other stream."""

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Moment, Step

if TYPE_CHECKING:
    from rich.console import Console


WIDTH = 180  # of tables that go to a file or another program


class Output:
    """Prints for one command."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    @property
    def console(self) -> "Console":
        """The terminal; plain text without colours where it is none."""
        from rich.console import Console

        return Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)

    def json(self, value: Any) -> None:
        """Print a value as JSON; bytes of names that are no text stay readable."""
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape") + b"\n")
        sys.stdout.flush()

    def text(self, line: str = "") -> None:
        """Print a line for people (nothing with --json)."""
        if not self.as_json:
            self.console.print(line, markup=False)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
        """Print a table for people."""
        from rich import box
        from rich.table import Table

        table = Table(*headings, title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        self.console.print(table)

    def error(self, text: str, hint: str, code: str) -> None:
        """Say what went wrong, on the error stream."""
        if self.as_json:
            sys.stderr.write(json.dumps({"error": text, "hint": hint, "code": code}, ensure_ascii=False) + "\n")
            return
        sys.stderr.write(f"kinora: {text}\n" + (f"        {hint}\n" if hint else ""))

    def follow(self, steps: Iterable[Any], title: str) -> Iterator[Any]:
        """Show the progress of a long call on a terminal; yield what it yields that is no progress."""
        with self.progress(title) as show:
            for step in steps:
                if isinstance(step, Step):
                    show(step)
                else:
                    yield step

    @contextlib.contextmanager
    def progress(self, title: str) -> Iterator[Any]:
        """A progress bar with time left, on a terminal only."""
        if self.as_json or not sys.stderr.isatty():
            yield lambda step: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[at]}"),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=None, at="")

            def show(step: Step) -> None:
                bar.update(task, completed=step.done, total=step.total or None, at=escape(step.text[-50:]))

            yield show


def escape(text: str) -> str:
    """Text that rich prints as it is, without control characters that a file name could smuggle into the terminal."""
    from rich.markup import escape as quote

    return quote("".join(letter if letter.isprintable() else "�" for letter in text))


def place(moment: Moment) -> str:
    """A moment in words: 1:05, page 3."""
    parts = []
    if moment.start is not None:
        parts.append(clock(moment.start))
    if moment.page is not None:
        parts.append(f"page {moment.page}")
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as 1:05 or 1:02:05."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float | None) -> str:
    """A length of time in words."""
    if seconds is None:
        return "not known yet"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
