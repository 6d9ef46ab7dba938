"""Reading the command line and running what it asks for, with exit codes that scripts can rely on."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import __version__
from engine.cli import (
    albums,
    care,
    commands,
    film,
    finding,
    health,
    hosts,
    logos,
    packs,
    people,
    rent,
    serving,
    sidecars,
)
from engine.cli.output import Output
from engine.errors import KinoraError, QueryError
from engine.home import default_library

OK, NOTHING, ERROR, INTERRUPTED = 0, 1, 2, 130
EPILOG = "Exit codes: 0 done, 1 nothing found (or damage found by check), 2 an error, 130 interrupted."

Command = Callable[[argparse.Namespace, Output], int]
OpenWindow = Callable[[Path, list[Path]], int]


class _Verb(argparse.ArgumentParser):
    """A command whose words may stand before, between and behind its options, as people type them."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Read options and words in any order; argparse itself takes all words at the first of them."""
        if self._mixing:  # Python 3.11 reads options and words one after the other by this same method
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


def run(arguments: list[str], open_window: OpenWindow | None = None) -> int:
    """Run one command; return its exit code. `open_window` is what shows the window, where there is one."""
    parser = build()
    given = parser.parse_args(arguments)
    if given.library is None:
        given.library = default_library()
    given.open_window = open_window
    out = Output(as_json=getattr(given, "json", False))
    command: Command = given.run
    try:
        return command(given, out)
    except QueryError as error:
        out.error(
            f"{error.text}\n  {given.query}\n  {' ' * error.start}{'^' * max(1, error.end - error.start)}",
            error.hint,
            error.code,
        )
    except KinoraError as error:
        out.error(error.text, error.hint, error.code)
    except KeyboardInterrupt:
        out.error("Stopped. What was stored stays; the rest waits.", "", "interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
    return ERROR


def build() -> argparse.ArgumentParser:
    """The parser with all commands."""
    parser = argparse.ArgumentParser(
        "kinora", description="A private, local-first media library: drop files, find the moment.", epilog=EPILOG
    )
    parser.add_argument("--library", type=Path, metavar="DIR", help="the library's folder (default: the user's own)")
    parser.add_argument("--version", action="version", version=f"kinora {__version__}")
    parser.set_defaults(run=commands.window, paths=[])
    verb: type[argparse.ArgumentParser] = _Verb
    group = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=verb)
    _library_commands(group)
    _care_commands(group)
    _people_commands(group)
    hosts.arguments(
        _add(group, "hosts", "list, add, test and remove other machines that work for this one", hosts.hosts)
    )
    serving.arguments(group, _add)
    rent.arguments(_add(group, "rent", "rent a GPU under a budget, end it, and see what was spent", rent.rent))
    return parser


