"""What the commands about searching do."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QFileDialog

from desktop.models import query
from engine.language import tr, trn

if TYPE_CHECKING:
    from desktop.views.library import LibraryView
    from desktop.window import Window

EXAMPLES = 4  # of a selection that a search takes at most


class Browsing:
    """Commands on the library view and the packs."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    def save_search(self) -> None:
        """Keep the search that shows, or forget it when it is kept."""
        self._shown().save_search()

    def narrow(self) -> None:
        """Show or hide what the result has how often."""
        self._shown().toggle_narrow()

    def find_similar(self) -> None:
        """Search for what is like the item that is selected or shown."""
        view = self._window.current
        ids = view.selected() if view is not None else []
        if ids:
            self._window.show_query(query.like(ids[0]))
        else:
            self._window.toasts.show_toast(
                tr("Nothing is selected."), tr("Click a picture first, or use the arrow keys.")
            )

    def like_too(self) -> None:
        """Search for what is like the selected items too, beside what the search asks for already."""
        self._example(less=False)

    def not_like(self) -> None:
        """Leave out of the search what is like the selected items."""
        self._example(less=True)

    def _example(self, *, less: bool) -> None:
        view = self._window.current
        ids = view.selected() if view is not None else []
        if not ids:
            self._window.toasts.show_toast(
                tr("Nothing is selected."), tr("Click a picture first, or use the arrow keys.")
            )
            return
        text = self._shown().bar.box.text()
        for asset in ids[:EXAMPLES]:
            text = query.liked(text, asset, less=less)
        self._window.show_query(text)

    def compare(self) -> None:
        """Show the selected files side by side; of one alone its stack, or it with the one that follows it."""
        view, ops = self._window.current, self._window.ops
        ids = view.selected() if view is not None else []
        if view is None or ops is None:
            return
        if len(ids) == 1:
            ops.start(self._compare_one(ids[0], view.following(ids[0])))
        elif ids:
            self._window.compare(ids)
        else:
            self._say_two()

    async def _compare_one(self, asset: int, following: list[int]) -> None:
        ops = self._window.ops
        members = await ops.ask(ops.library.keep.members, asset) if ops is not None else None
        ids = members if members and len(members) > 1 else [asset, *following]
        if len(ids) > 1:
            self._window.compare(ids)
        else:
            self._say_two()

    def _say_two(self) -> None:
        self._window.toasts.show_toast(tr("Select two or more files to compare."))

    def judge(self, level: str) -> None:
        """Say how safe the selected items are to show."""
        view, ops = self._window.current, self._window.ops
        ids = view.selected() if view is not None else []
        if ids and ops is not None:
            ops.start(self._judge(ids, level))

    async def _judge(self, ids: list[int], level: str) -> None:
        ops, commands = self._window.ops, self._window.commands
        if ops is None or commands is None:
            return
        await ops.demand(ops.library.judging.level, ids, level)
        n = len(ids)
        text = (
            trn("{n} item counts as safe now.", "{n} items count as safe now.", n)
            if level == "safe"
            else trn("{n} item counts as not safe now.", "{n} items count as not safe now.", n)
        )
        self._window.toasts.show_toast(text, action=(tr("Undo"), commands.undo))

    def unveil(self) -> None:
        """Show every blurred picture until Kinora is closed, or blur them again."""
        veil = self._window.look.veil
        veil.lift(not veil.lifted)
        self._window.toasts.show_toast(
            tr("Unsafe pictures are shown until Kinora is closed.")
            if veil.lifted
            else tr("Unsafe pictures are blurred again.")
        )

    def explain(self) -> None:
        """Say why the current item was found."""
        self._shown().explain()

    def search_with(self) -> None:
        """Ask for a picture on the disk and search for what is like it."""
        dialog = QFileDialog(self._window, tr("Search with a picture"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self._window.show_query(query.like_path(path)))
        dialog.open()

    def search_like(self, data: QMimeData) -> None:
        """Search for what is like a picture that was dropped."""
        self._shown().bar.box.search_with(data)

    def forget_searches(self) -> None:
        """Forget every search of the past."""
        self._shown().bar.box.past.clear()
        self._window.toasts.show_toast(tr("The searches of the past are forgotten."))

    def draw_posture(self) -> None:
        """Draw a posture and search for it; the one that the search has already is drawn on."""
        from desktop.views.parts.posturing import PostureDialog

        box = self._shown().bar.box
        dialog = PostureDialog(self._window, self._window.look, query.posture_of(box.text()))
        dialog.chosen.connect(lambda posture: self._window.show_query(query.drawn(box.text(), posture)))
        dialog.open()

    def import_pack(self) -> None:
        """Ask for a pack in a zip file."""
        from desktop.views.packs import PacksView

        self._window.show_view("packs")
        view = self._window.view("packs")
        if isinstance(view, PacksView):
            view.import_zip()

    def _shown(self) -> "LibraryView":
        from desktop.views.library import LibraryView

        self._window.show_view("library")
        view = self._window.view("library")
        assert isinstance(view, LibraryView)
        return view
