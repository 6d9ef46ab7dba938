"""Read dates as files write them, and tell real ones from placeholders."""

import re
from datetime import datetime

_DATE = re.compile(
    r"\s*(\d{4})[:\-/.](\d{1,2})(?:[:\-/.](\d{1,2}))?"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d*)?))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"\s*(?:D:)?(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?)?\s*(Z|[+-]\d{2}['\d:]*)?")
_PLACEHOLDERS = ("1904-01-01T00:00:00", "1970-01-01T00:00:00", "1601-01-01T00:00:00", "0001-01-01T00:00:00")


def iso(text: str, offset: str = "") -> str | None:
    """Return a date as local ISO 8601, with its offset when it is known; None for zeros and nonsense."""
    found = _DATE.match(text) or _COMPACT.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), min(59, int(float(second or 0)))
        )
    except ValueError:
        return None
    made = moment.isoformat()
    if made in _PLACEHOLDERS:
        return None
    return made + (_zone(zone or offset) if hour is not None else "")


def _zone(text: str) -> str:
    text = text.strip().replace("'", ":").rstrip(":")
    if text in ("Z", "UTC"):
        return "+00:00"
    found = re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", text)
    if not found or int(found[2]) > 14:
        return ""
    return f"{found[1]}{found[2]}:{found[3] or '00'}"
