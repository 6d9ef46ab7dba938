"""The words of a document with their places, and the language they are in."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from engine.analyzers.base import Analyzer, Yield
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step

SAMPLE = 20_000  # characters that the language is told from
PAGE_SAMPLE = 2_000  # of one page, so that the sample spreads over the document
LEAST_LETTERS = 20  # with fewer the answer is a guess
LEAST_SCORE = 0.5
NO_LANGUAGE = "zxx"  # of ISO 639-2: numbers, code, names of parts


class Documents(Analyzer):
    """Keeps the text that a document has of its own; pages that are pictures are read by another analyzer."""

    name = "documents"
    version = 1
    title = "Text of documents"
    kinds = frozenset({Kind.DOCUMENT})
    needs = ("py3langid",)
    options = ("media.max_text", "media.max_pages")
    seconds = 0.5

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        sample: list[str] = []
        left = SAMPLE
        total = source.facts.pages or 0
        for page in source.pages():
            yield Step(page.number, total, f"page {page.number}")
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


def language(text: str) -> tuple[str, float] | None:
    """Tell the language of a text: its ISO 639-1 code and a probability, or None when there is too little to go by.

    Small languages and dialects, which have codes of three letters only, are left out of the choice.
    """
    if sum(map(str.isalpha, text)) < LEAST_LETTERS:
        return None
    ranked = _identifier().rank(text)
    if ranked[0][0] == NO_LANGUAGE:
        return None
    common = [(code, float(score)) for code, score in ranked if len(code) == 2]
    code, score = common[0]
    share = score / sum(score for _, score in common)
    return (code, share) if share >= LEAST_SCORE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
