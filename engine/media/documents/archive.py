"""Open documents that are ZIP archives: single parts, unpacked in memory up to a budget, never onto the disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from engine.errors import TooLarge, UnsupportedFormat
from engine.language import tr
from engine.media.files import opened
from engine.media.reading import reading

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CHUNK = 1 << 20
_MOST_PARTS = 50_000


class Archive:
    """The parts of one archive; what is unpacked of all of them together stays below `budget` bytes."""

    def __init__(self, parts: zipfile.ZipFile, what: str, budget: int) -> None:
        self._parts = parts
        self._what = what
        self._left = budget
        self.names = tuple(parts.namelist()[:_MOST_PARTS])

    def __contains__(self, name: str) -> bool:
        return name in self._parts.NameToInfo

    def read(self, name: str) -> bytes:
        """Return a part, counted as it streams out: sizes in the archive's own index may be lies.

        Raises:
            TooLarge: the budget is used up.
        """
        out = bytearray()
        with self._parts.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                self._spend(len(chunk))
                out += chunk
        return bytes(out)

    def elements(self, name: str, *tags: str) -> Iterator[Element]:
        """Yield the finished elements of these tags in a part; each is emptied after its turn.

        Raises:
            TooLarge: the budget is used up.
            DamagedFile: the XML is broken, or declares entities.
        """
        from defusedxml.ElementTree import iterparse

        wanted = frozenset(tags)
        with self._parts.open(name) as stream:
            depth = 0
            for event, element in iterparse(_Counted(stream, self), events=("start", "end"), forbid_dtd=True):
                inside = element.tag in wanted
                if event == "start":
                    depth += inside
                    continue
                if inside:
                    depth -= 1
                    yield element
                if depth == 0:
                    element.clear()

    def tree(self, name: str) -> Element:
        """Return the root element of a small part."""
        from defusedxml.ElementTree import fromstring

        root: Element = fromstring(self.read(name), forbid_dtd=True)
        return root

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise TooLarge(
                tr("This {what} unpacks to far more than a {what} should; it was not read.", what=self._what)
            )


class _Counted:
    """A stream that spends its archive's budget."""

    def __init__(self, stream: IO[bytes], archive: Archive) -> None:
        self._stream = stream
        self._archive = archive

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size if size and size > 0 else _CHUNK)
        self._archive._spend(len(data))
        return data


@contextmanager
def archive(path: bytes, what: str, budget: int) -> Iterator[Archive]:
    """Open a document that is a ZIP archive.

    Raises:
        DamagedFile: the archive or the XML in it is broken.
        UnsupportedFormat: it is protected by a password.
    """
    from defusedxml.common import DefusedXmlException

    with (
        opened(path) as stream,
        reading(what, zipfile.BadZipFile, NotImplementedError, DefusedXmlException),
        zipfile.ZipFile(stream) as parts,
    ):
        if any(part.flag_bits & 1 for part in parts.infolist()[:100]):
            raise UnsupportedFormat(
                tr("This {what} is protected by a password.", what=what), hint=tr("Save it without one, and add that.")
            )
        yield Archive(parts, what, budget)


def budget(text_bytes: int) -> int:
    """Return the bytes that may be unpacked for so many bytes of text: markup takes several times its words."""
    return max(64 << 20, 4 * text_bytes)


def local(tag: object) -> str:
    """Return a tag's name without its namespace."""
    return str(tag).rsplit("}", 1)[-1]
