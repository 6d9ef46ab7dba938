"""The language in which Kinora speaks: English sentences are the keys, gettext catalogues hold the others."""

import gettext
import locale
import os
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "KINORA_LANGUAGE"  # inherited by workers, so that their sentences are in the same language
LANGUAGES = ("en", "de", "nb")  # what is complete; a test compares with the catalogues
FOLDER = Path(__file__).resolve().parent.parent / "resources" / "translations"
_ALIKE = {"no": "nb", "nn": "nb"}  # readers of these are served by another one

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_current = "en"


def tr(text: str, /, **values: object) -> str:
    """The sentence in the language in force; `values` fill its named places (`{name}`)."""
    found = _catalogue.gettext(text) if text else text
    return found.format(**values) if values else found


def trn(one: str, many: str, n: int, /, **values: object) -> str:
    """The sentence for a number of things: `{n}` is the number as that language writes it."""
    return _catalogue.ngettext(one, many, n).format(n=digits(n), **values)


def both(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return tr("{some} and {last}", some=", ".join(parts[:-1]), last=parts[-1])


def either(parts: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(parts) < 2:
        return "".join(parts)
    return tr("{some} or {last}", some=", ".join(parts[:-1]), last=parts[-1])


def mark(text: str) -> str:
    """The text itself: collects it for translation where it stands, to be looked up by `tr` where it is shown."""
    return text


def digits(value: int) -> str:
    """A whole number with the language's separators."""
    return f"{value:,}".replace(",", {"de": ".", "nb": "\u00a0"}.get(_current, ","))


def current() -> str:
    """The code of the language in force."""
    return _current


def use(choice: str) -> str:
    """Speak this language ("system": the user's own, where it is one of ours) from now on; return its code."""
    global _catalogue, _current
    code = known(choice)
    _catalogue = gettext.translation("kinora", FOLDER, [code], fallback=True)
    _current = code
    os.environ[VARIABLE] = code
    return code


def known(choice: str) -> str:
    """The code among `LANGUAGES` for a choice or a locale's name; English for what there is no catalogue for."""
    name = choice
    if choice == "system":
        name = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
        name = name or (locale.getlocale()[0] or "")
    code = name.replace("-", "_").split("_")[0].split(".")[0].lower()
    code = {"norwegian": "nb", "german": "de"}.get(code, _ALIKE.get(code, code))  # as Windows spells them
    return code if code in LANGUAGES else "en"


if os.environ.get(VARIABLE):
    use(os.environ[VARIABLE])
