"""The style sheet of the application, made from tokens."""

from string import Template

from desktop.look import tokens
from desktop.look.icons import FOLDER
from desktop.look.tokens import Colours

_BASE = """
* { font-size: ${body}px; outline: none; }
QWidget { color: $text; }
QMainWindow, QDialog, #page { background: $window; }
QLabel { background: transparent; }
QLabel[role="display"] { font-size: ${display}px; font-weight: 600; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="subtitle"] { font-size: ${subtitle}px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[strong="true"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${small}px; }
QLabel[role="caption"] { color: $muted; font-size: ${caption}px; font-weight: 600; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="success"] { color: $success; }
QLabel[badge] { border-radius: 9px; padding: 1px 8px; min-height: 16px; font-size: ${caption}px; font-weight: 600; }
QLabel[badge="plain"] { background: $sunken; color: $muted; }
QLabel[badge="accent"] { background: $accent_soft; color: $accent; }
QLabel[badge="good"] { background: $sunken; color: $success; }
QLabel[badge="warn"] { background: $warning_soft; color: $warning; }
QLabel[badge="bad"] { background: $danger_soft; color: $danger; }
QToolTip { background: $raised; color: $text; border: 1px solid $line_strong; padding: 4px 8px; }
#card { background: $surface; border: 1px solid $line; border-radius: ${large}px; }
#card[chosen="false"] { padding: 1px; }
#card[chosen="true"] { border: 2px solid $accent; }
#dropzone { background: $surface; border: 1px dashed $line_strong; border-radius: ${large}px; }
#bar { background: $surface; border: none; border-bottom: 1px solid $line; }
#strip { background: $surface; border: none; border-top: 1px solid $line; }
#rail { background: $surface; border: none; border-$end: 1px solid $line; }
#panel { background: $surface; border: none; border-$start: 1px solid $line; }
#side { background: $surface; border: none; border-$end: 1px solid $line; }
#popup { background: $raised; border: 1px solid $line_strong; border-radius: ${radius}px; }
#message { background: $surface; border: 1px solid $line; border-radius: ${radius}px; }
#message[tone="danger"] { background: $danger_soft; border-color: $danger; }
#message[tone="warning"] { background: $warning_soft; border-color: $warning; }
#line { background: $line; max-height: 1px; min-height: 1px; border: none; }
QScrollArea, QScrollArea > QWidget > QWidget#content { background: transparent; border: none; }
QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }
QSplitter#open::handle { background: transparent; }
"""

_BUTTONS = """
QPushButton { background: $raised; border: 1px solid $line_strong; border-radius: ${radius}px; padding: 0 14px;
  min-height: 30px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border: 2px solid $accent; padding: 0 13px; min-height: 28px; }
QPushButton:disabled { color: $faint; border-color: $line; }
QPushButton:checked { background: $accent_soft; border-color: $accent; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $sunken; color: $faint; border-color: $sunken; }
QPushButton[kind="danger"] { color: $danger; border-color: $danger; }
QPushButton[kind="danger"]:hover { background: $danger_soft; }
QPushButton[kind="alarm"] { background: $danger; color: $on_accent; border: 1px solid $danger; font-weight: 600; }
QPushButton[kind="alarm"]:hover { border-color: $text; }
QPushButton[kind="alarm"]:focus { border: 2px solid $text; }
QPushButton[kind="alarm"]:disabled { background: $sunken; color: $faint; border-color: $sunken; }
QPushButton[kind="quiet"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 0 8px; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border: 2px solid $accent; padding: 0 7px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: ${radius}px; padding: 5px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $accent_soft; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton::menu-indicator { image: none; }
QPushButton[line="true"] { background: transparent; border: 1px solid transparent; border-radius: ${tight}px;
  padding: 0 8px; min-height: 24px; text-align: left; }
QPushButton[line="true"]:hover { background: $hover; }
QPushButton[line="true"]:checked { background: $accent_soft; font-weight: 600; }
QPushButton[line="true"]:focus { border: 1px solid $accent; padding: 0 8px; min-height: 24px; }
QToolButton[rail] { font-size: ${caption}px; color: $muted; padding: 8px 2px; border-radius: ${radius}px; }
QToolButton[rail="snug"] { padding: 2px; }
QToolButton[rail="bare"] { padding: 3px; }
QToolButton[rail]:checked { color: $accent; background: $accent_soft; font-weight: 600; }
QToolButton[rail]:focus { border: 1px solid $accent; }
QToolButton[chip="true"] { background: $accent_soft; color: $text; border: 1px solid transparent; border-radius: 11px;
  padding: 2px 9px; min-height: 18px; font-size: ${small}px; }
QToolButton[chip="true"]:hover { border-color: $accent; }
QToolButton[chip="true"]:focus { border: 1px solid $accent; }
QToolButton[opens="true"] { padding: 2px 6px 2px 0; color: $muted; font-size: ${small}px; }
QToolButton[opens="true"]:hover { background: transparent; color: $text; }
QToolButton[labelled="true"] { padding: 5px 8px; color: $text; }
"""

