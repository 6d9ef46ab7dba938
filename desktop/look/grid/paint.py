"""How one cell of the grid is drawn."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPixmap

from desktop.look import icons, tokens, words
from desktop.look.grid.moments import better_words
from desktop.look.grid.snippet import draw_marked
from desktop.look.look import Look
from engine.language import digits, tr
from engine.model import Cell, MomentHit

LINE = 20  # height of a line of words
BADGE = 20
SIGNED = 64  # width from which a picture carries signs
KEPT = 2000  # badges and cut names kept
LINE_FLAGS = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine


@dataclass(slots=True)
class State:
    """What a cell looks like at this moment beside its data."""

    selected: bool = False
    current: bool = False
    focused: bool = False
    hover: bool = False
    names: bool = True
    blurred: bool = False


class CellPaint:
    """Draws cells with the fonts and colours of the theme; made anew when the theme changes."""

    def __init__(self, look: Look, density: float) -> None:
        self.look = look
        self.density = density
        self.small: QFont = look.font(tokens.SMALL)
        self.body: QFont = look.font(tokens.BODY, bold=True)
        self._badge_font: QFont = look.font(tokens.CAPTION, bold=True)
        self._small_size = QFontMetrics(self.small)
        self._body_size = QFontMetrics(self.body)
        self._badge_size = QFontMetrics(self._badge_font)
        self._made: dict[tuple[str, str], QPixmap] = {}  # badges drawn before: a screen has many alike
        self._cut: dict[tuple[str, int], str] = {}  # names as they fit

    def cell(
        self,
        painter: QPainter,
        rect: QRect,
        cell: Cell | None,
        image: QImage | None,
        state: State,
        hit: MomentHit | None,
    ) -> None:
        """A picture with its badges, its name and its words below."""
        picture = QRect(rect.left(), rect.top(), rect.width(), rect.width())
        self.picture(painter, picture, cell, image)
        if cell is None:
            return
        self.badges(painter, picture, cell, state)
        y = picture.bottom() + 4
        if state.names:
            name = QRect(rect.left() + 2, y, rect.width() - 4, LINE)
            self.text(painter, name, cell.name, self.small, "text", middle=True)
            y += LINE - 2
        if hit is not None:
            line = QRect(rect.left() + 2, y, rect.width() - 4, LINE)
            if hit.snippet:
                draw_marked(painter, QRectF(line), hit, self.small, self.look.colours)
            else:
                self.text(painter, line, " · ".join(filter(None, (hit.why, better_words(hit)))), self.small, "muted")
        self._frame(painter, picture, state)

    def heading(self, painter: QPainter, rect: QRect, text: str, count: int, *, sticky: bool) -> None:
        """The title of a section with the number of its assets."""
        if sticky:
            painter.fillRect(rect, self.look.colour("window"))
        painter.setFont(self.look.font(tokens.SUBTITLE, bold=True))
        painter.setPen(self.look.colour("text"))
        inner = rect.adjusted(tokens.M, 0, -tokens.M, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        used = painter.boundingRect(inner, flags, text)
        painter.drawText(inner, flags, text)
        painter.setFont(self.small)
        painter.setPen(self.look.colour("muted"))
        gone = used.width() + tokens.M
        mirrored = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft
        rest = inner.adjusted(0, 1, -gone, 1) if mirrored else inner.adjusted(gone, 1, 0, 1)
        painter.drawText(rest, flags, digits(count))

    def wide(self, text: str, *, bold: bool = False) -> int:
        """The width of words in the small font, or in the one of names."""
        return (self._body_size if bold else self._small_size).horizontalAdvance(text)

    def picture(self, painter: QPainter, rect: QRect, cell: Cell | None, image: QImage | None) -> None:
        """The preview of an asset, or a plate with the sign of its kind."""
        if image is not None:
            painter.drawImage(rect, image)
            return
        self.plate(painter, rect, "sunken")
        if cell is not None and not (cell.preview and cell.kind != "audio"):
            side = 40 if rect.width() > 100 else 28
            drawing = icons.pixmap(cell.kind.value, self.look.colours.faint, side, self.density)
            painter.drawPixmap(rect.center().x() - side // 2, rect.center().y() - side // 2, drawing)

    def badges(self, painter: QPainter, rect: QRect, cell: Cell, state: State) -> None:
        """What is to be known of an asset at a glance, over its picture."""
        if rect.width() < SIGNED:
            return
        inner = rect.adjusted(6, 6, -6, -6)
        length = _length_words(cell)
        if length:
            icon = "" if cell.kind == "photo" else cell.kind.value
            self.badge(painter, inner.right(), inner.bottom() - BADGE, icon, length)
        left = inner.left()
        if cell.favourite:
            self.badge(painter, left, inner.bottom() - BADGE, "heart-full", "", left=True)
            left += BADGE + 4
        if cell.rating:
            self._stars(painter, left, inner.bottom() - BADGE, cell.rating)
        icon, text = _state_words(cell, rect.width())
        if icon:
            top = inner.top() + (BADGE + 4 if cell.stacked > 1 else 0)  # the corner belongs to the stack
            self.badge(painter, inner.right(), top, icon, text)
        if state.blurred:
            side = 26
            drawing = icons.pixmap("eye-off", self.look.colours.on_shade, side, self.density)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.look.colour("shade"))
            painter.drawEllipse(QPointF(rect.center()), 22, 22)
            painter.drawPixmap(rect.center().x() - side // 2, rect.center().y() - side // 2, drawing)

    def badge(self, painter: QPainter, x: int, top: int, icon: str, text: str, *, left: bool = False) -> None:
        """A sign and words on a shade: its right end, or its left one, is at `x`."""
        drawn = self._made.get((icon, text))
        if drawn is None:
            drawn = self._keep((icon, text), self._draw_badge(icon, text))
        painter.drawPixmap(x if left else x - round(drawn.width() / self.density) + 2, top, drawn)

    def _draw_badge(self, icon: str, text: str) -> QPixmap:
        width = (self._badge_size.horizontalAdvance(text) + 6 if text else 0) + (
            (22 if not text else 20) if icon else 6
        )
        drawn = self._plain(width)
        with QPainter(drawn) as painter:
            x = 4
            if icon:
                painter.drawPixmap(x, 3, icons.pixmap(icon, self.look.colours.on_shade, 14, self.density))
                x += 17
            painter.setFont(self._badge_font)
            painter.setPen(self.look.colour("on_shade"))
            painter.drawText(QRect(x, 0, width, BADGE), Qt.AlignmentFlag.AlignVCenter, text)
        return drawn

    def _stars(self, painter: QPainter, left: int, top: int, rating: int) -> None:
        drawn = self._made.get(("star", str(rating)))
        if drawn is None:
            drawn = self._keep(("star", str(rating)), self._draw_stars(rating))
        painter.drawPixmap(left, top, drawn)

    def _draw_stars(self, rating: int) -> QPixmap:
        drawn = self._plain(rating * 12 + 8)
        star = icons.pixmap("star-full", tokens.STAR_ON_PICTURE, 12, self.density)
        with QPainter(drawn) as painter:
            for index in range(rating):
                painter.drawPixmap(4 + index * 12, 4, star)
        return drawn

    def _plain(self, width: int) -> QPixmap:
        """An empty badge."""
        drawn = QPixmap(round(width * self.density), round(BADGE * self.density))
        drawn.setDevicePixelRatio(self.density)
        drawn.fill(Qt.GlobalColor.transparent)
        with QPainter(drawn) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.look.colour("shade"))
            painter.drawRoundedRect(QRect(0, 0, width, BADGE), 6, 6)
        return drawn

    def _keep(self, key: tuple[str, str], drawn: QPixmap) -> QPixmap:
        if len(self._made) > KEPT:
            self._made.clear()
        self._made[key] = drawn
        return drawn

    def _frame(self, painter: QPainter, rect: QRect, state: State) -> None:
        if state.selected:
            self.outline(painter, rect.adjusted(1, 1, -1, -1), 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.look.colour("accent"))
            painter.drawEllipse(QRect(rect.left() + 8, rect.top() + 8, 20, 20))
            tick = icons.pixmap("check", self.look.colours.on_accent, 14, self.density)
            painter.drawPixmap(rect.left() + 11, rect.top() + 11, tick)
        if state.current and state.focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.look.colour("text"), 2))
            painter.drawRoundedRect(QRectF(rect).adjusted(4, 4, -4, -4), 5, 5)
        elif state.hover and not state.selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.look.colour("line_strong"), 1))
            painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), tokens.RADIUS, tokens.RADIUS)

    def outline(self, painter: QPainter, rect: QRect, width: int) -> None:
        """A line in the accent colour around something."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.look.colour("accent"), width))
        painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)

    def plate(self, painter: QPainter, rect: QRect, token: str) -> None:
        """A rounded ground."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour(token))
        painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)

    def text(self, painter: QPainter, rect: QRect, text: str, font: QFont, token: str, *, middle: bool = False) -> None:
        """One line of words, cut where it does not fit."""
        key = (text, rect.width() if font is self.small else -rect.width())
        shown = self._cut.get(key)
        if shown is None:
            size = self._body_size if font is self.body else self._small_size
            mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
            if len(self._cut) > KEPT:
                self._cut.clear()
            shown = self._cut[key] = size.elidedText(text, mode, rect.width())
        painter.setFont(font)
        painter.setPen(QColor(getattr(self.look.colours, token)))
        painter.drawText(rect, LINE_FLAGS, shown)


def _length_words(cell: Cell) -> str:
    if cell.duration is not None and cell.duration >= 0.5:
        return words.clock(cell.duration + 0.5)
    if cell.pages is not None and cell.pages > 1:
        return f"{cell.pages} p."
    return ""


def _state_words(cell: Cell, width: int) -> tuple[str, str]:
    roomy = width >= 140
    if cell.state == "failed":
        return "warning", tr("not read") if roomy else ""
    if cell.offline:
        return "offline", "offline" if roomy else ""
    if cell.state in ("waiting", "running"):
        return ("clock", "") if cell.state == "waiting" else ("retry", "")
    return "", ""
