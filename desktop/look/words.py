"""Numbers, dates, lengths and sizes as people of the language in force read them."""

from datetime import datetime
from functools import lru_cache

from PySide6.QtCore import QDate, QLocale, QTime

from engine import language
from engine.language import digits, tr, trn

# How a day is written where the system's own language is another one than the window's.
DAYS = {"en": "d MMMM yyyy", "de": "d. MMMM yyyy", "nb": "d. MMMM yyyy"}
AMERICAN = "MMMM d, yyyy"
TIMES = "\N{MULTIPLICATION SIGN}"
UNITS = ("B", "kB", "MB", "GB", "TB")


def locale() -> QLocale:
    """The system's own formats where it speaks the window's language, else the usual ones of that language."""
    return _locale(language.current())


@lru_cache(maxsize=8)
def _locale(code: str) -> QLocale:
    system, mine = QLocale.system(), QLocale("en_GB" if code == "en" else code)
    return system if system.language() == mine.language() else mine


def decimal(value: float, places: int = 1) -> str:
    """A number with a fraction: 1.5, in German 1,5."""
    return locale().toString(value, "f", places)


def share(value: float, places: int = 0) -> str:
    """A share of 0..1 in percent."""
    return tr("{value} %", value=decimal(value * 100, places))


def date(day: QDate) -> str:
    """A day: `12 March 2024`."""
    here = locale()
    american = here.territory() == QLocale.Country.UnitedStates and language.current() == "en"
    return here.toString(day, AMERICAN if american else DAYS.get(language.current(), DAYS["en"]))


def when(iso: str) -> str:
    """A date and time: `12 March 2024, 14:05`; what is not a date stays as it is."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    day = date(QDate(moment.year, moment.month, moment.day))
    if "T" not in iso and " " not in iso.strip():
        return day
    time = locale().toString(QTime(moment.hour, moment.minute), QLocale.FormatType.ShortFormat)
    return tr("{day}, {time}", day=day, time=time)


def month(year: int, number: int) -> str:
    """A month: `March 2024`."""
    return f"{locale().standaloneMonthName(number)} {year}"


def clock(seconds: float) -> str:
    """A length or a place in time: 0:07, 12:30, 1:02:03."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def span(seconds: float | None) -> str:
    """A time as people say it, rounded: `40 s`, `5 min`, `2 h`, `3 days`; empty when it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return tr("{seconds} s", seconds=max(5, round(seconds / 5) * 5))
    if seconds < 5400:
        return tr("{minutes} min", minutes=round(seconds / 60))
    hours = seconds / 3600
    return tr("{hours} h", hours=round(hours)) if hours < 48 else trn("{n} day", "{n} days", round(hours / 24))


def left(seconds: float | None) -> str:
    """Time to the end in words; empty when it is not known."""
    if seconds is None:
        return ""
    return tr("a moment left") if seconds < 5 else tr("{time} left", time=span(seconds))


def size(amount: int) -> str:
    """Bytes in decimal units: 999 B, 1.2 MB."""
    value = float(amount)
    for unit in UNITS:
        if value < 1000 or unit == "TB":
            return f"{decimal(value, 0 if unit in ('B', 'kB') or value >= 100 else 1)} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def breakable(path: str) -> str:
    """A path with places where a line may break."""
    for sign in ("/", "\\", "_", "-", "."):
        path = path.replace(sign, sign + "\u200b")
    return path


def quick(seconds: float) -> str:
    """A short time: `4 ms`, `1.3 s`."""
    return f"{digits(max(1, round(seconds * 1000)))} ms" if seconds < 1 else f"{decimal(seconds)} s"


def money(dollars: float) -> str:
    """US dollars: `$1.20`, in German `1,20 $`; less than a cent says so."""
    if 0 < dollars < 0.01:
        return tr("less than {cent}", cent=locale().toCurrencyString(0.01, "$", 2))
    return locale().toCurrencyString(float(dollars), "$", 2)


def memory(amount: int) -> str:
    """Memory of a machine as it is sold: 24 GB (of 2^30 bytes)."""
    return tr("{n} GB", n=digits(round(amount / (1 << 30))))


def several(count: int, name: str) -> str:
    """So many of a name; one is said by its name alone."""
    return f"{digits(count)} {TIMES} {name}" if count > 1 else name
