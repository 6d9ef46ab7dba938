"""What test workers of a cluster load beside Kinora's own preload: an analyzer that needs no model (`nodes.Reads`)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.jobs.orders import Part


def listed(parts: Sequence[Part], blobs: Path, target: Path) -> None:
    """A manifest that `Reads` reads."""
    target.write_text(json.dumps([str(blobs / part.sha256) for part in parts]))


def dask_setup(server: Any) -> None:
    """Let orders be read by `Reads`."""
    from engine.analyzers.objects import Objects
    from engine.hosts.cluster import body

    Objects.travels = ("picture",)
    if body.station is not None:
        body.station._write_manifest = listed
