"""A drawn posture as text, `[x;y;x;y;-;...]`: the joints in the order of `NAMES`, a "-" for one that is not drawn."""

import re
from collections.abc import Mapping

from engine.language import tr
from engine.packs.postures import NAMES

Joints = dict[str, tuple[float, float]]

OPEN = "["  # what such a text begins with
FEWEST = 3  # joints of arms and legs, as a descriptor needs them
_PLACE = re.compile(r"-?(?:\d{1,4}(?:\.\d{0,6})?|\.\d{1,6})")
_LIMBS = ("elbow", "wrist", "knee", "ankle")


def read(text: str) -> Joints:
    """The places of the joints, in one length for both axes, y downwards.

    Raises:
        ValueError: it is no posture, or too little of one; the text is a sentence.
    """
    if not text.startswith(OPEN) or not text.endswith("]"):
        raise ValueError(tr("a drawn posture stands between [ and ], without spaces"))
    numbers = text[1:-1].split(";")
    places: list[tuple[float, float] | None] = []
    while numbers:
        if numbers[0] == "-":
            del numbers[0]
            places.append(None)
            continue
        pair, numbers = numbers[:2], numbers[2:]
        for number in pair:
            if not _PLACE.fullmatch(number):
                raise ValueError(
                    tr(
                        "a joint is two numbers such as 0.5;0.25, or - where it is not drawn; “{number}” is neither",
                        number=number,
                    )
                )
        if len(pair) < 2:
            raise ValueError(tr("the last joint has no y"))
        places.append((float(pair[0]), float(pair[1])))
    if len(places) != len(NAMES):
        raise ValueError(
            tr(
                "a drawn posture has {wanted} joints, from the nose to the right ankle; here are {n}",
                wanted=len(NAMES),
                n=len(places),
            )
        )
    found = {name: place for name, place in zip(NAMES, places, strict=True) if place is not None}
    _check(found)
    return found


def written(joints: Mapping[str, tuple[float, float]]) -> str:
    """The text of a posture."""
    return f"[{';'.join(_place(joints.get(name)) for name in NAMES)}]"


def _place(place: tuple[float, float] | None) -> str:
    return "-" if place is None else ";".join(f"{number:.2f}" for number in place)


def _check(joints: Joints) -> None:
    """Refuse what has no descriptor: a body is compared by its torso and its limbs."""
    ends = [
        [joints[name] for side in ("left", "right") if (name := f"{side} {end}") in joints]
        for end in ("shoulder", "hip")
    ]
    limbs = sum(name.split()[-1] in _LIMBS for name in joints)
    if not all(ends) or limbs < FEWEST:
        raise ValueError(
            tr(
                "too few joints are drawn: at least a shoulder, a hip and {n} of elbows, wrists, knees and ankles",
                n=FEWEST,
            )
        )
    upper, lower = ([sum(axis) / len(end) for axis in zip(*end, strict=True)] for end in ends)
    if max(abs(one - other) for one, other in zip(upper, lower, strict=True)) < 1e-3:
        raise ValueError(tr("the shoulders of a drawn posture are not where its hips are"))
