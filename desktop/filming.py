"""What the commands about films and recordings do, for what is selected in whatever view is in front."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.views.parts.saving import LISTS, SPOKEN, ask_target
from engine.language import tr

if TYPE_CHECKING:
    from desktop.operations import Operations
    from desktop.window import Window


class Filming:
    """Subtitles of one selected film or recording, and the list of clips."""

    def __init__(self, window: "Window", ops: "Operations") -> None:
        self._window, self._ops = window, ops

    def export_said(self) -> "asyncio.Task[None] | None":
        """Ask where the subtitles of what is selected go, and write them."""
        view = self._window.current
        ids = view.selected() if view is not None else []
        if len(ids) != 1:
            self._window.toasts.show_toast(
                tr("Select one film or recording."), tr("Its subtitles are written into a file.")
            )
            return None
        return self._ops.start(self._ask_said(ids[0]))

    def export_clips(self) -> None:
        """Ask where the list of clips goes, and write it."""
        forms = [(ending, tr(title)) for ending, title in LISTS]
        ask_target(self._window, tr("Export clips"), tr("Clips"), forms, self.write_clips)

    def write_clips(self, target: Path) -> None:
        """Write all clips; the ending says in what form."""
        self._ops.start(self._tell(self._ops.library.exports.write_list, target))

    def write_said(self, asset: int, target: Path) -> None:
        """Write what is said in an asset; the ending says in what form."""
        self._ops.start(self._tell(self._ops.library.exports.write_said, asset, target))

    async def _ask_said(self, asset: int) -> None:
        row = await self._ops.ask(self._ops.library.asset, asset)
        if row is not None:
            forms = [(ending, tr(title)) for ending, title in SPOKEN]
            name = Path(row.cell.name).stem
            ask_target(self._window, tr("Export subtitles"), name, forms, lambda target: self.write_said(asset, target))

    async def _tell(self, write, *values: object) -> None:  # type: ignore[no-untyped-def]
        target = await self._ops.ask(write, *values)
        if target is not None:
            self._window.toasts.show_toast(tr("Written to {target}.", target=target))
