"""Putting packs on the shelf and taking them off: whole and checked, or not at all, whatever happens meanwhile.

A pack is made ready in a folder whose name begins with a dot, which the shelf does not look at, and is renamed when
everything in it was checked. A download keeps its folder, so that the next try goes on; any other leftover of a killed
process is swept before the next change.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import ConsentNeeded, KinoraError, NotFound, PackInvalid, PacksBusy, not_written
from engine.model import Step
from engine.packs import download, formats, intake, trial
from engine.packs.pack import IDENTIFIER, MANIFEST, Licence, Pack, pack_of, read_pack

log = logging.getLogger(__name__)

NOTE = "installed.json"  # what this machine found out about the pack
STAGING, DOWNLOAD, OLD, GONE = ".staging-", ".download-", ".old-", ".old-gone-"
KEEP = 14 * 86400.0  # seconds that an unfinished download is kept
AGREED = "It was agreed to its terms when it was installed."


@dataclass(frozen=True, slots=True)
class Terms:
    """How to install: where the shelf is, whether the licence was agreed to, and what the settings say."""

    shelf: Path
    consent: bool = False
    offline: bool = False
    mirror: str = ""
    device: str = "auto"
    pause: float = download.PAUSE


def install(pack: Pack, terms: Terms) -> Iterator[Step]:
    """Fetch a pack of the catalogue, check it and put it on the shelf; closing the generator stops, and it can go on.

    Raises:
        ConsentNeeded: its licence was not agreed to.
        DownloadFailed, StorageFull: see their sentences.
        PackInvalid: what arrived is not what it should be; nothing is on the shelf.
    """
    _ask(pack.licence, pack.title, terms.consent)
    if terms.offline:
        raise KinoraError(
            "Kinora is offline: nothing is downloaded.",
            hint="Switch the setting net.offline off, or import the pack from a folder or a zip file.",
        )
    if not pack.files or not all(file.urls for file in pack.files):
        raise PackInvalid(f"The pack {pack.id} names no place to download from.", hint="Import it from a folder.")
    with _alone(terms.shelf):
        room = terms.shelf / f"{DOWNLOAD}{pack.ref}"
        room.mkdir(exist_ok=True)
        try:
            yield from _fetch(pack, room, terms)
        finally:
            with contextlib.suppress(OSError):
                room.rmdir()  # where nothing arrived, nothing stays
        yield from _finish(pack, room, terms)


def bring_in(path: Path, terms: Terms, known: Mapping[str, Pack]) -> Iterator[Step]:
    """Put a pack on the shelf from a folder or a zip file; `known` is the catalogue. The source stays as it is.

    Raises:
        ConsentNeeded: its licence is not known or asks for it, and it was not agreed to.
        PackInvalid: it is no pack, or has what a pack may not have.
    """
    with _alone(terms.shelf), contextlib.ExitStack() as stack:
        room = terms.shelf / f"{STAGING}{os.getpid()}-{time.monotonic_ns()}"
        room.mkdir()
        stack.callback(shutil.rmtree, room, ignore_errors=True)
        source = path
        if path.is_file():
            source = room / "unpacked"
            yield from intake.unpack(path, source)
            source = intake.top(source)
        elif not path.is_dir():
            raise NotFound(f"{path} does not exist.", hint="Check the path.")
        pack = intake.describe(source, known)
        _ask(pack.licence, pack.title, terms.consent, unknown=True)
        ready = room / "ready"
        yield from intake.copy(pack, source, ready, move=source.is_relative_to(room))
        yield from _finish(pack, ready, terms)


def remove(pack_id: str, shelf: Path) -> None:
    """Take a pack off the shelf, with what was downloaded for it.

    Raises:
        NotFound: there is none of that name.
    """
    if not IDENTIFIER.fullmatch(pack_id) or not (shelf / pack_id).is_dir():
        raise NotFound(f"There is no installed pack “{pack_id}”.", hint="`kinora packs` lists them.")
    with _alone(shelf):
        gone = shelf / f"{GONE}{pack_id}"
        try:
            (shelf / pack_id).rename(gone)
        except OSError as error:
            raise not_written(error, f"remove the pack {pack_id}") from error
        _throw_away(gone)
        for rest in shelf.glob(f"{DOWNLOAD}{pack_id}@*"):
            shutil.rmtree(rest, ignore_errors=True)


def check(pack_id: str, terms: Terms) -> Iterator[Step]:
    """Verify every file of an installed pack, compare its golden answers, and measure it again.

    Raises:
        NotFound: it is not installed.
        PackInvalid: it is damaged or answers otherwise; the packs view shows it from now on.
        PacksBusy: another Kinora changes the packs just now.
    """
    folder = terms.shelf / pack_id
    if not IDENTIFIER.fullmatch(pack_id) or not folder.is_dir():
        raise NotFound(f"There is no installed pack “{pack_id}”.", hint="`kinora packs` lists them.")
    with _alone(terms.shelf):  # else it may be taken away or replaced meanwhile
        pack = read_pack(folder)
        note = noted(folder)
        try:
            yield from _verify(pack, folder, {})
            answers, note = yield from _try(pack, folder, terms, note)
        except PackInvalid as error:
            _write(folder / NOTE, {**note, "problem": error.text})
            raise
        note.pop("problem", None)
        _write(folder / NOTE, note)
        if answers != dict(pack.golden):
            _write(folder / MANIFEST, {**pack.raw, "golden": answers})


def noted(folder: Path) -> dict[str, Any]:
    """What this machine found out about a pack; empty when nothing or nothing readable is there."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        if isinstance(found, dict) and all(isinstance(found.get(key, {}), dict) for key in ("speed", "waits")):
            return found
    return {}


