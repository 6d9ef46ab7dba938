"""Read the faces that an XMP file beside a photo or video names: on request, with the contract of an analyzer."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.analyzers.base import Analyzer, Yield
from engine.media.source import Source
from engine.model import Facts, Kind


class Sidecar(Analyzer):
    """Yields facts with the named faces alone; `sidecar` is the file's path in hexadecimal. Not in the registry."""

    name: ClassVar[str] = "sidecar"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Names in sidecar files"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.PHOTO, Kind.VIDEO})

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield one `Facts`.

        Raises:
            DamagedFile: the sidecar is too large, or no XMP that can be read.
            MediaError: the file itself cannot be read.
        """
        yield Facts(extra={"regions": source.named(bytes.fromhex(str(options["sidecar"])))})
