"""Tells voices apart with any speaker model that takes filter banks (WeSpeaker: CAM++, ResNet, ECAPA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr
from engine.packs.models import Model
from engine.packs.runtime import session
from engine.packs.vectors import unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]

RATE = 16_000
BATCH = 16  # pieces of like length in one call
LEAST = 0.5  # seconds; a shorter piece is repeated until it is so long
BANKS = 80
THRESHOLD = 0.5  # cosine: the middle of what the makers give for short pieces; a pack may say better


class Speaker:
    """Features as Kaldi computes them, less their mean over the piece (CMN), into the model: [N, T, banks] -> [N, dim].

    The description says `features` {"banks": 80, "dither": 0, "scale": 32768 (what samples in -1..1 are multiplied
    with), "mean": true, "window": "povey"}, `threshold` (the cosine from which two pieces are one speaker) and `dim`.
    As in WeSpeaker: https://github.com/wenet-e2e/wespeaker/blob/master/wespeaker/cli/speaker.py
    """

    def __init__(self, model: Model) -> None:
        features: Mapping[str, Any] = model.description.get("features", {})
        self._banks = int(features.get("banks", BANKS))
        self._scale = float(features.get("scale", 32768.0))
        self._dither = float(features.get("dither", 0.0))
        self._centred = bool(features.get("mean", True))
        self._window = str(features.get("window", "povey"))
        self._session = session(model.file())
        given, made = self._session.get_inputs()[0], self._session.get_outputs()
        self._input, self._output = given.name, str(model.description.get("output", {}).get("name") or made[0].name)
        if self._output not in [one.name for one in made]:
            raise PackInvalid(
                tr("The speaker model of {id} has no output {output}.", id=model.pack.id, output=self._output)
            )
        if len(given.shape) != 3 or (isinstance(given.shape[2], int) and given.shape[2] != self._banks):
            raise PackInvalid(
                tr("The speaker model of {id} does not take {banks} filter banks.", id=model.pack.id, banks=self._banks)
            )
        self._many = not isinstance(given.shape[0], int)
        self.threshold = float(model.description.get("threshold", THRESHOLD))
        self.space = model.pack.ref
        self.dim = int(model.description.get("dim", 0)) or self._measure()

    def embed_sounds(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each piece."""
        import numpy as np

        features = [self.features(sound) for sound in sounds]
        out = np.zeros((len(sounds), self.dim), np.float32)
        by_length: dict[int, list[int]] = {}
        for at, one in enumerate(features):
            by_length.setdefault(len(one), []).append(at)
        for same in by_length.values():
            step = BATCH if self._many else 1
            for begin in range(0, len(same), step):
                part = same[begin : begin + step]
                out[part] = self._run(np.stack([features[at] for at in part]))
        return unit(out)

    def features(self, sound: Sound) -> NDArray[np.float32]:
        """The filter banks of a piece, T x banks, one row for 10 ms."""
        import kaldi_native_fbank as knf
        import numpy as np

        least = int(LEAST * RATE)
        if len(sound) < least:
            sound = np.resize(sound, least) if len(sound) else np.zeros(least, np.float32)
        options = knf.FbankOptions()
        options.frame_opts.dither = self._dither
        options.frame_opts.samp_freq = RATE
        options.frame_opts.window_type = self._window
        options.frame_opts.snip_edges = True
        options.mel_opts.num_bins = self._banks
        bank = knf.OnlineFbank(options)
        bank.accept_waveform(RATE, (sound * self._scale).tolist())
        bank.input_finished()
        rows = np.stack([bank.get_frame(at) for at in range(bank.num_frames_ready)]).astype(np.float32)
        return rows - rows.mean(axis=0, keepdims=True) if self._centred else rows

    def _run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        import numpy as np

        (found,) = self._session.run([self._output], {self._input: batch})
        return np.asarray(found, np.float32).reshape(len(batch), -1)

    def _measure(self) -> int:
        import numpy as np

        return int(self._run(self.features(np.zeros(RATE, np.float32))[None]).shape[1])
