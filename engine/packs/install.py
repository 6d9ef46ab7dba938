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
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import ConsentNeeded, KinoraError, NotFound, PackInvalid, not_written
from engine.language import digits, mark, tr
from engine.model import Step
from engine.packs import download, formats, intake, trial
from engine.packs.pack import IDENTIFIER, MANIFEST, Licence, Pack, pack_of, read_pack
from engine.packs.placing import DOWNLOAD, GONE, STAGING, alone, place, throw_away, write

log = logging.getLogger(__name__)

NOTE = "installed.json"  # what this machine found out about the pack
AGREED = mark("It was agreed to its terms when it was installed.")


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
            tr("Kinora is offline: nothing is downloaded."),
            hint=tr("Switch the setting net.offline off, or import the pack from a folder or a zip file."),
        )
    if not pack.files or not all(file.urls for file in pack.files):
        raise PackInvalid(
            tr("The pack {id} names no place to download from.", id=pack.id), hint=tr("Import it from a folder.")
        )
    with alone(terms.shelf):
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
    with alone(terms.shelf), contextlib.ExitStack() as stack:
        room = terms.shelf / f"{STAGING}{os.getpid()}-{time.monotonic_ns()}"
        room.mkdir()
        stack.callback(shutil.rmtree, room, ignore_errors=True)
        source = path
        if path.is_file():
            source = room / "unpacked"
            yield from intake.unpack(path, source)
            source = intake.top(source)
        elif not path.is_dir():
            raise NotFound(tr("{path} does not exist.", path=path), hint=tr("Check the path."))
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
        raise NotFound(
            tr("There is no installed pack “{pack_id}”.", pack_id=pack_id), hint="`kinora packs` lists them."
        )
    with alone(shelf):
        gone = shelf / f"{GONE}{pack_id}"
        try:
            (shelf / pack_id).rename(gone)
        except OSError as error:
            raise not_written(error, tr("remove the pack {pack_id}", pack_id=pack_id)) from error
        throw_away(gone)
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
        raise NotFound(
            tr("There is no installed pack “{pack_id}”.", pack_id=pack_id), hint="`kinora packs` lists them."
        )
    with alone(terms.shelf):  # else it may be taken away or replaced meanwhile
        pack = read_pack(folder)
        note = noted(folder)
        try:
            yield from _verify(pack, folder, {})
            answers, note = yield from _try(pack, folder, terms, note)
        except PackInvalid as error:
            write(folder / NOTE, {**note, "problem": error.text})
            raise
        note.pop("problem", None)
        write(folder / NOTE, note)
        if answers != dict(pack.golden):
            write(folder / MANIFEST, {**pack.raw, "golden": answers})


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
            return tr("{name} is missing.", name=file.name)
        if file.size and size != file.size:
            return tr(
                "{name} has {size} bytes instead of {size2}.",
                name=file.name,
                size=digits(size),
                size2=digits(file.size),
            )
    return str(noted(folder).get("problem", ""))


# --- inside -----------------------------------------------------------------------------------------------------------


def _ask(licence: Licence, title: str, consent: bool, *, unknown: bool = False) -> None:
    nobody_knows = unknown and licence.name in ("", "unknown")
    if consent or not (licence.consent or nobody_knows or (unknown and not licence.commercial)):
        return
    if nobody_knows:
        text = tr("Nothing says under which licence “{title}” may be used.", title=title)
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
                yield Step(before + done, max(pack.size, before + step.total), tr("Downloading {name}", name=file.name))
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
    write(room / NOTE, note)
    write(room / MANIFEST, raw)
    pack_of(raw)
    place(room, terms.shelf, pack.id)
    log.info("installed the pack %s", pack.ref)
    first = tr("; no checksum was known for all of its files, so that of this copy was recorded")
    yield Step(1, 1, tr("{title} is installed{more}.", title=pack.title, more=first if note["first_use"] else ""))


def _verify(pack: Pack, folder: Path, found: dict[str, tuple[int, str]]) -> Iterator[Step]:
    """Check the kind, size and hash of every file; note both in `found`."""
    names = {file.name for file in pack.files}
    for name in sorted(intake.mentioned(pack)):
        if name not in names:
            raise PackInvalid(tr("The pack {id} uses {name}, which is not among its files.", id=pack.id, name=name))
    weights: set[str] = set()
    models_first = sorted(pack.files, key=lambda file: not file.name.endswith(".onnx"))
    for number, file in enumerate(models_first):
        yield Step(number, len(pack.files), tr("Checking {name}", name=file.name))
        path = folder / file.name
        try:
            told = formats.inspect(path, weights)
            size = path.stat().st_size
        except KinoraError:
            raise
        except OSError as error:
            raise PackInvalid(tr("{name} of the pack {id} is missing.", name=file.name, id=pack.id)) from error
        except Exception as error:  # a file that is made to break its reader is refused like any other
            raise PackInvalid(tr("{name} cannot be read as what it should be.", name=file.name)) from error
        for beside in told.beside:
            if beside not in names:
                raise PackInvalid(
                    tr(
                        "{name} keeps numbers in {beside}, which is not among the pack's files.",
                        name=file.name,
                        beside=beside,
                    )
                )
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
        raise PackInvalid(tr("Another {id} of version {version} is installed.", id=pack.id, version=pack.version),
                          hint=tr("Give this one a higher version, or remove the installed one first."))  # fmt: skip


def _compare(name: str, wanted: tuple[int, str, str], have: tuple[int, str]) -> None:
    size, sha256, hint = wanted
    if size and size != have[0]:
        raise PackInvalid(
            tr("{name} has {have} bytes instead of {size}.", name=name, have=digits(have[0]), size=digits(size))
        )
    if sha256 and sha256 != have[1]:
        raise PackInvalid(tr("{name} is damaged or was exchanged: its SHA-256 is another one.", name=name))
    begin, _, end = hint.partition("…")
    if hint and not (have[1].startswith(begin) and have[1].endswith(end)):
        raise PackInvalid(
            tr("{name} is not the file that the catalogue names: its SHA-256 begins or ends otherwise.", name=name)
        )


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
    yield Step(0, len(pack.tasks), tr("Trying {title}", title=pack.title))
    report = trial.run(folder, pack, device=terms.device)
    answers = {**pack.golden, **report.answers}
    for task, problem in report.wrong.items():
        raise PackInvalid(
            tr("{title} does not answer as it should ({task}): {problem}", title=pack.title, task=task, problem=problem)
        )
    new = {
        **note, "at": datetime.now().astimezone().isoformat(timespec="seconds"), "runtime": report.runtime,
        "device": report.device, "speed": report.speed, "memory": report.memory, "waits": report.waits,
    }  # fmt: skip
    yield Step(len(pack.tasks), len(pack.tasks), tr("Tried {title}", title=pack.title))
    return answers, new
