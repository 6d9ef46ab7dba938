"""How one face of a grid is drawn."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen, QPixmap, QStaticText

from desktop.look import icons, tokens
from desktop.look.look import Look

BELOW = 46  # room for the name and the note
LINE = 20
KEPT = 4000  # lines of words that stay laid out
Words = tuple[str, str, str, bool]  # title, note, icon, whether the title is only a hint


@dataclass(frozen=True, slots=True)
class Shown:
    """How a tile stands at this moment."""

    selected: bool
    focused: bool
    hover: bool
    target: bool  # something is dragged over it


class TilePaint:
    """Draws tiles with the fonts and colours of the theme; made anew when the theme changes."""

    def __init__(self, look: Look, density: float, *, round_: bool) -> None:
        self._look, self._density, self._round = look, density, round_
        self._title = look.font(tokens.BODY, bold=True)
        self._small = look.font(tokens.SMALL)
        self._head = look.font(tokens.SUBTITLE, bold=True)
        self._title_size, self._small_size = QFontMetrics(self._title), QFontMetrics(self._small)
        self._lines: dict[tuple[str, bool, int], tuple[QStaticText, float]] = {}  # with their widths
        self._blanks: dict[tuple[str, int], QPixmap] = {}

    def tile(self, painter: QPainter, rect: QRect, words: Words, image: QImage | None, shown: Shown) -> None:
        """A face with its words below."""
        title, note, icon, faint = words
        face = QRect(rect.left(), rect.top(), rect.width(), rect.width())
        if image is not None:
            painter.drawImage(face, image)
        else:
            painter.drawPixmap(face.topLeft(), self._blank(icon, face.width()))
        self._rings(painter, face, shown)
        spare = self._spare
        name = QRect(rect.left() - spare, face.bottom() + 5, rect.width() + 2 * spare, LINE)
        self._line(painter, name, title, bold=not faint, token="muted" if faint else "text")
        self._line(painter, name.translated(0, LINE - 1), note, bold=False, token="muted")

    def heading(self, painter: QPainter, y: int, width: int, text: str) -> None:
        """The title of a section."""
        painter.setFont(self._head)
        painter.setPen(self._look.colour("text"))
        painter.drawText(QRect(tokens.L, y, width - 2 * tokens.L, 34), Qt.AlignmentFlag.AlignVCenter, text)

    def band(self, painter: QPainter, rect: QRect) -> None:
        """The rubber band."""
        accent = QColor(self._look.colour("accent"))
        painter.setPen(accent)
        accent.setAlpha(40)
        painter.setBrush(accent)
        painter.drawRect(rect)

    @property
    def _spare(self) -> int:
        return 4 if self._round else 0

    def _blank(self, icon: str, side: int) -> QPixmap:
        """What stands for a face without a picture."""
        made = self._blanks.get((icon, side))
        if made is None:
            made = QPixmap(round(side * self._density), round(side * self._density))
            made.setDevicePixelRatio(self._density)
            made.fill(Qt.GlobalColor.transparent)
            with QPainter(made) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._look.colour("sunken"))
                self._shape(painter, QRectF(0, 0, side, side))
                drawing = icons.pixmap(icon, self._look.colours.faint, 40, self._density)
                painter.drawPixmap((side - 1) // 2 - 20, (side - 1) // 2 - 20, drawing)
            if len(self._blanks) >= 8:  # one for each width that a resizing passes through
                self._blanks.clear()
            self._blanks[icon, side] = made
        return made

    def _rings(self, painter: QPainter, face: QRect, shown: Shown) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if shown.selected or shown.target:
            painter.setPen(QPen(self._look.colour("accent"), 5 if shown.target else 3))
            self._shape(painter, QRectF(face).adjusted(-2, -2, 2, 2))
        if shown.focused:
            painter.setPen(QPen(self._look.colour("text"), 2))
            self._shape(painter, QRectF(face).adjusted(-5, -5, 5, 5))
        elif shown.hover and not shown.selected:
            painter.setPen(QPen(self._look.colour("line_strong"), 1.5))
            self._shape(painter, QRectF(face).adjusted(-1.5, -1.5, 1.5, 1.5))
        if shown.selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("accent"))
            middle = QPointF(face.left() + 15, face.top() + 15)
            painter.drawEllipse(middle, 11, 11)
            tick = icons.pixmap("check", self._look.colours.on_accent, 14, self._density)
            painter.drawPixmap(round(middle.x()) - 7, round(middle.y()) - 7, tick)

    def _shape(self, painter: QPainter, rect: QRectF) -> None:
        if self._round:
            painter.drawEllipse(rect)
        else:
            painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)

    def _line(self, painter: QPainter, rect: QRect, text: str, *, bold: bool, token: str) -> None:
        if not text:
            return
        made, width = self._laid_out(text, bold, rect.width())
        painter.setFont(self._title if bold else self._small)
        painter.setPen(self._look.colour(token))
        left = rect.left() + (max(0.0, rect.width() - width) / 2 if self._round else 0)
        painter.drawStaticText(QPointF(left, rect.top() + (rect.height() - made.size().height()) / 2), made)

    def _laid_out(self, text: str, bold: bool, room: int) -> tuple[QStaticText, float]:
        """The line as it fits; laying it out costs ten times what drawing it does."""
        found = self._lines.get((text, bold, room))
        if found is None:
            font, size = (self._title, self._title_size) if bold else (self._small, self._small_size)
            made = QStaticText(size.elidedText(text, Qt.TextElideMode.ElideRight, room))
            made.setTextFormat(Qt.TextFormat.PlainText)
            made.prepare(font=font)
            found = (made, made.size().width())
            if len(self._lines) >= KEPT:
                self._lines.clear()
            self._lines[text, bold, room] = found
        return found
