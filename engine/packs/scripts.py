"""Tells writing systems apart by their letters, and knows which languages are written in which."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

# The first word of a letter's Unicode name, where it is not the name of its script.
_SAME = {
    "HIRAGANA": "CJK", "KATAKANA": "CJK", "KATAKANA-HIRAGANA": "CJK", "HALFWIDTH": "CJK", "IDEOGRAPHIC": "CJK",
    "BOPOMOFO": "CJK", "FULLWIDTH": "LATIN", "FEMININE": "LATIN", "MASCULINE": "LATIN", "MICRO": "LATIN",
}  # fmt: skip
SPACELESS = frozenset({"CJK", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})

# Tesseract's name of each language, by ISO 639-1, and the script that it is written in.
LANGUAGES: Mapping[str, tuple[str, str]] = {
    "ar": ("ara", "ARABIC"), "fa": ("fas", "ARABIC"), "ur": ("urd", "ARABIC"), "ps": ("pus", "ARABIC"),
    "ug": ("uig", "ARABIC"), "he": ("heb", "HEBREW"), "yi": ("yid", "HEBREW"), "ru": ("rus", "CYRILLIC"),
    "uk": ("ukr", "CYRILLIC"), "be": ("bel", "CYRILLIC"), "bg": ("bul", "CYRILLIC"), "sr": ("srp", "CYRILLIC"),
    "mk": ("mkd", "CYRILLIC"), "kk": ("kaz", "CYRILLIC"), "mn": ("mon", "CYRILLIC"), "el": ("ell", "GREEK"),
    "hi": ("hin", "DEVANAGARI"), "mr": ("mar", "DEVANAGARI"), "ne": ("nep", "DEVANAGARI"),
    "sa": ("san", "DEVANAGARI"), "bn": ("ben", "BENGALI"), "as": ("asm", "BENGALI"), "pa": ("pan", "GURMUKHI"),
    "gu": ("guj", "GUJARATI"), "or": ("ori", "ORIYA"), "ta": ("tam", "TAMIL"), "te": ("tel", "TELUGU"),
    "kn": ("kan", "KANNADA"), "ml": ("mal", "MALAYALAM"), "si": ("sin", "SINHALA"), "th": ("tha", "THAI"),
    "lo": ("lao", "LAO"), "km": ("khm", "KHMER"), "my": ("mya", "MYANMAR"), "bo": ("bod", "TIBETAN"),
    "ko": ("kor", "HANGUL"), "ka": ("kat", "GEORGIAN"), "hy": ("hye", "ARMENIAN"), "am": ("amh", "ETHIOPIC"),
    "zh": ("chi_sim", "CJK"), "ja": ("jpn", "CJK"), "en": ("eng", "LATIN"), "de": ("deu", "LATIN"),
    "fr": ("fra", "LATIN"), "es": ("spa", "LATIN"), "it": ("ita", "LATIN"), "pt": ("por", "LATIN"),
    "nl": ("nld", "LATIN"), "pl": ("pol", "LATIN"), "tr": ("tur", "LATIN"), "vi": ("vie", "LATIN"),
}  # fmt: skip
SCRIPT_OF: Mapping[str, str] = dict(LANGUAGES.values())


@lru_cache(maxsize=8192)
def script_of(letter: str) -> str:
    """The script of a letter (LATIN, CJK, ARABIC, ...), empty for what is no letter."""
    if unicodedata.category(letter)[0] not in "LM":
        return ""
    first = unicodedata.name(letter, "").partition(" ")[0]
    return "" if first in ("COMBINING", "MODIFIER", "VARIATION", "") else _SAME.get(first, first)


def scripts(text: str) -> Counter[str]:
    """How many letters of each script a text has."""
    return Counter(script for script in map(script_of, text) if script)


def share(text: str, wanted: Iterable[str]) -> float:
    """The share of a text's letters that is of certain scripts; 0 for a text without letters."""
    found = scripts(text)
    total = sum(found.values())
    return sum(found[script] for script in wanted) / total if total else 0.0


def spaceless(text: str) -> bool:
    """Say whether most letters are of a script that does not put spaces between words."""
    return share(text, SPACELESS) > 0.5


def joined(words: Sequence[str]) -> str:
    """Words, each with the space before it that belongs to it, as one line."""
    return " ".join("".join(words).split())
