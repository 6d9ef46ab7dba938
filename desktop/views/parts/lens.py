"""Which part of a picture is looked at, and how close: geometry alone, without a widget."""

from PySide6.QtCore import QPointF, QRectF, QSizeF

MOST = 32.0  # screen pixels for one picture pixel
DEEP = 1.6  # times the fitting size from which a small map helps


class Lens:
    """A picture of `size` pixels looked at through a window of `room` logical pixels."""

    def __init__(self, *, enlarge: bool = False) -> None:
        self.size = QSizeF()
        self.room = QSizeF(1, 1)
        self.density = 1.0  # screen pixels for one logical pixel
        self.fits = True
        self.scale = 1.0  # logical pixels for one picture pixel
        self.centre = QPointF(0.5, 0.5)  # the picture's point in the middle, as fractions
        self._enlarge = enlarge

    @property
    def empty(self) -> bool:
        return self.size.isEmpty()

    @property
    def fitting(self) -> float:
        """The scale at which the whole is seen."""
        if self.size.isEmpty():
            return 1.0
        whole = min(self.room.width() / self.size.width(), self.room.height() / self.size.height())
        return whole if self._enlarge else min(whole, 1 / self.density)

    @property
    def times(self) -> float:
        """How many times closer than the whole."""
        return self.scale / self.fitting

    @property
    def deep(self) -> bool:
        """Whether so little of the picture is seen that a small map helps."""
        return self.times >= DEEP and self.area().width() * self.area().height() > 0 and self.beyond

    @property
    def beyond(self) -> bool:
        """Whether there is more of the picture than the window has room for."""
        size = self.size * self.scale
        return size.width() > self.room.width() + 0.5 or size.height() > self.room.height() + 0.5

    @property
    def middle(self) -> QPointF:
        """The middle of the window."""
        return QPointF(self.room.width() / 2, self.room.height() / 2)

    def area(self) -> QRectF:
        """Where the whole picture is in the window (may reach beyond it)."""
        size = self.size * self.scale
        corner = self.middle - QPointF(self.centre.x() * size.width(), self.centre.y() * size.height())
        return QRectF(corner, size)

    def seen(self) -> QRectF:
        """The part of the picture that is in the window, as fractions."""
        area = self.area()
        if area.isEmpty():
            return QRectF()
        part = area.intersected(QRectF(QPointF(0, 0), self.room))
        return QRectF(
            (part.x() - area.x()) / area.width(),
            (part.y() - area.y()) / area.height(),
            part.width() / area.width(),
            part.height() / area.height(),
        )

    def fraction(self, point: QPointF) -> QPointF:
        """The picture's point at a point of the window, as fractions."""
        area = self.area()
        return QPointF((point.x() - area.x()) / area.width(), (point.y() - area.y()) / area.height())

    def allowed(self, scale: float) -> float:
        """The scale nearest to this one that may be."""
        least = min(self.fitting, 1 / self.density)
        return min(max(scale, least), max(MOST / self.density, self.fitting))

    def begin(self, size: QSizeF) -> None:
        """Look at the whole of another picture."""
        self.size, self.fits = size, True
        self.arrange()

    def put(self, scale: float, point: QPointF, kept: QPointF) -> None:
        """Change the scale so that the picture's point `kept` (fractions) stays at a point of the window."""
        self.scale = scale
        size = self.size * scale
        offset = self.middle - point
        self.look_at(kept + QPointF(offset.x() / size.width(), offset.y() / size.height()))

    def view(self, times: float, centre: QPointF) -> None:
        """Look so many times closer than the whole, at a point (fractions)."""
        self.fits = abs(times - 1) < 1e-6
        self.scale = self.fitting * times
        self.look_at(centre)

    def look_at(self, point: QPointF) -> None:
        """Move a point of the picture (fractions) to the middle; no gap opens at an edge."""
        size = self.size * self.scale
        self.centre = QPointF(
            _bounded(point.x(), self.room.width(), size.width()), _bounded(point.y(), self.room.height(), size.height())
        )

    def pan(self, moved: QPointF) -> None:
        """Move the picture by logical pixels."""
        size = self.size * self.scale
        if not size.isEmpty():
            self.look_at(self.centre - QPointF(moved.x() / size.width(), moved.y() / size.height()))

    def arrange(self) -> None:
        """Take up another size of the window: what fits goes on to fit."""
        if self.fits:
            self.scale, self.centre = self.fitting, QPointF(0.5, 0.5)
        else:
            self.look_at(self.centre)


def _bounded(centre: float, room: float, size: float) -> float:
    if size <= room:
        return 0.5
    half = room / size / 2
    return min(max(centre, half), 1 - half)
