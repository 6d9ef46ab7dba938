"""Angles, named postures and a comparable descriptor of a body, from its joints alone.

Points are K x 3 rows (x, y, score) in one length for both axes (pixels, or fractions brought to the picture's shape by
`square`), y downwards, in the order of COCO's 17 joints (`NAMES`); more joints may follow and are left out.

A posture needs the joints it is judged by; what is not seen well enough is not guessed. Angles are in degrees. The
lean of a part is its angle against the vertical: 0 upright, 90 level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Points = NDArray[np.float32]

# COCO's order of joints (https://cocodataset.org/#keypoints-2020). Left and right are the person's own.
NAMES: tuple[str, ...] = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder", "left elbow",
    "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee", "left ankle",
    "right ankle",
)  # fmt: skip
_AT: Mapping[str, int] = {name: at for at, name in enumerate(NAMES)}
SEEN = 0.3  # score from which a joint counts
SPACE = "/pose"  # what follows the pack's name in the name of the space of descriptors
POSTURES = ("standing", "sitting", "squat", "lying", "arms up", "hand to face")
# The bones of a descriptor, each from joint to joint; a name without a side is the middle of both.
_BONES: tuple[tuple[str, str], ...] = (
    ("hip", "shoulder"), ("shoulder", "nose"),
    ("left shoulder", "left elbow"), ("right shoulder", "right elbow"), ("left elbow", "left wrist"),
    ("right elbow", "right wrist"), ("left hip", "left knee"), ("right hip", "right knee"),
    ("left knee", "left ankle"), ("right knee", "right ankle"),
)  # fmt: skip
_MIRRORED_BONES = (0, 1, 3, 2, 5, 4, 7, 6, 9, 8)
DIM = 2 * len(_BONES)  # numbers of a descriptor

# Thresholds of the postures: degrees, and lengths of the torso (CARRIES: of the thigh).
LYING, LYING_MOST = 60.0, 120.0  # beyond, somebody would stand on the head: a mistake of the estimator
STANDING, STANDING_KNEE = 35.0, 140.0
SQUAT_KNEE, SQUAT_THIGH, CARRIES = 125.0, 45.0, 0.8
SITTING_THIGH, SITTING_MOST, SITTING_TORSO = 40.0, 115.0, 50.0
ARM_UP, HAND_NEAR, HAND_BEND = 0.4, 0.55, 110.0

_LIMBS = ("elbow", "wrist", "knee", "ankle")
# Joint: its neighbours, between which its angle lies.
_ANGLES: Mapping[str, tuple[str, str, str]] = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
}


@dataclass(frozen=True, slots=True)
class Posture:
    """A name for how somebody stands, sits or lies, and how clearly 0..1."""

    name: str
    score: float


def square(points: Points, width: int, height: int) -> Points:
    """Bring points given as fractions of a picture to one length on both axes (its height is 1)."""
    import numpy as np

    return np.asarray(points * np.asarray([width / max(1, height), 1, 1], np.float32), np.float32)


def angles(points: Points, least: float = SEEN) -> dict[str, float]:
    """The angles at the joints that are seen: "left knee": 96, and the leans of torso, thighs and shins."""
    body = _Body(points, least)
    found: dict[str, float] = {}
    for side in ("left", "right"):
        for joint, (one, middle, other) in _ANGLES.items():
            value = body.angle(f"{side} {one}", f"{side} {middle}", f"{side} {other}")
            if value is not None:
                found[f"{side} {joint}"] = round(value, 1)
        for part, (upper, lower) in {"thigh": ("hip", "knee"), "shin": ("knee", "ankle")}.items():
            value = body.lean(f"{side} {upper}", f"{side} {lower}")
            if value is not None:
                found[f"{side} {part}"] = round(value, 1)
    torso = body.torso_lean()
    if torso is not None:
        found["torso"] = round(torso, 1)
    return found


def postures(points: Points, least: float = SEEN) -> list[Posture]:
    """The postures that hold, clearest first; those of the whole body exclude each other, those of arms may be added.

    *lying*: the torso leans 60 to 120 degrees, and what is seen of the body is wider than high. Needs a shoulder and a
    hip. The others need a knee, too. *squat*: a knee bent to 125 or less, that thigh leaning 45 or more, and an ankle
    below its hip and not farther from it on a level than 0.8 thighs: the feet carry. *sitting*: else, a thigh leans
    40 to 115 with the torso up to 50. *standing*: torso and thighs lean up to 35 and a knee, where its ankle is seen,
    is 140 or more. Lengths of the torso count for arms: *arms up*: a wrist at least 0.4 above its shoulder and the
    elbow not below it. *hand to face*: a wrist within 0.55 of nose, eyes or ears with its elbow bent to 110 or less.
    """
    body = _Body(points, least)
    found = [posture for posture in (_whole(body), _arms_up(body), _hand_to_face(body)) if posture is not None]
    return sorted(found, key=lambda one: (one.name in ("arms up", "hand to face"), -one.score))


def descriptor(points: Points, least: float = SEEN) -> NDArray[np.float32] | None:
    """A vector of `DIM` numbers, of length 1, alike for like postures; None where too little of the body is seen.

    The directions of torso, head, arms and legs (`_BONES`), each a vector of length 1: neither place nor size nor build
    counts, and the cosine of two postures is the mean cosine of the angles between their bones. A bone that is not seen
    is taken to lie as that of the other side, else it says nothing. Of a body and its mirror image the one that looks
    to the right is taken (its head, hands, knees and the lean of its torso lie more to the right), so that both have
    the same vector. Needs a shoulder, a hip, and three joints of limbs.
    """
    import numpy as np

    body = _Body(points, least)
    limbs = sum(body.at(f"{side} {joint}") is not None for side in ("left", "right") for joint in _LIMBS)
    if body.torso_lean() is None or limbs < 3:
        return None
    own = np.asarray([_direction(body, *bone) for bone in _BONES], np.float32)
    missing = np.abs(own).sum(axis=1) == 0
    own[missing] = own[list(_MIRRORED_BONES)][missing]
    mirrored = own[list(_MIRRORED_BONES)] * (-1, 1)
    flat = np.asarray(own if own[:, 0].sum() >= 0 else mirrored, np.float32).reshape(-1)
    return np.asarray(flat / max(1e-9, float(np.linalg.norm(flat))), np.float32)


def descriptor_of(drawn: Mapping[str, Sequence[float]]) -> NDArray[np.float32] | None:
    """The descriptor of a drawn body: joint name to x and y, in one length for both axes, y downwards."""
    import numpy as np

    points = np.zeros((len(NAMES), 3), np.float32)
    for name, place in drawn.items():
        if name in _AT:
            points[_AT[name]] = (float(place[0]), float(place[1]), 1.0)
    return descriptor(points)


class _Body:
    """Joints by name; None for what is not seen."""

    def __init__(self, points: Points, least: float) -> None:
        self.points = points[: len(NAMES)]
        self.least = least

    def at(self, name: str) -> NDArray[np.float32] | None:
        row = self.points[_AT[name]]
        return row[:2] if row[2] >= self.least else None

    def score(self, *names: str) -> float:
        """The mean score of joints that are seen."""
        scores = [float(self.points[_AT[name]][2]) for name in names if self.at(name) is not None]
        return min(1.0, sum(scores) / len(scores)) if scores else 0.0

    def middle(self, joint: str) -> NDArray[np.float32] | None:
        """The middle of left and right, or the one that is seen."""
        import numpy as np

        seen = [place for side in ("left", "right") if (place := self.at(f"{side} {joint}")) is not None]
        return np.mean(seen, axis=0) if seen else None

    def place(self, name: str) -> NDArray[np.float32] | None:
        """Where a joint is, or the middle of both for a name without a side."""
        return self.at(name) if name in _AT else self.middle(name)

    def angle(self, one: str, middle: str, other: str) -> float | None:
        import numpy as np

        places = [self.at(name) for name in (one, middle, other)]
        if any(place is None for place in places):
            return None
        first, second = places[0] - places[1], places[2] - places[1]  # type: ignore[operator]
        lengths = float(np.hypot(*first)) * float(np.hypot(*second))
        if lengths < 1e-9:
            return None
        return float(np.degrees(np.arccos(np.clip(float(first @ second) / lengths, -1, 1))))

    def lean(self, upper: str, lower: str) -> float | None:
        """The lean of a part; more than 90 when it is upside down."""
        return _lean(self.at(upper), self.at(lower))

    def torso_lean(self) -> float | None:
        return _lean(self.middle("shoulder"), self.middle("hip"))

    def torso(self) -> float | None:
        """The length of the torso; of a bust, where no hip is seen, 1.5 widths of the shoulders."""
        import numpy as np

        shoulders, hips = self.middle("shoulder"), self.middle("hip")
        if shoulders is not None and hips is not None:
            return float(np.hypot(*(shoulders - hips)))
        left, right = self.at("left shoulder"), self.at("right shoulder")
        return 1.5 * float(np.hypot(*(left - right))) if left is not None and right is not None else None

    def all_of(self, part: str) -> list[float]:
        """What is known of a part on both sides: leans of thigh and shin, or angles of a joint."""
        found: list[float | None]
        if part in ("thigh", "shin"):
            upper, lower = ("hip", "knee") if part == "thigh" else ("knee", "ankle")
            found = [self.lean(f"{side} {upper}", f"{side} {lower}") for side in ("left", "right")]
        else:
            one, middle, other = _ANGLES[part]
            found = [self.angle(f"{side} {one}", f"{side} {middle}", f"{side} {other}") for side in ("left", "right")]
        return [value for value in found if value is not None]


def _lean(upper: NDArray[np.float32] | None, lower: NDArray[np.float32] | None) -> float | None:
    """The angle of a line against the vertical, more than 90 when its upper end is the lower one."""
    import numpy as np

    if upper is None or lower is None:
        return None
    across, down = (float(one) for one in lower - upper)
    if abs(across) + abs(down) < 1e-9:
        return None
    return float(np.degrees(np.arctan2(abs(across), down)))


def _whole(body: _Body) -> Posture | None:
    """Lying, squat, sitting or standing, whichever holds, in this order."""
    torso, thighs, knees = body.torso_lean(), body.all_of("thigh"), body.all_of("knee")
    if torso is None:
        return None
    sure = body.score("left shoulder", "right shoulder", "left hip", "right hip", "left knee", "right knee")
    if torso > LYING_MOST:
        return None
    if torso >= LYING:
        return Posture("lying", round(sure * _over(torso, LYING, 90), 4)) if _is_low(body) else None
    if not thighs:
        return None
    thigh = sum(thighs) / len(thighs)
    if knees and min(knees) <= SQUAT_KNEE and max(thighs) >= SQUAT_THIGH and _on_its_feet(body):
        return Posture("squat", round(sure * _over(SQUAT_KNEE - min(knees), 0, 45), 4))
    if SITTING_THIGH <= max(thighs) <= SITTING_MOST and torso <= SITTING_TORSO:
        return Posture("sitting", round(sure * _over(max(thighs), SITTING_THIGH, 90), 4))
    if torso <= STANDING and thigh <= STANDING and (not knees or max(knees) >= STANDING_KNEE):
        return Posture("standing", round(sure * _over(STANDING - max(torso, thigh), 0, STANDING), 4))
    return None


def _over(value: float, low: float, high: float) -> float:
    """How clearly a value is past its threshold: 0.5 at it, 1 at the far end."""
    return 0.5 + 0.5 * min(1.0, max(0.0, (value - low) / (high - low)))


def _is_low(body: _Body) -> bool:
    """Whether the seen joints take more room to the side than up and down."""
    import numpy as np

    seen = body.points[body.points[:, 2] >= body.least, :2]
    wide, high = np.ptp(seen, axis=0) if len(seen) > 1 else (0.0, 1.0)
    return bool(wide > high)


def _on_its_feet(body: _Body) -> bool:
    """Whether the feet carry: an ankle is below its hip, and nearer to it on a level than a thigh is long."""
    import numpy as np

    for side in ("left", "right"):
        hip, knee, ankle = (body.at(f"{side} {joint}") for joint in ("hip", "knee", "ankle"))
        if hip is None or knee is None or ankle is None:
            continue
        thigh = float(np.hypot(*(hip - knee)))
        if ankle[1] > hip[1] and abs(float(ankle[0] - hip[0])) < CARRIES * thigh:
            return True
    return False


def _arms_up(body: _Body) -> Posture | None:
    torso = body.torso()
    if not torso:
        return None
    best = 0.0
    for side in ("left", "right"):
        shoulder, elbow, wrist = (body.at(f"{side} {joint}") for joint in ("shoulder", "elbow", "wrist"))
        if shoulder is None or wrist is None or (elbow is not None and elbow[1] > shoulder[1] + 0.1 * torso):
            continue
        height = float(shoulder[1] - wrist[1]) / torso
        if height >= ARM_UP:
            best = max(best, body.score(f"{side} shoulder", f"{side} wrist") * _over(height, ARM_UP, 1.0))
    return Posture("arms up", round(best, 4)) if best else None


def _hand_to_face(body: _Body) -> Posture | None:
    import numpy as np

    torso = body.torso()
    face = [place for name in NAMES[:5] if (place := body.at(name)) is not None]
    if not torso or not face:
        return None
    best = 0.0
    for side in ("left", "right"):
        wrist = body.at(f"{side} wrist")
        bend = body.angle(f"{side} shoulder", f"{side} elbow", f"{side} wrist")
        if wrist is None or bend is None or bend > HAND_BEND:
            continue
        near = min(float(np.hypot(*(wrist - place))) for place in face) / torso
        if near <= HAND_NEAR:
            best = max(best, body.score(f"{side} wrist", f"{side} elbow") * _over(HAND_NEAR - near, 0, HAND_NEAR))
    return Posture("hand to face", round(best, 4)) if best else None


def _direction(body: _Body, start: str, end: str) -> tuple[float, float]:
    """The direction of a bone as a vector of length 1; nothing where an end of it is not seen."""
    import numpy as np

    first, last = body.place(start), body.place(end)
    if first is None or last is None:
        return 0.0, 0.0
    across, down = (float(one) for one in last - first)
    length = float(np.hypot(across, down))
    return (across / length, down / length) if length > 1e-9 else (0.0, 0.0)
