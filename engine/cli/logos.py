"""The command `logos`: list what was taught, teach one by a part of a picture, forget one."""

import argparse
from typing import TYPE_CHECKING, Any

from engine.cli.commands import NOTHING, OK, resolve
from engine.cli.output import Output
from engine.cli.waiting import by_owner, opened
from engine.errors import KinoraError, NotFound

if TYPE_CHECKING:
    from engine.library import Library

WORDS = {"list": 0, "teach": 6, "forget": 1}  # words behind each action


def logos(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `logos` says; without one, list."""
    if len(given.words) != WORDS[given.action]:
        raise KinoraError(f"`kinora logos {given.action}` takes other words.", hint="kinora logos --help")
    return _list(given, out) if given.action == "list" else _change(given, out)


def _list(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        rows = library.logos.listing()
    if out.as_json:
        out.json([{"id": number, "name": name, "assets": assets} for number, name, assets in rows])
    elif rows:
        out.table(("number", "name", "assets"), rows)
    else:
        out.text("No logo was taught.")
    return OK if rows else NOTHING


def _change(given: argparse.Namespace, out: Output) -> int:
    """What changes logos: done here, or by the Kinora that has the library open."""
    with opened(given.library) as library:
        arguments = _taught(library, given) if given.action == "teach" else {"logo_id": _find(library, given.words[0])}
    answer = by_owner(given.library, "logos", lambda library: library.logos.told, act=given.action, **arguments)
    if out.as_json:
        out.json({given.action: answer or arguments["logo_id"]})
    out.text(f"Taught: {given.words[0]}." if given.action == "teach" else f"Forgotten: {given.words[0]}.")
    return OK


def _taught(library: "Library", given: argparse.Namespace) -> dict[str, Any]:
    name, asset, *numbers = given.words
    try:
        box = [float(number) for number in numbers]
    except ValueError as error:
        raise KinoraError(
            "The part of the picture is told by four numbers: left, top, width and height.",
            hint="They are shares of the picture: kinora logos teach Kinora 12 0.8 0.05 0.15 0.1",
        ) from error
    return {"name": name, "asset_id": resolve(library, asset), "box": box, "time": given.time, "page": given.page}


def _find(library: "Library", word: str) -> int:
    """The logo that a person means: its name or its number."""
    rows = library.logos.listing()
    found = [number for number, name, _ in rows if name.casefold() == word.casefold()]
    found += [number for number, _, _ in rows if str(number) == word]
    if not found:
        raise NotFound(f"There is no logo “{word}”.", hint="`kinora logos` lists them.")
    return found[0]
