"""The transcript of a film or recording as plain text, and as JSON with words, times and speakers."""

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from engine.compose.subtitles import clock
from engine.model.lines import Line

WIDTH = 80  # characters of a row of plain text
SILENCE = 4.0  # seconds after which a new paragraph begins
FORMAT = 1


def plain(lines: Sequence[Line], *, times: bool = True) -> str:
    """Paragraphs, each with its speaker and the time at which it begins."""
    parts = []
    for paragraph in _paragraphs(lines):
        first = paragraph[0]
        at = clock(first.moment.start or 0.0, ".").partition(".")[0]
        head = "  ".join(word for word in (f"[{at}]" if times else "", first.speaker) if word)
        words = " ".join(" ".join(line.text.split()) for line in paragraph)
        body = textwrap.fill(words, WIDTH, break_long_words=False, break_on_hyphens=False)
        parts.append(f"{head}\n{body}" if head else body)
    return "\n\n".join(parts) + ("\n" if parts else "")


def structured(lines: Sequence[Line], name: str, duration: float | None, language: str = "") -> str:
    """JSON: `format`, `file`, `duration`, `language`, `speakers`, and `lines` with `start end speaker text words`."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "file": name,
        "duration": duration,
        "language": language,
        "speakers": list(dict.fromkeys(line.speaker for line in lines if line.speaker)),
        "lines": [_entry(line) for line in lines],
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _entry(line: Line) -> dict[str, Any]:
    entry: dict[str, Any] = {"start": line.moment.start, "end": line.moment.end, "text": line.text}
    if line.speaker:
        entry["speaker"] = line.speaker
    if line.corrected:
        entry["corrected"] = True
        entry["read"] = line.original
    entry["words"] = [{"start": start, "end": end, "word": word} for start, end, word in line.words]
    return entry


def _paragraphs(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines of one speaker without a long silence between them."""
    found: list[list[Line]] = []
    for line in lines:
        before = found[-1][-1] if found else None
        gap = (line.moment.start or 0.0) - (before.moment.end or before.moment.start or 0.0) if before else 0.0
        if before is None or before.speaker != line.speaker or gap > SILENCE:
            found.append([])
        found[-1].append(line)
    return found
