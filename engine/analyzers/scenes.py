"""Cuts of a video, the shots between them, and the frames that stand for each shot."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment


class Scenes(Analyzer):
    """Says where the picture changes at once; the pass over the video is the source's and is shared."""

    name = "scenes"
    version = 1
    title = mark("Cuts and keyframes")
    kinds = frozenset({Kind.VIDEO})
    options = ("scenes.threshold", "media.max_keyframes")
    seconds = 3.0

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        yield from source.scan_shots()
        for index, shot in enumerate(source.shots()):
            if index:
                yield Finding(FindingKind.CUT, Moment(start=shot.start))
            yield Finding(FindingKind.SHOT, Moment(start=shot.start, end=shot.end))
            for time in shot.keyframes:
                yield Finding(FindingKind.KEYFRAME, Moment(start=time))
