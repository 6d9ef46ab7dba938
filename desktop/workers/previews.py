"""Previews, read and scaled in threads, newest wish first."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPainter, QPainterPath

from engine.errors import KinoraError
from engine.model import Box

log = logging.getLogger(__name__)

THREADS = 2
BUDGET = 64 << 20  # bytes of decoded pictures: two screens of 3840 x 2160
BLUR = 10  # pixels that are left of a blurred picture's side


@dataclass(frozen=True, slots=True)
class Want:
    """One preview as the grid wants to draw it; sizes in device pixels."""

    asset: int
    width: int
    height: int
    radius: int = 0
    blur: bool = False
    top: bool = False  # when cut, keep the upper part (pages) instead of the middle
    cover: bool = True  # fill the rectangle; otherwise fit into it
    time: float | None = None  # of a moment: its second, page and part, and the colour of the line around the part
    page: int | None = None
    box: Box | None = None
    line: str = ""


class Previews(QObject):
    """Loads previews for one grid.

    Signals:
        ready: pictures arrived; repaint what shows.
    """

    ready = Signal()
    patience: float | None = None  # seconds to wait for a thread that ends, None: as long as it takes

    def __init__(
        self,
        find: Callable[[int], Path | None],
        *,
        threads: int = THREADS,
        budget: int = BUDGET,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._find = find
        self._budget = budget
        self._used = 0
        self._kept: OrderedDict[Want, QImage] = OrderedDict()
        self._absent: set[Hashable] = set()
        self._pending: list[Want] = []
        self._under_way: set[Want] = set()
        self._told = False
        self._closed = False
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=self._work, name=f"preview {n}", daemon=True) for n in range(threads)]
        self._started = False

    def get(self, want: Want) -> QImage | None:
        """The picture when it is at hand; never waits."""
        with self._news:
            found = self._kept.get(want)
            if found is not None:
                self._kept.move_to_end(want)
            return found

    def want(self, wants: Sequence[Want]) -> None:
        """Load these (most wanted first); wishes that are not in the list any more are dropped."""
        with self._news:
            self._told = False
            self._pending = [
                want
                for want in reversed(wants)
                if want not in self._kept and want not in self._under_way and self._mark(want) not in self._absent
            ]
            if self._pending and not self._closed:
                self._start()
                self._news.notify_all()

    def forget(self, assets: Sequence[int] | None = None) -> None:
        """Look again for previews that were absent (None: for all of them)."""
        with self._news:
            if assets is None:
                self._absent.clear()
            else:
                self._absent.difference_update(assets)

    @property
    def used(self) -> int:
        """Bytes of decoded pictures that are kept."""
        return self._used

    @property
    def waiting(self) -> int:
        """Wishes that wait."""
        return len(self._pending)

    def close(self) -> None:
        """End the threads."""
        with self._news:
            self._closed = True
            self._pending = []
            self._news.notify_all()
        if self._started:
            for thread in self._threads:
                thread.join(self.patience)
        self._kept.clear()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            for thread in self._threads:
                thread.start()

    def _work(self) -> None:
        while (want := self._next()) is not None:
            image = self._load(want)
            if self._keep(want, image):
                self.ready.emit()

    def _next(self) -> Want | None:
        with self._news:
            while not self._pending and not self._closed:
                self._news.wait()
            if self._closed:
                return None
            want = self._pending.pop()
            self._under_way.add(want)
            return want

    def _mark(self, want: Want) -> Hashable:
        """What is absent when a picture is: here all pictures of the asset."""
        return want.asset

    def _load(self, want: Want) -> QImage | None:
        try:
            path = self._found(want)
        except KinoraError:
            return None
        except Exception:
            log.exception("No preview of asset %d", want.asset)
            return None
        return self._drawn(path, want) if path is not None else None

    def _found(self, want: Want) -> Path | None:
        return self._find(want.asset)

    def _drawn(self, path: Path, want: Want) -> QImage | None:
        return drawn(path, want)

    def _keep(self, want: Want, image: QImage | None) -> bool:
        """Store a picture; True when the UI thread has to be told."""
        with self._news:
            self._under_way.discard(want)
            if self._closed:
                return False
            if image is None:
                self._absent.add(self._mark(want))
                return False
            self._kept[want] = image
            self._used += image.sizeInBytes()
            while self._used > self._budget and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._used -= old.sizeInBytes()
            told, self._told = self._told, True
            return not told


def drawn(path: Path, want: Want) -> QImage | None:
    """Read a preview as it is painted: cut to fill (or fitted), round corners, blurred; None when it cannot be read."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isEmpty():
        return None
    wanted = QSize(want.width, want.height)
    mode = Qt.AspectRatioMode.KeepAspectRatioByExpanding if want.cover else Qt.AspectRatioMode.KeepAspectRatio
    scaled = size.scaled(wanted, mode).expandedTo(QSize(1, 1))
    reader.setScaledSize(scaled)
    image = reader.read()
    if image.isNull():
        return None
    if want.blur:
        image = blurred(image)
    return _cut(image, wanted if want.cover else image.size(), want.radius, top=want.top)


def _cut(image: QImage, size: QSize, radius: int, *, top: bool) -> QImage:
    out = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    out.fill(Qt.GlobalColor.transparent)
    with QPainter(out) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if radius:
            path = QPainterPath()
            path.addRoundedRect(QRectF(out.rect()), radius, radius)
            painter.setClipPath(path)
        y = 0 if top else (size.height() - image.height()) // 2
        painter.drawImage((size.width() - image.width()) // 2, y, image)
    return out


def blurred(image: QImage) -> QImage:
    """A picture of which only its colours can be told."""
    smooth, ignore = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.IgnoreAspectRatio
    small = image.scaled(BLUR, BLUR, ignore, smooth)
    return small.scaled(image.width() // 3 + 1, image.height() // 3 + 1, ignore, smooth).scaled(
        image.size(), ignore, smooth
    )
