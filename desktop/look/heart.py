"""A heart that says whether something is a favourite."""

from desktop.look.look import Look
from desktop.look.parts import Tool
from engine.language import tr


class Heart(Tool):
    """Filled for a favourite; `clicked` tells what it should be."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "heart", tr("Favourite (F)"), checkable=True)
        self.toggled.connect(self._draw)

    def show_favourite(self, on: bool) -> None:
        """Show whether it is one."""
        self.setChecked(on)

    def _draw(self, on: bool) -> None:
        self.show_icon("heart-full" if on else "heart")
        self.setAccessibleName(tr("A favourite (F)") if on else tr("Favourite (F)"))
