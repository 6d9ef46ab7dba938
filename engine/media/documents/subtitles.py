"""Read subtitles (SRT, VTT): words with their times."""

import html
import re

from engine.language import tr
from engine.media.documents.base import DocumentReader, Text
from engine.media.documents.text import decoded
from engine.media.files import opened
from engine.media.parts import Block
from engine.model import Facts

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_CUE = re.compile(rf"^[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[^\n]*$", re.MULTILINE)
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<(?:\d+:)?\d\d:\d\d\.\d{3}>|\{\\[^{}]{0,200}\}")
_MOST_TIME = 100 * 3600.0


class SubtitleReader(DocumentReader):
    """Reads subtitles; entries whose times make no sense are left out, with a notice."""

    def load(self) -> Text:
        """Read the entries in order."""
        with opened(self.path) as stream:
            text = decoded(stream.read(self.limits.text_bytes))
        blocks, broken = cues(text)
        if broken or not blocks:
            what = (
                tr("{broken} subtitles were left out", broken=broken) if broken > 1 else tr("A subtitle was left out")
            )
            self.notices.append(
                tr("{what}: their times make no sense.", what=what)
                if broken
                else tr("There are no subtitles in this file.")
            )
        end = max((block.end or 0.0 for block in blocks), default=None)
        return Text(self.paged(blocks), Facts(duration=end))


def cues(text: str) -> tuple[list[Block], int]:
    """Return the entries of SRT or VTT in order, and how many were left out because their times make no sense."""
    marks = list(_CUE.finditer(text))
    escaped = text.lstrip("\ufeff").startswith("WEBVTT")  # only there "&amp;" stands for a sign
    blocks: list[Block] = []
    broken = 0
    for at, mark in enumerate(marks):
        until = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        words = _words(text[mark.end() : until], last=at + 1 == len(marks))
        words = html.unescape(words) if escaped else words
        start, end = _seconds(mark.groups()[:4]), _seconds(mark.groups()[4:])
        if start is None or end is None or end < start or end > _MOST_TIME:
            broken += 1
        elif words:
            blocks.append(Block(words, label="subtitle", start=start, end=end))
    return blocks, broken


def _words(text: str, *, last: bool) -> str:
    """Return the lines of an entry without markup and without the number of the next one."""
    lines = plain(text).split("\n")
    if "" in lines:
        lines = lines[: lines.index("")]
    elif not last and len(lines) > 1 and lines[-1].isdigit():
        lines = lines[:-1]
    return "\n".join(line for line in lines if line)


def plain(text: str) -> str:
    """Return the lines of an entry without markup, each without space around it."""
    return "\n".join(line.strip() for line in _MARKUP.sub("", text).strip().split("\n"))


def _seconds(parts: tuple[str | None, ...]) -> float | None:
    hours, minutes, seconds, rest = parts
    if int(minutes or 0) > 59 or int(seconds or 0) > 59:
        return None
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + int((rest or "0").ljust(3, "0")) / 1000
