"""What people bring along: folders and zip files looked through, recognised and described as packs."""

from __future__ import annotations

import fnmatch
import json
import lzma
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import DownloadFailed, PackInvalid, StorageFull
from engine.language import tr
from engine.model import Step
from engine.packs import download, formats
from engine.packs.pack import MANIFEST, Pack, pack_of, read_pack

MOST_FILES = 2000
MOST_BYTES = 64 << 30
BOMB = 200  # times that a file may grow by unpacking, once it is large: models hardly shrink at all
LARGE = 64 << 20
CHUNK = 1 << 20
# What reading a zip file raises where it is cut, changed or made to hurt.
DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, UnicodeError, ValueError, OverflowError,
    struct.error, zlib.error, lzma.LZMAError,
)  # fmt: skip
WHISPER = ("tokenizer.json", "vocabulary.json", "vocabulary.txt", "preprocessor_config.json", "config.json")
UNKNOWN = {"name": "unknown", "commercial": False, "terms": "Nothing in the folder says what its makers allow."}
INSIGHTFACE = {
    "name": "InsightFace models", "commercial": False, "consent": True,
    "terms": "For non-commercial research only; for anything else its makers sell licences.",
    "url": "https://github.com/deepinsight/insightface",
}  # fmt: skip


def describe(folder: Path, known: Mapping[str, Pack]) -> Pack:
    """Read or work out the description of what lies in a folder; `known` is the catalogue.

    Raises:
        PackInvalid: it is nothing that is recognised.
    """
    if (folder / MANIFEST).exists():
        pack = read_pack(folder)
        return _complete(_as_catalogued(pack, known), folder)
    names = {path.name for path in folder.iterdir() if path.is_file()}
    for pack in known.values():
        if pack.files and all(_lies_there(folder, names, file.name, file.size) for file in pack.files):
            return pack
    if "model.bin" in names and "config.json" in names and "tokenizer.json" in names:
        return _whisper(folder, names)
    if any(name.endswith(".onnx") for name in names) and _looks_like_insightface(names):
        return _insightface(folder, names)
    raise PackInvalid(
        tr("{name} is no pack: it has no {MANIFEST}, and nothing in it is known.", name=folder.name, MANIFEST=MANIFEST),
        hint=tr("docs/packs.md says how to describe a model of your own."),
    )


