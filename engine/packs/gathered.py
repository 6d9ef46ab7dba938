"""Packs that another machine brought: put together from files named by their SHA-256, then taken in as any import."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.errors import HostLost, not_written
from engine.language import tr
from engine.packs import catalogue, install, shelf
from engine.packs.pack import MANIFEST, Pack
from engine.packs.placing import write


def here(pack: Pack) -> bool:
    """Whether this very pack is on the shelf."""
    there = shelf.installed().get(pack.id)
    if there is None or there.version != pack.version:
        return False
    return {file.name: file.sha256 for file in there.files} == {file.name: file.sha256 for file in pack.files}


def take_in(pack: Pack, find: Callable[[str], Path], room: Path, terms: install.Terms) -> None:
    """Put a pack on the shelf whose files lie where `find` says for their SHA-256; `room` is a folder for it alone.

    Raises:
        HostLost: a file is gone.
        PackInvalid, ConsentNeeded, StorageFull, PacksBusy: as importing a pack does.
    """
    try:
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(parents=True)
        _gather(pack, find, room)
        for _ in install.bring_in(room, terms, catalogue.packs()):
            pass
    except OSError as error:
        raise not_written(error, tr("put the pack together")) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _gather(pack: Pack, find: Callable[[str], Path], room: Path) -> None:
    for file in pack.files:
        place, found = room / file.name, find(file.sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(found, place)
        except FileNotFoundError as error:
            raise HostLost(tr("The files of the pack are gone from the host.")) from error
        except OSError:  # no links here
            shutil.copyfile(found, place)
    write(room / MANIFEST, pack.raw)
