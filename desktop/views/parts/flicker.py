"""Two pictures at one place: turned over by a key (blinking), or as the difference of both."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import label
from desktop.operations import Operations
from desktop.views.parts.canvas import Canvas
from desktop.views.parts.difference import difference, share
from desktop.views.parts.overlays import Marks
from desktop.views.parts.picture import Picture
from engine.language import tr


class Flicker(QWidget):
    """One large canvas that shows now this, now that picture, looked at as the ones beside each other were."""

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        self._comparing = ops.latest()
        self._pictures: list[tuple[Picture, str]] = []
        self.at = 0
        self.canvas = Canvas(Marks(), enlarge=True, look=look)
        self.words = label("", "small", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.XS)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.words)
        self.setFocusProxy(self.canvas)
        look.changed.connect(self._dress)
        self._dress()

    def blink(self, pictures: list[tuple[Picture, str]], at: int, times: float, centre: QPointF) -> None:
        """Show the picture at this place; `turn` shows the next. Each with its name."""
        self._comparing.cancel()
        self._pictures, self.at = pictures, at
        self._begin(pictures[at][0], times, centre)
        self._show()

    def turn(self, by: int = 1) -> None:
        """Show the next picture in the same place."""
        if len(self._pictures) > 1:
            self.at = (self.at + by) % len(self._pictures)
            self._show()

    def subtract(self, pictures: list[tuple[Picture, str]], times: float, centre: QPointF) -> None:
        """Show where two pictures differ."""
        self._pictures = []
        self._begin(pictures[0][0], times, centre)
        self.canvas.swap(pictures[0][0])
        self.words.setText(tr("Comparing…"))
        self._comparing.start(self._subtract(pictures))

    def stop(self) -> None:
        """Show nothing."""
        self._comparing.cancel()
        self._pictures = []
        self.canvas.clear()

    def _begin(self, picture: Picture, times: float, centre: QPointF) -> None:
        self.canvas.clear()
        self.canvas.begin(picture.size.width(), picture.size.height())
        self.canvas.put(picture)
        self.canvas.view_as(times, centre)

    def _show(self) -> None:
        picture, name = self._pictures[self.at]
        self.canvas.swap(picture)
        self.words.setText(
            tr("{number} of {n}: {name}. B or Space turns over.", number=self.at + 1, n=len(self._pictures), name=name)
        )

    async def _subtract(self, pictures: list[tuple[Picture, str]]) -> None:
        def both() -> tuple[Picture, float]:
            made = difference(pictures[0][0], pictures[1][0])
            return made, share(made)

        found = await self._ops.ask(both)
        if found is None:
            return
        self.canvas.swap(found[0])
        names = {"one": pictures[0][1], "other": pictures[1][1]}
        if found[1] < 0.0005:
            self.words.setText(tr("{one} and {other} look the same.", **names))
        else:
            self.words.setText(
                tr(
                    "Bright is where {one} and {other} differ: {share} of the picture.",
                    share=words.share(found[1], 1),
                    **names,
                )
            )

    def _dress(self) -> None:
        self.canvas.backdrop = self._look.colour("sunken")
        self.canvas.update()
