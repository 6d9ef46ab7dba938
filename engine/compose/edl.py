"""Clip lists as CMX 3600 edit decision lists, which nearly every editor reads.

The columns are those of the CMX 3600 format (SMPTE 258M-2004 describes it): event, reel, track, transition, source in,
source out, record in, record out. Source times count from the beginning of the file; the record begins at one hour.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from engine.compose.pieces import Piece, Source, rate_of
from engine.compose.timecode import frame_at, is_drop, timecode
from engine.errors import KinoraError
from engine.language import tr

MOST = 999  # events: their numbers have three digits
REEL = 8  # characters of a reel's name
BEGIN = 3600  # seconds at which the record begins
LINE = 240  # characters of a comment


def edl(pieces: Sequence[Piece], title: str = "Kinora") -> str:
    """The list as text. Raises KinoraError where it is longer than the format allows."""
    if len(pieces) > MOST:
        raise KinoraError(
            tr("An EDL holds at most {n} clips.", n=MOST), hint=tr("Export FCPXML, or a part of the list.")
        )
    rate = rate_of(pieces)
    lines = [f"TITLE: {_plain(title)[:70]}", f"FCM: {'DROP FRAME' if is_drop(rate) else 'NON-DROP FRAME'}", ""]
    reels = _reels([piece.source for piece in pieces])
    record = frame_at(BEGIN, Fraction(round(rate))) if not is_drop(rate) else _drop_begin(rate)
    for number, piece in enumerate(pieces, start=1):
        lines += _event(number, piece, reels[piece.source.path], rate, record)
        first, last = piece.frames(rate)
        record += last - first
    return "\r\n".join(lines) + "\r\n"


def _drop_begin(rate: Fraction) -> int:
    """The frame that the time code 01:00:00;00 stands for."""
    nominal = round(rate)
    return BEGIN * nominal - nominal // 15 * 54


def _event(number: int, piece: Piece, reel: str, rate: Fraction, record: int) -> Iterator[str]:
    first, last = piece.frames(rate)
    times = (first, last, record, record + last - first)
    codes = " ".join(timecode(frame, rate) for frame in times)
    yield f"{number:03}  {reel:<8} {_track(piece.source):<5} C        {codes}"
    yield f"* FROM CLIP NAME: {_plain(piece.source.name)}"
    yield f"* SOURCE FILE: {_plain(piece.source.path)}"
    if piece.name:
        yield f"* CLIP: {_plain(piece.name)}"
    for line in piece.note.splitlines():
        if line.strip():
            yield f"* COMMENT: {_plain(line)}"
    if piece.source.rate is not None and piece.source.rate != rate:
        yield f"* SOURCE FRAME RATE: {float(piece.source.rate):.3f}"
    for second, name in piece.marks:
        at = record + min(max(0, frame_at(second, rate) - first), last - first - 1)
        yield f"* LOC: {timecode(at, rate)} RED     {_plain(name)}".rstrip()


def _track(source: Source) -> str:
    """V for pictures, A or AA for one or two channels of sound, B and AA/V for both."""
    if not source.is_film:
        return "A" if source.channels == 1 else "AA"
    return {0: "V", 1: "B"}.get(source.channels, "AA/V")


def _reels(sources: Sequence[Source]) -> dict[str, str]:
    """A name of at most eight letters and digits for each file, all different."""
    found: dict[str, str] = {}
    for source in sources:
        if source.path in found:
            continue
        stem = re.sub(r"[^A-Z0-9]", "", source.name.rpartition(".")[0].upper() or source.name.upper())[:REEL] or "REEL"
        name, count = stem, 1
        while name in found.values():
            count += 1
            name = f"{stem[: REEL - len(str(count))]}{count}"
        found[source.path] = name
    return found


def _plain(text: str) -> str:
    """One line without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:LINE]
