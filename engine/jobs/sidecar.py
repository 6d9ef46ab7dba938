"""Read an XMP file beside a photo or video, or put words into one: on request, with the contract of an analyzer."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.analyzers.base import Analyzer, Yield
from engine.media.source import Source
from engine.model import Facts, Kind


class Sidecar(Analyzer):
    """Yields facts of a file beside another one; not in the registry.

    `sidecar` is the file's path in hexadecimal. Rating, keywords and, in `extra["regions"]`, the named faces come back.
    With `say` (see `engine.media.packet.Said`) and `now`, `extra["xmp"]` is the text that the file should have, absent
    where it has it.
    """

    name: ClassVar[str] = "sidecar"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Sidecar files"
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield one `Facts`.

        Raises:
            DamagedFile: the sidecar is too large, or no XMP that can be read.
            MediaError: the file itself cannot be read.
        """
        path = bytes.fromhex(str(options["sidecar"]))
        if "say" in options:
            yield Facts(extra=_merged(path, options))
        else:
            yield _read(source, path)


def _read(source: Source, path: bytes) -> Facts:
    from dataclasses import replace

    from engine.media import metadata, regions, xmp

    root = xmp.of_file(path)
    return replace(metadata.beside_facts(root), extra={"regions": source.named(regions.regions_of(root))})


def _merged(path: bytes, options: Mapping[str, Any]) -> dict[str, str]:
    from engine.language import tr
    from engine.media import packet
    from engine.media.files import opened, whole

    with opened(path) as stream:
        data = whole(stream, packet.MOST_BYTES, tr("XMP file"))
    text = packet.merged(data, packet.Said.from_json(options["say"]), str(options["now"]))
    return {} if text is None else {"xmp": text}
