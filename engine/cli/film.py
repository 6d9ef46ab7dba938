"""The commands `subtitles` and `clips`: what is said as a file, and the list of clips."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.commands import NOTHING, OK, resolve
from engine.cli.output import Output
from engine.cli.waiting import by_owner, noted, opened
from engine.errors import KinoraError
from engine.model.clips import Clip

if TYPE_CHECKING:
    from engine.library import Library

WORDS = {"list": (0, 1), "add": (2, 3), "name": (2, 2), "note": (2, 2), "order": (1, 999), "remove": (1, 999),
         "export": (0, 999)}  # words behind each action  # fmt: skip
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)")


def subtitles(given: argparse.Namespace, out: Output) -> int:
    """Write what is said in a film or recording."""
    speakers = None if given.speakers is None else given.speakers == "yes"
    with opened(given.library) as library:
        asset = resolve(library, given.asset)
        if given.output is None:
            _print(library.exports.said(asset, given.format or "srt", speakers=speakers).encode())
        else:
            target = library.exports.write_said(asset, given.output, given.format, speakers=speakers)
    noted(given.library, out, f"{_form(given, 'srt')} of #{asset}")
    if given.output is not None:
        _told(out, "subtitles", str(target))
    return OK


def _form(given: argparse.Namespace, usual: str) -> str:
    """The form that is written, as the file's ending tells it where nobody said."""
    ending = "" if given.output is None else Path(given.output).suffix.lstrip(".").lower()
    return str(given.format or ending or usual)


def clips(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `clips` says; without one, list."""
    least, most = WORDS[given.action]
    if not least <= len(given.words) <= most:
        raise KinoraError(f"`kinora clips {given.action}` takes other words.", hint="kinora clips --help")
    if given.action == "list":
        return _list(given, out)
    return _export(given, out) if given.action == "export" else _change(given, out)


def _list(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        found = library.clips.listing(resolve(library, given.words[0]) if given.words else None)
    if out.as_json:
        out.json([_row(clip) for clip in found])
    elif found:
        rows = [(c.id, c.asset_name, _clock(c.moment.start), _clock(c.moment.end), c.name, c.note) for c in found]
        out.table(("clip", "file", "in", "out", "name", "note"), rows)
    else:
        out.text("There are no clips.")
    return OK if found else NOTHING


def _export(given: argparse.Namespace, out: Output) -> int:
    ids = [_number(word) for word in given.words] or None
    with opened(given.library) as library:
        if given.output is None:
            _print(library.exports.list(given.format or "edl", ids))
        else:
            target = library.exports.write_list(given.output, given.format, ids)
        count = len(ids or library.clips.listing())
    noted(given.library, out, f"{_form(given, 'edl')} of {count} clips")
    if given.output is not None:
        _told(out, "export", str(target))
    return OK


def _change(given: argparse.Namespace, out: Output) -> int:
    """What changes clips: done here, or by the Kinora that has the library open."""
    with opened(given.library) as library:
        arguments = _arguments(library, given)
    answer = by_owner(given.library, "clips", lambda library: library.clips.told, act=given.action, **arguments)
    if out.as_json:
        out.json({given.action: answer})
    out.text(f"Clip {answer} was added." if given.action == "add" else "Done.")
    return OK


def _arguments(library: "Library", given: argparse.Namespace) -> dict[str, Any]:
    words = given.words
    if given.action == "add":
        start, end = seconds(words[1]), seconds(words[2]) if len(words) > 2 else None
        return {"asset_id": resolve(library, words[0]), "start": start, "end": end, "name": given.name,
                "note": given.note}  # fmt: skip
    if given.action in ("name", "note"):
        return {"clip_id": _number(words[0]), "text": words[1]}
    return {"ids": [_number(word) for word in words]}


def seconds(text: str) -> float:
    """The seconds of `75.5`, `1:15.5` or `1:02:03`.

    Raises:
        KinoraError: it is no time.
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise KinoraError(
            f"{text!r} is no time.", hint="Write seconds, or hours:minutes:seconds: 75.5, 1:15.5, 1:02:03."
        )
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + float(found[3])


def _number(word: str) -> int:
    if not word.isdigit():
        raise KinoraError(f"{word!r} is no number of a clip.", hint="`kinora clips` lists them.")
    return int(word)


def _row(clip: Clip) -> dict[str, Any]:
    return {
        "id": clip.id, "asset": clip.asset, "file": clip.asset_name, "in": clip.moment.start,
        "out": clip.moment.end, "name": clip.name, "note": clip.note,
    }  # fmt: skip


def _clock(second: float | None) -> str:
    if second is None:
        return ""
    whole = int(second)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}.{int(second * 1000 + 0.5) % 1000:03}"


def _told(out: Output, action: str, path: str) -> None:
    if out.as_json:
        out.json({action: path})
    out.text(f"Written to {path}.")


def _print(body: bytes) -> None:
    sys.stdout.buffer.write(body)
    sys.stdout.flush()
