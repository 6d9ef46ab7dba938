"""How one cell of the grid is drawn."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPixmap

from desktop.look import icons, tokens, words
from desktop.look.grid.snippet import draw_marked, place_words, why_words
from desktop.look.look import Look
from engine.language import tr
from engine.model import Cell, Hit, MomentHit

LINE = 20  # height of a line of words
BADGE = 20
THUMB = 84  # side of the picture in the list of matches
WIDE = 108  # height of an entry of the list of matches
KEPT = 2000  # badges and cut names kept
LINE_FLAGS = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
INFO = 18  # side of the sign that leads to the explanation
LEAST = 0.5  # share of the library below which "better than" says nothing
ROOMY = 260  # pixels that words keep beside a long sign; with less the sign is short
MOMENTS = 2  # moments shown in an entry


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
        self.badge: QFont = look.font(tokens.CAPTION, bold=True)
        self._small_size = QFontMetrics(self.small)
        self._body_size = QFontMetrics(self.body)
        self._badge_size = QFontMetrics(self.badge)
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
        self._picture(painter, picture, cell, image)
        if cell is None:
            return
        self._badges(painter, picture, cell, state)
        y = picture.bottom() + 4
        if state.names:
            name = QRect(rect.left() + 2, y, rect.width() - 4, LINE)
            self._text(painter, name, cell.name, self.small, "text", middle=True)
            y += LINE - 2
        if hit is not None:
            line = QRect(rect.left() + 2, y, rect.width() - 4, LINE)
            if hit.snippet:
                draw_marked(painter, QRectF(line), hit, self.small, self.look.colours)
            else:
                self._text(painter, line, " · ".join(filter(None, (hit.why, better_words(hit)))), self.small, "muted")
        self._frame(painter, picture, state)

    def match(
        self, painter: QPainter, rect: QRect, cell: Cell | None, image: QImage | None, state: State, hit: Hit | None
    ) -> None:
        """An entry of the list of matches: picture, name, and the moments with their words."""
        if state.selected or state.hover:
            self._plate(painter, rect, "accent_soft" if state.selected else "hover")
        thumb = QRect(rect.left() + tokens.M, rect.top() + (rect.height() - THUMB) // 2, THUMB, THUMB)
        self._picture(painter, thumb, cell, image)
        if cell is None:
            return
        self._badges(painter, thumb, cell, State(blurred=state.blurred))
        left = thumb.right() + tokens.L
        room = rect.right() - left - tokens.M
        self._text(painter, QRect(left, rect.top() + 8, room - INFO - 8, LINE), cell.name, self.body, "text")
        if hit is not None:
            if state.hover or state.current:
                drawing = icons.pixmap("info", self.look.colours.muted, INFO, self.density)
                painter.drawPixmap(info_place(rect).topLeft(), drawing)
            self._text(painter, QRect(left, rect.top() + 28, room, LINE), hit.path, self.small, "faint", middle=True)
            for moment, line in moment_lines(rect, hit):
                self._moment(painter, line, moment)
        if state.current and state.focused:
            self._outline(painter, rect.adjusted(1, 1, -1, -1), 2)

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
        painter.drawText(inner.adjusted(used.width() + tokens.M, 1, 0, 1), flags, f"{count:,}")

    def _moment(self, painter: QPainter, rect: QRect, hit: MomentHit) -> None:
        place = place_words(hit.moment)
        where = " · ".join(filter(None, (place, why_words(hit))))
        width = self._chip(painter, rect, where, "sunken", "text", rect.width() // 2)
        right = rect.right()
        if better := better_words(hit):
            whole = tr("{better} of your library", better=better)
            room = self._small_size.horizontalAdvance(whole) + 14
            if rect.width() - width - room > ROOMY:
                better = whole
            else:
                room = self._small_size.horizontalAdvance(better) + 14
            if rect.width() - width - room > (60 if hit.snippet else 4):
                right -= room
                self._chip(
                    painter, QRect(right, rect.top(), room, rect.height()), better, "accent_soft", "accent", room
                )
        words_rect = QRectF(rect.left() + width + 8, rect.top(), right - rect.left() - width - 16, LINE)
        draw_marked(painter, words_rect, hit, self.small, self.look.colours)

    def _chip(self, painter: QPainter, rect: QRect, text: str, ground: str, ink: str, most: int) -> int:
        """Words on a rounded ground at the left of a line; the width that they took."""
        width = min(self._small_size.horizontalAdvance(text) + 14, most)
        chip = QRectF(rect.left(), rect.top() + 1, width, LINE - 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour(ground))
        painter.drawRoundedRect(chip, 5, 5)
        self._text(painter, chip.toRect().adjusted(7, 0, -6, 0), text, self.small, ink)
        return width

    def _picture(self, painter: QPainter, rect: QRect, cell: Cell | None, image: QImage | None) -> None:
        if image is not None:
            painter.drawImage(rect, image)
            return
        self._plate(painter, rect, "sunken")
        if cell is not None and not (cell.preview and cell.kind != "audio"):
            side = 40 if rect.width() > 100 else 28
            drawing = icons.pixmap(cell.kind.value, self.look.colours.faint, side, self.density)
            painter.drawPixmap(rect.center().x() - side // 2, rect.center().y() - side // 2, drawing)

    def _badges(self, painter: QPainter, rect: QRect, cell: Cell, state: State) -> None:
        if rect.width() < 64:
            return
        inner = rect.adjusted(6, 6, -6, -6)
        length = _length_words(cell)
        if length:
            icon = "" if cell.kind == "photo" else cell.kind.value
            self._badge(painter, inner.right(), inner.bottom() - BADGE, icon, length)
        if cell.rating:
            self._stars(painter, inner.left(), inner.bottom() - BADGE, cell.rating)
        icon, text = _state_words(cell, rect.width())
        if icon:
            self._badge(painter, inner.right(), inner.top(), icon, text)
        if state.blurred:
            side = 26
            drawing = icons.pixmap("eye-off", self.look.colours.on_shade, side, self.density)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.look.colour("shade"))
            painter.drawEllipse(QPointF(rect.center()), 22, 22)
            painter.drawPixmap(rect.center().x() - side // 2, rect.center().y() - side // 2, drawing)

    def _badge(self, painter: QPainter, right: int, top: int, icon: str, text: str) -> None:
        drawn = self._made.get((icon, text))
        if drawn is None:
            drawn = self._keep((icon, text), self._draw_badge(icon, text))
        painter.drawPixmap(right - round(drawn.width() / self.density) + 2, top, drawn)

    def _draw_badge(self, icon: str, text: str) -> QPixmap:
        width = (self._badge_size.horizontalAdvance(text) + 6 if text else 0) + (20 if icon else 6)
        drawn, painter = self._plain(width)
        x = 4
        if icon:
            painter.drawPixmap(x, 3, icons.pixmap(icon, self.look.colours.on_shade, 14, self.density))
            x += 17
        painter.setFont(self.badge)
        painter.setPen(self.look.colour("on_shade"))
        painter.drawText(QRect(x, 0, width, BADGE), Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
        return drawn

    def _stars(self, painter: QPainter, left: int, top: int, rating: int) -> None:
        drawn = self._made.get(("star", str(rating)))
        if drawn is None:
            drawn = self._keep(("star", str(rating)), self._draw_stars(rating))
        painter.drawPixmap(left, top, drawn)

    def _draw_stars(self, rating: int) -> QPixmap:
        drawn, painter = self._plain(rating * 12 + 8)
        star = icons.pixmap("star-full", "#ffd166", 12, self.density)
        for index in range(rating):
            painter.drawPixmap(4 + index * 12, 4, star)
        painter.end()
        return drawn

    def _plain(self, width: int) -> tuple[QPixmap, QPainter]:
        """An empty badge and a painter on it."""
        drawn = QPixmap(round(width * self.density), round(BADGE * self.density))
        drawn.setDevicePixelRatio(self.density)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour("shade"))
        painter.drawRoundedRect(QRect(0, 0, width, BADGE), 6, 6)
        return drawn, painter

    def _keep(self, key: tuple[str, str], drawn: QPixmap) -> QPixmap:
        if len(self._made) > KEPT:
            self._made.clear()
        self._made[key] = drawn
        return drawn

    def _frame(self, painter: QPainter, rect: QRect, state: State) -> None:
        if state.selected:
            self._outline(painter, rect.adjusted(1, 1, -1, -1), 3)
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

    def _outline(self, painter: QPainter, rect: QRect, width: int) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.look.colour("accent"), width))
        painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)

    def _plate(self, painter: QPainter, rect: QRect, token: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour(token))
        painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)

    def _text(
        self, painter: QPainter, rect: QRect, text: str, font: QFont, token: str, *, middle: bool = False
    ) -> None:
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


def better_words(hit: MomentHit) -> str:
    """`better than 97 %`, of the library; empty where nothing was measured or it says nothing."""
    if hit.better is None or hit.better < LEAST:
        return ""
    share = min(99.9, hit.better * 100)
    return tr("better than {share:.1f} %", share=share) if share >= 99 else tr("better than {share:.0f} %", share=share)


def info_place(rect: QRect) -> QRect:
    """Where the sign is that leads to the explanation of an entry."""
    return QRect(rect.right() - tokens.M - INFO, rect.top() + 9, INFO, INFO)


def moment_lines(rect: QRect, hit: Hit) -> list[tuple[MomentHit, QRect]]:
    """The moments that an entry shows and the line of each."""
    left = rect.left() + tokens.M + THUMB + tokens.L
    top = rect.top() + 52
    return [
        (moment, QRect(left, top + index * (LINE + 2), rect.right() - left - tokens.M, LINE))
        for index, moment in enumerate(hit.moments[:MOMENTS])
    ]


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
