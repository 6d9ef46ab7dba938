"""A stick figure whose joints are dragged with the mouse, or moved with the arrow keys."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from engine.language import mark, tr
from engine.packs.drawn import Joints

SIDE = 380  # pixels of the square that the figure stands in
GRIP = 24  # pixels of a joint to take hold of
STEP, STRIDE = 0.01, 0.05  # of the figure's side, for an arrow key; with Shift
EDGE = 0.03  # of the side: so near to the edge a joint may come
HEAD = 26  # pixels from its middle
PAIRS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


def _both(**places: tuple[float, float, float, float]) -> Joints:
    """The joints of both sides from x, y of the left and x, y of the right one."""
    found = {f"left {part}": place[:2] for part, place in places.items()}
    return found | {f"right {part}": place[2:] for part, place in places.items()}


_LEGS = {"hip": (0.56, 0.54, 0.44, 0.54), "knee": (0.57, 0.74, 0.43, 0.74), "ankle": (0.57, 0.94, 0.43, 0.94)}
PRESETS: Mapping[str, Joints] = {
    mark("Standing"): {"nose": (0.5, 0.13)}
    | _both(shoulder=(0.6, 0.26, 0.4, 0.26), elbow=(0.64, 0.41, 0.36, 0.41), wrist=(0.65, 0.55, 0.35, 0.55), **_LEGS),
    mark("Sitting"): {"nose": (0.46, 0.15)}
    | _both(shoulder=(0.36, 0.29, 0.42, 0.29), elbow=(0.36, 0.46, 0.43, 0.45), wrist=(0.49, 0.56, 0.56, 0.53),
            hip=(0.34, 0.6, 0.4, 0.6), knee=(0.61, 0.63, 0.65, 0.58), ankle=(0.6, 0.88, 0.67, 0.84)),
    mark("Squatting"): {"nose": (0.58, 0.25)}
    | _both(shoulder=(0.46, 0.38, 0.52, 0.36), elbow=(0.57, 0.52, 0.67, 0.49), wrist=(0.65, 0.43, 0.76, 0.41),
            hip=(0.34, 0.65, 0.39, 0.63), knee=(0.59, 0.69, 0.63, 0.63), ankle=(0.44, 0.91, 0.5, 0.87)),
    mark("Lying"): {"nose": (0.13, 0.56)}
    | _both(shoulder=(0.26, 0.63, 0.26, 0.55), elbow=(0.4, 0.69, 0.4, 0.49), wrist=(0.54, 0.71, 0.54, 0.48),
            hip=(0.54, 0.63, 0.54, 0.56), knee=(0.75, 0.63, 0.75, 0.55), ankle=(0.95, 0.64, 0.95, 0.56)),
    mark("Arms up"): {"nose": (0.5, 0.2)}
    | _both(shoulder=(0.6, 0.3, 0.4, 0.3), elbow=(0.67, 0.17, 0.33, 0.17), wrist=(0.66, 0.04, 0.34, 0.04), **_LEGS),
}  # fmt: skip


class Figure(QWidget):
    """The figure, its joints as fractions of its side; those of the person's left side are filled."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.joints: Joints = {}
        self.setAccessibleName(tr("Stick figure"))
        self.setFixedSize(SIDE, SIDE)
        names = ("nose", *(f"{side} {part}" for part in PAIRS for side in ("left", "right")))
        self.grips = {name: Grip(self, name) for name in names}  # made in the order in which Tab goes through them
        look.changed.connect(self.update)
        self.pose(PRESETS["Standing"])

    def pose(self, joints: Mapping[str, tuple[float, float]]) -> None:
        """Take over a posture; what it has no joint for is not shown, what is larger than the figure is made to fit."""
        known = {name: place for name, place in joints.items() if name in self.grips}
        self.joints = known if all(0 <= edge <= 1 for place in known.values() for edge in place) else _fitted(known)
        self._place()

    def mirror(self) -> None:
        """Change left and right."""
        other = {"left": "right", "right": "left"}
        sides = {name: name.split(" ", 1) for name in self.joints}
        turned = {name: f"{other[one[0]]} {one[1]}" if len(one) > 1 else name for name, one in sides.items()}
        self.pose({turned[name]: (1 - x, y) for name, (x, y) in self.joints.items()})

    def move_joint(self, name: str, x: float, y: float) -> None:
        """Put a joint somewhere; it stays in the figure."""
        self.joints[name] = (min(1 - EDGE, max(EDGE, x)), min(1 - EDGE, max(EDGE, y)))
        self._place()

    def point(self, name: str) -> QPointF:
        """Where a joint is in the widget."""
        x, y = self.joints[name]
        return QPointF(x * SIDE, y * SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.look.colour("line_strong"))
            painter.setBrush(self.look.colour("raised"))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), tokens.RADIUS, tokens.RADIUS)
            painter.setPen(QPen(self.look.colour("muted"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for side in ("left", "right"):
                for one, other in _LIMBS:
                    self._bone(painter, self._middle(f"{side} {one}"), self._middle(f"{side} {other}"))
            for part in ("shoulder", "hip"):
                self._bone(painter, self._middle(f"left {part}"), self._middle(f"right {part}"))
            top, bottom = (self._middle(f"left {part}", f"right {part}") for part in ("shoulder", "hip"))
            self._bone(painter, top, bottom)
            self._bone(painter, top, self._middle("nose"))
            if "nose" in self.joints:
                painter.drawEllipse(self.point("nose"), HEAD, HEAD)

    def _middle(self, *names: str) -> QPointF | None:
        points = [self.point(name) for name in names if name in self.joints]
        return sum(points[1:], points[0]) / len(points) if points else None

    def _bone(self, painter: QPainter, start: QPointF | None, end: QPointF | None) -> None:
        if start is not None and end is not None:
            painter.drawLine(start, end)

    def _place(self) -> None:
        for name, grip in self.grips.items():
            grip.setVisible(name in self.joints)
            if name in self.joints:
                grip.move((self.point(name) - QPointF(GRIP / 2, GRIP / 2)).toPoint())
                x, y = self.joints[name]
                grip.setAccessibleDescription(
                    tr("{x} from the left, {y} from the top", x=words.share(x), y=words.share(y))
                )
        self.update()


class Grip(QAbstractButton):
    """One joint."""

    def __init__(self, figure: Figure, name: str) -> None:
        super().__init__(figure)
        self._figure, self._name = figure, name
        self.setFixedSize(GRIP, GRIP)
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(name.capitalize())
        self.setAccessibleName(name.capitalize())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            place = self.mapToParent(event.position())
            self._figure.move_joint(self._name, place.x() / SIDE, place.y() / SIDE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        across, down = _ARROWS.get(Qt.Key(event.key()), (0, 0))
        if not across and not down:
            event.ignore()
            return
        step = STRIDE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        x, y = self._figure.joints[self._name]
        self._figure.move_joint(self._name, x + across * step, y + down * step)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.raise_()
        super().focusInEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colour = self._figure.look.colour("accent")
            middle = QPointF(GRIP / 2, GRIP / 2)
            if self.hasFocus():
                painter.setPen(QPen(self._figure.look.colour("text"), 2))
                painter.drawEllipse(middle, GRIP / 2 - 1.5, GRIP / 2 - 1.5)
            painter.setPen(QPen(colour, 2.5))
            painter.setBrush(colour if self._name.startswith("left") else self._figure.look.colour("raised"))
            painter.drawEllipse(middle, 6, 6)


def _fitted(joints: Joints) -> Joints:
    lows = [min(axis) for axis in zip(*joints.values(), strict=True)]
    size = max(max(axis) - low for axis, low in zip(zip(*joints.values(), strict=True), lows, strict=True)) or 1.0
    scale = (1 - 4 * EDGE) / size
    return {
        name: (2 * EDGE + (x - lows[0]) * scale, 2 * EDGE + (y - lows[1]) * scale) for name, (x, y) in joints.items()
    }
