"""Runs a graph whose inputs are ready, and says in words when it does not take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.runtime import runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession


def ask(loaded: InferenceSession, given: Mapping[str, NDArray[Any]], name: str, file: str) -> NDArray[Any]:
    """Return one output of a graph: the one of this name, the first without a name.

    Raises:
        PackInvalid: it has no such output, or does not take what is given.
    """
    import numpy as np

    names: Sequence[str] = [one.name for one in loaded.get_outputs()]
    if name and name not in names:
        raise PackInvalid(tr("{file} has no output called “{name}”.", file=file, name=name))
    state = runtime().capi.onnxruntime_pybind11_state
    try:
        (out,) = loaded.run([name or names[0]], dict(given))
    except (state.InvalidArgument, state.Fail, state.RuntimeException) as error:
        raise PackInvalid(tr("{file} does not take what its description says.", file=file)) from error
    return np.asarray(out)