def damage(pack: Pack, folder: Path) -> str:
    """What is wrong with an installed pack as far as a glance at its files tells; empty when nothing is."""
    for file in pack.files:
        path = folder / file.name
        try:
            size = path.stat().st_size
        except OSError:
            return f"{file.name} is missing."
        if file.size and size != file.size:
            return f"{file.name} has {size:,} bytes instead of {file.size:,}."
    return str(noted(folder).get("problem", ""))


def sweep(shelf: Path) -> None:
    """Clear away what a killed process left; a pack that was about to be replaced comes back."""
    for entry in sorted(shelf.glob(".*")):
        if entry.name.startswith((GONE, STAGING)):
            _throw_away(entry)
        elif entry.name.startswith(OLD):
            place = shelf / entry.name.removeprefix(OLD)
            if place.exists():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.rename(place)
        elif entry.name.startswith(DOWNLOAD) and time.time() - entry.stat().st_mtime > KEEP:
            shutil.rmtree(entry, ignore_errors=True)


def _throw_away(entry: Path) -> None:
    """Delete a folder, or the link that somebody put in the place of one."""
    if entry.is_symlink():
        entry.unlink()
    shutil.rmtree(entry, ignore_errors=True)


def replacing(shelf: Path) -> bool:
    """Whether a pack is being replaced this very moment (or was, when its process was killed)."""
    return any(not one.name.startswith(GONE) for one in shelf.glob(f"{OLD}*"))


def settle(shelf: Path) -> None:
    """Clear up after a process that was killed, unless another one is at work there just now."""
    if shelf.is_dir() and any(shelf.glob(".[sdo]*")):
        with contextlib.suppress(PacksBusy), _alone(shelf):
            log.info("cleared up the packs")


# --- inside -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _alone(shelf: Path) -> Iterator[None]:
    """Hold the shelf's lock: packs serve every library of the user, and two programs may want to change them."""
    from filelock import FileLock, Timeout

    try:
        shelf.mkdir(parents=True, exist_ok=True)
        # A generator may be resumed by another thread than the one that began it.
        with FileLock(shelf / ".lock", timeout=0, thread_local=False):
            sweep(shelf)
            yield
    except Timeout as error:
        raise PacksBusy("Another Kinora is changing the packs just now.") from error
    except OSError as error:
        raise not_written(error, "change the packs") from error


def _ask(licence: Licence, title: str, consent: bool, *, unknown: bool = False) -> None:
    nobody_knows = unknown and licence.name in ("", "unknown")
    if consent or not (licence.consent or nobody_knows or (unknown and not licence.commercial)):
        return
    if nobody_knows:
        text = f"Nothing says under which licence “{title}” may be used."
    else:
        text = f"{title}: {licence.name}. {licence.terms}".strip()
    raise ConsentNeeded(text)


def _fetch(pack: Pack, room: Path, terms: Terms) -> Iterator[Step]:
    """Download all files; progress counts the bytes of all of them."""
    before = 0
    for file in pack.files:
        wanted = download.Wanted(file.name, file.urls, file.size, file.sha256)
        target = room / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        done = 0.0
        if any("#" in url for url in file.urls):
            steps = intake.fetch_member(wanted, target, mirror=terms.mirror, pause=terms.pause)
        else:
            steps = download.fetch(wanted, target, mirror=terms.mirror, pause=terms.pause)
        with contextlib.closing(steps):  # type: ignore[type-var]  # a generator: its connection closes with it
            for step in steps:
                done = step.done
                yield Step(before + done, max(pack.size, before + step.total), f"Downloading {file.name}")
        before += int(done)


