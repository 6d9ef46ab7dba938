"""One line of words with the matches marked."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout, QTextOption

from desktop.look import words
from desktop.look.tokens import Colours
from engine.language import tr
from engine.model import Moment, MomentHit

LEAD = 18  # characters shown before the first match


def place_words(moment: Moment) -> str:
    """Where a moment is, shortly: `1:23`, `page 4`, nothing for the whole."""
    if moment.start is not None:
        return words.clock(moment.start)
    return tr("page {page}", page=moment.page) if moment.page is not None else ""


def around(text: str, marks: tuple[tuple[int, int], ...]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The words from shortly before the first match on, as one line, with the marks moved along."""
    flat = text.replace("\n", " ").replace("\t", " ").replace("\r", " ")
    start = max(0, marks[0][0] - LEAD) if marks else 0
    if start:
        start = flat.find(" ", start, marks[0][0]) + 1 or start  # begin with a whole word
    if start == 0:
        return flat, marks
    return "…" + flat[start:], tuple((a - start + 1, b - start + 1) for a, b in marks)


def draw_marked(painter: QPainter, rect: QRectF, hit: MomentHit, font: QFont, colours: Colours) -> None:
    """Draw a snippet into one line of `rect`, cut at the right."""
    text, marks = around(hit.snippet, hit.marks)
    text = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, max(1, int(rect.width())))
    marks = tuple((start, min(end, len(text))) for start, end in marks if start < len(text))
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    layout.setTextOption(option)
    layout.setFormats([marked(start, end, colours) for start, end in marks])
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(max(rect.width(), 1))
    layout.endLayout()
    painter.save()
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    painter.setPen(QColor(colours.muted))
    painter.setFont(font)
    layout.draw(painter, QPointF(rect.left(), rect.top() + (rect.height() - line.height()) / 2))
    painter.restore()


def marked(start: int, end: int, colours: Colours) -> QTextLayout.FormatRange:
    """The format of a match from character `start` to `end`."""
    mark = QTextLayout.FormatRange()
    mark.start, mark.length = start, end - start
    look = QTextCharFormat()
    look.setBackground(QColor(colours.mark))
    look.setForeground(QColor(colours.on_mark))
    mark.format = look
    return mark
