"""Looks at the parts of an open library: what is in order, what needs a look, and what would mend it."""

import importlib.metadata
import logging
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import __version__
from engine.errors import KinoraError
from engine.home import packs_folder
from engine.language import digits, tr, trn
from engine.model import HostKind, HostStatus, Kind, QueueStatus, RentalState, Root
from engine.model.health import Part, State
from engine.packs import install, shelf
from engine.store import assets, migrations, status

if TYPE_CHECKING:
    from engine.library import Library

log = logging.getLogger(__name__)

TROUBLED = (HostStatus.LOST, HostStatus.REFUSED, HostStatus.ASIDE)
LITTLE = 1 << 30  # bytes of free space below which it is worth a look
NONE_LEFT = 100 << 20  # and below which nothing can be stored for long
PACKAGES = ("numpy", "opencv-python-headless", "av", "onnxruntime", "faiss-cpu", "pillow", "rapidocr",
            "faster-whisper", "pypdfium2", "watchfiles", "psutil")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Around:
    """What goes on in this process: whether it reads, folders that are watched, numbers of the workers."""

    at_work: bool = False
    watched: int = 0
    workers: Mapping[str, int] = field(default_factory=dict)


def parts(library: "Library", queue: QueueStatus, around: Around) -> tuple[Part, ...]:
    """Every part with its state; one that cannot even be looked at is broken, and the others are still told."""
    settings, roots = library.settings(), library.roots()
    looks: tuple[tuple[str, str, Callable[[], Part]], ...] = (
        ("database", tr("Library"), lambda: _database(library)),
        ("words", tr("Search index"), lambda: _words(library)),
        ("vectors", tr("Search by meaning"), lambda: _vectors(library)),
        ("previews", tr("Previews"), lambda: _previews(library)),
        ("folders", tr("Folders"), lambda: _folders(roots)),
        ("watch", tr("Watching folders"), lambda: _watch(around, settings, roots)),
        ("work", tr("Reading"), lambda: _work(queue)),
        ("workers", tr("Workers"), lambda: _workers(around)),
        ("packs", tr("Packs"), lambda: _packs(queue)),
        ("network", tr("Network"), lambda: _network(settings)),
        ("hosts", tr("Hosts"), lambda: _hosts(library)),
        ("rentals", tr("Rented machines"), lambda: _rentals(library)),
        ("disk", tr("Disk space"), lambda: _disk(library.path)),
    )
    return tuple(_looked(name, title, look) for name, title, look in looks)


def versions() -> tuple[tuple[str, str], ...]:
    """The program and what it stands on; no name of the machine or of anybody is among them."""
    from engine.store.db import sqlite_build

    number, _ = sqlite_build()
    system = f"{platform.system()} {platform.release()} {platform.machine()}".strip()
    base = (("Kinora", __version__), ("Python", platform.python_version()), (tr("System"), system),
            ("SQLite", ".".join(map(str, number))))  # fmt: skip
    return (*base, *((name, found) for name in PACKAGES if (found := _version(name))))


def free(place: Path) -> int:
    """Bytes that are free where a folder is."""
    return shutil.disk_usage(place).free


def _looked(name: str, title: str, look: Callable[[], Part]) -> Part:
    try:
        return look()
    except KinoraError as error:
        return Part(name, title, State.BROKEN, error.text, error.hint)
    except Exception:  # a bug here must not hide what the others say
        log.exception("the part %s could not be looked at", name)
        return Part(name, title, State.BROKEN, tr("It could not be looked at."), tr("The details are in the log."))


def _database(library: "Library") -> Part:
    with library.database.read() as connection:
        found = migrations.version(connection)
        known = sum(assets.counts(connection).get(kind.value, 0) for kind in Kind)
    name, title = "database", tr("Library")
    figures = {"schema": found, "assets": known}
    if not library.owner:
        text = tr("Open for reading only.")
        return Part(name, title, State.OFF, text, figures=figures)
    text = trn("{n} file is known; everything is stored safely.", "{n} files are known; everything is stored safely.",
               known)  # fmt: skip
    return Part(name, title, State.FINE, text, figures=figures, fix="check")


def _words(library: "Library") -> Part:
    with library.database.read() as connection:
        indexed, texts = status.indexed(connection)
    name, title, figures = "words", tr("Search index"), {"moments": indexed}
    if texts and not indexed:
        return Part(name, title, State.BROKEN, tr("The index of words is lost."), tr("It can be made anew."), "check",
                    figures)  # fmt: skip
    text = trn("{n} moment can be found by its words.", "{n} moments can be found by their words.", indexed)
    return Part(name, title, State.FINE, text, figures=figures)


