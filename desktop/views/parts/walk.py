"""Going from box to box with the keyboard: in reading order, or to the nearest in a direction."""

from collections.abc import Mapping

from engine.model import Box

ASIDE = 2.0  # so much farther counts a way to the side than a way ahead


def in_turn(boxes: Mapping[int, Box]) -> list[int]:
    """The numbers of boxes from top to bottom in bands, each from left to right."""
    if not boxes:
        return []
    band = max(0.02, sorted(box.h for box in boxes.values())[len(boxes) // 2])
    return sorted(boxes, key=lambda index: (int(_middle(boxes[index])[1] / band), boxes[index].x, index))


def beside(boxes: Mapping[int, Box], here: int, across: int, down: int) -> int:
    """The nearest box in a direction (one of the two is -1 or 1), the same one where there is none."""
    x, y = _middle(boxes[here])
    best, found = float("inf"), here
    for index, box in boxes.items():
        away_x, away_y = _middle(box)[0] - x, _middle(box)[1] - y
        ahead = away_x * across + away_y * down
        if index == here or ahead <= 1e-6:
            continue
        cost = ahead + ASIDE * abs(away_x * down + away_y * across)
        if cost < best:
            best, found = cost, index
    return found


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.w / 2, box.y + box.h / 2
