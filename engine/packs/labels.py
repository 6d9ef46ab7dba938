"""Names of classes: those that a pack brings, and the lists that several packs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.errors import PackInvalid

if TYPE_CHECKING:
    from engine.packs.models import Model

# The 80 classes of COCO's boxes, in the order that detectors number them (https://cocodataset.org).
COCO: tuple[str, ...] = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
_GAPS = frozenset({0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83})  # numbers of COCO's first list that no box has


def _numbered() -> tuple[str, ...]:
    """COCO by its original numbers 0..90, which have gaps (some DETR models keep them); a gap has no name."""
    names = iter(COCO)
    return tuple("" if number in _GAPS else next(names) for number in range(91))


SHARED: Mapping[str, tuple[str, ...]] = {"coco": COCO, "coco-91": _numbered()}


def labels_of(model: Model) -> tuple[str, ...]:
    """The names of a model's classes: a list, the name of a shared list, or of a file with one on each line.

    Raises:
        PackInvalid: there are none.
    """
    given = model.description.get("labels")
    if isinstance(given, (list, tuple)) and given:
        return tuple(str(one) for one in given)
    if isinstance(given, str) and given in SHARED:
        return SHARED[given]
    if not given:
        raise PackInvalid(f"The pack {model.pack.id} has no labels for {model.task}.")
    try:
        text = model.file("labels").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackInvalid(f"The labels of the pack {model.pack.id} cannot be read.") from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())