def _vectors(library: "Library") -> Part:
    with library.database.read() as connection:
        spaces, vectors = status.vectors(connection)
    name, title, figures = "vectors", tr("Search by meaning"), {"spaces": spaces, "vectors": vectors}
    if library.searching.spaces.building:
        text = tr("Its index is made anew; searching goes on meanwhile.")
        return Part(name, title, State.BUSY, text, figures=figures)
    if not vectors:
        return Part(name, title, State.OFF, tr("Nothing is known by its meaning yet."),
                    tr("Packs for search by meaning teach Kinora that."), "packs", figures)  # fmt: skip
    return Part(name, title, State.FINE, trn("{n} picture or passage is known by its meaning.",
                                             "{n} pictures and passages are known by their meaning.", vectors),
                figures=figures)  # fmt: skip


def _previews(library: "Library") -> Part:
    name, title = "previews", tr("Previews")
    folder = library.path / "previews"
    if folder.exists() and not os.access(folder, os.W_OK):
        return Part(name, title, State.LOOK, tr("The folder of the previews cannot be written to."),
                    tr("Give yourself the right to write there."), "folder")  # fmt: skip
    return Part(name, title, State.FINE, tr("Drawn when they are needed; they can be made again at any time."))


def _folders(roots: list[Root]) -> Part:
    name, title = "folders", tr("Folders")
    away = [root for root in roots if not root.online]
    figures = {"folders": len(roots), "away": len(away)}
    if not roots:
        return Part(name, title, State.OFF, tr("No folder is added yet."), figures=figures, fix="settings")
    if away:
        text = trn("{n} added folder is not in reach: {path}", "{n} added folders are not in reach, among them {path}",
                   len(away), path=away[0].path)  # fmt: skip
        return Part(name, title, State.LOOK, text, tr("Connect the drive; what is known of it stays."), "rescan",
                    figures)  # fmt: skip
    return Part(name, title, State.FINE, trn("{n} folder is in reach.", "{n} folders are in reach.", len(roots)),
                figures=figures)  # fmt: skip


def _watch(around: Around, settings: Mapping[str, Any], roots: list[Root]) -> Part:
    name, title = "watch", tr("Watching folders")
    wanted = [root for root in roots if root.watch and root.online]
    if not settings["scan.watch"]:
        return Part(name, title, State.OFF, tr("Switched off in the settings: changes are read when you ask for it."),
                    fix="settings")  # fmt: skip
    watched = around.watched
    figures = {"watched": watched}
    if wanted and not watched and around.at_work:
        return Part(name, title, State.LOOK, tr("Changes in the folders are not noticed now."),
                    tr("“Look for changes” reads what is new."), "rescan", figures)  # fmt: skip
    text = tr("Changes are read by themselves.") if watched else tr("There is nothing to watch.")
    return Part(name, title, State.FINE if watched else State.OFF, text, figures=figures)


def _work(queue: QueueStatus) -> Part:
    name, title = "work", tr("Reading")
    figures = {"waiting": queue.waiting, "running": queue.running, "failed": queue.failed, "held": queue.held}
    if queue.trouble:
        return Part(name, title, State.BROKEN, queue.trouble, tr("It goes on by itself when that is mended."), "work",
                    figures)  # fmt: skip
    if queue.paused:
        return Part(name, title, State.LOOK, tr("Paused by you."), tr("Nothing new is read until you go on."), "resume",
                    figures)  # fmt: skip
    if queue.resting and (queue.waiting or queue.running):
        return Part(name, title, State.BUSY if queue.slowed else State.OFF, f"{queue.resting}.",
                    tr("It goes on by itself afterwards."), "go_on", figures)  # fmt: skip
    if queue.waiting or queue.running:
        left = queue.waiting + queue.running
        return Part(name, title, State.BUSY, trn("{n} step is still to do.", "{n} steps are still to do.", left),
                    fix="work", figures=figures)  # fmt: skip
    if queue.failed:
        text = trn("{n} file could not be read.", "{n} files could not be read.", queue.failed)
        return Part(name, title, State.LOOK, text, tr("The reasons are in the work view."), "work", figures)
    return Part(name, title, State.FINE, tr("Everything is read."), figures=figures)


def _workers(around: Around) -> Part:
    name, title, workers = "workers", tr("Workers"), around.workers
    if not around.at_work:
        return Part(name, title, State.OFF, tr("Nothing is read by this process."), figures=workers)
    if workers.get("deaths", 0) >= 5:
        text = trn("They stopped {n} time in five minutes.", "They stopped {n} times in five minutes.",
                   workers["deaths"])  # fmt: skip
        hint = tr("Files that do it are tried alone and set aside; the log says which.")
        return Part(name, title, State.LOOK, text, hint, "work", workers)
    count = workers.get("processes", 0)
    text = trn("{n} process reads files.", "{n} processes read files.", count) if count else tr("At rest.")
    return Part(name, title, State.FINE, text, figures=workers)


