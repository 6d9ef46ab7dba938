"""A few lines of words with the matches marked."""

from collections import OrderedDict

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextLayout, QTextOption

from desktop.look.grid.snippet import around, marked
from desktop.look.tokens import Colours
from engine.model import MomentHit

KEPT = 600  # excerpts that are laid out already


class Excerpts:
    """Draws excerpts in one font and one theme; those drawn before are laid out once."""

    def __init__(self, font: QFont, colours: Colours) -> None:
        self._font, self._colours = font, colours
        self._metrics = QFontMetrics(font)
        self._made: OrderedDict[tuple[str, int, int], QTextLayout] = OrderedDict()

    def draw(self, painter: QPainter, rect: QRectF, hit: MomentHit, token: str = "text") -> None:
        """Draw the words of a moment into the lines that fit into `rect`, from the top."""
        lines = max(1, int(rect.height() / self._metrics.lineSpacing()))
        layout = self._layout(hit, max(20, int(rect.width())), lines)
        painter.save()
        painter.setPen(QColor(getattr(self._colours, token)))
        layout.draw(painter, QPointF(rect.left(), rect.top()))
        painter.restore()

    def _layout(self, hit: MomentHit, width: int, lines: int) -> QTextLayout:
        key = (f"{hit.snippet}\0{hit.marks}", width, lines)
        found = self._made.get(key)
        if found is None:
            text, marks = hit.snippet, hit.marks
            if lines == 1 or (marks and marks[0][0] * self._metrics.averageCharWidth() > width * (lines - 1)):
                text, marks = around(text, marks)
            found = self._made[key] = self._laid_out(self._cut(text.replace("\n", " "), width, lines), marks, width)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return found

    def _cut(self, text: str, width: int, lines: int) -> str:
        """The words that fit, with an ellipsis where they were cut."""
        layout = self._laid_out(text, (), width)
        if layout.lineCount() <= lines:
            return text
        start = layout.lineAt(lines - 1).textStart()
        return text[:start] + self._metrics.elidedText(text[start:], Qt.TextElideMode.ElideRight, width)

    def _laid_out(self, text: str, marks: tuple[tuple[int, int], ...], width: int) -> QTextLayout:
        layout = QTextLayout(text, self._font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        layout.setTextOption(option)
        within = ((start, min(end, len(text))) for start, end in marks if start < len(text))
        layout.setFormats([marked(start, end, self._colours) for start, end in within])
        layout.beginLayout()
        y = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, y))
            y += self._metrics.lineSpacing()
        layout.endLayout()
        return layout
