"""Small networks over vectors that another model made, kept as ONNX or as safetensors."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.packs.asking import ask
from engine.packs.runtime import session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

LARGEST = 64 << 20  # bytes of a head: it is small by its nature
TYPES: Mapping[str, str] = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}


class Head:
    """Answers for each vector (N x dim) with some numbers (N x any).

    A safetensors file has its layers told by the description, in order: "layers": [{"weight": name, "bias": name,
    "activation": "relu" | "sigmoid" | ""}, ...]. A weight is either way round; "turned" says that it is out x in.
    """

    def __init__(self, file: Path, description: Mapping[str, Any]) -> None:
        self._file = file
        self._description = description

    def run(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the head's numbers for vectors.

        Raises:
            NeedsPack, PackInvalid: it does not load, or does not take such vectors.
        """
        import numpy as np

        if self._file.suffix == ".safetensors":
            return self._layered(np.asarray(vectors, np.float32))
        given = self._session.get_inputs()[0]
        dim = given.shape[-1]
        if isinstance(dim, int) and dim != vectors.shape[1]:
            raise PackInvalid(f"{self._file.name} takes vectors of {dim} numbers, not {vectors.shape[1]}.")
        name = str(dict(self._description.get("output") or {}).get("name") or "")
        out = ask(self._session, {given.name: np.asarray(vectors, np.float32)}, name, self._file.name)
        return out.astype(np.float32).reshape(len(vectors), -1)

    @cached_property
    def _session(self) -> InferenceSession:
        return session(self._file)

    @cached_property
    def _tensors(self) -> Mapping[str, NDArray[np.float32]]:
        return read_tensors(self._file)

    def _layered(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        import numpy as np

        layers: Sequence[Mapping[str, Any]] = self._description.get("layers", ())
        if not layers:
            raise PackInvalid(f"The layers of {self._file.name} are not described.")
        for layer in layers:
            try:
                weight = self._tensors[layer["weight"]]
                bias = self._tensors[layer["bias"]] if layer.get("bias") else np.float32(0)
                rows = rows @ (weight.T if layer.get("turned") else weight) + bias
            except (KeyError, ValueError) as error:
                raise PackInvalid(f"{self._file.name} lacks a layer that its description tells: {error}.") from error
            rows = _active(rows, str(layer.get("activation", "")))
        return np.asarray(rows, np.float32)


def read_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read a safetensors file: eight bytes with the length of a JSON header, then the numbers
    (https://github.com/huggingface/safetensors, "Format").

    Raises:
        PackInvalid: it is none.
    """
    import numpy as np

    try:
        raw = path.read_bytes() if path.stat().st_size <= LARGEST else b""
        (size,) = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8 : 8 + size])
        found = {}
        for name, told in header.items():
            if name == "__metadata__":
                continue
            begin, end = told["data_offsets"]
            numbers = np.frombuffer(raw[8 + size + begin : 8 + size + end], TYPES[told["dtype"]])
            found[name] = numbers.reshape(told["shape"]).astype(np.float32)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise PackInvalid(f"{path.name} is not a safetensors file that can be read.") from error
    return found


def _active(rows: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    import numpy as np

    if name == "relu":
        return np.maximum(rows, 0)
    if name == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(rows, -60, 60))), np.float32)
    if name:
        raise PackInvalid(f"“{name}” is no activation that a head may have.")
    return rows