def _packs(queue: QueueStatus) -> Part:
    name, title = "packs", tr("Packs")
    have = shelf.installed()
    bad = [pack.title for pack in have.values() if install.damage(pack, packs_folder() / pack.id)]
    bad += shelf.unreadable(have)
    figures = {"installed": len(have), "damaged": len(bad), "held": queue.held}
    if bad:
        return Part(name, title, State.BROKEN, tr("{name} is damaged.", name=bad[0]),
                    tr("Install it again, or remove it."), "packs", figures)  # fmt: skip
    if queue.held:
        return Part(name, title, State.LOOK, trn("{n} step waits for a pack or a drive.",
                                                 "{n} steps wait for a pack or a drive.", queue.held),
                    tr("The packs view says what is missing."), "packs", figures)  # fmt: skip
    if not have:
        return Part(name, title, State.OFF, tr("No pack is installed."),
                    tr("Packs teach Kinora faces, things, speech and meaning."), "packs", figures)  # fmt: skip
    return Part(name, title, State.FINE, trn("{n} pack is installed.", "{n} packs are installed.", len(have)),
                figures=figures)  # fmt: skip


def _network(settings: Mapping[str, Any]) -> Part:
    name, title = "network", tr("Network")
    if settings["net.offline"]:
        return Part(name, title, State.OFF, tr("Offline: no connection leaves this machine."), fix="settings",
                    figures={"offline": 1})  # fmt: skip
    text = tr("Used only for what you set up: packs, servers, hosts, rented machines; nothing else is sent.")
    return Part(name, title, State.FINE, text, figures={"offline": 0})


def _hosts(library: "Library") -> Part:
    """The other machines, by name: who works, who cannot, and why."""
    name, title = "hosts", tr("Hosts")
    states = [state for state in library.hosts.states()[1:] if state.row.kind is not HostKind.RENTAL]
    wrong = [state for state in states if state.status in TROUBLED]
    figures = {"hosts": len(states), "troubled": len(wrong), "running": sum(state.running for state in states)}
    if not states:
        return Part(name, title, State.OFF, tr("No other machine works for this one."), fix="hosts", figures=figures)
    if wrong:
        first = wrong[0]
        text = tr("{name}: {text}", name=first.row.name, text=first.text)
        return Part(name, title, State.LOOK, text, first.hint, "hosts", figures)
    busy = [state.row.name for state in states if state.running]
    if busy:
        return Part(name, title, State.BUSY, tr("At work: {names}", names=", ".join(busy)), "", "hosts", figures)
    text = trn("{n} other machine, {names}", "{n} other machines: {names}", len(states),
               names=", ".join(state.row.name for state in states))  # fmt: skip
    return Part(name, title, State.FINE, text, "", "hosts", figures)


def _rentals(library: "Library") -> Part:
    """What is rented, and whether something of it cannot be ended."""
    name, title = "rentals", tr("Rented machines")
    alarms = library.rentals.alarms()
    count = sum(row.state not in (RentalState.ENDED, RentalState.FAILED) for row in library.rentals.rows())
    figures = {"rented": count, "alarms": len(alarms)}
    if alarms:
        return Part(name, title, State.LOOK, alarms[0].text, tr("Look at the provider's own pages whether it is gone."),
                    figures=figures)  # fmt: skip
    if not count:
        return Part(name, title, State.FINE, tr("Nothing is rented."), figures=figures)
    text = trn("{n} machine is rented.", "{n} machines are rented.", count)
    return Part(name, title, State.FINE, text, figures=figures)


def _disk(library: Path) -> Part:
    free_ = free(library)
    name, title, figures = "disk", tr("Disk space"), {"free_mb": free_ >> 20}
    shown = f"{digits(free_ // 10**9)} GB" if free_ >= 10**10 else f"{digits(free_ // 10**6)} MB"
    text = tr("{size} are free where the library is.", size=shown)
    if free_ < NONE_LEFT:
        return Part(
            name, title, State.BROKEN, text, tr("Free some space; Kinora goes on by itself."), "folder", figures
        )
    if free_ < LITTLE:
        return Part(name, title, State.LOOK, text, tr("Free some space before it is full."), "folder", figures)
    return Part(name, title, State.FINE, text, figures=figures)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
