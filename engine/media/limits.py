"""The bounds within which one file is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is read at most; the settings under Reading set them.

    `megapixels` is checked against the header before anything is decoded, `text_bytes` counts UTF-8 bytes of the text
    that is kept, `keyframes` the frames of one video, `scenes_threshold` is the mean change of hue, saturation and
    value (0..255) from which a frame begins a new shot, `sound_hours` bounds the memory for sound (230 MB for an hour).
    """

    megapixels: int = 250
    text_bytes: int = 20 << 20
    pages: int = 2000
    keyframes: int = 240
    scenes_threshold: float = 27.0
    sound_hours: float = 4.0
