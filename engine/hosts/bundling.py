"""Makes a bundle out of an order again, on the machine that does it, with a parcel in place of an original."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.hosts.offers import options_here
from engine.jobs import wire
from engine.jobs.orders import Order, OrderTask
from engine.media import parcel

WriteManifest = Callable[[Order, Path, Path], None]  # the order, the folder of its blobs, the file to write


def write_parcel(order: Order, blobs: Path, target: Path) -> None:
    """Write what a `Source` reads in place of an original."""
    parcel.write_manifest(order.parts, blobs, target)


def start_of(
    number: int, order: Order, tasks: Iterable[OrderTask], manifest: Path, settings: Mapping[str, Any]
) -> wire.Start:
    """The bundle of an order; its jobs are numbered by the places of the tasks.

    Raises:
        OSError: the manifest is not there.
        SettingInvalid, HostSkew: an option that is refused here.
    """
    told = manifest.stat()
    wanted = tuple(wire.Task(place, 0, one.analyzer, options_here(one, settings)) for place, one in enumerate(tasks))
    return wire.Start(
        number, os.fsencode(manifest), order.kind, parcel.MIME, order.id, told.st_size, told.st_mtime_ns, wanted,
        order.facts,
    )  # fmt: skip
