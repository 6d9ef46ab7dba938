"""A picture to search with: dropped on the search box, or pasted into it, from anywhere."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt
from PySide6.QtGui import QImage

from desktop.models import query
from desktop.models.carried import carried
from desktop.operations import Operations

SIDE = 1600  # pixels of a pasted picture that are kept


def is_example(data: QMimeData) -> bool:
    """Whether there is one picture to search with: an item of a grid, a file of this computer, or pixels."""
    return bool(_own(data) or file_of(data) or data.hasImage())


def file_of(data: QMimeData) -> str:
    """The one file of this computer that is dragged; empty when it is anything else."""
    urls = [url for url in data.urls() if url.isLocalFile() and url.toLocalFile()]
    return urls[0].toLocalFile() if len(urls) == 1 else ""


async def query_of(ops: Operations, data: QMimeData) -> str:
    """The query for what is like it; empty when it cannot be read. Pixels are kept for a while, not added."""
    own = _own(data)
    if own:
        return query.like(own)
    path = file_of(data)
    if path:
        return query.like_path(path)
    jpeg = _jpeg(data.imageData())
    kept = await ops.ask(ops.library.pasted.put, jpeg) if jpeg else None
    return query.like_path(str(kept)) if kept is not None else ""


def _own(data: QMimeData) -> int:
    ids = carried(data)
    return ids[0] if len(ids) == 1 else 0


def _jpeg(found: object) -> bytes:
    image = found if isinstance(found, QImage) else QImage(found)  # type: ignore[call-overload]  # a pixmap
    if image.isNull():
        return b""
    if max(image.width(), image.height()) > SIDE:
        image = image.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.convertToFormat(QImage.Format.Format_RGB32).save(buffer, "JPG", 92)  # type: ignore[call-overload]
    return bytes(held.data())
