"""What is put on a node: this very Kinora's own files, as one archive that is always the same for the same files."""

import gzip
import hashlib
import io
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import engine
from engine.errors import HostError
from engine.language import tr

HOME = Path(engine.__file__).resolve().parent.parent
WANTED = (
    "main.py", "engine/**/*.py", "resources/packs.json", "resources/tags.txt", "resources/node*.lock",
    "resources/translations/*/LC_MESSAGES/*.mo",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cargo:
    """An archive (tar, gzip) to be unpacked into a folder named by `build`, and the locks that are in it."""

    build: str  # of the files that are in it: 32 hex digits
    data: bytes
    sha256: str  # of data
    locks: dict[str, bytes]  # by name

    def environment(self, lock: str) -> str:
        """The name of the environment that a lock describes."""
        return f"env-{hashlib.sha256(self.locks[lock]).hexdigest()[:16]}"


def cargo(home: Path = HOME) -> Cargo:
    """The files of this program that a node needs.

    Raises:
        HostError: this program was frozen into one file: it has no sources to send.
    """
    if getattr(sys, "frozen", False):
        raise HostError(
            tr("This Kinora cannot put itself on another machine: it has no sources."),
            hint=tr("Install Kinora there, run `kinora serve`, and add that address."),
        )
    return _cargo(home, max(place.stat().st_mtime_ns for place in _places(home)))


@lru_cache(maxsize=2)
def _cargo(home: Path, newest: int) -> Cargo:
    found = {place.relative_to(home).as_posix(): place.read_bytes() for place in _places(home)}
    names = hashlib.sha256()
    for name, data in sorted(found.items()):
        names.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    packed = _packed(found)
    locks = {name.rpartition("/")[2]: data for name, data in found.items() if name.endswith(".lock")}
    return Cargo(names.hexdigest()[:32], packed, hashlib.sha256(packed).hexdigest(), locks)


def _places(home: Path) -> Iterator[Path]:
    return (place for pattern in WANTED for place in home.glob(pattern) if place.is_file())


def _packed(found: dict[str, bytes]) -> bytes:
    """Nothing of this machine is in it: no times, no names of users."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0, filename="") as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, data in sorted(found.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o600
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()
