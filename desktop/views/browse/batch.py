"""The form for several items at once: what is chosen in it is done in one step, which is undone as one."""

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QCompleter, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import button, label, row
from desktop.look.stars import Stars
from desktop.operations import Operations
from engine.language import digits, tr
from engine.model import Common, Edit

ON, OFF, SOME = Qt.CheckState.Checked, Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked


class Choice(QCheckBox):
    """All, some or none of the items; what is not touched stays as it is, and some come back by clicking on."""

    def __init__(self, text: str, has: int, count: int) -> None:
        super().__init__(text.replace("&", "&&"))
        self.name = text
        self.was = ON if has >= count else SOME if has else OFF
        self.setTristate(self.was == SOME)
        self.setCheckState(self.was)
        some = tr("{some} of {all}", some=digits(has), all=digits(count))
        self.setToolTip(some if self.was == SOME else tr("All of them") if self.was == ON else tr("None of them"))
        self.setAccessibleName(text)
        self.setAccessibleDescription(self.toolTip())

    @property
    def wanted(self) -> bool | None:
        """What it is to be for all; None where it stays as it is."""
        return None if self.checkState() == self.was else self.checkState() == ON


class Batch(QWidget):
    """Stars, favourite, tags, a note and an album for several items.

    Signals:
        edited: the ids and an `Edit`.
    """

    edited = Signal(list, object)

    def __init__(self, ops: Operations, look: Look) -> None:
        super().__init__()
        self._ops, self._look = ops, look
        self._ids: list[int] = []
        self._latest = ops.latest()
        self._rating: int | None = None
        self.stars = Stars(look)
        self.stars.rated.connect(self._rate)
        self._mixed = label("", "small")
        self.favourite = Choice(tr("Favourite"), 0, 1)
        self.choices: list[Choice] = []
        self.tag = self._field(tr("Add a tag to all"))
        self.tag.returnPressed.connect(self._take_tag)
        self.album = self._field(tr("Put into an album"))
        self.note = QPlainTextEdit()
        self.note.setPlaceholderText(tr("Add to the notes"))
        self.note.setAccessibleName(tr("Add to the notes"))
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(60)
        self.note.textChanged.connect(self._suit)
        for field in (self.tag, self.album):
            field.textChanged.connect(lambda _text: self._suit())
        self.apply = button(tr("Apply"), self.do, "primary")
        self.reset = button(tr("Reset"), self.reload)
        self._assemble()
        self._suit()

    def show_assets(self, ids: Sequence[int]) -> None:
        """Be about these; what was chosen for others is forgotten, for the same ones it stays."""
        if list(ids) != self._ids or self.wanted().empty:
            self._ids = list(ids)
            self.reload()

    def reload(self) -> None:
        """Look at what they have in common, and forget what was chosen."""
        self._latest.start(self._load())

    def wanted(self) -> Edit:
        """What is chosen."""
        typed = " ".join(self.tag.text().split())
        tags = tuple(one.name for one in self.choices if one.wanted is True)
        return Edit(
            rating=self._rating,
            favourite=self.favourite.wanted,
            tags=(*tags, *((typed,) if typed else ())),
            untags=tuple(one.name for one in self.choices if one.wanted is False),
            note=self.note.toPlainText().strip(),
            album=" ".join(self.album.text().split()),
        )

    def do(self) -> None:
        """Do what is chosen."""
        wanted = self.wanted()
        if not wanted.empty and self._ids:
            self._clear()
            self.edited.emit(self._ids, wanted)

    # --- inside

    async def _load(self) -> None:
        ids, library = self._ids, self._ops.library
        found = await self._ops.ask(
            lambda: (library.keep.common(ids), [name for name, _ in library.tags()],
                     [one.name for one in library.albums.listing()])
        )  # fmt: skip
        if found is None or ids != self._ids:
            return
        self._clear()
        self._show(found[0])
        for field, names in ((self.tag, found[1]), (self.album, found[2])):
            model = field.completer().model()
            if isinstance(model, QStringListModel):
                model.setStringList(names)

    def _show(self, common: Common) -> None:
        self.stars.show_stars(common.rating or 0)
        self._mixed.setText(tr("different") if common.rating is None else "")
        self._put_favourite(Choice(tr("Favourite"), common.favourites, common.count))
        self._put_tags([Choice(name, has, common.count) for name, has in common.tags])
        self._suit()

    def _put_favourite(self, new: Choice) -> None:
        old, self.favourite = self.favourite, new
        self._column.replaceWidget(old, new)
        old.hide()
        old.deleteLater()
        new.checkStateChanged.connect(lambda _state: self._suit())

    def _put_tags(self, choices: list[Choice]) -> None:
        for old in self.choices:
            self._tags.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.choices = []
        for one in choices:
            self._add(one)

    def _add(self, choice: Choice) -> None:
        self.choices.append(choice)
        self._tags.addWidget(choice)
        choice.checkStateChanged.connect(lambda _state: self._suit())

    def _take_tag(self) -> None:
        """A typed tag becomes a line with a tick; a second Enter in the empty field does it all."""
        name = " ".join(self.tag.text().split())
        if not name:
            self.do()
            return
        known = next((one for one in self.choices if one.name.casefold() == name.casefold()), None)
        if known is None:
            known = Choice(name, 0, 1)
            self._add(known)
        known.setCheckState(ON)
        self.tag.clear()

    def _rate(self, stars: int) -> None:
        self._rating = stars
        self._mixed.setText("")
        self._suit()

    def _clear(self) -> None:
        self._rating = None
        for field in (self.tag, self.album, self.note):
            field.clear()
        for one in (*self.choices, self.favourite):
            one.setCheckState(one.was)
        self._suit()

    def _suit(self) -> None:
        some = not self.wanted().empty
        self.apply.setEnabled(some)
        self.reset.setEnabled(some)

    def _field(self, words: str) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(words)
        field.setAccessibleName(words)
        completer = QCompleter(QStringListModel(field), field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        field.setCompleter(completer)
        return field

    def _assemble(self) -> None:
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S)
        column.addLayout(row(self.stars, self._mixed, stretch=1))
        column.addWidget(self.favourite)
        column.addWidget(label(tr("Tags"), "caption"))
        self._tags = QVBoxLayout()
        self._tags.setSpacing(0)
        column.addLayout(self._tags)
        column.addWidget(self.tag)
        column.addSpacing(tokens.XS)
        column.addWidget(label(tr("Notes"), "caption"))
        column.addWidget(self.note)
        column.addWidget(label(tr("Album"), "caption"))
        column.addWidget(self.album)
        column.addSpacing(tokens.XS)
        buttons = row(self.apply, self.reset)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(label(tr("All of it is one step: Undo takes it back as one."), "small", wrap=True))
