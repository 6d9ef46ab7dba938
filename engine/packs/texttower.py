"""The text side of a model: a tokenizer and a graph, loaded when the first text comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.asking import ask
from engine.packs.runtime import session
from engine.packs.tokens import Tokens, tokens_of
from engine.packs.vectors import unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

BATCH = 32
# What exports call their inputs; a description may name others under "inputs" (ids, mask, types).
IDS = ("input_ids", "ids", "input", "text", "tokens")
MASKS = ("attention_mask", "mask")
TYPES = ("token_type_ids", "segment_ids", "type_ids")
POOLS = ("mean", "first", "last")


class TextTower:
    """Turns texts into vectors of length 1, N x dim.

    The output is one vector for each text, or one for each token; then "pool" of the description says which counts:
    the mean over the tokens of the text (the default), the first, or the last.
    """

    def __init__(self, folder: Path, file: Path, description: Mapping[str, Any]) -> None:
        self._folder = folder
        self._file = file
        self._description = description
        output = description.get("output") or {}
        self._output: Mapping[str, Any] = {"name": output} if isinstance(output, str) else output
        self.longest = int(description.get("length", 0))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts; what is too long is cut.

        Raises:
            NeedsPack, PackInvalid: the model does not load, or is not as it is described.
        """
        import numpy as np

        # Texts of like length together: a batch is as wide as its longest.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        rows: list[Any] = [None] * len(texts)
        for begin in range(0, len(order), BATCH):
            part = order[begin : begin + BATCH]
            for at, row in zip(part, self._run([texts[at] for at in part]), strict=True):
                rows[at] = row
        return unit(np.stack(rows)) if rows else np.zeros((0, 0), np.float32)

    @cached_property
    def _tokens(self) -> Tokens:
        return tokens_of(self._folder, self._description)

    @cached_property
    def _session(self) -> InferenceSession:
        return session(self._file)

    @cached_property
    def _inputs(self) -> Mapping[str, tuple[str, bool]]:
        """For each input that the graph has, what it is (ids, mask, types) and whether it is of 32 bits."""
        named = {str(name): what for what, name in dict(self._description.get("inputs", {})).items()}
        known = {**{name: what for what, names in (("ids", IDS), ("mask", MASKS), ("types", TYPES)) for name in names},
                 **named}  # fmt: skip
        found = {}
        for one in self._session.get_inputs():
            if one.name not in known:
                raise PackInvalid(
                    tr(
                        "{name} wants an input “{name2}” that its description does not tell.",
                        name=self._file.name,
                        name2=one.name,
                    )
                )
            found[one.name] = known[one.name], one.type == "tensor(int32)"
        return found

    def _run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        ids, mask = self._tokens.read(texts)
        values = {"ids": ids, "mask": mask, "types": np.zeros_like(ids)}
        given = {
            name: values[what].astype(np.int32) if small else values[what]
            for name, (what, small) in self._inputs.items()
        }
        rows = ask(self._session, given, str(self._output.get("name") or ""), self._file.name).astype(np.float32)
        return rows if rows.ndim == 2 else self._pooled(rows, mask)

    def _pooled(self, rows: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Make one vector of those of the tokens (N x L x dim)."""
        import numpy as np

        pool = str(self._output.get("pool", "mean"))
        if rows.ndim != 3 or pool not in POOLS:
            raise PackInvalid(tr("{name} does not answer with vectors of texts.", name=self._file.name))
        if pool == "first":
            return np.asarray(rows[:, 0])
        if pool == "last":
            return np.asarray(rows[np.arange(len(rows)), np.maximum(mask.sum(axis=1) - 1, 0)])
        wide = mask[:, :, None].astype(np.float32)
        return np.asarray((rows * wide).sum(axis=1) / np.maximum(wide.sum(axis=1), 1.0))
