"""Bring decoded video frames to upright RGB at the wanted size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.media.pixels import fit

if TYPE_CHECKING:
    from engine.media.parts import Pixels


def shown_size(frame: Any, aspect: float) -> tuple[int, int]:
    """Return width and height as shown, before turning: pixels that are not square are made so."""
    width = max(1, round(frame.width * aspect)) if 0.05 < aspect < 20 else frame.width
    return width, frame.height


def quarter_turns(frame: Any) -> int:
    """Return by how many quarters, counterclockwise, the frame is to be turned (from its display matrix)."""
    return round((frame.rotation or 0) / 90) % 4


def upright_size(frame: Any, aspect: float) -> tuple[int, int]:
    """Return width and height of the upright picture."""
    width, height = shown_size(frame, aspect)
    return (height, width) if quarter_turns(frame) % 2 else (width, height)


def to_pixels(frame: Any, side: int, aspect: float = 1.0) -> Pixels:
    """Return the frame as upright RGB, H x W x 3, longest side at most `side`."""
    import numpy as np

    width, height = fit(*shown_size(frame, aspect), side)
    flat: Pixels = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA").to_ndarray()
    turns = quarter_turns(frame)
    return np.ascontiguousarray(np.rot90(flat, turns)) if turns else flat


def aspect_of(stream: Any) -> float:
    """Return the width of a pixel divided by its height."""
    ratio = stream.sample_aspect_ratio
    return float(ratio) if ratio else 1.0
