"""Things in pictures and videos, each in a box with its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.sights import things
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step

SIDE = 1600  # the size at which the other analyzers want the picture too
MOST = 60  # things of one picture
MOST_ALL = 2000  # things of one video


class Objects(Analyzer):
    """One finding for each thing that the pack's labels name; in a video for each keyframe.

    The name is the finding's text too, so that plain words find it.
    """

    name = "objects"
    version = 1
    title = mark("Things in pictures")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO})
    tasks = ("objects",)
    options = ("objects.min_score", "media.max_keyframes", "scenes.threshold")
    travels = ("picture", "keyframes")
    seconds = 0.06

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        model, ref = self.model(options, "objects"), self.pack(options, "objects")
        least = float(options.get("objects.min_score", 0.45))

        def seen(image: Any, time: float | None) -> Iterator[Finding]:
            found = [one for one in things(source, ref, model, image, time) if one.score >= least]
            for one in found[:MOST]:
                moment = Moment(start=time, box=one.box)
                yield Finding(FindingKind.OBJECT, moment, text=one.label, label=one.label, score=one.score)

        if source.kind is not Kind.VIDEO:
            yield from seen(source.picture(SIDE), None)
            yield Step(1, 1)
            return
        yield from source.scan_shots()
        left = MOST_ALL
        for count, frame in enumerate(source.keyframes(), 1):
            for finding in seen(frame.image, frame.time):
                if left > 0:
                    yield finding
                left -= 1
            yield Step(count, 0, tr("looking at keyframes"))
