"""The command `packs`: list, show, install, import, check, remove and choose packs of models."""

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import control
from engine.cli.commands import NOTHING, OK
from engine.cli.output import Output
from engine.cli.waiting import beside, opened
from engine.errors import KinoraError, LibraryBusy, NotFound, PackInvalid
from engine.model import PackRow, Step

if TYPE_CHECKING:
    from engine.library import Library


def packs(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `packs` says; without one, list."""
    actions = {
        "list": _list, "show": _show, "install": _install, "import": _import, "check": _check, "remove": _remove,
        "choose": _choose, "missing": _missing,
    }  # fmt: skip
    words = {"show": 1, "install": 1, "import": 1, "remove": 1, "choose": 2}
    least = words.get(given.action, 0)
    most = 1 if given.action == "check" else least
    if not least <= len(given.words) <= most:
        raise KinoraError(
            f"`kinora packs {given.action}` takes {('nothing', 'one name', 'a task and a name')[most]} more.",
            hint="kinora packs --help",
        )
    return actions[given.action](given, out)


def _list(given: argparse.Namespace, out: Output) -> int:
    with _reading(given) as library:
        rows, tasks = library.packs.listing(), library.packs.tasks()
    if out.as_json:
        out.json({"packs": [asdict(row) for row in rows], "tasks": [asdict(task) for task in tasks]})
        return OK
    shown = [
        (row.id, _state(row), _size(row.size), _speed(row), row.licence, "yes" if row.commercial else "NO",
         ", ".join(row.tasks) or "-")
        for row in rows
    ]  # fmt: skip
    out.table(("pack", "state", "size", "speed here", "licence", "commercial", "does"), shown)
    for task in tasks:
        out.text(f"{task.title}: {task.pack or 'no pack'}{'. ' + task.note if task.note else ''}")
    return OK


def _show(given: argparse.Namespace, out: Output) -> int:
    with _reading(given) as library:
        row = next((row for row in library.packs.listing() if row.id == given.words[0]), None)
    if row is None:
        raise NotFound(f"There is no pack “{given.words[0]}”.", hint="`kinora packs` lists them.")
    if out.as_json:
        out.json(asdict(row))
        return OK
    out.text(f"{row.title} ({row.id}, version {row.version}): {_state(row)}")
    out.text(row.summary)
    lines = (
        ("does", ", ".join(row.tasks)), ("serves now", ", ".join(row.chosen_for)), ("size", _size(row.size)),
        ("speed here", _speed(row)), ("languages", ", ".join(row.languages)), ("source", row.source),
        ("licence", f"{row.licence}; commercial use {'is allowed' if row.commercial else 'is NOT allowed'}"),
        ("terms", row.terms), ("problem", row.problem), ("hint", row.hint),
    )  # fmt: skip
    for name, value in lines:
        if value:
            out.text(f"  {name:11}{value}")
    return OK


def _install(given: argparse.Namespace, out: Output) -> int:
    with beside(given.library) as library:
        last = _run(library.packs.install(given.words[0], given.accept_licence), out, "Installing")
    return _said(last, {"installed": given.words[0]}, out)


def _import(given: argparse.Namespace, out: Output) -> int:
    with beside(given.library) as library:
        last = _run(library.packs.import_(Path(given.words[0]).resolve(), given.accept_licence), out, "Importing")
    return _said(last, {"imported": given.words[0]}, out)


def _check(given: argparse.Namespace, out: Output) -> int:
    found: list[dict[str, Any]] = []
    with beside(given.library) as library:
        rows = [row.id for row in library.packs.listing() if row.state in ("installed", "damaged")]
        for name in given.words or rows:
            problem = ""
            try:
                _run(library.packs.check(name), out, f"Checking {name}")
            except PackInvalid as error:
                problem = error.text
            row = next((row for row in library.packs.listing() if row.id == name), None)
            found.append({"pack": name, "ok": not problem, "problem": problem, "speed": row.speed if row else None})
            out.text(f"{name}: {problem or 'in order'}{', ' + _speed(row) if row and row.speed else ''}")
    if out.as_json:
        out.json(found)
    return OK if all(one["ok"] for one in found) else NOTHING


def _remove(given: argparse.Namespace, out: Output) -> int:
    with beside(given.library) as library:
        library.packs.remove(given.words[0])
    return _said(f"{given.words[0]} is removed; what it found stays.", {"removed": given.words[0]}, out)


def _choose(given: argparse.Namespace, out: Output) -> int:
    task, name = given.words
    wanted = "" if name == "auto" else name
    try:
        with opened(given.library, own=True) as library:
            library.packs.choose(task, wanted)
    except LibraryBusy:
        control.ask(given.library, "choose_pack", task=task, pack_id=wanted)
    return _said(f"{task}: {name}", {task: name}, out)


def _missing(given: argparse.Namespace, out: Output) -> int:
    with _reading(given) as library:
        said = library.packs.missing()
    if out.as_json:
        out.json(said)
        return OK if said else NOTHING
    for sentence in said:
        out.text(sentence)
    if not said:
        out.text("Nothing waits for a pack.")
    return OK if said else NOTHING


@contextlib.contextmanager
def _reading(given: argparse.Namespace) -> "Iterator[Library]":
    """The library to read from; a new one is made, for packs can be listed before anything was added."""
    with contextlib.ExitStack() as stack:
        fresh = not (given.library / "kinora.db").exists()
        yield stack.enter_context(opened(given.library, own=fresh))


def _run(steps: Iterator[Step], out: Output, title: str) -> str:
    last = ""
    with out.progress(title) as show, contextlib.closing(steps):  # type: ignore[type-var]
        for step in steps:
            show(step)
            last = step.text
    return last


def _said(text: str, answer: dict[str, Any], out: Output) -> int:
    if out.as_json:
        out.json({**answer, "text": text})
    out.text(text)
    return OK


def _state(row: PackRow) -> str:
    return f"{row.state}, in use" if row.chosen_for else row.state


def _size(size: int) -> str:
    if not size:
        return "not known"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.1f} MB"


def _speed(row: PackRow) -> str:
    return f"{row.speed:,.1f} {row.unit}/s" if row.speed else ""
