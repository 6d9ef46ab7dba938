"""Measure a film or recording on request: when its frames are shown, or its wave; with the contract of an analyzer."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark
from engine.media.source import Source
from engine.model import Kind, Preview, Step

FRAMES, PEAKS = "frames", "peaks"


class Measure(Analyzer):
    """Yields one `Preview` whose bytes are those of `engine.media.times` or `engine.media.peaks`; not in the registry.

    The option `of` says which: "frames" or "peaks".
    """

    name: ClassVar[str] = "measure"
    version: ClassVar[int] = 1
    title: ClassVar[str] = mark("Frames and waves")
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.VIDEO, Kind.AUDIO})

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield steps, then the bytes.

        Raises:
            DamagedFile: there are no pictures, or no sound.
        """
        from engine.media.peaks import peaks
        from engine.media.times import frame_times

        duration = source.facts.duration or 0.0
        if options["of"] == FRAMES:
            made = frame_times(source.path, source.format, duration)
        else:
            made = peaks(source.path, source.format, duration, source.limits.sound_hours)
        for one in made:
            yield one if isinstance(one, Step) else Preview(0, one)
