"""A model file with its described input: runs pictures through it, many at once where it allows that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.budget import Peak, batch_size
from engine.packs.pictures import Input
from engine.packs.runtime import session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.packs.models import Model
    from engine.packs.pictures import Pixels, Placed

MOST = 16  # pictures that are run at once, where the model takes several


class Network:
    """One ONNX model of a pack that takes pictures."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.input = Input.of(model.description, model.pack.id)
        self.session = session(model.file())
        given = self.session.get_inputs()
        names = [one.name for one in given]
        if self.input.name and self.input.name not in names:
            raise PackInvalid(
                tr("The model of the pack {id} has no input called “{name}”.", id=model.pack.id, name=self.input.name)
            )
        self.name = self.input.name or names[0]
        self.others = [name for name in names if name != self.name]
        shape = next(one.shape for one in given if one.name == self.name)
        self.many = bool(shape) and not isinstance(shape[0], int)  # a batch of any size
        self._check(shape)

    @cached_property
    def outputs(self) -> list[str]:
        """The names of its outputs, in order."""
        return [one.name for one in self.session.get_outputs()]

    def see(self, images: Sequence[Pixels], **more: NDArray[Any]) -> tuple[list[NDArray[Any]], list[Placed]]:
        """Run pictures: each output for all of them (the first axis counts them), and where each lies in the input."""
        values, placed = self.input.batch(images)
        return self.run(values, **more), placed

    def run(self, values: NDArray[Any], **more: NDArray[Any]) -> list[NDArray[Any]]:
        """Run what `Input.values` made, in portions that the model takes; `more` are further inputs for each portion.

        Raises:
            PackInvalid: the model does not take it.
        """
        import numpy as np

        parts = []
        if not self.many or len(values) <= 1:
            step = 1
        else:  # how many at once: by the peak of memory of the first
            with Peak() as peak:
                parts = [self._once(values[:1], more)]
            step = batch_size(peak.bytes, most=MOST)
        parts += [self._once(values[at : at + step], more) for at in range(len(parts), max(1, len(values)), step)]
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(some) for some in zip(*parts, strict=True)]

    def _once(self, values: NDArray[Any], more: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        import numpy as np

        from engine.packs.runtime import runtime

        state = runtime().capi.onnxruntime_pybind11_state
        try:
            found = self.session.run(None, {self.name: values, **more})
        except (state.InvalidArgument, state.Fail, state.RuntimeException) as error:
            raise PackInvalid(
                tr("The model of the pack {id} does not take its input.", id=self.model.pack.id)
            ) from error
        return [np.asarray(one) for one in found]

    def _check(self, shape: Sequence[Any]) -> None:
        """Compare the described size with what the file says."""
        sides = shape[2:4] if self.input.layout == "nchw" else shape[1:3]
        wanted = (self.input.height, self.input.width)
        fixed = [(side, own) for side, own in zip(sides, wanted, strict=False) if isinstance(side, int)]
        if len(shape) != 4 or any(side != own for side, own in fixed):
            size = f"{wanted[1]} x {wanted[0]}"
            raise PackInvalid(
                tr(
                    "The pack {id} describes pictures of {size}, its model takes others.",
                    id=self.model.pack.id,
                    size=size,
                )
            )
