"""The everyday commands: add, status, show, jobs, duplicates, and the window."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import control
from engine.cli.output import Output, clock, place
from engine.cli.waiting import opened, wait, wait_beside
from engine.errors import FileMissing, LibraryBusy, LibraryMissing, NotFound
from engine.model import Finding, JobState, Twin
from engine.observe.doctor import has_screen

if TYPE_CHECKING:
    from engine.library import Library

OK, NOTHING, ERROR = 0, 1, 2


def window(given: argparse.Namespace, out: Output) -> int:
    """Open the window, or bring the one that is open to the front."""
    if given.open_window is None or not has_screen():
        out.error(
            "There is no screen here to open a window on.",
            "`make demo` (or `kinora demo`) does the main job without one.",
            "screen",
        )
        return ERROR
    paths = [os.path.realpath(path) for path in given.paths]
    try:
        code: int = given.open_window(given.library, [Path(path) for path in paths])
    except LibraryBusy:
        if control.owner(given.library)[0] != control.WINDOW:
            raise
        control.ask(given.library, "come_forward", paths=paths)
        out.text("Kinora is open already; its window came to the front.")
        return OK
    return code


def add(given: argparse.Namespace, out: Output) -> int:
    """Add folders and files."""
    for path in given.paths:
        if not os.path.lexists(path):
            raise FileMissing(f"{path} does not exist.", hint="Check the path.")
    try:
        with opened(given.library, own=True, work=given.wait) as library:
            for _ in out.follow(
                library.add([os.fsencode(path) for path in given.paths], watch=not given.no_watch), "Adding"
            ):
                pass
            report = library.last_report
            if given.wait:
                wait(library, out)
            return _added(library, report, out, waited=given.wait)
    except LibraryBusy:
        paths = [os.path.realpath(path) for path in given.paths]
        told = control.ask(given.library, "add", paths=paths, watch=False if given.no_watch else None)
    out.text("Handed to the Kinora that is open.")
    if given.wait:
        report = wait_beside(given.library, told["ticket"], out)
        with opened(given.library) as library:
            return _added(library, report, out, waited=True, handed=True)
    if out.as_json:
        out.json({"handed_to_running": True})
    return OK


def _added(library: "Library", report: Any, out: Output, *, waited: bool, handed: bool = False) -> int:
    status = library.queue()
    if out.as_json:
        counts = {name: getattr(report, name) for name in report.__slots__}
        out.json(
            {
                **({"handed_to_running": True} if handed else {}),
                **counts,
                "jobs": {"waiting": status.waiting, "done": status.done, "failed": status.failed, "held": status.held},
            }
        )
        return OK
    out.text(
        f"{report.seen:,} files seen: {report.added:,} new, {report.changed:,} changed, {report.moved:,} moved, "
        f"{report.unchanged:,} unchanged, {report.missing:,} missing, {report.left_out:,} left out, "
        f"{report.failed:,} unreadable."
    )
    if waited:
        out.text(
            f"{status.done:,} jobs done, {status.failed:,} failed, {status.held:,} held back (`kinora jobs` says why)."
        )
    elif status.waiting:
        out.text(f"{status.waiting:,} jobs wait: open the window, or run `kinora jobs run`.")
    return OK


def rescan(given: argparse.Namespace, out: Output) -> int:
    """Bring all added folders up to date."""
    try:
        with opened(given.library, own=True) as library:
            for _ in out.follow(library.rescan(), "Looking"):
                pass
            return _added(library, library.last_report, out, waited=False)
    except LibraryBusy:
        control.ask(given.library, "rescan")
        out.text("The Kinora that is open looks through the folders.")
        return OK


def status(given: argparse.Namespace, out: Output) -> int:
    """What the library holds and what is going on."""
    with opened(given.library) as library:
        found = library.status()
    if out.as_json:
        out.json(found)
        return OK
    kinds = ", ".join(
        f"{found['assets'][kind]:,} {kind}s" for kind in ("photo", "video", "document") if found["assets"][kind]
    )
    out.text(f"Library {found['library']}")
    sound = f", {found['assets']['audio']:,} sound files" if found["assets"]["audio"] else ""
    out.text(
        f"{found['assets']['total']:,} assets ({kinds or 'no pictures'}{sound}); {found['assets']['offline']:,} offline"
    )
    jobs_now = found["jobs"]
    out.text(
        ", ".join(f"{jobs_now[name]:,} {name}" for name in ("done", "waiting", "running", "failed", "held"))
        + (" (paused)" if found["paused"] else "")
    )
    rows = [
        (row["name"], row["done"], row["waiting"], row["running"], row["failed"], row["held"], row["reason"])
        for row in found["analyzers"]
    ]
    out.table(("analyzer", "done", "waiting", "running", "failed", "held", "because"), rows)
    for root in found["roots"]:
        offline = "" if root["online"] else "  OFFLINE"
        watched = "  watched" if root["watch"] else ""
        out.text(f"{root['path']}  {root['files']:,} files{offline}{watched}")
    if found["trouble"]:
        out.text(found["trouble"])
    return OK


def show(given: argparse.Namespace, out: Output) -> int:
    """All that is known of one asset."""
    with opened(given.library) as library:
        row = library.asset(resolve(library, given.asset))
        found = library.findings(row.cell.id)
    if out.as_json:
        out.json(
            {
                "asset": row.cell.id,
                "kind": row.cell.kind.value,
                "name": row.cell.name,
                "content": row.cell.content,
                "format": row.format,
                "size": row.size,
                "state": row.cell.state,
                "error": row.cell.error,
                "hint": row.hint,
                "facts": row.facts.to_json(),
                "files": [{"path": file.path, "state": file.state, "size": file.size} for file in row.files],
                "tags": [{"name": name, "source": source} for name, source in row.tags],
                "favourite": row.cell.favourite,
                "note": row.note,
                "albums": [name for _, name in row.albums],
                "jobs": [
                    {"id": job.id, "analyzer": job.analyzer, "state": job.state.value, "error": job.error}
                    for job in row.jobs
                ],
                "findings": [
                    {"analyzer": one.analyzer, "version": one.version, **one.finding.to_json()} for one in found
                ],
            }
        )
        return OK
    out.text(f"{row.cell.name}  [{row.cell.id}] {row.format or row.cell.kind}, {row.size:,} bytes")
    if row.cell.error:
        out.text(f"{row.cell.error} {row.hint}")
    for place_on_disk in row.files:
        out.text(f"  {place_on_disk.path} ({place_on_disk.state})")
    if row.cell.favourite:
        out.text("  a favourite")
    if row.albums:
        out.text(f"  in {', '.join(name for _, name in row.albums)}")
    if row.note:
        out.text(f"  {row.note}")
    facts = [(name, value) for name, value in row.facts.to_json().items() if name not in ("extra", "place_words")]
    out.table(("fact", "value"), facts)
    out.table(("analyzer", "state", "error"), [(job.analyzer, job.state.value, job.error) for job in row.jobs])
    rows = [(one.analyzer, *_finding_cells(one.finding)) for one in found]
    out.table(("analyzer", "finding", "where", "label", "score", "text"), rows)
    return OK


def _finding_cells(finding: Finding) -> tuple[str, ...]:
    score = "" if finding.score is None else f"{finding.score:.2f}"
    return finding.kind.value, place(finding.moment), finding.label, score, finding.text[:100]


def resolve(library: "Library", named: str) -> int:
    """The asset that a person means: a number, a path, or the beginning of a content hash.

    Raises:
        NotFound: nothing or several things answer to it.
    """
    from engine.store import assets

    if named.isdigit() and len(named) < 12:
        return int(named)
    path = os.path.realpath(os.fsencode(named))
    with library.database.read() as connection:
        found = assets.by_path(connection, os.path.dirname(path), os.path.basename(path))
        if found is not None:
            return found
        hashes = assets.by_content(connection, named.lower())
    if len(hashes) != 1:
        raise NotFound(
            f"{named!r} names {'no' if not hashes else 'more than one'} asset of this library.",
            hint="`kinora search` lists assets.",
        )
    return hashes[0]


def jobs(given: argparse.Namespace, out: Output) -> int:
    """List jobs, or steer them."""
    if given.action == "list":
        return _list_jobs(given, out)
    if given.action == "run":
        with opened(given.library, own=True, work=True) as library:
            wait(library, out)
            return _added(library, library.last_report, out, waited=True)
    ids = given.ids or None
    try:
        with opened(given.library, own=True) as library:
            count = {
                "retry": lambda: library.retry(ids),
                "cancel": lambda: library.cancel(ids),
                "pause": library.pause,
                "resume": library.resume,
            }[given.action]()
    except LibraryBusy:
        extra = {"ids": ids} if given.action in ("retry", "cancel") else {}
        count = control.ask(given.library, given.action, **extra)
    if out.as_json:
        out.json({"action": given.action, "jobs": count})
    out.text(f"{given.action}: {count} jobs" if count is not None else f"{given.action}: done")
    return OK


def _list_jobs(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        rows = library.jobs(JobState(given.state) if given.state else None)
        reasons = [(rate.title, rate.held, rate.reason) for rate in library.queue().rates if rate.held]
    if out.as_json:
        out.json(
            [
                {
                    "id": row.id,
                    "asset": row.asset,
                    "name": row.name,
                    "analyzer": row.analyzer,
                    "state": row.state.value,
                    "attempts": row.attempts,
                    "code": row.error_code,
                    "error": row.error,
                    "hint": row.hint,
                }
                for row in rows
            ]
        )
        return OK
    out.table(
        ("job", "file", "analyzer", "state", "what happened"),
        [(row.id, row.name, row.analyzer, row.state.value, row.error) for row in rows],
    )
    for title, held, reason in reasons:
        out.text(f"{held:,} held back: {reason or title}")
    return OK


def duplicates(given: argparse.Namespace, out: Output) -> int:
    """List exact and near duplicates."""
    exact = None if given.exact == given.near else given.exact
    try:
        with opened(given.library, own=True) as library:
            groups = library.duplicates(exact)
    except LibraryBusy:
        with opened(given.library) as library:
            groups = library.duplicates(exact)
    if out.as_json:
        out.json([{"exact": group.exact, "members": [_member(twin) for twin in group.members]} for group in groups])
        return OK if groups else NOTHING
    for group in groups:
        out.text("The same bytes:" if group.exact else "Nearly the same:")
        for twin in group.members:
            where = twin.asset.files[0].path if twin.asset.files else twin.asset.cell.name
            out.text(f"  {'keep' if twin.keep else '    '}  {where}  ({twin.reason})")
    out.text(f"{len(groups)} groups" if groups else "No duplicates.")
    return OK if groups else NOTHING


def _member(twin: Twin) -> dict[str, Any]:
    return {
        "asset": twin.asset.cell.id,
        "file": twin.asset.files[0].path if twin.asset.files else "",
        "distance": twin.distance,
        "keep": twin.keep,
        "reason": twin.reason,
    }


__all__ = ["LibraryMissing", "clock"]
