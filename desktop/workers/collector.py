"""Python collects its garbage on the UI thread alone: a Qt object that ends elsewhere can take the program along."""

import gc

from PySide6.QtCore import QObject, QTimer

EVERY = 200  # milliseconds between two looks
YOUNG, MIDDLE, OLD = 2_000, 10, 20  # objects made since the last look; collections of the younger since the older one


class Collector(QObject):
    """Switches the automatic collection off, which runs on whatever thread allocates, and does it by a timer instead.

    What lives when it begins (modules, classes) is set aside: it is not looked through any more.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.freeze()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect the generation that is due, the cheapest that is enough."""
        young, middle, old = gc.get_count()
        if young < YOUNG:
            return
        gc.collect(2 if middle >= MIDDLE and old >= OLD else 1 if middle >= MIDDLE else 0)

    def close(self) -> None:
        """Let Python collect by itself again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