_FIELDS = """
QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox, QTextEdit { background: $raised; color: $text;
  border: 1px solid $line_strong; border-radius: ${radius}px; padding: 0 10px; min-height: 30px;
  selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit, QTextEdit { padding: 6px; }
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QTextEdit:focus {
  border: 2px solid $accent; padding: 0 9px; min-height: 28px; }
QPlainTextEdit:focus, QTextEdit:focus { padding: 5px; }
QTextEdit#transcript { border: none; background: transparent; padding: 10px 12px; font-size: ${body}px; }
QTextEdit#transcript:focus { border: none; padding: 10px 12px; }
QTextEdit#fingerprint { border: 1px solid transparent; background: transparent; padding: 0; font-size: ${title}px;
  font-weight: 600; }
QTextEdit#fingerprint:focus { border: 1px solid $accent; padding: 0; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { border: none; padding: 0 0 0 8px; min-height: 0;
  background: transparent; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled {
  color: $faint; border-color: $line; }
QLineEdit#search { border-radius: 18px; min-height: 34px; padding: 0 14px;
  padding-$start: 38px; font-size: ${subtitle}px;
  border-color: $line; background: $raised; }
QLineEdit#search:focus { border: 2px solid $accent; min-height: 32px; padding: 0 13px;
  padding-$start: 37px; }
QLineEdit#search[wrong="true"] { border-color: $danger; }
QComboBox::drop-down, QSpinBox::up-button, QSpinBox::down-button,
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
  border: none; width: 22px; background: transparent; }
QComboBox::down-arrow, QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
  image: url("$icons/arrow-down-$theme.svg"); width: 12px; height: 12px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url("$icons/arrow-up-$theme.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line_strong; padding: 4px;
  selection-background-color: $accent_soft; selection-color: $text; }
QCheckBox, QRadioButton { spacing: 8px; background: transparent; min-height: 24px; }
QRadioButton::indicator { width: 18px; height: 18px; border: 1px solid $line_strong; border-radius: 10px;
  background: $raised; }
QRadioButton::indicator:hover, QRadioButton::indicator:focus { border: 2px solid $accent; width: 16px; height: 16px; }
QRadioButton::indicator:checked { border: 6px solid $accent; width: 8px; height: 8px; background: $on_accent; }
QRadioButton::indicator:checked:focus { border: 6px solid $accent; background: $text; width: 8px; height: 8px; }
QCheckBox::indicator { width: 18px; height: 18px; border: 1px solid $line_strong; border-radius: 5px;
  background: $raised; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border: 2px solid $accent; width: 16px; height: 16px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$icons/check-$theme.svg"); }
QCheckBox::indicator:indeterminate { background: $accent; border-color: $accent;
  image: url("$icons/dash-$theme.svg"); }
QCheckBox::indicator:indeterminate:focus { border: 2px solid $text; }
QCheckBox::indicator:checked:focus { border: 2px solid $text; }
QSlider::groove:horizontal { height: 4px; background: $sunken; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $accent; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; }
QSlider::handle:horizontal:focus { border: 2px solid $text; width: 10px; height: 10px; }
QProgressBar { background: $sunken; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
  color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
"""

_LISTS = """
QMenuBar { background: $surface; border-bottom: 1px solid $line; padding: 2px 4px; }
QMenuBar::item { background: transparent; padding: 5px 10px; border-radius: ${tight}px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $line_strong; padding: 5px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: ${tight}px; margin: 0 2px; }
QMenu::item:selected { background: $accent_soft; }
QMenu::item:disabled { color: $faint; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QAbstractItemView { background: $surface; border: none; alternate-background-color: $window;
  selection-background-color: $accent_soft; selection-color: $text; }
#popup QListWidget, #popup QListView { background: transparent; }
QListView::item, QListWidget::item { padding: 6px 8px; border-radius: ${tight}px; }
QListView::item:selected, QListWidget::item:selected, QTableView::item:selected, QTreeView::item:selected {
  background: $accent_soft; color: $text; }
QTableView::item { padding: 0 5px; border: none; }
QHeaderView { background: $surface; }
QHeaderView::section { background: $surface; color: $muted; border: none; border-bottom: 1px solid $line;
  padding: 6px 8px; font-size: ${small}px; font-weight: 600; }
QHeaderView::up-arrow { image: url("$icons/arrow-up-$theme.svg"); width: 9px; height: 9px;
  subcontrol-position: top center; }
QHeaderView::down-arrow { image: url("$icons/arrow-down-$theme.svg"); width: 9px; height: 9px;
  subcontrol-position: top center; }
QTabBar::tab { padding: 8px 14px; background: transparent; color: $muted; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; font-weight: 600; }
QTabBar::tab:focus { color: $accent; }
#panel QTabBar::tab { padding: 8px 9px; }
QTabWidget::pane { border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar::handle:vertical { background: $faint; border-radius: 4px; min-height: 32px; margin: 2px; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle:horizontal { background: $faint; border-radius: 4px; min-width: 32px; margin: 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""


def sheet(colours: Colours, scale: float = 1.0, *, mirrored: bool = False) -> str:
    """The style sheet for a theme; `scale` enlarges the type with the system's font, `mirrored`: from the right."""
    words: dict[str, str | int] = {name: _css(getattr(colours, name)) for name in tokens.names()}
    words |= {"start": "right", "end": "left"} if mirrored else {"start": "left", "end": "right"}
    sizes = {
        "caption": tokens.CAPTION,
        "small": tokens.SMALL,
        "body": tokens.BODY,
        "subtitle": tokens.SUBTITLE,
        "title": tokens.TITLE,
        "display": tokens.DISPLAY,
    }
    words |= {name: round(size * scale) for name, size in sizes.items()}
    words |= {"tight": tokens.RADIUS_SMALL, "radius": tokens.RADIUS, "large": tokens.RADIUS_LARGE}
    words |= {"icons": FOLDER.as_posix(), "theme": "dark" if colours.dark else "light"}
    return Template(_BASE + _BUTTONS + _FIELDS + _LISTS).substitute(words)


def _css(colour: str) -> str:
    if len(colour) == 7:
        return colour
    alpha, rgb = int(colour[1:3], 16), colour[3:]
    red, green, blue = (int(rgb[i : i + 2], 16) for i in (0, 2, 4))
    return f"rgba({red}, {green}, {blue}, {alpha})"
