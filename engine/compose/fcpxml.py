"""Clip lists as FCPXML 1.10, which Final Cut Pro, DaVinci Resolve and others read.

Elements, their order and attributes follow Apple's FCPXML reference and its DTD (developer.apple.com/documentation/
professional-video-applications/fcpxml-reference): times are fractions of a second on frame boundaries.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePosixPath, PureWindowsPath
from xml.etree import ElementTree

from engine.compose.pieces import Piece, Source, rate_of
from engine.compose.timecode import USUAL, frame_at, is_drop

VERSION = "1.10"
WIDE = (1920, 1080)  # of a list without films


def fcpxml(pieces: Sequence[Piece], title: str = "Kinora") -> bytes:
    """The list as one project with its clips one after the other."""
    rate = rate_of(pieces)
    root = ElementTree.Element("fcpxml", version=VERSION)
    resources = _Resources(ElementTree.SubElement(root, "resources"))
    film = next((piece.source for piece in pieces if piece.source.is_film), None)
    size = (film.width or WIDE[0], film.height or WIDE[1]) if film is not None else WIDE
    whole = resources.format(rate, *size)
    library = ElementTree.SubElement(root, "library")
    event = ElementTree.SubElement(library, "event", name=title)
    project = ElementTree.SubElement(event, "project", name=title)
    length = sum(last - first for first, last in (piece.frames(rate) for piece in pieces))
    sequence = ElementTree.SubElement(
        project, "sequence", format=whole, duration=_time(length, rate), tcStart="0s",
        tcFormat="DF" if is_drop(rate) else "NDF", audioLayout="stereo", audioRate="48k",
    )  # fmt: skip
    spine = ElementTree.SubElement(sequence, "spine")
    offset = 0
    for piece in pieces:
        offset += _clip(spine, piece, resources.asset(piece.source), offset, rate)
    ElementTree.indent(root, "  ")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{body}\n'.encode()


def _clip(spine: ElementTree.Element, piece: Piece, ref: str, offset: int, rate: Fraction) -> int:
    """Add one clip; return its length in frames of the time line."""
    first, last = piece.frames(rate)
    own = piece.source.rate or rate
    start = Fraction(frame_at(piece.start, own)) / own
    clip = ElementTree.SubElement(
        spine, "asset-clip", ref=ref, offset=_time(offset, rate), name=_clean(piece.title), start=_seconds(start),
        duration=_time(last - first, rate), tcFormat="DF" if is_drop(own) else "NDF",
    )  # fmt: skip
    if not piece.source.is_film:
        clip.set("audioRole", "dialogue")
    if piece.note.strip():
        ElementTree.SubElement(clip, "note").text = _clean(piece.note)
    for second, name in piece.marks:
        at = Fraction(frame_at(second, own)) / own
        ElementTree.SubElement(
            clip, "marker", start=_seconds(at), duration=_seconds(1 / own), value=_clean(name) or "Marker"
        )
    return last - first


class _Resources:
    """The formats and files of a list, each once."""

    def __init__(self, parent: ElementTree.Element) -> None:
        self._parent = parent
        self._formats: dict[tuple[Fraction, int, int], str] = {}
        self._assets: dict[int, str] = {}
        self._count = 0

    def format(self, rate: Fraction, width: int, height: int) -> str:
        """The id of a format."""
        key = (rate, width, height)
        if key not in self._formats:
            number = self._next()
            ElementTree.SubElement(
                self._parent, "format", id=number, frameDuration=_seconds(1 / rate), width=str(width),
                height=str(height),
            )  # fmt: skip
            self._formats[key] = number
        return self._formats[key]

    def asset(self, source: Source) -> str:
        """The id of a file."""
        if source.asset not in self._assets:
            told = {"name": _clean(source.name), "start": "0s", "duration": _length(source)}
            if source.rate is not None:
                told |= {
                    "hasVideo": "1",
                    "videoSources": "1",
                    "format": self.format(source.rate, source.width or WIDE[0], source.height or WIDE[1]),
                }
            if source.channels:
                told |= {"hasAudio": "1", "audioSources": "1", "audioChannels": str(source.channels),
                         "audioRate": str(source.sample_rate)}  # fmt: skip
            number = self._next()
            made = ElementTree.SubElement(self._parent, "asset", {"id": number, **told})
            ElementTree.SubElement(made, "media-rep", kind="original-media", src=address(source.path))
            self._assets[source.asset] = number
        return self._assets[source.asset]

    def _next(self) -> str:
        self._count += 1
        return f"r{self._count}"


def address(path: str) -> str:
    """The file URL of a path of this or of the other sort of system."""
    if path[1:2] == ":" or path.startswith("\\\\"):
        return PureWindowsPath(path).as_uri()
    return PurePosixPath(path).as_uri()


def _length(source: Source) -> str:
    """The length of a whole file on its own frame boundaries, rounded up so that no piece reaches behind it."""
    rate = source.rate or USUAL
    frames = -(-Fraction(source.duration).limit_denominator(100_000) * rate // 1)
    return _time(int(max(1, frames)), rate)


def _time(frames: int, rate: Fraction) -> str:
    return _seconds(Fraction(frames) / rate)


def _seconds(value: Fraction) -> str:
    """A time as the format wants it: 1001/30000s, or 5s."""
    return f"{value.numerator}s" if value.denominator == 1 else f"{value.numerator}/{value.denominator}s"


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(char for char in text if char in "\t\n" or (char >= " " and not 0xD800 <= ord(char) <= 0xDFFF
                                                              and char not in "\ufffe\uffff"))  # fmt: skip
