"""Tells the language of a text, and reads the names of languages in files (py3langid)."""

from functools import cache
from typing import Any

LEAST_LETTERS = 20  # with fewer the answer is a guess
LEAST_SCORE = 0.5
NO_LANGUAGE = "zxx"  # of ISO 639-2: numbers, code, names of parts

# ISO 639-2 (both forms) and English names to ISO 639-1, for what tracks and file names say.
NAMES: dict[str, str] = {
    "eng": "en", "english": "en", "ger": "de", "deu": "de", "german": "de", "fre": "fr", "fra": "fr", "french": "fr",
    "spa": "es", "spanish": "es", "ita": "it", "italian": "it", "por": "pt", "portuguese": "pt", "dut": "nl",
    "nld": "nl", "dutch": "nl", "rus": "ru", "russian": "ru", "ukr": "uk", "pol": "pl", "polish": "pl", "cze": "cs",
    "ces": "cs", "slo": "sk", "slk": "sk", "hun": "hu", "rum": "ro", "ron": "ro", "bul": "bg", "srp": "sr",
    "hrv": "hr", "slv": "sl", "gre": "el", "ell": "el", "tur": "tr", "ara": "ar", "arabic": "ar", "heb": "he",
    "per": "fa", "fas": "fa", "hin": "hi", "ben": "bn", "tam": "ta", "tel": "te", "urd": "ur", "tha": "th",
    "vie": "vi", "ind": "id", "may": "ms", "msa": "ms", "jpn": "ja", "japanese": "ja", "kor": "ko", "korean": "ko",
    "chi": "zh", "zho": "zh", "chs": "zh", "cht": "zh", "chinese": "zh", "swe": "sv", "dan": "da", "nor": "no",
    "nob": "no", "fin": "fi", "est": "et", "lav": "lv", "lit": "lt", "ice": "is", "isl": "is", "gle": "ga",
    "cat": "ca", "baq": "eu", "eus": "eu", "glg": "gl", "alb": "sq", "sqi": "sq", "arm": "hy", "hye": "hy",
    "geo": "ka", "kat": "ka", "kaz": "kk", "mon": "mn", "afr": "af", "swa": "sw", "lat": "la",
}  # fmt: skip


def code_of(name: str) -> str:
    """The ISO 639-1 code that a name in a file stands for ("eng", "pt-BR", "German"), empty when it is none."""
    first = name.strip().lower().replace("_", "-").partition("-")[0]
    return first if first in NAMES.values() else NAMES.get(first, "")


def language(text: str) -> tuple[str, float] | None:
    """Tell the language of a text: its ISO 639-1 code and a probability, or None when there is too little to go by.

    Small languages and dialects, which have codes of three letters only, are left out of the choice.
    """
    if sum(map(str.isalpha, text)) < LEAST_LETTERS:
        return None
    ranked = _identifier().rank(text)
    if ranked[0][0] == NO_LANGUAGE:
        return None
    common = [(code, float(score)) for code, score in ranked if len(code) == 2]
    code, score = common[0]
    share = score / sum(score for _, score in common)
    return (code, share) if share >= LEAST_SCORE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
