"""The command `people`: list, show, name, merge and correct people, answer questions, export and erase."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import control
from engine.cli.commands import NOTHING, OK, resolve
from engine.cli.output import Output, place
from engine.cli.waiting import by_owner, opened
from engine.errors import KinoraError, LibraryBusy, NotFound
from engine.language import tr, trn
from engine.model import AppearanceRow, PersonRow, Suggestion

if TYPE_CHECKING:
    from engine.library import Library

MOST = 200  # appearances that are shown of one person
WORDS = {  # action: (least, most) words behind it
    "list": (0, 0), "show": (1, 1), "faces": (1, 1), "name": (2, 2), "assign": (2, 999), "deny": (2, 999),
    "merge": (2, 999), "hide": (1, 1), "pet": (1, 1), "strangers": (0, 0), "ignore": (0, 999),
    "suggestions": (0, 1), "refresh": (0, 0), "erase": (0, 1), "export": (1, 1), "import": (0, 0),
}  # fmt: skip


def people(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `people` says; without one, list."""
    least, most = WORDS[given.action]
    if not least <= len(given.words) <= most:
        raise KinoraError(f"`kinora people {given.action}` takes other words.", hint="kinora people --help")
    actions = {"list": _list, "show": _show, "faces": _faces, "suggestions": _suggestions, "erase": _erase,
               "strangers": _strangers}  # fmt: skip
    return actions.get(given.action, _change)(given, out)


