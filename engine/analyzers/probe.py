"""Facts and preview: what the file says of itself, and a small picture of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Priority, Step

PREVIEW = 384  # pixels, longest side: two of the grid's usual cells on a dense screen


class Probe(Analyzer):
    """Runs first on every asset; a file that fails here is damaged."""

    name = "probe"
    version = 2  # 2: faces that the file names
    title = mark("Facts and preview")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.AUDIO, Kind.DOCUMENT})
    priority = Priority.FACTS
    seconds = 0.05

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        yield source.probe()
        yield Step(1, 2, tr("drawing the preview"))
        preview = source.preview(PREVIEW)
        if preview is not None:
            yield preview
        for text in dict.fromkeys(source.notices):
            yield Finding(FindingKind.NOTICE, text=text)
        yield Step(2, 2)