def mentioned(pack: Pack) -> set[str]:
    """The files that the descriptions of a pack's models name."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            for part in value.values():
                yield from walk(part)
        elif isinstance(value, str) and 3 < len(value) < 200 and formats.allowed_name(value) and " " not in value:
            yield value

    return set(walk(pack.models))


def copy(pack: Pack, source: Path, target: Path, *, move: bool = False) -> Iterator[Step]:
    """Copy (or move) the files of a pack to a new folder; links are refused, other files stay behind.

    Raises:
        PackInvalid: a file is missing or is a link.
        StorageFull: there is no room.
    """
    target.mkdir()
    found = [(file, _find(source, file.name)) for file in pack.files]
    need = 0 if move else sum(path.stat().st_size for _, path in found)
    if shutil.disk_usage(target).free < need + download.SPARE:
        raise StorageFull(
            tr("The disk is too full for {need:,.0f} MB.", need=need / 1000000.0),
            hint=tr("Free some space and try again."),
        )
    done = 0
    for file, path in found:
        yield Step(done, max(need, pack.size), tr("Copying {name}", name=file.name))
        place = target / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        done += path.stat().st_size
        if move:
            path.replace(place)
        else:
            shutil.copyfile(path, place)
            with place.open("rb+") as stream:
                os.fsync(stream.fileno())


def unpack(archive: Path, target: Path) -> Iterator[Step]:
    """Unpack a zip file into a new folder, within bounds.

    Raises:
        PackInvalid: it is none, leads out of the folder, has links, or grows beyond reason.
    """
    target.mkdir()
    try:
        with zipfile.ZipFile(archive) as bundle:
            members = _members(bundle, archive.name)
            total = sum(member.file_size for member in members)
            if shutil.disk_usage(target).free < total + download.SPARE:
                raise StorageFull(tr("The disk is too full for {total:,.0f} MB.", total=total / 1000000.0))
            done = 0
            for member in members:
                yield Step(done, total, tr("Unpacking {filename}", filename=member.filename))
                _extract(bundle, member, target / member.filename)
                done += member.file_size
    except DAMAGED as error:
        raise PackInvalid(
            tr("{name} is no zip file that can be read: {error}.", name=archive.name, error=error)
        ) from error


def top(folder: Path) -> Path:
    """The folder that has the pack: a zip file often has one folder around everything."""
    entries = [entry for entry in folder.iterdir() if entry.name != "__MACOSX"]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder


def fetch_member(wanted: download.Wanted, target: Path, *, mirror: str, pause: float) -> Iterator[Step]:
    """Fetch a file that its makers publish inside a zip file: `https://…/x.zip#pattern` names it.

    Raises:
        DownloadFailed, StorageFull, PackInvalid: see their sentences.
    """
    if target.exists():
        return
    pattern = wanted.urls[0].partition("#")[2]
    urls = tuple(url.partition("#")[0] for url in wanted.urls)
    archive = target.parent / f".{re.sub(r'[^A-Za-z0-9._-]', '_', urls[0].rpartition('/')[2])}"
    yield from download.fetch(download.Wanted(wanted.name, urls), archive, mirror=mirror, pause=pause)
    try:
        with zipfile.ZipFile(archive) as bundle:
            fitting = [one for one in _members(bundle, archive.name) if fnmatch.fnmatch(one.filename, pattern)]
            if len(fitting) != 1:
                raise DownloadFailed(
                    tr("{name} has no {pattern} in it.", name=archive.name[1:], pattern=pattern),
                    hint=tr("Get it from its source."),
                )
            partial = target.with_name(target.name + ".part")
            _extract(bundle, fitting[0], partial)
            partial.replace(target)
    except DAMAGED as error:
        archive.unlink(missing_ok=True)
        raise DownloadFailed(tr("{name} arrived damaged.", name=archive.name[1:])) from error


# --- inside -----------------------------------------------------------------------------------------------------------


def _members(bundle: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """The files of a zip, after a look at all that could go wrong with them."""
    found = [member for member in bundle.infolist() if not member.is_dir()]
    total = sum(member.file_size for member in found)
    if len(found) > MOST_FILES or total > MOST_BYTES:
        raise PackInvalid(tr("{name} holds too much for a pack.", name=name))
    if total > LARGE and total > BOMB * max(1, bundle.start_dir):
        raise PackInvalid(tr("{name} would grow beyond reason.", name=name))
    for member in found:
        parts = re.split(r"[/\\]", member.filename)
        if member.filename.startswith(("/", "\\")) or ".." in parts or ":" in member.filename or "" in parts:
            raise PackInvalid(
                tr("{name} would write outside its folder (“{filename}”).", name=name, filename=member.filename[:80])
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise PackInvalid(tr("{name} holds a link (“{filename}”).", name=name, filename=member.filename[:80]))
        if member.flag_bits & 1:
            raise PackInvalid(
                tr("{name} is locked with a password.", name=name), hint=tr("Unpack it and import the folder.")
            )
        if member.file_size > LARGE and member.file_size > BOMB * max(1, member.compress_size):
            raise PackInvalid(
                tr("{name} would grow beyond reason (“{filename}”).", name=name, filename=member.filename[:80])
            )
    return found


def _extract(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    """Write one file of a zip; one that has more bytes than it says is refused."""
    place.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with bundle.open(member) as source, place.open("wb") as stream:
        while piece := source.read(CHUNK):
            written += len(piece)
            if written > member.file_size:
                raise PackInvalid(tr("“{filename}” is longer than the zip file says.", filename=member.filename[:80]))
            stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())


def _find(source: Path, name: str) -> Path:
    """A file of the pack in a folder, in its place or (as browsers save it) without its folders."""
    for path in (source / name, source / Path(name).name):
        if path.is_symlink():
            raise PackInvalid(tr("{name} is a link.", name=name), hint=tr("Packs are made of plain files only."))
        if path.is_file() and path.resolve().is_relative_to(source.resolve()):
            return path
    raise PackInvalid(tr("{name} is missing in {name2}.", name=name, name2=source.name))


def _lies_there(folder: Path, names: set[str], name: str, size: int) -> bool:
    last = Path(name).name
    return last in names and (not size or (folder / last).stat().st_size == size)


def _as_catalogued(pack: Pack, known: Mapping[str, Pack]) -> Pack:
    """A pack under a name of the catalogue must be that pack: its hashes and terms are those of the catalogue."""
    original = known.get(pack.id)
    if original is None:
        return pack
    if original.version != pack.version or {file.name for file in original.files} != {file.name for file in pack.files}:
        raise PackInvalid(
            tr("This is not the pack {id} of the catalogue.", id=pack.id),
            hint=tr("Give it a name of its own in its pack.json."),
        )
    return original


def _complete(pack: Pack, folder: Path) -> Pack:
    """A description that lists no files means all that lie beside it."""
    if pack.files:
        return pack
    found: list[dict[str, Any]] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_symlink() or len(found) > MOST_FILES:
            raise PackInvalid(
                tr("{name} is a link or one file too many.", name=name), hint=tr("Packs are made of plain files only.")
            )
        if name not in (MANIFEST, "installed.json") and not path.name.startswith("."):
            found.append({"name": name})
    return pack_of({**pack.raw, "files": found})


def _identifier(folder: Path, prefix: str) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.name.lower()).strip("-.")
    return (name if name.startswith(prefix) else f"{prefix}-{name}")[:64].rstrip("-.")


def _whisper(folder: Path, names: set[str]) -> Pack:
    """A CTranslate2 model of Whisper as faster-whisper loads it."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackInvalid(tr("config.json in {name} cannot be read.", name=folder.name)) from error
    if not isinstance(config, dict) or not {"lang_ids", "alignment_heads", "suppress_ids"} & set(config):
        raise PackInvalid(tr("{name} holds a CTranslate2 model, but not one of Whisper.", name=folder.name))
    files = ["model.bin", *(name for name in WHISPER if name in names)]
    return pack_of({
        "id": _identifier(folder, "whisper"), "version": 1, "title": f"Whisper ({folder.name})",
        "summary": "Imported from a folder.", "source": "imported", "licence": UNKNOWN,
        "files": [{"name": name} for name in files],
        "models": {"speech": {"adapter": "whisper", "file": "model.bin"}},
    })  # fmt: skip


def _looks_like_insightface(names: set[str]) -> bool:
    return any(name.startswith(("det_", "scrfd")) for name in names) and any(
        name.startswith(("w600k", "glintr", "arcface")) for name in names
    )


def _insightface(folder: Path, names: set[str]) -> Pack:
    """A directory of models as the insightface library loads it."""
    files = [{"name": name} for name in sorted(names) if name.endswith(".onnx")]
    return pack_of({
        "id": _identifier(folder, "insightface"), "version": 1, "title": f"InsightFace {folder.name}",
        "summary": "Imported from a folder.", "source": "imported", "licence": INSIGHTFACE, "files": files,
        "models": {task: {"adapter": "insightface"} for task in ("face-detection", "face-embedding")},
    })  # fmt: skip
