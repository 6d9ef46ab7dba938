"""The list of clips: of the file that is shown or of all, to go to, to name, to order, to export."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, label, row
from desktop.views.parts.times import exact, seconds
from engine.language import tr
from engine.model.clips import Clip

CLIP = Qt.ItemDataRole.UserRole + 1
PAD = 8
HERE, ALL = 0, 1


class Rows(QListWidget):
    """The rows. Enter goes there, Del takes it out, Alt with up or down moves it.

    Signals:
        moved: the chosen clips by one place up (-1) or down (1).
        dropped: the order was changed with the mouse.
        removed: the chosen clips are to go.
    """

    moved = Signal(int)
    dropped = Signal()
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Clips"))
        self.model().rowsMoved.connect(lambda *_: self.dropped.emit())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        match Qt.Key(event.key()):
            case Qt.Key.Key_Up if alt:
                self.moved.emit(-1)
            case Qt.Key.Key_Down if alt:
                self.moved.emit(1)
            case Qt.Key.Key_Delete:
                self.removed.emit()
            case _:
                super().keyPressEvent(event)

    def event(self, event) -> bool:  # type: ignore[no-untyped-def]  # QEvent
        if event.type() == event.Type.ShortcutOverride and event.key() == Qt.Key.Key_Delete:
            event.accept()  # Del means the clip here, and not what has the focus in the picture
            return True
        return super().event(event)


class ClipList(QWidget):
    """The list with what can be changed of the chosen clip.

    Signals:
        picked: go to a clip.
        renamed, described: a clip's id and its new name or note.
        cut: a clip's id, its in point and its out point (or None).
        ordered: ids in their new order.
        removed: ids.
        exported: write the list (ids, or None for all).
        added: add the clip that is marked.
    """

    picked = Signal(object)
    renamed = Signal(int, str)
    described = Signal(int, str)
    cut = Signal(int, float, object)
    ordered = Signal(list)
    removed = Signal(list)
    exported = Signal(object)
    added = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._asset: int | None = None
        self._clips: tuple[Clip, ...] = ()
        self._filling = False
        self.scope = QComboBox()
        self.scope.addItems([tr("Clips of this file"), tr("All clips")])
        self.scope.setAccessibleName(tr("Which clips"))
        self.add = Tool(look, "clip", tr("Add this clip (C)"))
        self.export = Tool(look, "export", tr("Export clips…"))
        self.drop = Tool(look, "trash", tr("Take out of the list (Del)"))
        self.rows = Rows()
        self.rows.setItemDelegate(ClipRow(look, self.rows))
        self.empty = label(
            tr("No clips yet. Set where one begins (I) and ends (O), and add it (C); N marks a moment."), "muted",
            wrap=True,
        )  # fmt: skip
        self.name, self.note = _field(tr("Name")), _field(tr("Note"))
        self.start, self.end = _field(tr("In")), _field(tr("Out"))
        self.form = QWidget()
        self._lay_out()
        self._connect()

    # --- what is shown

    def show_clips(self, clips: Sequence[Clip], asset: int | None) -> None:
        """Take the list, and which asset is shown."""
        chosen = {clip.id for clip in self.chosen}
        self._clips, self._asset = tuple(clips), asset
        shown = self.shown
        self._filling = True
        self.rows.clear()
        for clip in shown:
            item = QListWidgetItem(title_of(clip))
            item.setData(CLIP, clip)
            item.setToolTip(clip.note)
            self.rows.addItem(item)
            item.setSelected(clip.id in chosen)
            if clip.id in chosen:
                self.rows.setCurrentItem(item)
        self._filling = False
        self.empty.setVisible(not shown)
        self.rows.setVisible(bool(shown))
        self.export.setEnabled(bool(shown))
        self._show_form()

    @property
    def shown(self) -> tuple[Clip, ...]:
        """The clips of the rows."""
        if self.scope.currentIndex() == ALL:
            return self._clips
        return tuple(clip for clip in self._clips if clip.asset == self._asset)

    @property
    def chosen(self) -> list[Clip]:
        """The clips that are selected, in their order."""
        return [clip for item in self._items() if item.isSelected() and (clip := item.data(CLIP)) is not None]

    def choose(self, clip_id: int) -> None:
        """Select a clip."""
        for item in self._items():
            if item.data(CLIP).id == clip_id:
                self.rows.clearSelection()
                self.rows.setCurrentItem(item)
                self.rows.scrollToItem(item)

    def _items(self) -> list[QListWidgetItem]:
        return [self.rows.item(number) for number in range(self.rows.count())]

    def _show_form(self) -> None:
        """The fields of the one clip that is chosen."""
        chosen = self.chosen
        self.drop.setEnabled(bool(chosen))
        self.form.setVisible(len(chosen) == 1)
        if len(chosen) != 1 or self._filling:
            return
        (clip,) = chosen
        values = (
            (self.name, clip.name), (self.note, clip.note), (self.start, exact(clip.moment.start or 0.0)),
            (self.end, exact(clip.moment.end) if clip.moment.end is not None else ""),
        )  # fmt: skip
        for field, text in values:
            if not field.hasFocus() or not field.isModified():
                field.setText(text)

    # --- what is wished

    def _pick(self, item: QListWidgetItem) -> None:
        self.picked.emit(item.data(CLIP))

    def _given(self, what: str) -> None:
        """A field was left or Enter was pressed in it."""
        chosen = self.chosen
        if len(chosen) != 1:
            return
        (clip,) = chosen
        if what == "name" and self.name.text().strip() != clip.name:
            self.renamed.emit(clip.id, self.name.text())
        elif what == "note" and self.note.text().strip() != clip.note:
            self.described.emit(clip.id, self.note.text())
        elif what == "span":
            self._cut(clip)

    def _cut(self, clip: Clip) -> None:
        start, end = seconds(self.start.text()), seconds(self.end.text()) if self.end.text().strip() else None
        if start is None or (end is None and self.end.text().strip()) or (end is not None and end <= start):
            self._show_form()
            return
        shown = (exact(clip.moment.start or 0.0), exact(clip.moment.end) if clip.moment.end is not None else "")
        if (exact(start), exact(end) if end is not None else "") != shown:
            self.cut.emit(clip.id, start, end)

    def _move(self, by: int) -> None:
        ids = [item.data(CLIP).id for item in self._items()]
        chosen = {clip.id for clip in self.chosen}
        order = ids if by < 0 else ids[::-1]
        for at in range(1, len(order)):
            if order[at] in chosen and order[at - 1] not in chosen:
                order[at - 1], order[at] = order[at], order[at - 1]
        after = order if by < 0 else order[::-1]
        if after != [item.data(CLIP).id for item in self._items()]:
            self.ordered.emit(after)

    def _dropped(self) -> None:
        if not self._filling:
            self.ordered.emit([item.data(CLIP).id for item in self._items()])

    def _remove(self) -> None:
        ids = [clip.id for clip in self.chosen]
        if ids:
            self.removed.emit(ids)

    def _export(self) -> None:
        chosen = [clip.id for clip in self.chosen]
        self.exported.emit(chosen if len(chosen) > 1 else [clip.id for clip in self.shown])

    def _connect(self) -> None:
        self.scope.currentIndexChanged.connect(lambda _index: self.show_clips(self._clips, self._asset))
        self.rows.itemActivated.connect(self._pick)
        self.rows.itemClicked.connect(self._pick)
        self.rows.itemSelectionChanged.connect(self._show_form)
        self.rows.moved.connect(self._move)
        self.rows.dropped.connect(self._dropped)
        self.rows.removed.connect(self._remove)
        self.drop.clicked.connect(self._remove)
        self.export.clicked.connect(self._export)
        self.add.clicked.connect(self.added)
        for field, what in ((self.name, "name"), (self.note, "note"), (self.start, "span"), (self.end, "span")):
            field.editingFinished.connect(partial(self._given, what))

    def _lay_out(self) -> None:
        fields = QVBoxLayout(self.form)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(tokens.XS)
        fields.addWidget(self.name)
        fields.addLayout(row(self.start, label("\N{EN DASH}", "muted"), self.end, gap=tokens.XS))
        fields.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.S, tokens.S, tokens.S, tokens.S)
        column.setSpacing(tokens.S)
        column.addLayout(row(self.scope, self.add, self.drop, self.export, gap=tokens.XS, stretch=0))
        column.addWidget(self.empty)
        column.addWidget(self.rows, 1)
        column.addStretch(0)
        column.addWidget(self.form)
        self.form.hide()


class ClipRow(QStyledItemDelegate):
    """Draws one clip: its name, and below it where it lies."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index) -> QSize:  # type: ignore[no-untyped-def]  # QModelIndex
        small, body = (QFontMetrics(self._look.font(size)) for size in (tokens.CAPTION, tokens.BODY))
        return QSize(100, small.height() + body.height() + 2 * PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:  # type: ignore[no-untyped-def]
        clip = index.data(CLIP)
        if clip is None:
            return
        rect = option.rect.adjusted(2, 1, -2, -1)
        state = option.state
        fill = "accent_soft" if state & QStyle.StateFlag.State_Selected else ""
        fill = fill or ("hover" if state & QStyle.StateFlag.State_MouseOver else "")
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if fill:
            painter.setBrush(self._look.colour(fill))
            painter.drawRoundedRect(rect, tokens.RADIUS_SMALL, tokens.RADIUS_SMALL)
        painter.setBrush(self._look.colour("danger" if clip.is_mark else "accent"))
        painter.drawRoundedRect(QRect(rect.left(), rect.top() + 6, 3, rect.height() - 12), 1.5, 1.5)
        inner = rect.adjusted(PAD + 2, PAD - 2, -PAD, -PAD + 2)
        body, small = self._look.font(tokens.BODY), self._look.font(tokens.CAPTION)
        high = QFontMetrics(body).height()
        for font, top, text, colour in (
            (body, inner.top(), title_of(clip), "text"), (small, inner.top() + high, place_of(clip), "muted"),
        ):  # fmt: skip
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(self._look.colour(colour))
            line = QRect(inner.left(), top, inner.width(), metrics.height())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(
                text, Qt.TextElideMode.ElideRight, inner.width()))  # fmt: skip
        painter.restore()


def title_of(clip: Clip) -> str:
    """What a clip is called."""
    return clip.name or (tr("Mark") if clip.is_mark else tr("Clip"))


def place_of(clip: Clip) -> str:
    """Where it lies, and in which file."""
    start, end = clip.moment.start or 0.0, clip.moment.end
    span = exact(start) if end is None else f"{exact(start)} \N{EN DASH} {exact(end)}"
    return f"{span}  {clip.asset_name}"


def _field(name: str) -> QLineEdit:
    made = QLineEdit()
    made.setPlaceholderText(name)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setMinimumWidth(60)
    return made
