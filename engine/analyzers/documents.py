"""The words of a document with their places, and the language they are in."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step
from engine.packs.languages import language

SAMPLE = 20_000  # characters that the language is told from
PAGE_SAMPLE = 2_000  # of one page, so that the sample spreads over the document


class Documents(Analyzer):
    """Keeps the text that a document has of its own; pages that are pictures are read by another analyzer."""

    name = "documents"
    version = 1
    title = mark("Text of documents")
    kinds = frozenset({Kind.DOCUMENT})
    needs = ("py3langid",)
    options = ("media.max_text", "media.max_pages")
    seconds = 0.5

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        sample: list[str] = []
        left = SAMPLE
        total = source.facts.pages or 0
        for page in source.pages():
            yield Step(page.number, total, tr("page {number}", number=page.number))
            for block in page.blocks:
                moment = Moment(start=block.start, end=block.end, page=page.number, box=block.box)
                yield Finding(FindingKind.TEXT, moment, text=block.text, label=block.label)
            words = page.text[: min(left, PAGE_SAMPLE)]
            left -= len(words)
            sample.append(words)
        found = language("\n".join(sample))
        if found is not None:
            code, score = found
            yield Finding(FindingKind.LANGUAGE, label=code, score=round(score, 4))
