"""Pictures of faces, blurred where the picture that they are from is not for every eye."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from desktop.workers.previews import Previews, Want, drawn


class Portraits(Previews):
    """Loads faces by the number of their appearance.

    `origin` tells the asset of an appearance and its safety level (in a thread), `hides` whether that is blurred.
    """

    def __init__(
        self,
        find: Callable[[int], Path | None],
        origin: Callable[[int], tuple[int, str]],
        hides: Callable[[int, str], bool],
        parent: QObject,
    ) -> None:
        super().__init__(find, parent=parent)
        self._origin, self._hides = origin, hides

    def renew(self) -> None:
        """Other pictures are blurred now: make every one anew."""
        with self._news:
            self._kept.clear()
            self._used = 0

    def _drawn(self, path: Path, want: Want) -> QImage | None:
        return drawn(path, replace(want, blur=want.blur or self._hides(*self._origin(want.asset))))
