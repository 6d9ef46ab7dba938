"""The theme in force: tokens, palette, style sheet, icons and fonts, following the system when asked to."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyle

from desktop.look import tokens
from desktop.look.icons import icon
from desktop.look.restyle import Restyle
from desktop.look.sheet import sheet
from desktop.look.tokens import DARK, LIGHT, Colours
from desktop.look.veil import Veil

THEMES = ("system", "light", "dark")
PLAIN = ("Sans Serif", "DejaVu Sans", "Helvetica", "Bitstream Vera Sans")  # what stands in where nothing was chosen
TURNED = {"left": "right", "right": "left", "back": "forward", "forward": "back"}  # where one reads from the right
BETTER = ("Inter", "Noto Sans", "Cantarell", "Ubuntu", "Source Sans 3")


class Look(QObject):
    """Applies a theme to the application and says when it changes.

    Signals:
        changed: colours changed; what paints by itself repaints.
    """

    changed = Signal()

    def __init__(self, app: QApplication, theme: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._theme = theme
        self._restyle = Restyle(app, self)
        self.veil = Veil(self)  # what is blurred: option look.blur
        self.motion = moves(app)  # False where movement is to be left out (option look.motion)
        self.colours: Colours = LIGHT
        prefer(app)
        self.scale = min(1.6, max(1.0, QFontInfo(app.font()).pixelSize() / 16))
        app.setStyle("fusion")
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        app.layoutDirectionChanged.connect(self._apply)
        self._apply()

    @property
    def theme(self) -> str:
        """What was chosen: system, light or dark."""
        return self._theme

    def choose(self, theme: str) -> None:
        """Use this theme from now on."""
        if theme in THEMES and theme != self._theme:
            self._theme = theme
            self._apply()

    def move(self, choice: str) -> None:
        """Whether things may glide and fade: on, off, or as the system says."""
        self.motion = choice == "on" or (choice == "system" and moves(self._app))

    def blur_from(self, level: str) -> None:
        """Blur previews from this safety level on: never, explicit or suggestive."""
        self.veil.choose(level)

    def colour(self, name: str) -> QColor:
        """The colour of a token."""
        return QColor(getattr(self.colours, name))

    def icon(self, name: str, token: str = "muted", size: int = 20) -> QIcon:
        """A line icon in the colour of a token; disabled in the faint one, checked in the accent."""
        name = TURNED.get(name, name) if self._app.isRightToLeft() else name
        return icon(name, getattr(self.colours, token), size, checked=self.colours.accent, disabled=self.colours.faint)

    def font(self, pixels: int = tokens.BODY, *, bold: bool = False) -> QFont:
        """The window's font at a step of the type scale."""
        font = QFont(self._app.font())
        font.setPixelSize(round(pixels * self.scale))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def _system_changed(self) -> None:
        if self._theme == "system":
            self._apply()

    def _apply(self) -> None:
        dark = self._theme == "dark" or (
            self._theme == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        self.colours = DARK if dark else LIGHT
        self._app.setPalette(palette(self.colours))
        self._restyle.put_on(sheet(self.colours, self.scale, mirrored=self._app.isRightToLeft()))
        self.changed.emit()


def prefer(app: QApplication) -> None:
    """Where the system names no font of its own (a bare Linux desktop), take the first good one that is installed."""
    if QFontInfo(app.font()).family() in PLAIN:
        there = set(QFontDatabase.families())
        better = [name for name in BETTER if name in there]
        if better:
            font = QFont(app.font())
            font.setFamilies([*better, *PLAIN])
            app.setFont(font)


def moves(app: QApplication) -> bool:
    """Whether the system wants movement: Qt's styles are told so by Windows, macOS, GNOME and KDE."""
    return app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


def palette(colours: Colours) -> QPalette:
    """A Qt palette from tokens, for what the style sheet does not reach."""
    role = QPalette.ColorRole
    pairs = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.raised,
        role.AlternateBase: colours.surface,
        role.Text: colours.text,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.faint,
        role.Mid: colours.line,
        role.Accent: colours.accent,
    }
    made = QPalette()
    for key, value in pairs.items():
        made.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.faint))
    return made