def _add(
    group: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_text: str, run: Command
) -> argparse.ArgumentParser:
    command = group.add_parser(name, help=help_text, description=help_text, epilog=EPILOG)
    command.set_defaults(run=run)
    # Both before and behind the command: `kinora --library DIR status` and `kinora status --library DIR`.
    command.add_argument("--library", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the library's folder")
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def _library_commands(group: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _add(group, "window", "open the window", commands.window)
    command.add_argument("paths", nargs="*", metavar="PATH", help="folders and files to add")
    command = _add(group, "add", "add folders and files", commands.add)
    command.add_argument("paths", nargs="+", metavar="PATH")
    command.add_argument("--wait", action="store_true", help="read everything before returning")
    command.add_argument("--no-watch", action="store_true", help="do not follow changes in these folders")
    _add(group, "rescan", "bring all added folders up to date", commands.rescan)
    _add(group, "status", "what the library holds and what is going on", commands.status)
    command = _add(group, "search", "find moments", finding.search)
    command.add_argument(
        "query", nargs="+", metavar="QUERY", help='words, "phrases", -not, OR, type:photo year:2024 place:Rome ...'
    )
    command.add_argument("--limit", type=int, default=20, metavar="N", help="at most N assets (default 20)")
    command.add_argument("--explain", action="store_true", help="with what each part of the query gave")
    command.add_argument("--facets", action="store_true", help="what the result can be narrowed by, with counts")
    command = _add(group, "saved", "list, keep and forget saved searches", finding.saved)
    command.add_argument("action", nargs="?", choices=("list", "add", "delete"), default="list")
    command.add_argument("name", nargs="?", default="", metavar="NAME")
    command.add_argument("query", nargs="*", metavar="QUERY", help="what it searches for (add)")
    command.add_argument("--sort", default="", metavar="ORDER", help="the order of its answer")
    command = _add(group, "albums", "list, make, fill, rename and delete albums", albums.albums)
    command.add_argument("action", nargs="?", default="list", choices=tuple(albums.LEAST))
    command.add_argument(
        "words", nargs="*", metavar="WORD", help="show|delete NAME; rename NAME NEW; make|add|remove NAME ASSET..."
    )
    command.add_argument("--query", metavar="QUERY", help="make, add, remove: everything that this search finds")
    command = _add(group, "keep", "favourites, notes, stacks, and where words come from", albums.keep)
    command.add_argument("action", choices=tuple(albums.KEEP))
    command.add_argument(
        "words", nargs="*", metavar="WORD", help="ASSET...; note ASSET TEXT (no text takes the note away)"
    )
    command = _add(group, "show", "all that is known of one asset", commands.show)
    command.add_argument("asset", metavar="ASSET", help="its number, its path, or the beginning of its content hash")
    command = _add(group, "jobs", "list jobs, or steer them", commands.jobs)
    command.add_argument(
        "action", nargs="?", choices=("list", "retry", "cancel", "pause", "resume", "run"), default="list"
    )
    command.add_argument("ids", nargs="*", type=int, metavar="JOB")
    command.add_argument("--state", choices=("waiting", "running", "done", "failed", "cancelled"))
    command = _add(group, "duplicates", "list exact and near duplicates", commands.duplicates)
    command.add_argument("--exact", action="store_true", help="only equal files")
    command.add_argument("--near", action="store_true", help="only what looks nearly the same")


def _care_commands(group: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _add(group, "export", "write what is known as JSON or CSV", care.export)
    command.add_argument("query", nargs="*", metavar="QUERY", help="which assets (default: all)")
    command.add_argument("--format", choices=("json", "csv"), default="json")
    command.add_argument("--output", type=Path, metavar="FILE", help="write to FILE instead of the terminal")
    command.add_argument("--findings", action="store_true", help="with every finding (JSON only)")
    command = _add(group, "subtitles", "write what is said as SRT, WebVTT, text or JSON", film.subtitles)
    command.add_argument("asset", metavar="ASSET", help="its number, its path, or the beginning of its content hash")
    command.add_argument("--format", choices=("srt", "vtt", "txt", "json"), help="default: what FILE ends with, or srt")
    command.add_argument("--output", type=Path, metavar="FILE", help="write to FILE instead of the terminal")
    command.add_argument("--speakers", choices=("yes", "no"), help="say who speaks (SRT: no, WebVTT: yes)")
    command = _add(group, "clips", "list, add, order, remove and export clips of films and recordings", film.clips)
    command.add_argument("action", nargs="?", default="list", choices=tuple(film.WORDS))
    command.add_argument(
        "words", nargs="*", metavar="WORD", help="list [ASSET]; add ASSET IN [OUT]; name CLIP NAME; note CLIP TEXT; "
        "order CLIP...; remove CLIP...; export [CLIP...]"
    )  # fmt: skip
    command.add_argument("--name", default="", metavar="NAME", help="add: its name")
    command.add_argument("--note", default="", metavar="TEXT", help="add: a note")
    command.add_argument("--format", choices=("edl", "fcpxml", "csv"), help="default: what FILE ends with, or edl")
    command.add_argument("--output", type=Path, metavar="FILE", help="write to FILE instead of the terminal")
    command = _add(group, "backup", "write a verified backup into a folder", care.backup)
    command.add_argument("target", type=Path, metavar="DIR")
    command = _add(group, "restore", "put a verified backup in the library's place", care.restore)
    command.add_argument("backup", type=Path, metavar="BACKUP")
    command = _add(group, "check", "look for damage", care.check)
    command.add_argument("--repair", action="store_true", help="make the search index and the counts anew first")
    _add(group, "doctor", "what this machine can run, what is missing and how to get it", care.doctor)
    command = _add(group, "health", "how the parts of the library are", health.health)
    command.add_argument("--report", type=Path, metavar="FILE", help="write a report without anything private instead")
    command = _add(group, "settings", "list or change settings", care.settings)
    command.add_argument("key", nargs="?", metavar="KEY")
    command.add_argument("value", nargs="?", metavar="VALUE")
    command = _add(group, "logos", "list, teach and forget logos", logos.logos)
    command.add_argument("action", nargs="?", default="list", choices=tuple(logos.WORDS))
    command.add_argument(
        "words", nargs="*", metavar="WORD", help="teach NAME ASSET LEFT TOP WIDTH HEIGHT (shares of the picture, 0 to "
        "1); forget NAME"
    )  # fmt: skip
    command.add_argument("--time", type=float, metavar="SECONDS", help="teach: the moment of a video")
    command.add_argument("--page", type=int, metavar="N", help="teach: the page of a document")
    command = _add(group, "packs", "list, install, check and choose packs of models", packs.packs)
    command.add_argument(
        "action", nargs="?", default="list",
        choices=("list", "show", "install", "import", "check", "remove", "choose", "missing"),
    )  # fmt: skip
    command.add_argument(
        "words", nargs="*", metavar="NAME", help="a pack; for import a folder or zip file; for choose TASK PACK or auto"
    )
    command.add_argument("--accept-licence", action="store_true", help="agree to the terms of the pack")
    command = _add(group, "demo", "read a folder into a fresh library and show what is found", care.demo)
    command.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="default: a small set that is drawn for it"
    )
    command.add_argument(
        "--find", action="append", metavar="QUERY", help="what to look for (may be given several times)"
    )


def _people_commands(group: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = _add(group, "people", "list, name, merge, correct, export and erase people", people.people)
    command.add_argument("action", nargs="?", default="list", choices=tuple(people.WORDS))
    command.add_argument(
        "words", nargs="*", metavar="NAME", help="people (name or number); name PERSON NAME; assign PERSON|new FACE..."
        "; deny PERSON FACE...; faces ASSET; pet PERSON; ignore FACE...; export DIR"
    )  # fmt: skip
    command.add_argument("--hidden", action="store_true", help="list those that are hidden too")
    command.add_argument("--undo", action="store_true", help="hide, ignore: show again; pet: it is none")
    command.add_argument("--all", action="store_true", help="erase: everybody; ignore: every stranger")
    command.add_argument("--yes", action="store_true", help="erase: yes, for ever")
    command = _add(group, "sidecars", "write and read XMP files for other programs", sidecars.sidecars)
    command.add_argument("action", choices=("export", "import"))
    command.add_argument("query", nargs="*", metavar="QUERY", help="export: which assets (default: all)")
    command.add_argument("--to", type=Path, metavar="DIR", help="export: into this folder, in folders like yours")
    command.add_argument("--beside", action="store_true", help="export: beside the originals, which stay untouched")
    command.add_argument("--style", choices=("long", "short"), default="long",
                         help="export: picture.jpg.xmp (digiKam, darktable) or picture.xmp (Lightroom)")  # fmt: skip
    command.add_argument("--confirmed", action="store_true", help="export: only faces that you confirmed")
    command.add_argument("--only", metavar="WHAT", help="import: some of ratings,keywords,faces")
