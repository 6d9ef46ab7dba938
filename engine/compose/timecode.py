"""Frame rates as fractions and SMPTE time codes (ST 12-1), drop frame included."""

import re
from fractions import Fraction

NTSC = (24, 30, 48, 60, 120)  # nominal rates that also run a thousandth slower
STANDARD = (
    Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(48), Fraction(50),
    Fraction(60000, 1001), Fraction(60),
)  # fmt: skip
USUAL = Fraction(25)  # of a list of recordings, which have no frames
NEAR = 0.002  # relative; facts keep three decimals of a rate
_CODE = re.compile(r"(\d{1,2})[:;.](\d{2})[:;.](\d{2})[:;.](\d{2,3})")


def rational(fps: float | None) -> Fraction:
    """The exact rate that a measured one stands for: 29.97 is 30000/1001; `USUAL` where none is known."""
    if not fps or fps <= 0:
        return USUAL
    for nominal in NTSC:
        exact = Fraction(nominal * 1000, 1001)
        if abs(fps - float(exact)) < min(NEAR, abs(fps - nominal)):
            return exact
    if abs(fps - round(fps)) < NEAR and round(fps):
        return Fraction(round(fps))
    return Fraction(fps).limit_denominator(1001)


def edited(rate: Fraction) -> Fraction:
    """The rate of a time line for material of this rate: the same where editors know it, else the next that they do."""
    if rate in STANDARD:
        return rate
    nearest = min(STANDARD, key=lambda one: abs(one - rate))
    if abs(nearest - rate) < rate / 50:
        return nearest  # of a rate that varies, the mean
    multiple = next((one for one in STANDARD if (one / rate).denominator == 1), None)
    return multiple or next((one for one in STANDARD if one >= rate), STANDARD[-1])


def is_drop(rate: Fraction) -> bool:
    """Whether time codes of this rate drop numbers to stay with the clock (29.97 and 59.94)."""
    return rate in (Fraction(30000, 1001), Fraction(60000, 1001))


def frame_at(second: float, rate: Fraction) -> int:
    """The frame that begins nearest to a second."""
    return max(0, round(Fraction(second).limit_denominator(1_000_000) * rate))


def timecode(frame: int, rate: Fraction) -> str:
    """Hours, minutes, seconds and frames of a frame counted from 0; `;` before the frames where numbers are dropped.

    Of 29.97 the numbers 0 and 1 are left out at each full minute that is not a multiple of ten (of 59.94: 0 to 3).
    """
    nominal = max(1, round(rate))
    drop = is_drop(rate)
    number = frame
    if drop:
        dropped = nominal // 15  # numbers for each minute: 2 or 4
        in_ten, in_one = nominal * 600 - dropped * 9, nominal * 60 - dropped
        tens, rest = divmod(frame, in_ten)
        number += dropped * 9 * tens
        if rest >= dropped:
            number += dropped * ((rest - dropped) // in_one)
    seconds, frames = divmod(number, nominal)
    clock = f"{seconds // 3600 % 100:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}{';' if drop else ':'}{frames:0{len(str(nominal - 1)) if nominal > 100 else 2}}"


def frame_of(text: str, rate: Fraction) -> int:
    """The frame of a time code, counted from 0. Raises ValueError for what is none, or a number that is dropped."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"no time code: {text!r}")
    hours, minutes, seconds, frames = (int(part) for part in found.groups())
    nominal = max(1, round(rate))
    if minutes > 59 or seconds > 59 or frames >= nominal:
        raise ValueError(f"no time code of {float(rate):g} frames: {text!r}")
    whole = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
    if not is_drop(rate):
        return whole
    dropped = nominal // 15
    if not seconds and frames < dropped and minutes % 10:
        raise ValueError(f"this number is dropped: {text!r}")
    total = hours * 60 + minutes
    return whole - dropped * (total - total // 10)
