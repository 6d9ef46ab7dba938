"""A word or two on a coloured ground: what state something is in, what it allows."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy


def badge(text: str, tone: str = "plain", tip: str = "") -> QLabel:
    """A badge in one of the tones of the style sheet: plain, good, warn, bad, accent."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("badge", tone)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    if tip:
        made.setToolTip(tip)
        made.setAccessibleDescription(tip)
    return made
