"""Small pictures of all pages of a document, to see where one is and to go elsewhere."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from desktop.look import tokens
from desktop.look.look import Look
from desktop.views.parts.picture import veiled
from engine.language import digits, tr

WIDTH = 132  # pixels of the strip
SIDE = 256  # pixels of a small picture's longest side, as it is drawn by the worker
LEAF, LINE = 128, 18  # pixels of height for a picture and for its number
STEP = LEAF + LINE + tokens.S
KEPT = 200  # pictures


class Leaves(QAbstractScrollArea):
    """The pages under each other, numbered from 1; the one that is looked at is framed.

    Signals:
        wanted: pages whose small pictures are missing, most wanted first.
        picked: the page that was clicked, or gone to with the keys.
    """

    wanted = Signal(list)
    picked = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._count = 0
        self._page = 1
        self._veil = False
        self._pictures: dict[int, QImage] = {}
        self._failed: set[int] = set()
        self.setFixedWidth(WIDTH)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Pages as small pictures"))
        self.verticalScrollBar().setSingleStep(STEP // 2)
        self.verticalScrollBar().valueChanged.connect(self.ask)
        look.changed.connect(self.viewport().update)

    def begin(self, count: int) -> None:
        """Show another document."""
        self._count, self._page = count, 1
        self._pictures.clear()
        self._failed.clear()
        self._arrange()
        self.verticalScrollBar().setValue(0)
        self.ask()

    def put(self, page: int, image: QImage) -> None:
        """A small picture came."""
        if len(self._pictures) >= KEPT:
            far = max(self._pictures, key=lambda one: abs(one - page))
            del self._pictures[far]
        self._pictures[page] = image
        self.viewport().update()

    def fail(self, page: int) -> None:
        """A page cannot be drawn."""
        self._failed.add(page)

    def veil(self, on: bool) -> None:
        """Blur the pictures."""
        self._veil = on
        self.viewport().update()

    def show_page(self, page: int) -> None:
        """Mark the page that is looked at, and bring it into view."""
        self._page = page
        self.setAccessibleDescription(tr("Page {page} of {n}", page=digits(page), n=digits(self._count)))
        bar, top = self.verticalScrollBar(), (page - 1) * STEP
        if top < bar.value():
            bar.setValue(top)
        elif top + STEP > bar.value() + self.viewport().height():
            bar.setValue(top + STEP - self.viewport().height())
        self.viewport().update()

    def place(self, page: int) -> QRectF:
        """Where a page's picture may be on the viewport."""
        top = (page - 1) * STEP - self.verticalScrollBar().value() + tokens.S
        return QRectF(tokens.S, top, self.viewport().width() - 2 * tokens.S, LEAF - tokens.S)

    def ask(self) -> None:
        """Ask for the pictures that show and are not there."""
        self.viewport().update()
        if self.isVisible():
            missing = [one for one in self._shown() if one not in self._pictures and one not in self._failed]
            self.wanted.emit(sorted(missing, key=lambda one: abs(one - self._page)))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), self._look.colour("surface"))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setFont(self._look.font(tokens.CAPTION))
            for page in self._shown():
                self._paint_one(painter, page)

    def _paint_one(self, painter: QPainter, page: int) -> None:
        room = self.place(page)
        image = self._pictures.get(page)
        if image is not None:
            size = QSize(image.size()).scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            rect = QRectF(0, 0, size.width(), size.height())
            rect.moveCenter(room.center())
            painter.drawImage(rect, veiled(image) if self._veil else image)
        else:
            rect = room.adjusted(18, 0, -18, 0)
            painter.fillRect(rect, self._look.colour("sunken"))
        current = page == self._page
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.colour("accent" if current else "line"), 2.5 if current else 1))
        painter.drawRect(rect)
        if current and self.hasFocus():
            painter.setPen(QPen(self._look.colour("text"), 1.5))
            painter.drawRect(rect.adjusted(-4, -4, 4, 4))
        painter.setPen(self._look.colour("text" if current else "muted"))
        number = QRectF(room.left(), room.bottom() + 1, room.width(), LINE)
        painter.drawText(number, Qt.AlignmentFlag.AlignCenter, digits(page))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        self.ask()

    def showEvent(self, event: object) -> None:
        self.ask()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        page = int((event.position().y() + self.verticalScrollBar().value()) // STEP) + 1
        if event.button() == Qt.MouseButton.LeftButton and 1 <= page <= self._count:
            self.picked.emit(page)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        to = {
            Qt.Key.Key_Up: self._page - 1,
            Qt.Key.Key_Down: self._page + 1,
            Qt.Key.Key_Home: 1,
            Qt.Key.Key_End: self._count,
        }.get(Qt.Key(event.key()))
        if to is None:
            event.ignore()
        elif 1 <= to <= self._count:
            self.picked.emit(to)

    def _shown(self) -> range:
        top = self.verticalScrollBar().value()
        last = min(self._count, (top + self.viewport().height()) // STEP + 1)
        return range(top // STEP + 1, last + 1)

    def _arrange(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, self._count * STEP - self.viewport().height()))
