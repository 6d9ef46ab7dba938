"""Assets that are dragged from one place of the window to another."""

import json
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QMimeData

MIME = "application/x-kinora-assets"
MOST = 100_000  # assets of one drag


def carry(data: QMimeData, ids: Sequence[int]) -> None:
    """Put assets into what is dragged."""
    data.setData(MIME, QByteArray(json.dumps(list(ids[:MOST])).encode()))


def carried(data: QMimeData) -> list[int]:
    """The assets in what is dragged; none where it comes from elsewhere."""
    if not data.hasFormat(MIME):
        return []
    found = json.loads(bytes(data.data(MIME).data()))
    return [int(one) for one in found]
