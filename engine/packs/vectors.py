"""Vectors as they are made and kept: of length 1, little-endian fp16."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def unit(rows: Any) -> NDArray[np.float32]:
    """Bring rows (N x anything) to N x dim with length 1; a row of nothing, or with a number that is none, stays 0."""
    import numpy as np

    flat = np.asarray(rows, np.float32)
    flat = flat.reshape(len(flat), -1) if flat.size else flat.reshape(len(flat), flat.shape[-1])
    flat = np.nan_to_num(flat, nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.where(lengths > 1e-12, lengths, 1.0), np.float32)


def fp16(vector: Any) -> bytes:
    """Return one vector as it is kept in a finding."""
    import numpy as np

    return np.asarray(vector, "<f2").tobytes()


def is_nothing(vector: Any) -> bool:
    """Say whether a vector says nothing (all zeros): it is like everything and must not be kept."""
    return not vector.any()
