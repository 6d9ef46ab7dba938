"""Words for what a picture shows: by a classifier, and by comparing it with a list of words that can be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.sights import vector
from engine.media.source import Source
from engine.model import WHOLE, Finding, FindingKind, Kind, Moment, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.parts import Pixels

SIDE = 1600  # the size at which the other analyzers want the picture too
EYE = 768  # for a pack for search by meaning: as it sees the picture there, so that its vector is used again
MOST = 10  # words of one picture
VOCABULARY = Path(__file__).resolve().parent.parent.parent / "resources" / "tags.txt"
PROMPT = "a photo of {}"
# What a picture may be that none of the words names: it takes certainty away from them where they only compete.
NOTHING = ("a photo", "a picture of something", "a drawing", "a texture", "a page of text", "a blurred picture")


class Tags(Analyzer):
    """One finding for each word that fits a picture; in a video for each word and shot, at its best keyframe.

    A classifier says how sure it is of each of its labels. A pack for search by meaning compares the picture with every
    word of `tags.vocabulary`: where the model knows its own certainty of a pair (SigLIP: a sigmoid with a bias) that
    counts, else the words compete with each other and with `NOTHING` (CLIP: a softmax). "tabby, tabby cat" is the label
    tabby; its other names are in the text, so that they find it too.
    """

    name = "tags"
    version = 1
    title = mark("Words for pictures")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO})
    any_of = ("tags", "image-text")
    helped_by = ("tags", "image-text")
    options = ("tags.min_score", "tags.vocabulary", "media.max_keyframes", "scenes.threshold")
    travels = ("picture", "keyframes")
    seconds = 0.06

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        look = Look(self, source, options)
        if source.kind is not Kind.VIDEO:
            words = look.photo()
            yield Step(1, 1)
            yield from (_finding(text, score, WHOLE) for text, score in words.items())
            return
        yield from source.scan_shots()
        starts = [shot.start for shot in source.shots()]
        best: dict[tuple[int, str], tuple[float, float]] = {}  # shot and word: score and time
        for count, frame in enumerate(source.keyframes(), 1):
            shot = sum(start <= frame.time + 0.0005 for start in starts)
            for text, score in look.at(frame.image, frame.time).items():
                best[shot, text] = max(best.get((shot, text), (0.0, 0.0)), (score, frame.time))
            yield Step(count, 0, tr("looking at keyframes"))
        for (_, text), (score, time) in best.items():
            yield _finding(text, score, Moment(start=time))


class Look:
    """The models of one job, and the source that it is about."""

    def __init__(self, analyzer: Tags, source: Source, options: Mapping[str, Any]) -> None:
        if analyzer.pack(options, "tags") or not analyzer.pack(options, "image-text"):
            self.tagger = analyzer.model(options, "tags")
        else:
            self.tagger = None
        self.source = source
        self.eye = analyzer.model(options, "image-text") if analyzer.pack(options, "image-text") else None
        self.words = tuple(options.get("tags.vocabulary", ())) or vocabulary()
        self.least = float(options.get("tags.min_score", 0.4))

    def photo(self) -> dict[str, float]:
        """The words of the source's picture, best first."""
        return self._words(lambda: self.source.picture(SIDE), lambda: self.source.picture(EYE), None)

    def at(self, image: Pixels, time: float) -> dict[str, float]:
        """The words of one frame, best first."""
        return self._words(lambda: image, lambda: image, time)

    def _words(self, large: Callable[[], Pixels], small: Callable[[], Pixels], time: float | None) -> dict[str, float]:
        sure: dict[str, float] = {}
        if self.tagger is not None:
            sure = dict(zip(self.tagger.labels, self.tagger.tag([large()])[0].tolist(), strict=True))
        if self.eye is not None:
            row = vector(self.source, self.eye, small(), time)
            for word, score in zip(self.words, certainty(self.eye, row, self.words).tolist(), strict=True):
                sure[word] = max(score, sure.get(word, 0.0))
        best = sorted(((score, text) for text, score in sure.items() if score >= self.least), reverse=True)
        return {text: round(score, 4) for score, text in best[:MOST]}


def certainty(eye: Any, row: NDArray[np.float32], words: Sequence[str]) -> NDArray[np.float32]:
    """How sure a model for pictures and texts is of each word for a picture's vector, 0..1."""
    import numpy as np

    table, nothing = _tables(eye, tuple(words))
    scale, bias = float(getattr(eye, "logit_scale", 100.0)), getattr(eye, "logit_bias", None)
    if bias is not None:
        return np.asarray(1 / (1 + np.exp(-np.clip(table @ row * scale + bias, -60, 60))), np.float32)
    numbers = np.concatenate([table @ row, nothing @ row]) * scale
    raised = np.exp(numbers - numbers.max())
    return np.asarray((raised / raised.sum())[: len(words)], np.float32)


@cache
def vocabulary() -> tuple[str, ...]:
    """The list of words that comes with Kinora."""
    lines = VOCABULARY.read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


_made: dict[tuple[str, tuple[str, ...]], tuple[NDArray[np.float32], NDArray[np.float32]]] = {}


def _tables(eye: Any, words: tuple[str, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The vectors of the words and of `NOTHING`, made once for a pack and a list."""
    key = eye.space, words
    if key not in _made:
        if len(_made) > 4:
            _made.clear()
        _made[key] = eye.embed_texts([PROMPT.format(word) for word in words]), eye.embed_texts(NOTHING)
    return _made[key]


def _finding(text: str, score: float, moment: Moment) -> Finding:
    return Finding(FindingKind.LABEL, moment, text=text, label=text.partition(",")[0], score=min(1.0, score))
