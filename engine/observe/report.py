"""A report for whoever helps: versions, settings, numbers, errors and the bare log, and nothing private.

It is made of what is allowed, not of everything less what is forbidden: numbers, the program's own words, codes, and
the names of packs in the catalogue. Names of files, folders, people, places, tags and machines are in none of these.
As a second net the text is looked through for words that belong to this user.
"""

import contextlib
import getpass
import platform
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.model.health import Health
from engine.observe import journal
from engine.settings import BY_KEY

if TYPE_CHECKING:
    from engine.library import Library

LINES = 400  # of the bare log
OUT = "(left out)"


def written(library: "Library", health: Health, beside: Mapping[str, Any]) -> str:
    """The text of the report; `beside` are further sections (title: a list of lines)."""
    sections: list[tuple[str, list[str]]] = [
        ("Versions", [f"{name}: {number}" for name, number in health.versions]),
        ("Machine", list(_machine(health))),
        ("Parts", [_part(part.name, str(part.state), part.figures) for part in health.parts]),
        ("Queue", list(_queue(health))),
        ("Failures", [f"{one.analyzer} {one.code}: {one.count}" for one in health.troubles]),
        ("Packs", list(_packs(library))),
        ("Settings", list(_settings(library.settings()))),
        *((title, list(lines)) for title, lines in beside.items()),
        ("Log", journal.bare(library.path / "logs", LINES).splitlines()),
    ]
    head = f"Kinora report, {time.strftime('%Y-%m-%d %H:%M')}\nIt names no files, folders, people or places.\n"
    body = "\n".join(f"\n== {title}\n" + ("\n".join(lines) or "(none)") for title, lines in sections)
    return head + combed(body, private(library)) + "\n"


def private(library: "Library") -> list[str]:
    """Words of this user that must not be in a report, whatever happens: names of the user and the machine, paths.

    Names of folders alone are not among them: they may be everyday words, and a hole in a sentence would tell them.
    """
    found = [platform.node(), str(Path.home()), str(library.path), *(root.path for root in library.roots())]
    with contextlib.suppress(OSError, KeyError, ImportError):  # a system without names of users
        found.append(getpass.getuser())
    return sorted({word for word in found if len(word) > 2}, key=len, reverse=True)


def combed(text: str, words: list[str]) -> str:
    """The text without these words."""
    for word in words:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", OUT, text, flags=re.IGNORECASE)
    return text


def _machine(health: Health) -> Iterator[str]:
    import os

    import psutil

    yield f"cores: {os.cpu_count()}"
    yield f"memory: {psutil.virtual_memory().total >> 20} MB"
    if health.memory:
        last = health.memory[-1]
        yield f"held now: {last.own >> 20} MB, workers {last.workers >> 20} MB in {last.count}"
        yield f"held at most: {max(one.own for one in health.memory) >> 20} MB"
    yield f"free on the disk: {health.free >> 20} MB"
    for room in health.rooms:
        yield f"{room.name}: {room.size >> 20} MB{' or more' if room.more else ''}"


def _part(name: str, state: str, figures: Mapping[str, float]) -> str:
    numbers = ", ".join(f"{key} {value:g}" for key, value in figures.items())
    return f"{name}: {state}" + (f" ({numbers})" if numbers else "")


def _queue(health: Health) -> Iterator[str]:
    queue = health.queue
    yield ", ".join(
        f"{name} {getattr(queue, name)}" for name in ("waiting", "running", "done", "failed", "cancelled", "held")
    )
    yield f"{'paused, ' if queue.paused else ''}{queue.per_second:.2f} a second"
    for rate in queue.rates:
        if rate.waiting or rate.running or rate.done or rate.failed or rate.held:
            yield (
                f"{rate.analyzer}: waiting {rate.waiting}, running {rate.running}, done {rate.done}, "
                f"failed {rate.failed}, held {rate.held}, {rate.per_second:.2f}/s"
            )


def _packs(library: "Library") -> Iterator[str]:
    """Packs of the catalogue by name, others by number only."""
    from engine.packs import catalogue

    known, own = catalogue.packs(), 0
    for row in library.packs.listing():
        if row.state not in ("installed", "damaged"):
            continue
        if row.id in known:
            speed = f", {row.speed:.1f} a second" if row.speed else ""
            yield f"{row.id} {row.version}: {row.state}{speed}"
        else:
            own += 1
    yield f"others: {own}"


def _settings(values: Mapping[str, Any]) -> Iterator[str]:
    """Switches, numbers and choices as they are; of free text only whether it is set."""
    for key, value in values.items():
        option = BY_KEY[key]
        if value == option.default:
            continue
        if isinstance(value, bool | int | float) or (option.choices and value in option.choices):
            yield f"{key}: {value}"
        else:
            yield f"{key}: set" + (f" ({len(value)} entries)" if isinstance(value, tuple) else "")
