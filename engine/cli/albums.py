"""The commands `albums` and `keep`: albums, favourites, notes, stacks, and where the words of an asset come from."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.cli.commands import NOTHING, OK, resolve
from engine.cli.output import Output
from engine.cli.waiting import by_owner, opened
from engine.errors import KinoraError
from engine.model import AlbumRow, Origin

if TYPE_CHECKING:
    from engine.library import Library

LEAST = {"list": 0, "show": 1, "make": 1, "rename": 2, "delete": 1, "add": 1, "remove": 1}  # words behind each action
KEEP = {"favourite": 1, "unfavourite": 1, "note": 1, "stack": 2, "unstack": 1, "stack-twins": 0, "origins": 1}
DONE = {
    "make": "Made", "rename": "Renamed", "delete": "Deleted", "add": "Put in", "remove": "Taken out",
    "favourite": "Made favourites", "unfavourite": "No longer favourites", "note": "Noted", "stack": "Stacked",
    "unstack": "Standing alone", "stack-twins": "Stacks made",
}  # fmt: skip


def albums(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `albums` says; without one, list."""
    _check("albums", given, LEAST)
    if given.action == "list":
        return _list(given, out)
    return _show(given, out) if given.action == "show" else _change(given, out)


def _list(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        rows = [*library.albums.listing(), *(_counted(library, one) for one in library.albums.smart())]
    if out.as_json:
        out.json([asdict(one) for one in rows])
    elif rows:
        kinds = ("album", "smart album")
        out.table(("name", "kind", "assets", "search"), [(one.name, kinds[one.smart], one.count, one.query)
                                                         for one in rows])  # fmt: skip
    else:
        out.text("There is no album.")
    return OK if rows else NOTHING


def _counted(library: "Library", row: AlbumRow) -> AlbumRow:
    return AlbumRow(row.id, row.name, library.albums.count(row.query), row.cover, row.query, row.sort, smart=True)


def _show(given: argparse.Namespace, out: Output) -> int:
    """The assets of an album in its order."""
    with opened(given.library) as library:
        one = _find(library, given.words[0])
        ids = library.listing(one.query, one.sort or "taken").ids
        cells = library.cells(list(ids))
    if out.as_json:
        out.json([{"asset": cell.id, "kind": cell.kind.value, "name": cell.name, "taken": cell.taken,
                   "favourite": cell.favourite} for cell in cells])  # fmt: skip
    else:
        out.table(("asset", "name", "taken"), [(cell.id, cell.name, cell.taken) for cell in cells])
        out.text(f"{len(cells):,} in “{one.name}”")
    return OK if cells else NOTHING


def _find(library: "Library", name: str) -> AlbumRow:
    """The album, or the smart one, of a name. Raises NotFound."""
    for one in library.albums.smart():
        if one.name.casefold() == name.casefold() and all(
            row.name.casefold() != name.casefold() for row in library.albums.listing()
        ):
            return one
    return library.albums.named(name)


def _change(given: argparse.Namespace, out: Output) -> int:
    """What changes albums: done here, or by the Kinora that has the library open."""
    action, (name, *rest) = given.action, given.words
    with opened(given.library) as library:
        if action == "rename":
            arguments: dict[str, Any] = {"album_id": library.albums.named(name).id, "name": rest[0]}
        elif action == "delete":
            arguments = {"album_id": library.albums.named(name).id}
        else:
            ids = [resolve(library, one) for one in rest]
            ids += list(library.listing(given.query).ids) if given.query is not None else []
            whose = {"name": name} if action == "make" else {"album_id": library.albums.named(name).id}
            arguments = {**whose, "ids": ids}
    answer = _told(given, "albums", action, arguments)
    return _say(out, action, arguments["album_id"] if answer is None else answer, name)


def keep(given: argparse.Namespace, out: Output) -> int:
    """Mark favourites, write notes, stack and unstack, tell where words come from."""
    _check("keep", given, KEEP)
    with opened(given.library) as library:
        named = given.words[:1] if given.action == "note" else given.words
        ids = [resolve(library, one) for one in named]
        if given.action == "origins":
            return _origins(library.keep.origins(ids[0]), out)
    arguments: dict[str, Any] = {"ids": ids}
    if given.action == "note":
        arguments = {"asset_id": ids[0], "text": " ".join(given.words[1:])}
    elif given.action == "stack-twins":
        arguments = {}
    answer = _told(given, "keep", given.action, arguments)
    return _say(out, given.action, len(ids) if answer is None else answer, "")


def _origins(found: list[Origin], out: Output) -> int:
    if out.as_json:
        out.json([asdict(one) for one in found])
    else:
        rows = [(one.name, one.sort, one.by, ", ".join(one.packs), "" if one.score is None else f"{one.score:.0%}")
                for one in found]  # fmt: skip
        out.table(("word", "kind", "from", "models", "sure"), rows)
    return OK if found else NOTHING


def _told(given: argparse.Namespace, part: str, action: str, arguments: dict[str, Any]) -> Any:
    return by_owner(given.library, part, lambda library: getattr(library, part).told, act=action, **arguments)


def _say(out: Output, action: str, answer: Any, name: str) -> int:
    if out.as_json:
        out.json({action: answer})
    else:
        out.text(f"{DONE[action]}: {name or answer}." if action != "add" else f"{DONE[action]} “{name}”: {answer}.")
    return OK


def _check(command: str, given: argparse.Namespace, least: dict[str, int]) -> None:
    if len(given.words) < least[given.action]:
        raise KinoraError(f"`kinora {command} {given.action}` needs more words.", hint=f"kinora {command} --help")
