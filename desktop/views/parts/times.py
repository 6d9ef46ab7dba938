"""Times to the thousandth of a second, as people write them: 1:02.350."""

import re

_CLOCK = re.compile(r"\s*(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,6}(?:[.,]\d{0,3})?)\s*")


def exact(second: float) -> str:
    """A second with its thousandths: 0:01.250, 1:02:03.000."""
    whole = round(max(0.0, second) * 1000)
    hours, minutes = whole // 3_600_000, whole // 60_000 % 60
    rest = f"{whole // 1000 % 60:02}.{whole % 1000:03}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"


def seconds(text: str) -> float | None:
    """The seconds of a written time (75.5, 1:15.5, 1:02:03), None for what is none."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    rest = float(found[3].replace(",", "."))
    if found[2] is not None and rest >= 60:
        return None
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + rest