def _finish(pack: Pack, room: Path, terms: Terms) -> Iterator[Step]:
    """Verify, try and measure the pack in `room`, write its description and put the folder on the shelf."""
    keep = {file.name for file in pack.files}
    for path in sorted(room.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            with contextlib.suppress(OSError):
                path.rmdir()
        elif path.relative_to(room).as_posix() not in keep:
            path.unlink()
    found: dict[str, tuple[int, str]] = {}
    try:
        yield from _verify(pack, room, found)
        _differs_in_version(pack, terms.shelf / pack.id, found)
        answers, note = yield from _try(pack, room, terms, {})
    except PackInvalid:
        shutil.rmtree(room, ignore_errors=True)  # going on with these bytes would never help
        raise
    raw = {**pack.raw, "files": _recorded(pack, found), "golden": answers}
    note["first_use"] = sorted(file.name for file in pack.files if not file.sha256)
    note["agreed"] = AGREED if terms.consent else ""
    _write(room / NOTE, note)
    _write(room / MANIFEST, raw)
    pack_of(raw)
    _place(room, terms.shelf, pack.id)
    log.info("installed the pack %s", pack.ref)
    first = "; no checksum was known for all of its files, so that of this copy was recorded"
    yield Step(1, 1, f"{pack.title} is installed{first if note['first_use'] else ''}.")


def _verify(pack: Pack, folder: Path, found: dict[str, tuple[int, str]]) -> Iterator[Step]:
    """Check the kind, size and hash of every file; note both in `found`."""
    names = {file.name for file in pack.files}
    for name in sorted(intake.mentioned(pack)):
        if name not in names:
            raise PackInvalid(f"The pack {pack.id} uses {name}, which is not among its files.")
    weights: set[str] = set()
    models_first = sorted(pack.files, key=lambda file: not file.name.endswith(".onnx"))
    for number, file in enumerate(models_first):
        yield Step(number, len(pack.files), f"Checking {file.name}")
        path = folder / file.name
        try:
            told = formats.inspect(path, weights)
            size = path.stat().st_size
        except KinoraError:
            raise
        except OSError as error:
            raise PackInvalid(f"{file.name} of the pack {pack.id} is missing.") from error
        except Exception as error:  # a file that is made to break its reader is refused like any other
            raise PackInvalid(f"{file.name} cannot be read as what it should be.") from error
        for beside in told.beside:
            if beside not in names:
                raise PackInvalid(f"{file.name} keeps numbers in {beside}, which is not among the pack's files.")
            weights.add(beside)
        hashed = download.digest(path)
        _compare(file.name, (file.size, file.sha256, _hint(pack, file.name)), (size, hashed))
        found[file.name] = size, hashed


def _differs_in_version(pack: Pack, place: Path, found: Mapping[str, tuple[int, str]]) -> None:
    """Refuse other content under the version that is installed: what the two find would be taken for the same."""
    try:
        old = read_pack(place)
    except PackInvalid:
        return  # there is none, or one that cannot be used
    hashes = {file.name: file.sha256 for file in old.files}
    same = all(hashes.get(name) in (None, "", sha256) for name, (_, sha256) in found.items())
    if old.version == pack.version and not (same and dict(old.models) == dict(pack.models)):
        raise PackInvalid(f"Another {pack.id} of version {pack.version} is installed.",
                          hint="Give this one a higher version, or remove the installed one first.")  # fmt: skip


def _compare(name: str, wanted: tuple[int, str, str], have: tuple[int, str]) -> None:
    size, sha256, hint = wanted
    if size and size != have[0]:
        raise PackInvalid(f"{name} has {have[0]:,} bytes instead of {size:,}.")
    if sha256 and sha256 != have[1]:
        raise PackInvalid(f"{name} is damaged or was exchanged: its SHA-256 is another one.")
    begin, _, end = hint.partition("…")
    if hint and not (have[1].startswith(begin) and have[1].endswith(end)):
        raise PackInvalid(f"{name} is not the file that the catalogue names: its SHA-256 begins or ends otherwise.")


def _hint(pack: Pack, name: str) -> str:
    for raw in pack.raw.get("files", ()):
        if isinstance(raw, dict) and raw.get("name") == name:
            return str(raw.get("sha256_hint", ""))
    return ""


def _recorded(pack: Pack, found: Mapping[str, tuple[int, str]]) -> list[dict[str, Any]]:
    """The files as the installed pack's description has them: with the size and hash of what is there."""
    return [
        {"name": file.name, "size": found[file.name][0], "sha256": found[file.name][1], "urls": list(file.urls)}
        for file in pack.files
    ]


def _try(
    pack: Pack, folder: Path, terms: Terms, note: Mapping[str, Any]
) -> Generator[Step, None, tuple[dict[str, Any], dict[str, Any]]]:
    """Run every model of the pack in a process of its own; compare with what is recorded, or record it."""
    yield Step(0, len(pack.tasks), f"Trying {pack.title}")
    report = trial.run(folder, pack, device=terms.device)
    answers = {**pack.golden, **report.answers}
    for task, problem in report.wrong.items():
        raise PackInvalid(f"{pack.title} does not answer as it should ({task}): {problem}")
    new = {
        **note, "at": datetime.now().astimezone().isoformat(timespec="seconds"), "runtime": report.runtime,
        "device": report.device, "speed": report.speed, "memory": report.memory, "waits": report.waits,
    }  # fmt: skip
    yield Step(len(pack.tasks), len(pack.tasks), f"Tried {pack.title}")
    return answers, new


def _place(room: Path, shelf: Path, name: str) -> None:
    """Rename the finished folder to its place; one that is there makes room and comes back if that fails."""
    _settle(room)
    place, old = shelf / name, shelf / f"{OLD}{name}"
    if place.exists():
        place.rename(old)
    try:
        room.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    _settle(shelf)
    shutil.rmtree(old, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Let the names in a folder survive a power cut, where the system can be told."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
