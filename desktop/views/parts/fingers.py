"""What the mouse and the keys do on a picture: pan, choose boxes, go from box to box, draw around a part."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip

from desktop.views.parts import minimap
from desktop.views.parts.overlays import Layer
from desktop.views.parts.tips import tip
from desktop.views.parts.walk import beside, in_turn

if TYPE_CHECKING:
    from desktop.views.parts.canvas import Canvas

STEP, STRIDE = 48.0, 240.0  # logical pixels of an arrow key; with Shift
_Key, _Button, _Mod = Qt.Key, Qt.MouseButton, Qt.KeyboardModifier
ARROWS = {_Key.Key_Left: (-1, 0), _Key.Key_Right: (1, 0), _Key.Key_Up: (0, -1), _Key.Key_Down: (0, 1)}
ENTER = (_Key.Key_Return, _Key.Key_Enter)


class Fingers:
    """The hands on one canvas."""

    def __init__(self, canvas: "Canvas") -> None:
        self._canvas = canvas
        self._grip: QPoint | None = None
        self._moved = False
        self._mapped = False  # the mouse moves about on the small map
        self._space = False  # held down: a drag pans, wherever it begins

    @property
    def busy(self) -> bool:
        """Whether the mouse holds something."""
        return self._grip is not None or self._mapped or self._canvas.drawing is not None

    # --- the mouse

    def press(self, event: QMouseEvent) -> None:
        """Begin to pan, to choose or to draw."""
        canvas, point = self._canvas, event.position()
        if canvas.lens.empty:
            return
        if event.button() == _Button.RightButton:
            over = None if canvas.veil else canvas.marks.at(point, canvas.area())
            canvas.menu_asked.emit(-1 if over is None else over, event.globalPosition().toPoint())
        elif event.button() == _Button.MiddleButton or (event.button() == _Button.LeftButton and self._space):
            self._take(point)
        elif event.button() == _Button.LeftButton:
            self._press(event, point)

    def _press(self, event: QMouseEvent, point: QPointF) -> None:
        canvas = self._canvas
        on_map = None if canvas.veil else minimap.point(canvas.lens, point)
        control = bool(event.modifiers() & _Mod.ControlModifier)
        on_box = not canvas.veil and canvas.marks.at(point, canvas.area()) is not None
        if canvas.drawing is not None:
            canvas.drawing.press(point)
        elif on_map is not None:
            self._mapped = True
            canvas.move_to(on_map)
        elif on_box or event.modifiers() & _Mod.ShiftModifier:
            self.unfocus()
            canvas.rubber.press(point, canvas.sheets(), keep=control)
        elif control and not canvas.veil:
            canvas.outline()
            if canvas.drawing is not None:
                canvas.drawing.press(point)
        else:
            self._take(point)

    def move(self, event: QMouseEvent) -> None:
        """Go on with what was begun, or show what is under the mouse."""
        canvas, point = self._canvas, event.position()
        if self._grip is not None:
            self._pan(point.toPoint())
        elif self._mapped:
            rect = minimap.place(canvas.lens)
            inside = QPointF(
                min(max(point.x(), rect.left()), rect.right() - 1), min(max(point.y(), rect.top()), rect.bottom() - 1)
            )
            if (to := minimap.point(canvas.lens, inside)) is not None:
                canvas.move_to(to)
        elif canvas.drawing is not None:
            canvas.drawing.move(point)
            canvas.update()
        elif canvas.rubber.active:
            if canvas.rubber.move(point, canvas.sheets()):
                canvas.chosen.emit()
            canvas.update()
        else:
            self._hover(event)

    def release(self, event: QMouseEvent) -> None:
        """End it."""
        canvas = self._canvas
        if self._grip is not None:
            self._drop()
        elif self._mapped:
            self._mapped = False
        elif canvas.drawing is not None and event.button() == _Button.LeftButton:
            self._end_outline()
        elif canvas.rubber.active:
            found = canvas.rubber.release(event.position(), canvas.sheets())
            if found is not None and canvas.marks.all[found[1]].layer is not Layer.TEXT:
                canvas.marks.chosen.discard(found[1])
                canvas.touched.emit(found[1])
            canvas.chosen.emit()
        self._hover(event)
        canvas.update()

    def _take(self, point: QPointF) -> None:
        self._grip, self._moved = point.toPoint(), False
        self._canvas.setCursor(Qt.CursorShape.ClosedHandCursor)

    def _pan(self, to: QPoint) -> None:
        assert self._grip is not None
        moved = QPointF(to - self._grip)
        self._canvas.pan(moved)
        self._moved = self._moved or moved.manhattanLength() > 1
        self._grip = to

    def _drop(self) -> None:
        canvas = self._canvas
        self._grip = None
        canvas.unsetCursor()
        if not self._moved:
            self.unfocus()
            if canvas.marks.chosen:
                canvas.marks.chosen.clear()
                canvas.chosen.emit()

    def _end_outline(self) -> None:
        canvas = self._canvas
        if canvas.drawing is None:
            return
        box, canvas.drawing = canvas.drawing.box(canvas.area()), None
        canvas.unsetCursor()
        canvas.update()
        if box is not None:
            canvas.outlined.emit(box)

    def _hover(self, event: QMouseEvent) -> None:
        canvas = self._canvas
        if canvas.drawing is not None:
            return
        over = None if canvas.veil else canvas.marks.at(event.position(), canvas.area())
        if over == canvas.marks.hovered:
            return
        canvas.marks.hovered = over
        mark = canvas.marks.all[over] if over is not None else None
        QToolTip.showText(event.globalPosition().toPoint(), tip(mark) if mark is not None else "", canvas)
        if mark is None:
            canvas.unsetCursor()
        else:
            words = mark.layer is Layer.TEXT
            canvas.setCursor(Qt.CursorShape.IBeamCursor if words else Qt.CursorShape.PointingHandCursor)
        canvas.update()

    # --- the keys

    def means(self, event: QKeyEvent) -> bool:
        """Whether a key is for a box with the focus or for the part that is drawn, before any shortcut."""
        key = event.key()
        if self._canvas.drawing is not None:
            return key in (*ARROWS, *ENTER, _Key.Key_Escape)
        return self._canvas.marks.focus is not None and key in (*ARROWS, *ENTER, _Key.Key_Escape, _Key.Key_Menu)

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key asks for; False when it means nothing here."""
        canvas, key = self._canvas, _Key(event.key())
        if key == _Key.Key_Space and not event.isAutoRepeat() and canvas.lens.beyond:
            self._space = True
            canvas.setCursor(Qt.CursorShape.OpenHandCursor)
            return False  # a film plays
        if canvas.drawing is not None:
            return self._draw_key(event)
        if canvas.marks.focus is not None:
            return self._mark_key(event)
        if key in ARROWS and canvas.lens.beyond and not event.modifiers() & _Mod.ControlModifier:
            across, down = ARROWS[key]
            step = STRIDE if event.modifiers() & _Mod.ShiftModifier else STEP
            canvas.pan(QPointF(-across * step, -down * step))
            return True
        if key == _Key.Key_Menu:
            canvas.menu_asked.emit(-1, canvas.mapToGlobal(canvas.rect().center()))
            return True
        return False

    def key_up(self, event: QKeyEvent) -> bool:
        """The space bar is let go."""
        if event.key() == _Key.Key_Space and not event.isAutoRepeat() and self._space:
            self._space = False
            self._canvas.unsetCursor()
            return True
        return False

    def _draw_key(self, event: QKeyEvent) -> bool:
        canvas, key = self._canvas, _Key(event.key())
        if canvas.drawing is None or not self.means(event):
            return False
        if key in ENTER:
            self._end_outline()
        elif key == _Key.Key_Escape:
            canvas.drawing = None
            canvas.unsetCursor()
        else:
            grow = bool(event.modifiers() & _Mod.ShiftModifier)
            canvas.drawing.nudge(*ARROWS[key], area=canvas.area(), grow=grow)
        canvas.update()
        return True

    def _mark_key(self, event: QKeyEvent) -> bool:
        canvas, key = self._canvas, _Key(event.key())
        focus = canvas.marks.focus
        if focus is None or not self.means(event):
            return False
        if key in ARROWS:
            boxes = {index: canvas.marks.all[index].box for index in canvas.marks.visible()}
            self.focus(beside(boxes, focus, *ARROWS[key]))
        elif key == _Key.Key_Escape:
            self.unfocus()
        else:
            canvas.menu_asked.emit(focus, canvas.mapToGlobal(self.corner(focus)))
        return True

    def tab(self, way: int) -> bool:
        """Go to the next (1) or previous (-1) box; False behind the last one."""
        canvas = self._canvas
        if canvas.veil or canvas.empty:
            return False
        boxes = {index: canvas.marks.all[index].box for index in canvas.marks.visible()}
        turn = in_turn(boxes)
        at = turn.index(canvas.marks.focus) if canvas.marks.focus in turn else None
        to = (0 if way > 0 else len(turn) - 1) if at is None else at + way
        if not 0 <= to < len(turn):
            self.unfocus()
            return False
        self.focus(turn[to])
        return True

    def focus(self, index: int | None) -> None:
        """Give a box the focus, and bring it into view."""
        canvas = self._canvas
        if index is None or not 0 <= index < len(canvas.marks.all):
            self.unfocus()
            return
        canvas.marks.focus = index
        if not QRectF(canvas.rect()).contains(canvas.marks.place(index, canvas.area())):
            box = canvas.marks.all[index].box
            canvas.move_to(QPointF(box.x + box.w / 2, box.y + box.h / 2))
        canvas.setAccessibleDescription(tip(canvas.marks.all[index]))
        canvas.focused.emit(index)
        canvas.update()

    def unfocus(self) -> None:
        """No box has the focus any more."""
        canvas = self._canvas
        if canvas.marks.focus is not None:
            canvas.marks.focus = None
            canvas.setAccessibleDescription("")
            canvas.focused.emit(-1)
            canvas.update()

    def corner(self, index: int) -> QPoint:
        """Where the menu of a box opens: below it, on the canvas."""
        canvas = self._canvas
        place = canvas.marks.place(index, canvas.area()).intersected(QRectF(canvas.rect()))
        return QPointF(place.left(), place.bottom()).toPoint()
