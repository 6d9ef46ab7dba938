"""The shelf: the packs that are installed on this machine, and which of them serves which task."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import NeedsPack, PackInvalid
from engine.home import packs_folder
from engine.language import tr
from engine.packs.pack import MANIFEST, TASKS, Pack, read_pack

log = logging.getLogger(__name__)

_lock = threading.Lock()
_known: dict[Path, tuple[tuple[tuple[str, int], ...], dict[str, Pack]]] = {}


def installed(folder: Path | None = None) -> dict[str, Pack]:
    """The packs on the shelf by id; one whose description cannot be read is left out and logged.

    Costs one listing of the folder when nothing changed.
    """
    folder = folder or packs_folder()
    now = mark(folder)
    with _lock:
        known = _known.get(folder)
        if known is not None and known[0] == now:
            return known[1]
    found: dict[str, Pack] = {}
    for name, _ in now:
        try:
            pack = read_pack(folder / name)
        except PackInvalid as error:
            log.warning("pack %s is left out: %s", name, error.text)
            continue
        if pack.id == name:
            found[name] = pack
        else:
            log.warning("pack %s is left out: it calls itself %s", name, pack.id)
    with _lock:
        _known[folder] = now, found
    return found


def unreadable(have: Mapping[str, Pack], folder: Path | None = None) -> list[str]:
    """Folders on the shelf that should be packs but cannot be read as such; `have` are those that can."""
    folder = folder or packs_folder()
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return [one.name for one in entries if one.is_dir() and not one.name.startswith(".") and one.name not in have]


def chosen(settings: Mapping[str, Any], folder: Path | None = None) -> dict[str, str]:
    """The pack that serves each task, as task: id@version; tasks without a pack are left out.

    What the user set comes first, then a pack marked as a default, then the first by name. A pack that needs consent
    was agreed to when it was installed, but is still never chosen by itself.
    """
    packs = installed(folder)
    found: dict[str, str] = {}
    for task in TASKS:
        if task.biometric and not settings.get("people.biometrics", True):
            continue
        wanted = packs.get(str(settings.get(f"packs.{task.name}", "")))
        if wanted is None or task.name not in wanted.models:
            able = [pack for pack in packs.values() if task.name in pack.models and not pack.licence.consent]
            wanted = min(able, key=lambda pack: (not pack.default, pack.id), default=None)
        if wanted is not None:
            found[task.name] = wanted.ref
    return found


def find(ref: str, folder: Path | None = None) -> tuple[Pack, Path]:
    """The pack that a reference (id@version) names, and its folder.

    Raises:
        NeedsPack: it is not on this machine, or in another version.
    """
    folder = folder or packs_folder()
    name, _, version = ref.partition("@")
    pack = installed(folder).get(name)
    if pack is None or str(pack.version) != version:
        raise NeedsPack(tr("The pack {ref} is not on this machine.", ref=ref), hint=f"kinora packs install {name}")
    return pack, folder / name


def mark(folder: Path | None = None) -> tuple[tuple[str, int], ...]:
    """What tells that the shelf changed: each pack's name and when its description was written."""
    folder = folder or packs_folder()
    found = []
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:  # not there yet, or another user's: Kinora works without packs
        if not isinstance(error, FileNotFoundError):
            log.info("the packs in %s cannot be seen: %s", folder, error.strerror)
        return ()
    for entry in entries:
        manifest = entry / MANIFEST
        with contextlib.suppress(OSError):  # it is taken away just now
            if not entry.name.startswith(".") and manifest.is_file():
                found.append((entry.name, manifest.stat().st_mtime_ns))
    return tuple(found)
