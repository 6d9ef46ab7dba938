"""What a person decides about assets from anywhere in the window: stored at once, each with a way back."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.operations import Operations
from engine.errors import Cancelled, KinoraError
from engine.language import tr, trn
from engine.model import AlbumRow, Edit, StayScope


class Deeds(QObject):
    """Tells the library, and says what was done.

    Signals:
        done: a decision was stored: a sentence that offers to undo it.
        said: a sentence without a way back.
    """

    done = Signal(str)
    said = Signal(str)

    def __init__(self, ops: Operations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ops = ops

    def rate(self, ids: Sequence[int], stars: int) -> None:
        """Give stars; 0 takes them away."""
        self._start(self._ops.library.rate, list(ids), stars or None)

    def tag(self, ids: Sequence[int], name: str) -> None:
        """Give a tag."""
        self._start(self._ops.library.tag, list(ids), name)

    def untag(self, ids: Sequence[int], name: str) -> None:
        """Take a tag away."""
        self._start(self._ops.library.untag, list(ids), name)

    def favourite(self, ids: Sequence[int], on: bool | None = None) -> None:
        """Make favourites, or no longer; without `on` the other way round when all of them are."""
        self._ops.start(self._favourite(list(ids), on))

    def note(self, asset: int, text: str) -> None:
        """Write a note, in place of the one that there is."""
        self._start(self._ops.library.keep.note, asset, text, done=lambda _: tr("The note is kept."))

    def edit(self, ids: Sequence[int], wanted: Edit) -> None:
        """Change several things of several assets in one step."""
        if not wanted.empty:
            said = trn("Edited {n} item", "Edited {n} items", len(ids))
            self._start(self._ops.library.keep.edit, list(ids), wanted, done=lambda _: said)

    # --- albums

    def add_to(self, album: AlbumRow, ids: Sequence[int]) -> None:
        """Put assets into an album."""

        def said(count: int) -> str:
            if not count:
                return ""
            return trn("{n} item put into “{name}”", "{n} items put into “{name}”", count, name=album.name)

        inside = trn("It is in “{name}” already.", "They are in “{name}” already.", len(ids), name=album.name)
        self._start(self._ops.library.albums.add, album.id, list(ids), done=said, none=inside)

    def make_album(self, name: str, ids: Sequence[int] = ()) -> None:
        """Make an album, with these assets in it."""
        said = tr("“{name}” is made.", name=name)
        if ids:
            said = trn("“{name}” is made, with {n} item.", "“{name}” is made, with {n} items.", len(ids), name=name)
        self._start(self._ops.library.albums.make, name, list(ids), done=lambda _: said)

    def take_from(self, album: AlbumRow, ids: Sequence[int]) -> None:
        """Take assets out of an album; they stay in the library."""

        def said(count: int) -> str:
            return trn("{n} item taken out of “{name}”", "{n} items taken out of “{name}”", count, name=album.name)

        self._start(self._ops.library.albums.remove, album.id, list(ids), done=said)

    def move_in(self, album: AlbumRow, ids: Sequence[int], before: int | None) -> None:
        """Put assets of an album in front of another one, None at the end."""

        def said(count: int) -> str:
            return trn("{n} item moved", "{n} items moved", count) if count else ""

        self._start(self._ops.library.albums.move, album.id, list(ids), before, done=said)

    def rename_album(self, album: AlbumRow, name: str) -> None:
        """Give an album another name."""
        said = tr("“{old}” is called “{name}” now.", old=album.name, name=name)
        self._start(self._ops.library.albums.rename, album.id, name, done=lambda _: said)

    def delete_album(self, album: AlbumRow) -> None:
        """Delete an album; what is in it stays in the library."""
        said = tr("The album “{name}” is deleted. What was in it stays.", name=album.name)
        self._start(self._ops.library.albums.delete, album.id, done=lambda _: said)

    # --- what never leaves

    def keep_here(self, scope: StayScope, target: str, title: str, *, on: bool) -> None:
        """Mark something as never leaving this computer, or let it go again."""
        self._start(self._ops.library.hosts.stay, scope, target, on, done=lambda _: stay_words(title, on=on))

    # --- stacks

    def stack(self, ids: Sequence[int]) -> None:
        """Make one stack of assets, the first on top."""
        if len(ids) < 2:
            self.said.emit(tr("Select two or more items to stack them."))
            return
        self._start(
            self._ops.library.keep.stack, list(ids),
            done=lambda count: trn("{n} item stacked", "{n} items stacked", count),
        )  # fmt: skip

    def unstack(self, ids: Sequence[int]) -> None:
        """Take the stacks of assets apart."""
        self._start(self._ops.library.keep.unstack, list(ids), done=_alone, none=tr("This is in no stack."))

    def take_out(self, ids: Sequence[int]) -> None:
        """Take assets out of their stacks."""
        self._start(self._ops.library.keep.take_out, list(ids), done=_alone, none=tr("This is in no stack."))

    def lead(self, asset: int) -> None:
        """Put an asset on top of its stack."""
        self._start(self._ops.library.keep.lead, asset, done=lambda _: tr("It is on top of its stack now."))

    def stack_twins(self) -> None:
        """Make a stack of each group of near duplicates."""
        self._start(
            self._ops.library.keep.stack_twins,
            done=lambda count: trn("{n} stack made", "{n} stacks made", count) if count else "",
            none=tr("Nothing looks so much alike that it is not stacked already."),
        )  # fmt: skip

    # --- inside

    async def _favourite(self, ids: list[int], on: bool | None) -> None:
        keep = self._ops.library.keep
        if on is None:
            common = await self._ops.ask(keep.common, ids)
            if common is None:
                return
            on = common.favourites < common.count
        count = await self._ops.ask(keep.favourite, ids, on)
        if count:
            self.done.emit(
                trn("{n} item is a favourite", "{n} items are favourites", count)
                if on
                else trn("{n} item is no favourite any more", "{n} items are no favourites any more", count)
            )

    def _start(
        self, verb: Callable[..., Any], *values: object, done: Callable[[Any], str] | None = None, none: str = ""
    ) -> None:
        self._ops.start(self._do(verb, values, done, none))

    async def _do(
        self, verb: Callable[..., Any], values: tuple[object, ...], done: Callable[[Any], str] | None, none: str
    ) -> None:
        """Do it; `done` makes the sentence of the answer, `none` is said where that is empty."""
        try:
            answer = await self._ops.demand(verb, *values)
        except Cancelled:
            return
        except KinoraError as error:
            self._ops.tell(error)
            return
        sentence = done(answer) if done is not None else ""
        if sentence:
            self.done.emit(sentence)
        elif none:
            self.said.emit(none)


def stay_words(title: str, *, on: bool) -> str:
    """The sentence of a mark."""
    return tr("“{title}” never leaves this computer.", title=title) if on else tr("“{title}” may travel.", title=title)


def _alone(count: int) -> str:
    return trn("{n} item stands alone again", "{n} items stand alone again", count) if count else ""
