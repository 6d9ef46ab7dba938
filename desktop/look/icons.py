"""Line icons from resources/icons, tinted by a token and cached."""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parent.parent.parent / "resources" / "icons"


@lru_cache(maxsize=256)
def icon(name: str, colour: str, size: int, *, checked: str = "", disabled: str = "") -> QIcon:
    """A 24-unit line drawing as an icon; an unknown name gives an empty one."""
    density = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    made = QIcon(pixmap(name, colour, size, density))
    if checked:
        made.addPixmap(pixmap(name, checked, size, density), QIcon.Mode.Normal, QIcon.State.On)
    if disabled:
        made.addPixmap(pixmap(name, disabled, size, density), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, density: float = 1.0) -> QPixmap:
    """A drawing as a transparent picture of `size` logical pixels."""
    side = round(size * density)
    drawn = QPixmap(side, side)
    drawn.fill(Qt.GlobalColor.transparent)
    with QPainter(drawn) as painter:
        QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour[-6:].join(("#", ""))).encode())).render(
            painter, QRectF(0, 0, side, side)
        )
    drawn.setDevicePixelRatio(density)
    return drawn


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    path = FOLDER / f"{name}.svg"
    return path.read_text(encoding="utf-8") if path.is_file() else '<svg xmlns="http://www.w3.org/2000/svg"/>'
