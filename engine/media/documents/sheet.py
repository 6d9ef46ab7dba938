"""Draw the beginning of a text as a sheet of paper, for the grid."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from engine.media.pixels import as_array

if TYPE_CHECKING:
    from engine.media.parts import Pixels

_COLUMNS, _ROWS = 78, 52
_PAPER, _INK, _TITLE = (252, 252, 250), (52, 54, 58), (20, 22, 26)


def can_draw(text: str) -> bool:
    """Say whether the font that Pillow brings has most of these letters (Latin, mainly)."""
    letters = [char for char in text[:2000] if not char.isspace()]
    return bool(letters) and sum(char < "\u0180" or "\u2010" <= char <= "\u2044" for char in letters) >= 0.9 * len(
        letters
    )


def draw_sheet(title: str, text: str, side: int) -> Pixels:
    """Return a sheet in the proportions of A4, `side` pixels high."""
    from PIL import Image, ImageDraw, ImageFont

    height = max(16, side)
    width = max(12, round(height / 1.414))
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    margin, line = width * 0.08, height * 0.9 / _ROWS
    font = ImageFont.load_default(size=max(4.0, line * 0.78))
    bold = ImageFont.load_default(size=max(5.0, line * 1.15))
    top = height * 0.05
    if title and can_draw(title):
        for row in textwrap.wrap(title, _COLUMNS * 2 // 3)[:2]:
            pen.text((margin, top), row, fill=_TITLE, font=bold)
            top += line * 1.5
        top += line * 0.5
    for row in _rows(text):
        if top > height * 0.95:
            break
        pen.text((margin, top), row, fill=_INK, font=font)
        top += line
    return as_array(sheet)


def _rows(text: str) -> list[str]:
    rows: list[str] = []
    for paragraph in text.splitlines():
        rows += textwrap.wrap(paragraph[: _COLUMNS * _ROWS], _COLUMNS) or [""]
        if len(rows) > _ROWS:
            break
    return rows[:_ROWS]
