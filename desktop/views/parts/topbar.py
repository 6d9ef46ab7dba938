"""The bar above the viewer: back, name, facts in one line, place in the list, tools of the stage."""

from collections import Counter

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop.look import tokens
from desktop.look.look import Look
from desktop.look.parts import Tool, label
from desktop.views.parts.elided import Elided
from desktop.views.parts.overlays import Layer
from desktop.views.parts.stage import Stage
from desktop.views.parts.subject import Subject
from engine.language import digits, mark, tr

SEEN = (
    (Layer.FACE, mark("Faces (F)")),
    (Layer.BODY, mark("Bodies (B)")),
    (Layer.THING, mark("Things (T)")),
    (Layer.ROLE, mark("Titles and logos (L)")),
    (Layer.TEXT, mark("Text (X)")),
    (Layer.SAFETY, mark("Safety (S)")),
)
NARROW = 860  # pixels; below this width the zoom buttons make room for the name (the keys stay)


class TopBar(QFrame):
    """Says what is wished; knows no asset.

    Signals:
        back, before, after: leave; the previous and the next asset.
        closer, farther, fitted: zoom in, out, between the window and 100 %.
        layered: a sort of boxes on or off.
        paneled: the panel on or off.
    """

    back = Signal()
    before = Signal()
    after = Signal()
    closer = Signal()
    farther = Signal()
    fitted = Signal()
    layered = Signal(object, bool)
    paneled = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._zooms = True
        self._offered: tuple[Layer, ...] = ()
        self.leave = Tool(look, "back", tr("Back (Esc)"))
        self.name = Elided("strong", Qt.TextElideMode.ElideMiddle)
        self.line = Elided("small")
        self.place = label("", "small")
        self.previous = Tool(look, "left", tr("Previous (Page up)"))
        self.next = Tool(look, "right", tr("Next (Page down)"))
        self.minus = Tool(look, "zoom-out", tr("Smaller (-)"))
        self.percent = QToolButton()
        self.percent.setToolTip(tr("Fit (0), 100 % (1)"))
        self.percent.setAccessibleName(tr("Zoom"))
        self.percent.setFixedWidth(58)
        self.plus = Tool(look, "zoom-in", tr("Larger (+)"))
        self.text = Tool(look, "text", tr("Text boxes (X)"), checkable=True)
        self.safety = Tool(look, "shield", tr("Safety boxes (S)"), checkable=True)
        self.boxes = Tool(look, "eye", tr("Show boxes: faces, bodies, things, titles, text, safety"))
        self.boxes.setPopupMode(Tool.ToolButtonPopupMode.InstantPopup)
        self.layers = self._layer_menu()
        self.panel = Tool(look, "panel", tr("Show what is known (P)"), checkable=True)
        self._lay_out()
        self._connect()

    def show_asset(self, name: str, line: str) -> None:
        """Show a name and a line of facts."""
        self.name.say(name)
        self.line.say(line)

    def show_place(self, index: int, total: int) -> None:
        """Show where in the list this is."""
        self.place.setText(tr("{index} of {total}", index=digits(index + 1), total=digits(total)))
        self.place.setVisible(total > 1)
        self.previous.setEnabled(index > 0)
        self.next.setEnabled(index + 1 < total)
        for part in (self.previous, self.next):
            part.setVisible(total > 1)

    def show_zoom(self, scale: float) -> None:
        """Show how close it is; 1 is 100 %."""
        self.percent.setText(f"{scale * 100:.0f} %")

    def count(self, subject: Subject) -> None:
        """Say how many boxes there are of each sort."""
        boxes = [mark for marks in subject.marks.values() for mark in marks]
        counts = Counter(one.layer for one in (*boxes, *(span.mark for span in subject.spans)))
        for layer, title in SEEN:
            number = counts[layer]
            self.layers[layer].setText(f"{tr(title)}\t{digits(number)}" if number else tr(title))

    def suit(self, stage: Stage | None) -> None:
        """Show the tools that this stage has."""
        self._zooms = stage is not None and stage.zooms
        layers = stage.layers if stage is not None else ()
        for layer, action in self.layers.items():
            action.setVisible(layer in layers)
        self._offered = layers
        self.boxes.setVisible(bool(layers))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._make_room()

    def _make_room(self) -> None:
        for part in (self.minus, self.percent, self.plus):
            part.setVisible(self._zooms and self.width() >= NARROW)
        for part, layer in ((self.text, Layer.TEXT), (self.safety, Layer.SAFETY)):
            part.setVisible(layer in self._offered and self.width() >= NARROW)

    def switch(self, layer: Layer) -> None:
        """Turn a sort of boxes over."""
        self.layers[layer].toggle()

    def switch_all(self) -> None:
        """Show every sort of boxes, or none when every one is shown."""
        offered = [self.layers[layer] for layer in self._offered]
        on = not all(action.isChecked() for action in offered)
        for action in offered:
            action.setChecked(on)

    def set_layer(self, layer: Layer, on: bool) -> None:
        """Show a sort of boxes, or do not."""
        self.layers[layer].setChecked(on)

    def _layer_menu(self) -> dict[Layer, QAction]:
        menu, made = QMenu(self), {}
        for layer, title in SEEN:
            action = menu.addAction(tr(title))
            action.setCheckable(True)
            action.toggled.connect(lambda on, layer=layer: self.layered.emit(layer, on))
            made[layer] = action
        menu.addSeparator()
        menu.addAction(tr("All of them, or none (A)")).triggered.connect(lambda _on=False: self.switch_all())
        self.boxes.setMenu(menu)
        for tool, layer in ((self.text, Layer.TEXT), (self.safety, Layer.SAFETY)):
            made[layer].toggled.connect(tool.setChecked)
            tool.toggled.connect(made[layer].setChecked)
        return made

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.name)
        words.addWidget(self.line)
        bar = QHBoxLayout(self)
        bar.setContentsMargins(tokens.S, 6, tokens.S, 6)
        bar.setSpacing(2)
        bar.addWidget(self.leave)
        bar.addSpacing(tokens.XS)
        bar.addLayout(words, 1)
        bar.addSpacing(tokens.S)
        groups: tuple[tuple[QWidget, ...], ...] = (
            (self.previous, self.place, self.next),
            (self.minus, self.percent, self.plus),
            (self.boxes, self.text, self.safety, self.panel),
        )
        for group in groups:
            for part in group:
                bar.addWidget(part)
            bar.addSpacing(tokens.S)

    def _connect(self) -> None:
        self.leave.clicked.connect(self.back)
        self.previous.clicked.connect(self.before)
        self.next.clicked.connect(self.after)
        self.minus.clicked.connect(self.farther)
        self.plus.clicked.connect(self.closer)
        self.percent.clicked.connect(self.fitted)
        self.panel.toggled.connect(self.paneled)
