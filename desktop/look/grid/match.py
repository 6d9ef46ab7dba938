"""How an entry of the list of matches is drawn: the asset, its name, and its moments as cards."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from desktop.look import icons, tokens
from desktop.look.grid.excerpt import Excerpts
from desktop.look.grid.moments import (
    HEAD,
    INSET,
    PAD,
    SOUNDS,
    THUMB,
    best_of,
    better_words,
    cards,
    has_picture,
    has_place,
    info_place,
    picture_place,
    reason,
    room_of,
)
from desktop.look.grid.paint import BADGE, LINE, CellPaint, State
from desktop.look.grid.snippet import place_words
from engine.language import digits, tr
from engine.model import Cell, Hit, MomentHit

ROOMY = 520  # pixels of an entry from which the score is said in full


class MatchPaint:
    """Draws entries with the fonts and colours of a `CellPaint`."""

    def __init__(self, paint: CellPaint) -> None:
        self._paint = paint
        self._look = paint.look
        self._words = Excerpts(paint.small, paint.look.colours)

    def entry(
        self, painter: QPainter, rect: QRect, cell: Cell | None, image: QImage | None, state: State, hit: Hit | None
    ) -> None:
        """The picture and the name of an asset; its moments are drawn by `card`."""
        paint = self._paint
        if state.selected or state.hover:
            paint.plate(painter, rect, "accent_soft" if state.selected else "hover")
        thumb = QRect(rect.left() + tokens.M, rect.top() + PAD, THUMB, THUMB)
        paint.picture(painter, thumb, cell, image)
        if cell is None:
            return
        paint.badges(painter, thumb, cell, State(blurred=state.blurred))
        if cell.stacked > 1:
            paint.badge(painter, thumb.right() - 6, thumb.top() + 6, "stack", digits(cell.stacked))
        self._head(painter, rect, cell, state, hit)
        if state.current and state.focused:
            paint.outline(painter, rect.adjusted(1, 1, -1, -1), 2)

    def card(
        self, painter: QPainter, rect: QRect, cell: Cell, hit: MomentHit, image: QImage | None, *, on: bool, hover: bool
    ) -> None:
        """A moment: its picture with its place, why it is here, its words. One without a place or words is a line."""
        plain = not hit.snippet and not has_picture(cell, hit)
        if not plain or on or hover:
            self._ground(painter, rect, on=on, hover=hover)
        left = rect.left() + (0 if plain and not on and not hover else tokens.M)
        place = place_words(hit.moment)
        if has_picture(cell, hit):
            picture = picture_place(rect)
            self._still(painter, picture, cell, image)
            if place:
                playing = cell.kind in ("audio", "video")
                bottom = picture.bottom() - BADGE + 1 - 3
                self._paint.badge(painter, picture.left() + 3, bottom, "play" if playing else "", place, left=True)
            left, place = picture.right() + tokens.S + 2, ""
        self._about(painter, QRect(left, rect.top() + INSET + 1, rect.right() - left - tokens.S, 18), hit, place)
        words = QRectF(left, rect.top() + INSET + 20, rect.right() - left - tokens.S, rect.height() - 2 * INSET - 21)
        if hit.snippet:
            self._words.draw(painter, words, hit)

    def _ground(self, painter: QPainter, rect: QRect, *, on: bool, hover: bool) -> None:
        painter.setBrush(self._look.colour("raised" if on or hover else "surface"))
        painter.setPen(QPen(self._look.colour("accent" if on else "line_strong" if hover else "line"), 2 if on else 1))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), tokens.RADIUS, tokens.RADIUS)

    def _head(self, painter: QPainter, rect: QRect, cell: Cell, state: State, hit: Hit | None) -> None:
        paint, room = self._paint, room_of(rect)
        right = info_place(rect).left() - tokens.S
        if hit is not None:
            if state.hover or state.current:
                drawing = icons.pixmap("info", self._look.colours.muted, info_place(rect).width(), paint.density)
                painter.drawPixmap(info_place(rect).topLeft(), drawing)
            right = self._score(painter, QRect(room.left(), room.top(), right - room.left(), LINE + 2), hit)
            hidden = len(hit.moments) - len(cards(rect, hit))
            if hidden > 0:
                right = self._more(painter, room, right, hidden)
        width = min(paint.wide(cell.name, bold=True) + 2, max(60, (right - room.left()) * 2 // 3))
        paint.text(painter, QRect(room.left(), room.top(), width, HEAD), cell.name, paint.body, "text", middle=True)
        left = room.left() + width + tokens.M
        if hit is not None and right - left > 80:
            folder = hit.path.replace("\\", "/").rpartition("/")[0]
            place = QRect(left, room.top() + 1, right - left - tokens.S, HEAD)
            paint.text(painter, place, folder, paint.small, "faint", middle=True)

    def _score(self, painter: QPainter, rect: QRect, hit: Hit) -> int:
        """What the asset is better than, at the right; where it begins."""
        best = best_of(hit)
        if best is None:
            return rect.right()
        better = better_words(best)
        words = tr("{better} of your library", better=better) if rect.width() > ROOMY else better
        width = self._paint.wide(words) + 16
        chip = QRect(rect.right() - width, rect.top() + 1, width, LINE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("accent_soft"))
        painter.drawRoundedRect(QRectF(chip), LINE / 2, LINE / 2)
        self._paint.text(painter, chip.adjusted(8, 0, -6, 0), words, self._paint.small, "accent")
        return chip.left() - tokens.S

    def _more(self, painter: QPainter, room: QRect, right: int, hidden: int) -> int:
        words = f"+{hidden}"
        width = self._paint.wide(words) + 4
        self._paint.text(
            painter, QRect(right - width, room.top() + 1, width + 4, LINE + 2), words, self._paint.small, "muted"
        )
        return right - width - tokens.S

    def _still(self, painter: QPainter, rect: QRect, cell: Cell, image: QImage | None) -> None:
        if image is not None:
            painter.drawImage(rect, image)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("sunken"))
        painter.drawRoundedRect(rect, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        drawing = icons.pixmap(cell.kind.value, self._look.colours.faint, 22, self._paint.density)
        painter.drawPixmap(rect.center().x() - 10, rect.center().y() - 16, drawing)

    def _about(self, painter: QPainter, rect: QRect, hit: MomentHit, place: str) -> None:
        paint = self._paint
        words = " · ".join(part for part in (place, reason(hit)) if part)
        words = words[:1].upper() + words[1:]
        if hit.sort in SOUNDS:
            drawing = icons.pixmap("sound", self._look.colours.muted, 14, paint.density)
            painter.drawPixmap(rect.left(), rect.top() + 2, drawing)
            rect = rect.adjusted(18, 0, 0, 0)
        better = better_words(hit) if not hit.snippet and has_place(hit) else ""
        paint.text(painter, rect, words, paint.small, "muted")
        if better:
            below = QRect(rect.left(), rect.bottom() + 4, rect.width(), LINE)
            paint.text(painter, below, better, paint.small, "accent")
