"""Duplicates: equal and nearly equal files side by side, with a proposal which one to keep."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens, words
from desktop.look.look import Look
from desktop.look.parts import Empty, button
from desktop.models.deeds import Deeds
from desktop.models.groups import GroupsModel, gain, name_of
from desktop.operations import Operations
from desktop.views.base import View
from desktop.views.parts.cards import Card
from desktop.views.parts.compare import Comparison
from desktop.views.parts.elided import Elided
from desktop.views.parts.grouplist import GroupList
from desktop.views.parts.trash import Outcome, Trash, files_of, move, to_trash
from engine.language import mark, tr, trn
from engine.model import Change, FileRow, Twin, TwinGroup

QUIET = 600  # milliseconds between a change and another look
FILTERS: tuple[tuple[str, bool | None], ...] = (
    (mark("All"), None),
    (mark("Equal files"), True),
    (mark("Look alike"), False),
)


class DuplicatesView(View):
    """Groups of duplicates; nothing is moved without a question that names the files."""

    id = "duplicates"
    title = mark("Duplicates")
    icon = "duplicates"
    shortcut = "Ctrl+3"

    def __init__(self, ops: Operations, bridge: QObject, look: Look, *, trash: Trash = to_trash) -> None:
        super().__init__(ops, bridge, look)
        self.trash = trash
        self.groups = GroupsModel(self)
        self.list = GroupList(ops, look, self.groups)
        self.pile = QStackedWidget(self)
        self.split = QSplitter(Qt.Orientation.Horizontal, self.pile)
        self._right = QWidget(self.split)
        self.compare = Comparison(ops, look, self._right)
        self.sum = Elided("small")
        self.sum.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self.choice = Elided("muted")
        self.discard = button(tr("Move the others to the trash…"), self.ask_trash, "danger")
        self.deny = button(tr("Not duplicates"), self.not_duplicates)
        self.gather = button("", self.stack)
        self.gather_all = button(tr("Stack all that look alike"), lambda: self.deeds.stack_twins(), "quiet")
        self.deeds = Deeds(ops, self)
        self.question = Card(look, "warning", "")
        self.names = QPlainTextEdit()
        self.blank = Empty(look, "duplicates", tr("Looking for duplicates…"))
        self._asked: tuple[list[FileRow], list[FileRow]] = ([], [])
        self._exact: bool | None = None
        self._known = False
        self._looking = ops.latest()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET)
        self._timer.timeout.connect(self.refresh)
        self._assemble()
        self._connect()

    # --- the view

    def changed(self, change: Change) -> None:
        if not change.topics & {"files", "assets", "findings", "decisions"}:
            return
        if self.isVisible():
            self._timer.start()
        else:
            self._known = False

    def shown(self) -> None:
        if not self._known:
            self.refresh()
        self.list.setFocus()

    def hidden(self) -> None:
        self._timer.stop()
        self.compare.stop()
        self._forget_question()

    def selected(self) -> list[int]:
        group = self.compare.group
        return list(dict.fromkeys(member.asset.cell.id for member in group.members)) if group is not None else []

    def save_state(self) -> dict[str, Any]:
        return {"filter": self.filters.checkedId()}

    def restore_state(self, state: dict[str, Any]) -> None:
        wanted = str(state.get("filter", 0))
        self._filter(int(wanted) if wanted in ("0", "1", "2") else 0)

    def close_view(self) -> None:
        self.hidden()
        self._looking.cancel()
        self.list.previews.close()

    # --- the groups

    def refresh(self) -> None:
        """Look again."""
        self._timer.stop()
        self._looking.start(self._look())

    async def _look(self) -> None:
        exact = self._exact
        found = await self.ops.ask(self.ops.library.duplicates, exact)
        if found is None or exact != self._exact:
            return
        self._known = True
        self.show_groups(found)

    def show_groups(self, groups: Sequence[TwinGroup]) -> None:
        """Show these groups; the one that is looked at stays, else the one that took its place."""
        row, shown = self.list.currentIndex().row(), self.compare.group
        if tuple(groups) != self.groups.groups:
            self.groups.put(groups)
            same = self.groups.row_of(shown.key) if shown is not None else -1
            self.list.go(same if same >= 0 else max(0, row))
        self.sum.say(
            tr("{count} · up to {gain} to free", count=trn("{n} group", "{n} groups", len(groups)), gain=gain(groups))
            if groups
            else ""
        )
        if not groups:
            self._say_none()
            self._turn(-1)
        self.gather_all.setVisible(any(not group.exact and not stacked(group) for group in groups))
        self.pile.setCurrentIndex(0 if groups else 1)

    def _say_none(self) -> None:
        sentences = {
            None: tr("There are no duplicates."),
            True: tr("No two files are equal."),
            False: tr("No two pictures look alike."),
        }
        self.blank.title.setText(sentences[self._exact])
        self.blank.text.setText(tr("Kinora compares files when it has read them; come back when the work is done."))

    def _turn(self, row: int) -> None:
        group = self.groups.groups[row] if 0 <= row < len(self.groups.groups) else None
        old = self.compare.group
        if group is not None and old is not None and group == old:
            return
        self._forget_question()
        self.compare.show_group(group)
        self.deny.setVisible(group is not None and not group.exact)
        self.gather.setVisible(group is not None and not group.exact)
        self.gather.setText(tr("Take the stack apart") if stacked(group) else tr("Stack them"))

    def _filter(self, index: int) -> None:
        self.filters.button(index).setChecked(True)
        self._exact = FILTERS[index][1]
        if self._known:
            self.refresh()

    # --- choosing

    def step(self, by: int) -> None:
        """The next (1) or previous (-1) group."""
        self.list.go(self.list.currentIndex().row() + by)

    def keep_only(self, number: int) -> None:
        """Keep the member of this number (from 1) and no other."""
        self.compare.keep_only(number - 1)

    def parted(self) -> tuple[list[Twin], list[Twin]]:
        """The members that are kept and the others."""
        members = self.compare.group.members if self.compare.group is not None else ()
        kept = [member for i, member in enumerate(members) if i in self.compare.keeping]
        return kept, [member for i, member in enumerate(members) if i not in self.compare.keeping]

    def _chosen(self) -> None:
        kept, others = self.parted()
        self._forget_question()
        files = files_of(others)
        self.discard.setEnabled(bool(files))
        what = name_of(kept[0]) if len(kept) == 1 else trn("{n} file", "{n} files", len(kept))
        size = words.size(sum(file.size for file in files))
        self.choice.say(
            tr("Keep {what}; {size} to free", what=what, size=size) if files else tr("All are kept") if kept else ""
        )

    # --- moving

    def ask_trash(self) -> None:
        """Ask, naming every file, before anything is moved."""
        kept, others = self.parted()
        files = files_of(others)
        if not files:
            return
        self._asked = (files, files_of(kept))
        total = words.size(sum(file.size for file in files))
        self.question.say(
            tr(
                "Move {count} ({total}) to the system's trash?",
                count=trn("{n} file", "{n} files", len(files)),
                total=total,
            ),
            tr("You can take them back from there. What you keep is not touched."),
        )
        self.names.setPlainText("\n".join(file.path for file in files))
        self.question.show()
        self.names.show()
        self._no.setFocus()

    def move_asked(self) -> None:
        """Move the files that the question named."""
        files, kept = self._asked
        self._forget_question()
        if files:
            self.discard.setEnabled(False)
            self.ops.start(self._move(files, kept))

    async def _move(self, files: list[FileRow], kept: list[FileRow]) -> None:
        outcomes = await self.ops.ask(move, files, kept, self.trash)
        for outcome in outcomes or ():
            if not outcome.problem:
                await self.ops.ask(self.ops.library.file_trashed, outcome.file.id)
        self.message.emit(told(outcomes or []))
        self.refresh()

    def stack(self) -> None:
        """Make one stack of this group, what is kept on top; or take it apart where it is one."""
        group = self.compare.group
        if group is None or group.exact:
            return
        if stacked(group):
            self.deeds.unstack(self.selected())
        else:
            kept, others = self.parted()
            self.deeds.stack([member.asset.cell.id for member in (*kept, *others)])

    def not_duplicates(self) -> None:
        """Never offer this group again."""
        ids = self.selected()
        if len(ids) > 1:
            self.ops.start(self._deny(ids))

    async def _deny(self, ids: list[int]) -> None:
        await self.ops.ask(self.ops.library.not_twins, ids)
        self.message.emit(tr("These are not offered as duplicates again. Undo brings them back."))
        self.refresh()

    def _forget_question(self) -> None:
        self._asked = ([], [])
        self.question.hide()

    # --- building

    def _assemble(self) -> None:
        self.names.setReadOnly(True)
        self.names.setMaximumHeight(96)
        self.names.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.names.setAccessibleName(tr("Files that would be moved"))
        column = self.question.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(2, self.names)
        self._no = QPushButton(tr("Leave them"))
        self._no.clicked.connect(self._forget_question)
        self.question.buttons.addWidget(self._no)
        self.question.add(tr("Move to the trash"), self.move_asked, "danger")
        self.question.hide()
        page = QVBoxLayout(self._right)
        page.setContentsMargins(tokens.M, tokens.M, tokens.M, tokens.S)
        page.setSpacing(tokens.S)
        page.addWidget(self.compare, 1)
        page.addWidget(self.question)
        bottom = QHBoxLayout()
        bottom.setSpacing(tokens.S)
        bottom.addWidget(self.choice, 1)
        bottom.addWidget(self.gather)
        bottom.addWidget(self.deny)
        bottom.addWidget(self.discard)
        page.addLayout(bottom)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.list.setMinimumWidth(190)
        self.split.addWidget(self.list)
        self.split.addWidget(self._right)
        self.split.setSizes([250, 900])
        self.split.setStretchFactor(1, 1)
        self.pile.addWidget(self.split)
        self.pile.addWidget(self.blank)
        self.pile.setCurrentIndex(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._made_bar())
        whole.addWidget(self.pile, 1)

    def _made_bar(self) -> QFrame:
        bar = QFrame(self)
        bar.setObjectName("bar")
        line = QHBoxLayout(bar)
        line.setContentsMargins(tokens.L, tokens.S, tokens.L, tokens.S)
        line.setSpacing(tokens.XS)
        self.filters = QButtonGroup(self)
        for index, (name, _) in enumerate(FILTERS):
            one = QPushButton(tr(name))
            one.setCheckable(True)
            self.filters.addButton(one, index)
            line.addWidget(one)
        self.filters.button(0).setChecked(True)
        line.addWidget(self.sum, 1)
        line.addWidget(self.gather_all)
        return bar

    def _connect(self) -> None:
        self.deeds.done.connect(self.undoable)
        self.deeds.said.connect(self.message)
        self.list.turned.connect(self._turn)
        self.compare.kept.connect(self._chosen)
        self.compare.opened.connect(self._open)
        self.filters.idClicked.connect(self._filter)
        for number in range(1, 10):
            self._key(str(number), lambda number=number: self.keep_only(number))
        for keys, call in (
            ("Right", lambda: self.step(1)),
            ("Left", lambda: self.step(-1)),
            ("Del", self.ask_trash),
            ("N", self.not_duplicates),
            ("S", self.stack),
            ("+", lambda: self.compare.zoom(1.25)),
            ("-", lambda: self.compare.zoom(0.8)),
            ("0", self.compare.fit),
            ("C", lambda: self.command.emit("items.compare")),
            ("Esc", self._forget_question),
        ):
            self._key(keys, call)

    def _key(self, keys: str, call: Any) -> None:
        action = QAction(self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked=False: call())
        self.addAction(action)

    def _open(self, index: int) -> None:
        group = self.compare.group
        if group is not None:
            ids = self.selected()
            self.open_asset.emit(ids, ids.index(group.members[index].asset.cell.id), "")


def told(outcomes: Sequence[Outcome]) -> str:
    """What became of the files, in a sentence or two."""
    moved = sum(not outcome.problem for outcome in outcomes)
    problems = list(dict.fromkeys(outcome.problem for outcome in outcomes if outcome.problem))
    if not outcomes:
        return tr("Nothing was moved.")
    first = (
        tr("{count} moved to the trash. The system's trash gives them back.", count=trn("{n} file", "{n} files", moved))
        if moved
        else tr("Nothing was moved.")
    )
    return " ".join([first, *problems[:2]])


def stacked(group: TwinGroup | None) -> bool:
    """Whether all of a group stand in one stack."""
    stacks = {member.asset.cell.stack for member in group.members} if group is not None else set[int]()
    return len(stacks) == 1 and 0 not in stacks
