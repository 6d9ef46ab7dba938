"""What the commands about favourites, albums and stacks do."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.models.deeds import Deeds
from engine.language import tr

if TYPE_CHECKING:
    from desktop.operations import Operations
    from desktop.views.library import LibraryView
    from desktop.window import Window


class Keeping:
    """Commands on what is selected, in whatever view is in front."""

    def __init__(self, window: "Window", ops: "Operations", undo: Callable[[], object]) -> None:
        self._window, self._ops = window, ops
        self.deeds = Deeds(ops)
        self.deeds.done.connect(lambda text: window.toasts.show_toast(text, action=(tr("Undo"), undo)))
        self.deeds.said.connect(window.toasts.show_toast)

    def favourite(self) -> None:
        """Make what is selected favourites, or no longer when all of it is."""
        if ids := self._selected():
            self.deeds.favourite(ids)

    def add_to_album(self) -> None:
        """Ask for an album that takes what is selected."""
        if ids := self._selected():
            from desktop.shell.albuming import AlbumDialog

            dialog = AlbumDialog(self._window, self._ops, self._window.look, len(ids))
            dialog.chosen.connect(lambda album: self.deeds.add_to(album, ids))
            dialog.named.connect(lambda name: self.deeds.make_album(name, ids))
            dialog.open()

    def out_of_album(self) -> None:
        """Take what is selected out of the album that shows."""
        view = self._library()
        album = view.narrow.albums.current() if self._window.current is view else None
        if album is None:
            self._window.toasts.show_toast(tr("No album shows."), tr("Open an album at the left first."))
        elif ids := self._selected():
            self.deeds.take_from(album, ids)

    def stack(self) -> None:
        """Make one stack of what is selected; the current item comes on top."""
        if ids := self._selected():
            view = self._library()
            current = view.grid.cell_at(view.grid.current) if self._window.current is view else None
            if current is not None and current.id in ids:
                ids = [current.id, *(one for one in ids if one != current.id)]
            self.deeds.stack(ids)

    def unstack(self) -> None:
        """Take the stacks of what is selected apart."""
        if ids := self._selected():
            self.deeds.unstack(ids)

    def out_of_stack(self) -> None:
        """Take what is selected out of its stacks."""
        if ids := self._selected():
            self.deeds.take_out(ids)

    def top(self) -> None:
        """Put the first selected item on top of its stack."""
        if ids := self._selected():
            self.deeds.lead(ids[0])

    def open_stack(self) -> None:
        """Show the members of the current stack side by side, or as one again."""
        self._library().open_stack()

    def stack_twins(self) -> None:
        """Make a stack of each group of near duplicates."""
        self.deeds.stack_twins()

    def _selected(self) -> list[int]:
        view = self._window.current
        ids = view.selected() if view is not None else []
        if not ids:
            self._window.toasts.show_toast(
                tr("Nothing is selected."), tr("Click a picture first, or use the arrow keys.")
            )
        return ids

    def _library(self) -> "LibraryView":
        from desktop.views.library import LibraryView

        view = self._window.view("library")
        assert isinstance(view, LibraryView)
        return view
