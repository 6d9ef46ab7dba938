"""Sidecars for other programs: where each goes, what it says, how it is written without harm to what is there."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from engine.errors import DamagedFile, KinoraError, StoreError, not_written
from engine.hosts.errands import About, Errands
from engine.language import tr, trn
from engine.media import packet
from engine.media.files import joined, shown, system_path
from engine.media.formats import BY_MIME
from engine.media.packet import Face, Said
from engine.media.regions import lying
from engine.model import SidecarReport, Step
from engine.store import sidecars
from engine.store.db import Database
from engine.store.sidecars import Entry, Where

log = logging.getLogger(__name__)

LONG, SHORT = "long", "short"  # picture.jpg.xmp (digiKam, darktable), picture.xmp (Lightroom, Adobe)
STYLES = (LONG, SHORT)
ENDING, BACKUP = b".xmp", b"~"
BATCH = 100  # assets read from the store at once
MOST_REFUSED = 200  # that are named in the report
MARK = b"urn:kinora:xmp:1.0/"  # stands in what Kinora wrote before
STOPS = (errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EIO)  # the next file fails, too
# Where several files share `picture.xmp`, it is the sidecar of the first of these.
RANKS = ("raw", "photo", "video", "audio", "document", "other")


class Exporter:
    """One export; its `report` is complete at the end."""

    def __init__(
        self, database: Database, log_path: Path | None, folder: Path | None, style: str, *, sure: bool
    ) -> None:
        """`folder` None: beside the originals. `sure`: faces that were only recognised are left out.

        Raises:
            KinoraError: there is no such style.
        """
        if style not in STYLES:
            raise KinoraError(
                tr("There is no naming “{style}”.", style=style), hint=tr("It is {styles}.", styles=", ".join(STYLES))
            )
        self._database, self._log_path = database, log_path
        self._target = None if folder is None else os.fsencode(folder)
        self._style, self._sure = style, sure
        self._errands: Errands | None = None
        self._roots: dict[int, tuple[bytes, bytes]] = {}  # path, and the name that stands for it in the target
        self._owners: dict[bytes, dict[bytes, tuple[str, str]]] = {}  # originals of a folder: kind and type
        self._made: set[bytes] = set()  # sidecars of this export
        self._now = datetime.now().astimezone().isoformat(timespec="seconds")
        self.report = SidecarReport()

    def steps(self, ids: Sequence[int]) -> Iterator[Step]:
        """Write; the last step says what was done.

        Raises:
            StoreError: the folder cannot be made or written; what was written until then stays.
        """
        with self._database.read() as connection:
            self._roots = _named(sidecars.roots(connection))
        if self._target is not None:
            _make(self._target)
        done = 0
        try:
            for begin in range(0, len(ids), BATCH):
                with self._database.read() as connection:
                    part = list(sidecars.entries(connection, ids[begin : begin + BATCH], sure=self._sure))
                for entry in part:
                    self._asset(entry)
                    done += 1
                    if done % 10 == 0:
                        yield Step(done, len(ids), trn("{n} sidecar written", "{n} sidecars written", self._count))
        finally:
            if self._errands is not None:
                self._errands.close()
        yield Step(len(ids), len(ids), told(self.report))

    @property
    def _count(self) -> int:
        return self.report.written + self.report.merged

    def _asset(self, entry: Entry) -> None:
        say = said_of(entry)
        nothing = say.rating is None and not (say.words or say.description or say.faces)
        for place in entry.files:
            if place.name.lower().endswith(ENDING) or (self._target is None and place.state != "present"):
                continue
            target = self._place(place, entry)
            if target is None:
                continue
            if nothing and _mode(target) is None:
                self.report.empty += 1
                continue
            try:
                self._write(target, entry, say)
            except DamagedFile as error:
                self._refuse(target, error.text)
            except OSError as error:
                told_ = not_written(error, tr("write a sidecar"))
                if error.errno in STOPS:
                    raise told_ from error
                self._refuse(target, told_.text)

    def _place(self, place: Where, entry: Entry) -> bytes | None:
        """Where the sidecar of a file goes; None where it may not."""
        folder = place.folder if self._target is None else self._mirrored(place)
        name = place.name + ENDING
        if self._style == SHORT:
            stem, dot, _ = place.name.rpartition(b".")
            name = (stem if dot and stem else place.name) + ENDING
            if not self._first(place, entry):
                self._refuse(
                    joined(place.folder, place.name),
                    tr("Another file of the same name has the sidecar “{name}”.", name=shown(name)),
                )
                return None
        target = joined(folder, name)
        if name in self._originals(folder):
            self._refuse(target, tr("This is a file of the library: nothing is written into originals."))
            return None
        if target in self._made:
            self._refuse(joined(place.folder, place.name), tr("Another file has this sidecar already."))
            return None
        self._made.add(target)
        return target

    def _first(self, place: Where, entry: Entry) -> bool:
        """Whether, of the files of a folder that share a short name, this one has it."""
        stem = place.name.rpartition(b".")[0]
        mine = _rank(entry.kind, entry.mime)
        return all(
            other == place.name or other.rpartition(b".")[0] != stem or (_rank(*sort), other) > (mine, place.name)
            for other, sort in self._originals(place.folder).items()
        )

    def _originals(self, folder: bytes) -> dict[bytes, tuple[str, str]]:
        if folder not in self._owners:
            if len(self._owners) > 64:
                self._owners.clear()
            with self._database.read() as connection:
                self._owners[folder] = sidecars.originals(connection, folder)
        return self._owners[folder]

    def _mirrored(self, place: Where) -> bytes:
        """The folder of the target that stands for a folder of the library."""
        assert self._target is not None
        slash = os.fsencode(os.sep)
        for root, name in sorted(self._roots.values(), key=lambda one: -len(one[0])):
            if place.folder == root or place.folder.startswith(root.rstrip(slash) + slash):
                return joined(self._target, name + place.folder[len(root.rstrip(slash)) :])
        return joined(self._target, _last(place.folder))

    def _write(self, target: bytes, entry: Entry, say: Said) -> None:
        mode = _mode(target)
        if mode is None:
            if self._target is not None:
                _make(target[: -len(_last(target)) - 1])
            _put(target, packet.packet(say, self._now).encode())
            self.report.written += 1
            return
        if not stat.S_ISREG(mode):
            raise DamagedFile(tr("There is a link or a folder of this name; it was left alone."))
        text = self._merged(target, entry, say)
        if text is None:
            self.report.same += 1
            return
        self._keep(target)
        _put(target, text.encode(), mode)
        self.report.merged += 1

    def _merged(self, target: bytes, entry: Entry, say: Said) -> str | None:
        if self._errands is None:
            self._errands = Errands(self._log_path)
        facts = os.stat(system_path(target))  # noqa: PTH116  # the path is bytes
        about = About(target, entry.kind, entry.mime, entry.content, facts.st_size, facts.st_mtime_ns)
        options = {"sidecar": target.hex(), "say": say.to_json(), "now": self._now}
        try:
            answer = self._errands.ask(about, "sidecar", options)
        except DamagedFile:
            raise
        except KinoraError as error:
            raise DamagedFile(error.text, hint=error.hint) from error
        return answer.extra.get("xmp")

    def _keep(self, target: bytes) -> None:
        """The first time, a copy of what another program wrote."""
        copy = target + BACKUP
        if _mode(copy) is not None:
            return
        with open(system_path(target), "rb") as stream:  # noqa: PTH123
            if MARK in stream.read(packet.MOST_BYTES):
                return
        part = system_path(copy + b".part")
        shutil.copyfile(system_path(target), part)
        os.replace(part, system_path(copy))  # noqa: PTH105
        self.report.backups += 1

    def _refuse(self, path: bytes, why: str) -> None:
        self.report.refused += 1
        log.warning("no sidecar was written for %s: %s", shown(path), why)
        if len(self.report.reasons) < MOST_REFUSED:
            self.report.reasons.append((shown(path), why))


def said_of(entry: Entry) -> Said:
    """What a sidecar of an asset says; faces as they lie on the stored picture."""
    turned = entry.orientation >= 5
    size = (entry.size[1], entry.size[0]) if turned else entry.size
    faces = tuple(Face(name, lying(box, entry.orientation), pet) for name, box, pet in entry.faces)
    return Said(entry.rating, entry.words, entry.note or None, faces, size)


def told(report: SidecarReport) -> str:
    """What an export did, in sentences."""
    parts = [
        trn("{n} sidecar written.", "{n} sidecars written.", report.written + report.merged),
        trn("{n} of them was there and was brought up to date.", "{n} of them were there and were brought up to date.",
            report.merged) if report.merged else "",
        trn("{n} said it all already.", "{n} said it all already.", report.same) if report.same else "",
        trn("Of {n} file nothing is known that a sidecar could say.",
            "Of {n} files nothing is known that a sidecar could say.", report.empty) if report.empty else "",
        trn("{n} was left alone; the log says why.", "{n} were left alone; the log says why.",
            report.refused) if report.refused else "",
    ]  # fmt: skip
    return " ".join(part for part in parts if part)


def _named(roots: dict[int, bytes]) -> dict[int, tuple[bytes, bytes]]:
    """Each added folder with a name of its own."""
    found: dict[int, tuple[bytes, bytes]] = {}
    taken: set[bytes] = set()
    for number, path in sorted(roots.items()):
        plain = _last(path)
        name, at = plain, 1
        while name.lower() in taken:
            at += 1
            name = plain + b"-%d" % at
        taken.add(name.lower())
        found[number] = path, name
    return found


def _last(path: bytes) -> bytes:
    """The name at the end of a path; "C" of a whole drive."""
    slash = os.fsencode(os.sep)
    return path.rstrip(slash).rpartition(slash)[2].replace(b":", b"") or b"files"


def _rank(kind: str, mime: str) -> int:
    found = BY_MIME.get(mime)
    raw = found is not None and found.reader == "raw"
    return RANKS.index("raw" if raw else kind if kind in RANKS else "other")


def _mode(path: bytes) -> int | None:
    try:
        return os.lstat(system_path(path)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _make(folder: bytes) -> None:
    try:
        os.makedirs(system_path(folder), exist_ok=True)  # noqa: PTH103
    except (FileExistsError, NotADirectoryError) as error:
        raise StoreError(
            tr("“{name}” is a file, not a folder.", name=shown(folder)), hint=tr("Choose another folder.")
        ) from error
    except OSError as error:
        raise not_written(error, tr("make a folder for sidecars")) from error


def _put(target: bytes, data: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all, and onto the disk."""
    part = system_path(target + b"." + secrets.token_hex(4).encode() + b".part")
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            with contextlib.suppress(OSError):
                os.chmod(part, stat.S_IMODE(mode))  # noqa: PTH101
        os.replace(part, system_path(target))  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)  # noqa: PTH108
        raise