def _list(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        rows = library.people.listing(hidden=given.hidden)
        nobody = len(library.people.appearances(None, 0, 100_000))
    if out.as_json:
        out.json([asdict(row) for row in rows])
        return OK if rows else NOTHING
    if rows:
        shown = [(row.id, row.name or "-", row.faces, row.voices, row.assets) for row in rows]
        out.table(("number", "name", "faces", "voices", "assets"), shown)
    out.text(f"{len(rows):,} people; {nobody:,} faces and voices of nobody.")
    return OK if rows else NOTHING


def _show(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        row = find(library, given.words[0])
        seen = library.people.appearances(row.id, 0, MOST)
        names = _names(library, seen)
    if out.as_json:
        out.json({**asdict(row), "appearances": [_json(one) for one in seen]})
        return OK
    out.text(f"{row.name or 'Somebody'} ({row.id}): {row.faces:,} faces, {row.voices:,} voices, {row.assets:,} assets")
    out.table(("number", "asset", "file", "where", "who said so"), [_row(one, names) for one in seen])
    return OK


def _faces(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        seen = library.people.of_asset(resolve(library, given.words[0]))
        names = _names(library, seen)
    if out.as_json:
        out.json([_json(one) for one in seen])
    elif seen:
        rows = [(*_row(one, names), one.name or one.person or "-") for one in seen]
        out.table(("number", "asset", "file", "where", "who said so", "person"), rows)
    else:
        out.text("Nobody is seen or heard there.")
    return OK if seen else NOTHING


def _strangers(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        seen, count = library.people.strangers(0, MOST), library.people.count_strangers()
        names = _names(library, seen)
    if out.as_json:
        out.json([_json(one) for one in seen])
        return OK if seen else NOTHING
    if seen:
        out.table(("number", "asset", "file", "where", "who said so"), [_row(one, names) for one in seen])
    out.text(trn("{n} face of a stranger.", "{n} faces of strangers.", count))
    return OK if seen else NOTHING


def _suggestions(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        person = find(library, given.words[0]).id if given.words else None
        asked = library.people.suggestions(person)
    if out.as_json:
        out.json([asdict(one) for one in asked])
        return OK if asked else NOTHING
    for one in asked:
        out.text(_question(one))
    if not asked:
        out.text("No questions.")
    return OK if asked else NOTHING


def _question(asked: Suggestion) -> str:
    who = f"{asked.person.name or 'the person'} ({asked.person.id})"
    if asked.other is not None:
        return f"{asked.score:.0%}  Is {who} also {asked.other.name or 'the person'} ({asked.other.id})?"
    face = asked.appearance
    return f"{asked.score:.0%}  Is the {face.sort} {face.id} of asset {face.asset} {who}?" if face else ""


def _change(given: argparse.Namespace, out: Output) -> int:
    """What changes people: done here, or by the Kinora that has the library open."""
    arguments = _arguments(given)
    act = "split" if given.action == "assign" and "person_id" not in arguments else given.action
    try:
        with opened(given.library, own=True) as library:
            answer = library.people.told(act, **arguments)
            library.people.settle()
    except LibraryBusy:
        answer = control.ask(given.library, "people", act=act, **arguments)
    if out.as_json:
        out.json({given.action: answer})
    said = {"name": "Named person", "assign": "They are person", "merge": "They are person", "export": "Written to"}
    if given.action == "import":
        out.text(answer)
        return OK
    out.text(f"{said[given.action]} {answer}." if given.action in said else "Done.")
    return OK


def _arguments(given: argparse.Namespace) -> dict[str, Any]:
    words = given.words
    if given.action == "export":
        return {"target": str(Path(words[0]).absolute())}
    if given.action in ("refresh", "import"):
        return {}
    with opened(given.library) as library:
        if given.action == "merge":
            return {"ids": [find(library, word).id for word in words]}
        if given.action == "hide":
            return {"ids": [find(library, words[0]).id], "on": not given.undo}
        if given.action == "pet":
            return {"ids": [find(library, words[0]).id], "on": not given.undo}
        if given.action == "ignore":
            if bool(words) == given.all:
                raise KinoraError(tr("Say which faces to ignore, or --all."), hint="kinora people strangers")
            return {"appearance_ids": [_number(word) for word in words] or None, "on": not given.undo}
        if given.action == "name":
            return {"person_id": find(library, words[0]).id, "name": words[1]}
        faces = [_number(word) for word in words[1:]]
        if given.action == "assign" and words[0] == "new":
            return {"appearance_ids": faces}  # somebody new, who is none of those that they were taken for
        return {"appearance_ids": faces, "person_id": find(library, words[0]).id}


def _erase(given: argparse.Namespace, out: Output) -> int:
    """Erase after a yes, which cannot be taken back."""
    if bool(given.words) == given.all:
        raise KinoraError("Say whom to erase: a person, or --all.", hint="kinora people erase NAME --yes")
    arguments: dict[str, Any] = {}
    with opened(given.library) as library:
        who = "all biometric data of everybody"
        if given.words:
            row = find(library, given.words[0])
            who, arguments = f"all that is known of {row.name or 'person'} ({row.id})", {"person_id": row.id}
    if not given.yes:
        raise KinoraError(f"This would erase {who} for ever.", hint="If that is meant, add --yes. Backups stay.")
    act = "erase" if given.words else "erase_all"
    done = by_owner(given.library, "people", lambda library: library.people.told, act=act, **arguments)
    if out.as_json:
        out.json(done)
        return OK
    out.table(("what", "before", "now"), [(name, done["before"][name], left) for name, left in done["after"].items()])
    out.text("Backups that were made before still hold it: delete or renew them.")
    return OK


def find(library: "Library", word: str) -> PersonRow:
    """The person of that number or name.

    Raises:
        NotFound: there is none.
    """
    rows = library.people.listing(hidden=True)
    wanted = " ".join(word.split()).casefold()
    found = next((row for row in rows if row.name and row.name.casefold() == wanted), None)
    if found is None and word.isdecimal():
        found = next((row for row in rows if row.id == int(word)), None)
    if found is None:
        raise NotFound(f"There is no person “{word}”.", hint="`kinora people` lists them.")
    return found


def _number(word: str) -> int:
    if not word.isdecimal():
        raise KinoraError(
            f"“{word}” is not the number of a face or voice.", hint="`kinora people faces ASSET` lists them."
        )
    return int(word)


def _names(library: "Library", seen: list[AppearanceRow]) -> dict[int, str]:
    return {cell.id: cell.name for cell in library.cells(list({one.asset for one in seen}))}


def _row(one: AppearanceRow, names: dict[int, str]) -> tuple[Any, ...]:
    box = one.moment.box
    where = place(one.moment) or ("" if box is None else f"{box.x + box.w / 2:.0%} from the left")
    said = {"": "-", "auto": "Kinora", "you": "you", "file": "the file"}[one.how]
    return one.id, one.asset, names.get(one.asset, ""), where, said


def _json(one: AppearanceRow) -> dict[str, Any]:
    return {**asdict(one), "moment": one.moment.to_json()}
