"""Names what is heard with any classifier that takes a window of sound (YAMNet and its like)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.models import Model
from engine.packs.runtime import session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
BATCH = 32  # windows in one call, where the model takes several


class Sounds:
    """Windows of samples in -1..1 into the model, one probability for each label out.

    The description says `window` and `hop` in seconds, `input` {"name", "samples", "rate": 16000, "scale": 1.0},
    `labels` (a file with one on each line, or a list) and `output` {"name", "probabilities": false = a sigmoid is
    still to be taken}. The input is [samples], [1, samples] or [N, samples].
    """

    def __init__(self, model: Model) -> None:
        given: Mapping[str, Any] = model.description.get("input", {})
        made: Mapping[str, Any] = model.description.get("output", {})
        if int(given.get("rate", RATE)) != RATE:
            raise PackInvalid(
                tr("The sound model of {id} wants another rate than {RATE} Hz.", id=model.pack.id, RATE=RATE)
            )
        self._session = session(model.file())
        entry = self._session.get_inputs()[0]
        self._input = str(given.get("name") or entry.name)
        self._output = str(made.get("name") or self._session.get_outputs()[0].name)
        self._samples = int(given.get("samples", round(float(model.description.get("window", 0.975)) * RATE)))
        self._scale = float(given.get("scale", 1.0))
        self._logits = not made.get("probabilities", False)
        self._rank, self._many = len(entry.shape), len(entry.shape) > 1 and not isinstance(entry.shape[0], int)
        self.window = self._samples / RATE
        self.hop = float(model.description.get("hop", self.window / 2))
        self.labels: Sequence[str] = _labels(model)
        if self.hop <= 0:
            raise PackInvalid(tr("The sound model of {id} has no hop between its windows.", id=model.pack.id))
        found = len(self._run([_nothing(self._samples)])[0])
        if found != len(self.labels):
            raise PackInvalid(
                tr(
                    "The sound model of {id} has {found} outputs for {n} labels.",
                    id=model.pack.id,
                    found=found,
                    n=len(self.labels),
                )
            )

    def tag(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of each label for each window, T x L; the last window is filled up with silence."""
        import numpy as np

        step = round(self.hop * RATE)
        starts = range(0, max(len(sound) - self._samples, 0) + step, step) if len(sound) > self._samples else (0,)
        windows = []
        for at in starts:
            part = sound[at : at + self._samples]
            if len(part):
                windows.append(np.pad(part, (0, self._samples - len(part))) * self._scale)
        step = BATCH if self._many else 1
        rows = [self._run(windows[at : at + step]) for at in range(0, len(windows), step)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.labels)), np.float32)

    def _run(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        import numpy as np

        batch = np.stack(windows).astype(np.float32)
        (found,) = self._session.run([self._output], {self._input: batch[0] if self._rank == 1 else batch})
        frames = np.asarray(found, np.float32)
        # A model may look at its window more than once: then the mean of what it says counts.
        rows = frames.reshape(len(windows), -1, frames.shape[-1]).mean(axis=1)
        if self._logits:
            rows = np.asarray(1.0 / (1.0 + np.exp(-np.clip(rows, -60.0, 60.0))), np.float32)
        return np.asarray(np.nan_to_num(np.clip(rows, 0.0, 1.0)), np.float32)


def _nothing(samples: int) -> NDArray[np.float32]:
    import numpy as np

    return np.zeros(samples, np.float32)


def _labels(model: Model) -> list[str]:
    named = model.description.get("labels")
    if isinstance(named, list):
        return [str(one) for one in named]
    try:
        text = model.file("labels").read_text(encoding="utf-8")
    except OSError as error:
        raise PackInvalid(tr("The pack {id} lacks its labels.", id=model.pack.id)) from error
    return [line.strip() for line in text.splitlines() if line.strip()]
