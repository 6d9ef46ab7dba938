"""Tokens with enough contrast, style sheets without holes, icons that exist, words as people say them."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel

from desktop.look import icons, tokens, vocabulary, words
from desktop.look.grid.snippet import around
from desktop.look.look import Look
from desktop.look.sheet import sheet
from desktop.look.tokens import DARK, LIGHT, Colours, contrast, names
from desktop.registry import VIEWS
from engine import language
from engine.analyzers import ANALYZERS

PROJECT = Path(__file__).resolve().parent.parent.parent
THEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
TEXT = [
    (text, ground)
    for text in ("text", "muted", "danger", "warning", "success")
    for ground in ("window", "surface", "raised")
] + [("text", "accent_soft"), ("text", "hover"), ("accent", "surface"), ("accent", "accent_soft"),
     ("on_accent", "accent"), ("on_accent", "accent_hover"), ("on_accent", "danger"),
     ("on_mark", "mark"), ("text", "sunken"),
     ("danger", "danger_soft"), ("warning", "warning_soft"), ("muted", "sunken"), ("success", "sunken"),
     ("faint", "window"), ("faint", "surface"), ("faint", "raised")]  # fmt: skip


@THEMES
def test_text_holds_wcag_aa(colours: Colours) -> None:
    thin = {
        pair: round(ratio, 2)
        for pair in TEXT
        if (ratio := contrast(getattr(colours, pair[0]), getattr(colours, pair[1]))) < 4.5
    }
    assert not thin


@THEMES
def test_controls_and_signs_hold_three_to_one(colours: Colours) -> None:
    pairs = [
        ("line_strong", "raised"),
        ("line_strong", "surface"),
        ("accent", "window"),
        ("faint", "surface"),
        ("star", "surface"),
    ]
    thin = [pair for pair in pairs if contrast(getattr(colours, pair[0]), getattr(colours, pair[1])) < 3]
    assert not thin


@THEMES
def test_the_style_sheet_has_no_holes(colours: Colours) -> None:
    said = sheet(colours)
    assert "$" not in said
    for field in ("QLineEdit", "QComboBox", "QSpinBox", "QDoubleSpinBox"):
        assert f"{field}:disabled" in said, "what cannot be changed looks so"
    assert all(QColor(getattr(colours, name)).isValid() for name in names())


def test_the_theme_follows_the_choice(qapp: QApplication, look: Look) -> None:
    seen = []
    look.changed.connect(lambda: seen.append(look.colours.dark))
    look.choose("dark")
    look.choose("dark")
    look.choose("light")
    look.choose("nonsense")
    assert seen == [True, False]
    assert look.theme == "light"


def test_every_named_icon_is_drawn() -> None:
    drawn = {path.stem for path in icons.FOLDER.glob("*.svg")}
    assert {entry.icon for entry in VIEWS} <= drawn
    assert {"photo", "video", "audio", "document", "other"} <= drawn  # the kinds
    assert not icons.pixmap("library", "#112233", 24).isNull()
    assert icons.pixmap("no such", "#112233", 24).toImage().pixelColor(12, 12).alpha() == 0


def test_words_for_numbers() -> None:
    assert [words.clock(n) for n in (0, 7.9, 750, 3723)] == ["0:00", "0:07", "12:30", "1:02:03"]
    assert [words.size(n) for n in (999, 1200, 1_234_567, 250_000_000)] == ["999 B", "1 kB", "1.2 MB", "250 MB"]
    assert [words.left(n) for n in (None, 2, 42, 240, 7200, 400_000)] == [
        "", "a moment left", "40 s left", "4 min left", "2 h left", "5 days left",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "size", "day", "share"),
    [("en", "1.2 MB", "12 March 2024, 14:05", "45.6 %"), ("de", "1,2 MB", "12. März 2024, 14:05", "45,6 %"),
     ("nb", "1,2 MB", "12. mars 2024 kl. 14:05", "45,6 %")],
)  # fmt: skip
def test_numbers_and_dates_follow_the_language(code: str, size: str, day: str, share: str) -> None:
    language.use(code)
    try:
        assert (words.size(1_234_567), words.when("2024-03-12T14:05:00"), words.share(0.456, 1)) == (size, day, share)
    finally:
        language.use("en")


def test_what_is_no_date_stays_as_it_is() -> None:
    assert words.when("some time ago") == "some time ago"


def test_snippets_begin_shortly_before_the_match() -> None:
    text = "a very long line of words that goes on and on until the harbour comes into view"
    at = text.index("harbour")
    shown, marks = around(text, ((at, at + 7),))
    assert shown.startswith("…")
    assert shown[marks[0][0] : marks[0][1]] == "harbour"
    assert around("short\nharbour", ((6, 13),)) == ("short harbour", ((6, 13),))


def test_set_text_many_times(qapp: QApplication) -> None:
    """PySide6 6.12 on Python 3.11 loses a reference to None for each call and aborts after some five thousand."""
    label = QLabel()
    for number in range(20_000):
        label.setText(str(number))
    assert label.text() == "19999"
    label.deleteLater()


def test_every_analyzer_has_its_words() -> None:
    assert {one.name: one.title for one in ANALYZERS} == vocabulary.ANALYSES


def test_labels_on_pictures_can_be_read() -> None:
    thin = {name: round(contrast(colour, tokens.ON_INK), 2) for name, colour in tokens.INK.items() if name != "hit"}
    assert {name: ratio for name, ratio in thin.items() if ratio < 4.5} == {}


def test_colours_stand_among_the_tokens_alone() -> None:
    stray = []
    for path in (PROJECT / "desktop").rglob("*.py"):
        if path.name in ("tokens.py",):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"#[0-9a-fA-F]{6}\b|QColor\(\d|GlobalColor\.(?!transparent)", line):
                stray.append(f"{path.relative_to(PROJECT)}:{number} {line.strip()}")
    assert stray == []


def test_money_is_written_as_the_language_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [words.money(amount) for amount in (0, 1.2, 12.345, 0.004)] == [
        "$0.00",
        "$1.20",
        "$12.35",
        "less than $0.01",
    ]
    monkeypatch.setattr(language, "current", lambda: "de")
    assert words.money(1.2).replace("\N{NO-BREAK SPACE}", " ") == "1,20 $"
