"""The commands that look after a library: export, backup, restore, check, doctor, settings, demo."""

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import control
from engine.cli.commands import NOTHING, OK
from engine.cli.finding import marked
from engine.cli.output import Output, place
from engine.cli.waiting import noted, opened, wait
from engine.errors import LibraryBusy, not_written
from engine.model import AssetRow, Hit
from engine.tabling import as_csv, as_json

if TYPE_CHECKING:
    from engine.library import Library


def export(given: argparse.Namespace, out: Output) -> int:
    """Write what is known as JSON or CSV."""
    given.query = " ".join(given.query)
    with opened(given.library) as library, _sink(library, given.output) as sink:
        ids = library.listing(given.query).ids
        rows = (library.asset(asset_id) for asset_id in ids)

        def more(row: AssetRow) -> dict[str, Any]:
            found = library.findings(row.cell.id) if given.findings else []
            told = [{"analyzer": one.analyzer, **one.finding.to_json()} for one in found]
            own = {"facts": row.facts.to_json(), "files": [file.path for file in row.files]}
            return {**own, "findings": told} if given.findings else own

        sink.writelines(as_csv(rows) if given.format == "csv" else as_json(rows, more))
    noted(given.library, out, f"{given.format} of {len(ids)}")
    if given.output is not None:
        out.text(f"{len(ids):,} assets written to {given.output}.")
    return OK if ids else NOTHING


@contextlib.contextmanager
def _sink(library: "Library", path: Path | None) -> Iterator[io.TextIOBase]:
    """Where an export goes: a file that is none of the library's, or the terminal."""
    if path is not None:
        library.exports.refuse(path)
        try:
            file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise not_written(error, f"write the list to {path}") from error
        with file:
            yield file
        return
    stream = io.TextIOWrapper(
        sys.stdout.buffer, encoding="utf-8", errors="surrogateescape", newline="", write_through=True
    )
    try:
        yield stream
    finally:
        stream.detach()


def backup(given: argparse.Namespace, out: Output) -> int:
    """Write a verified backup into a folder."""
    target = given.target.resolve()
    folder = ""
    try:
        with opened(given.library, own=True) as library, out.progress("Backing up") as show:
            for step in library.backup(target):
                show(step)
                folder = step.text
    except LibraryBusy:
        folder = control.ask(given.library, "backup", target=str(target))
    if out.as_json:
        out.json({"backup": folder})
    out.text(f"Verified backup in {folder}")
    return OK


def restore(given: argparse.Namespace, out: Output) -> int:
    """Put a verified backup in the library's place; the former database stays beside it."""
    from engine.store.backup import restore as put_back

    for _ in out.follow(put_back(given.backup.resolve(), given.library.resolve()), "Restoring"):
        pass
    if out.as_json:
        out.json({"restored": str(given.library)})
    out.text(
        f"Restored into {given.library}; what was there before is kept beside it. "
        "Previews are drawn again when they are looked at."
    )
    return OK


def check(given: argparse.Namespace, out: Output) -> int:
    """Look for damage."""
    with opened(given.library, own=given.repair) as library:
        problems = list(out.follow(library.check(repair=given.repair), "Checking"))
    if out.as_json:
        out.json([{"code": one.code, "text": one.text, "mend": one.mend} for one in problems])
        return NOTHING if problems else OK
    for one in problems:
        out.text(f"{one.text} {one.mend}")
    out.text("" if problems else "No damage found.")
    return NOTHING if problems else OK


def doctor(given: argparse.Namespace, out: Output) -> int:
    """What this machine can run, what is missing and how to get it."""
    from engine.cli.health import of_library
    from engine.observe.doctor import examine

    lines = examine(given.library)
    if (given.library / "kinora.db").exists():
        lines += of_library(given.library)
    if out.as_json:
        out.json([{"part": line.part, "ok": line.ok, "text": line.text, "how": line.how} for line in lines])
    else:
        out.table(
            ("part", "", "what", "how to get it"),
            [(line.part, "yes" if line.ok else "NO", line.text, line.how) for line in lines],
        )
    return OK


def settings(given: argparse.Namespace, out: Output) -> int:
    """List or change settings."""
    from engine.settings import OPTIONS, option

    if given.key and given.value is not None:
        value: Any = given.value.split(",") if isinstance(option(given.key).default, tuple) else given.value
        try:
            with opened(given.library, own=True) as library:
                stored = library.set(given.key, value)
        except LibraryBusy:
            stored = control.ask(given.library, "set", key=given.key, value=value)
        if out.as_json:
            out.json({given.key: stored})
        out.text(f"{given.key} = {stored}")
        return OK
    with opened(given.library) as library:
        values = library.settings()
    if given.key:
        option(given.key)
        values = {given.key: values[given.key]}
    if out.as_json:
        out.json(values)
        return OK
    shown = [(one.key, _value(values[one.key]), one.help) for one in OPTIONS if one.key in values]
    out.table(("setting", "value", "what it does"), shown)
    return OK


def _value(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def demo(given: argparse.Namespace, out: Output) -> int:
    """Read a folder into a library and show what is found: the main job, without a window."""
    from engine.cli.samples import QUERIES, draw
    from engine.home import default_library

    with tempfile.TemporaryDirectory(prefix="kinora-demo-") as room:
        folder = given.folder
        if folder is None:
            folder = draw(Path(room) / "samples")
        library_path = Path(room) / "library" if given.library == default_library() else given.library
        out.text(f"Reading {folder} into {library_path}")
        with opened(library_path, own=True, work=True) as library:
            for _ in out.follow(library.add([folder], watch=False), "Adding"):
                pass
            wait(library, out)
            found = {query: library.search(query, 5) for query in given.find or QUERIES}
            status = library.status()
            failures = [(row.name, row.error) for row in library.jobs()]
    _tell(status, failures, found, out)
    return OK if any(results.hits for results in found.values()) else NOTHING


def _tell(status: dict[str, Any], failures: list[tuple[str, str]], found: dict[str, Any], out: Output) -> None:
    if out.as_json:
        answers = {query: [_answer(hit) for hit in results.hits] for query, results in found.items()}
        out.json({"status": status, "failures": failures, "found": answers})
        return
    total, jobs = status["assets"]["total"], status["jobs"]
    out.text(f"{total} assets, {jobs['done']} jobs done, {jobs['failed']} failed, {jobs['held']} held back")
    for name, error in failures:
        out.text(f"  {name}: {error}")
    for query, results in found.items():
        out.text(f"\n{query}: {results.total} found in {results.took * 1000:.0f} ms")
        for hit in results.hits:
            for moment in hit.moments[:2] or ():
                where = place(moment.moment)
                why = "" if moment.why == where else f"[dim]{moment.why}[/dim]  "
                out.console.print(f"  {hit.asset.name}  {where + '  ' if where else ''}{why}{marked(moment)}")
            if not hit.moments:
                out.text(f"  {hit.asset.name}")


def _answer(hit: Hit) -> dict[str, Any]:
    moments = [{**one.moment.to_json(), "why": one.why, "snippet": one.snippet} for one in hit.moments]
    return {"file": hit.path, "moments": moments}
