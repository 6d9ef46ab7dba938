"""Clip lists as CSV, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.compose.pieces import Piece, Source
from engine.compose.timecode import frame_at, timecode

COLUMNS = (
    "number", "name", "file", "path", "in", "out", "duration", "in_timecode", "out_timecode", "frame_rate", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a piece, or a mark (without an end)."""

    source: Source
    start: float
    end: float | None
    name: str = ""
    note: str = ""


def cliplist(entries: Sequence[Entry]) -> bytes:
    """The list with a head line; times in seconds and, for films, as time codes. Begins with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for number, one in enumerate(entries, start=1):
        writer.writerow(_row(number, one))
    return text.getvalue().encode("utf-8-sig")


def entry_of(piece: Piece) -> Entry:
    """A piece as a row."""
    return Entry(piece.source, piece.start, piece.end, piece.name, piece.note)


def _row(number: int, one: Entry) -> dict[str, object]:
    rate = one.source.rate
    return {
        "number": number,
        "name": _safe(one.name),
        "file": _safe(one.source.name),
        "path": one.source.path,
        "in": f"{one.start:.3f}",
        "out": "" if one.end is None else f"{one.end:.3f}",
        "duration": "" if one.end is None else f"{one.end - one.start:.3f}",
        "in_timecode": _code(one.start, rate),
        "out_timecode": _code(one.end, rate),
        "frame_rate": f"{float(rate):.3f}" if rate is not None else "",
        "note": _safe(one.note),
    }


def _code(second: float | None, rate: Fraction | None) -> str:
    return "" if second is None or rate is None else timecode(frame_at(second, rate), rate)


def _safe(text: str) -> str:
    """No formula: spreadsheets run a cell that begins with these (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
