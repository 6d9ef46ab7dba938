"""What stands beside the time line while one moves on it: the month, how many, and the picture that begins it."""

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.parts import label

SIDE = 96  # pixels of the picture
GAP = 6


class Bubble(QFrame):
    """A small card at the side of a strip."""

    def __init__(self, strip: QWidget) -> None:
        super().__init__(strip)
        self._strip = strip
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setFixedSize(SIDE, SIDE)
        self.title = label("", "strong")
        self.count = label("", "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S, tokens.XS, tokens.S, tokens.S)
        column.setSpacing(2)
        for part in (self.title, self.count, self._picture):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        self.hide()

    def say(self, y: int, title: str, count: str, image: QImage | None, *, picture: bool) -> None:
        """Show it at a height of the strip, with a place for the picture where there will be one."""
        self.title.setText(title)
        self.count.setText(count)
        self._picture.setVisible(picture)
        if image is not None:
            ratio = self.devicePixelRatioF()
            mode = Qt.AspectRatioMode.KeepAspectRatio
            drawn = image.scaled(
                round(SIDE * ratio), round(SIDE * ratio), mode, Qt.TransformationMode.SmoothTransformation
            )
            made = QPixmap.fromImage(drawn)
            made.setDevicePixelRatio(ratio)
            self._picture.setPixmap(made)
        else:
            self._picture.setPixmap(QPixmap())
        window = self._strip.window()
        self.setParent(window)
        self.adjustSize()
        place = QRect(self._strip.mapTo(window, QPoint(0, 0)), self._strip.size())
        rightwards = self._strip.layoutDirection() == Qt.LayoutDirection.RightToLeft
        x = place.right() + GAP if rightwards else place.left() - self.width() - GAP
        top = place.top() + y - self.height() // 2
        self.move(x, max(place.top() + GAP, min(top, place.bottom() - self.height() - GAP)))
        self.show()
        self.raise_()
