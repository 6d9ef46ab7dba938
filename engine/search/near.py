"""About a place or a time: what `near:` takes."""

import re
from calendar import timegm
from datetime import date, datetime

from engine.language import tr
from engine.model import Area
from engine.store.fold import fold
from engine.store.plan import Between, Condition, Near, Within

KM = 25.0  # around a place, where nothing else is said
FARTHEST = 20_040.0  # km: half the way round the earth
DAY = 86_400.0
# What is meant by a year, a month, a day, a time of day: so many days before and after it, where nothing else is said.
SLACK = {"year": 183.0, "month": 15.0, "day": 3.0, "time": 2 / 24}

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_KM = re.compile(r"(\d+(?:\.\d+)?)(?:km)?")
_DAYS = re.compile(r"[±]?(\d+(?:\.\d+)?)d?")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2}))?)?)?")


class Unclear(ValueError):
    """A value that a filter cannot take; the text is a sentence, `guess` a value that may have been meant."""

    def __init__(self, text: str, guess: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.guess = guess


def near(values: tuple[str, ...]) -> Condition:
    """Read `Rome`, `Rome,50`, `41.9,12.5`, `41.9,12.5,10`, `2020-05-03`, `2020-05-03,7` (kilometres, days).

    Raises:
        Unclear: it is none of them.
    """
    first = values[0]
    if _DATE.fullmatch(first):
        return _time(first, values[1:])
    if _NUMBER.fullmatch(first):
        return _position(values)
    if not fold(first):
        raise Unclear(tr("near: needs a place, a position or a date; “{first}” is none.", first=first))
    if len(values) > 2:
        raise Unclear(tr("near: takes one place, and behind a comma how many kilometres around it."))
    return Near(0.0, 0.0, _km(values[1]) if len(values) == 2 else KM, first)


def area(values: tuple[str, ...]) -> Condition:
    """Read `south,west,north,east` in degrees: a rectangle of the earth.

    Raises:
        Unclear: it is none.
    """
    unclear = Unclear(tr("area: takes south,west,north,east in degrees, such as 41.6,12.2,42.1,12.8."))
    if len(values) != 4 or not all(_NUMBER.fullmatch(value) for value in values):
        raise unclear
    south, west, north, east = (float(value) for value in values)
    if max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 180 or south > north:
        raise unclear
    return Within(Area(south, west, north, east))


def _position(values: tuple[str, ...]) -> Near:
    if len(values) not in (2, 3) or not _NUMBER.fullmatch(values[1]):
        raise Unclear(
            tr("near: takes a position as latitude,longitude or latitude,longitude,km, such as 41.9,12.5,10.")
        )
    latitude, longitude = float(values[0]), float(values[1])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Unclear(
            tr(
                "near: there is no latitude {values} with longitude {values2} on this earth.",
                values=values[0],
                values2=values[1],
            )
        )
    return Near(latitude, longitude, _km(values[2]) if len(values) == 3 else KM)


def _km(value: str) -> float:
    match = _KM.fullmatch(value.lower())
    if match is None or not 0 < float(match[1]) <= FARTHEST:
        raise Unclear(tr("near: needs kilometres such as 10; “{value}” is none.", value=value))
    return float(match[1])


def _time(value: str, more: tuple[str, ...]) -> Between:
    match = _DATE.fullmatch(value)
    unclear = Unclear(tr("near: needs a date such as 2020-05-03 or 2020-05-03T14:30; “{value}” is none.", value=value))
    if match is None or len(more) > 1:
        raise unclear
    year, month, day, hour, minute = (None if part is None else int(part) for part in match.groups())
    try:
        begin = float(timegm(datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0).timetuple()))
        if hour is not None:
            end, unit = begin + 60, "time"
        elif day is not None:
            end, unit = begin + DAY, "day"
        else:
            after = date((year or 0) + (month in (None, 12)), (month or 12) % 12 + 1, 1)
            end, unit = float(timegm(after.timetuple())), "year" if month is None else "month"
    except ValueError:
        raise unclear from None
    slack = SLACK[unit]
    if more:
        days = _DAYS.fullmatch(more[0].lower())
        if days is None:
            raise Unclear(tr("near: needs a number of days behind the date; “{more}” is none.", more=more[0]))
        slack = float(days[1])
    return Between("moment_at", begin - slack * DAY, end + slack * DAY)
