"""What a process of a cluster is: the versions that must be equal everywhere, and what it has to offer."""

import functools
import hashlib
import importlib.metadata
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import engine
from engine.errors import HostSkew
from engine.jobs.orders import PROTOCOL
from engine.language import tr

PACKAGES = ("distributed", "dask", "msgpack")
SAME = ("python", *PACKAGES, "kinora", "protocol", "build")  # what must be equal, letter for letter
BUILD = (
    "analyzers/**/*.py",
    "hosts/cluster/*.py",
    "hosts/*.py",
    "jobs/**/*.py",
    "media/**/*.py",
    "model/**/*.py",
    "packs/**/*.py",
    "errors.py",
    "settings.py",
)
UNKNOWN = "unknown"


@functools.cache
def versions() -> dict[str, str]:
    """The versions of this process; nothing heavy is imported for them."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = UNKNOWN
    return {**found, "kinora": engine.__version__, "protocol": str(PROTOCOL), "build": build()}


@functools.cache
def build() -> str:
    """What the sources are that take part in an order: 16 hex digits; two that differ in a letter are two builds."""
    home = Path(engine.__file__).resolve().parent
    seen = hashlib.sha256()
    for place in sorted(place for part in BUILD for place in home.glob(part)):
        seen.update(
            f"{place.relative_to(home).as_posix()}\0{hashlib.sha256(place.read_bytes()).hexdigest()}\n".encode()
        )
    return seen.hexdigest()[:16]


def offered() -> dict[str, Any]:
    """What this process can do for orders: analyzers, packs, devices and free bytes."""
    from engine.hosts import offers
    from engine.packs import shelf

    return {
        "analyzers": offers.analyzers(),
        "packs": sorted(pack.ref for pack in shelf.installed().values()),
        "devices": [[one.name, one.memory] for one in offers.devices()],
        "space": shutil.disk_usage(tempfile.gettempdir()).free,
    }


def same(theirs: Mapping[str, Any], who: str, ours: Mapping[str, str] | None = None) -> None:
    """Let pass who has just our versions. Raises HostSkew, which names both."""
    mine = versions() if ours is None else ours
    for name in SAME:
        told = str(theirs.get(name, UNKNOWN))[:64]
        if told != mine[name]:
            raise HostSkew(
                tr(
                    "{who} of the cluster has {what} {theirs}, this machine has {ours}.",
                    who=who, what=name, theirs=told, ours=mine[name],
                ),
                hint=tr("Nothing was sent. Use the same environment or container image everywhere in the cluster."),
            )  # fmt: skip


def same_analyzers(theirs: Mapping[str, int], who: str, ours: Mapping[str, int]) -> None:
    """Let pass who has no analyzer in another version than ours; one may lack some. Raises HostSkew."""
    for name, version in theirs.items():
        if name in ours and ours[name] != version:
            raise HostSkew(
                tr(
                    "{who} of the cluster has the analyzer {analyzer} in version {theirs}, this machine has {ours}.",
                    who=who, analyzer=name, theirs=version, ours=ours[name],
                ),
                hint=tr("Nothing was sent. Use the same environment or container image everywhere in the cluster."),
            )  # fmt: skip
