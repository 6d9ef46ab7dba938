"""What pictures, pages and texts mean, as vectors that can be compared; and a second opinion on safety on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from engine.analyzers.base import Analyzer, Yield
from engine.errors import NeedsPack
from engine.language import mark, tr
from engine.media.sights import remember
from engine.media.source import Shot, Source
from engine.model import WHOLE, Finding, FindingKind, Kind, Moment, Step
from engine.packs.models import load
from engine.packs.passages import embedded, passages
from engine.packs.vectors import fp16, is_nothing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SIDE = 768  # pixels of a photo or page: no model sees more than half of it
BATCH = 8  # keyframes that are held at once
PAGES = 4  # drawn pages that are held at once
TWICE, ONE_IN = 4, 20  # pictures from which one alone does not count; one in so many must bear an opinion out
PICTURE = "picture"
LEVELS = ("safe", "suggestive", "explicit")
EYES = ("image-text", "picture-embedding")

T = TypeVar("T")


class Meaning(Analyzer):
    """Uses each of the packs that is there: for pictures with words, for pictures alone, for texts, for safety.

    A photo has a vector of the whole; a video one for each keyframe, which stands until the next one of its shot; a
    document those of its pages that show pictures, of its first page, and of its text in passages. What a file says of
    itself (title, description) is a passage too. The text that is heard or read in pictures has its vectors from those
    who find it.
    """

    name = "meaning"
    version = 1
    title = mark("Meaning")
    kinds = frozenset({Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT})
    needs = ("onnxruntime", "tokenizers")
    helped_by = (*EYES, "text-embedding", "safety")
    options = ("meaning.max_pages", "media.max_text", "media.max_pages", "media.max_keyframes", "scenes.threshold")
    travels = ("glance", "keyframes", "pages", "text")
    seconds = 0.3

    @classmethod
    def lacking(cls, chosen: Mapping[str, str], settings: Mapping[str, Any] | None = None) -> str:
        """Any one of the packs is enough."""
        if cls.missing() or any(task in chosen for task in cls.helped_by):
            return cls.missing()
        return tr("{title} waits for a pack (search by meaning): kinora packs", title=tr(cls.title))

    @classmethod
    def needed(cls, kind: Kind, options: Mapping[str, Any]) -> tuple[str, ...]:
        """Pictures where there is anything to look with, and the words of a document where they can be understood."""
        looks = any(cls.pack(options, task) for task in (*EYES, "safety"))
        reads = bool(cls.pack(options, "text-embedding"))
        return tuple(name for name in super().needed(kind, options) if (reads if name == "text" else looks))

    @classmethod
    def reads(cls, options: Mapping[str, Any]) -> tuple[str, ...]:
        """What a file says of itself, where its words can be understood."""
        return ("title", "description") if cls.pack(options, "text-embedding") else ()

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        pieces = _told(source)
        look = _Look(self, source, options)
        yield from look.notices
        if source.kind is Kind.VIDEO:
            yield from _video(source, look)
        elif source.kind is Kind.DOCUMENT:
            yield from _document(source, look, int(options.get("meaning.max_pages", 40)), pieces)
        elif look.wanted:
            yield from look.at([(WHOLE, source.picture(SIDE))])
            yield Step(1, 1)
        yield from look.opinion()
        if pieces and self.pack(options, "text-embedding"):
            yield from embedded(passages(pieces), self.model(options, "text-embedding"))


class _Look:
    """Looks at some pictures at a time with every model that is chosen for pictures, and remembers its opinions."""

    def __init__(self, analyzer: Meaning, source: Source, options: Mapping[str, Any]) -> None:
        self._source = source
        self.notices: list[Finding] = []
        self._eyes = [analyzer.model(options, task) for task in EYES if analyzer.pack(options, task)]
        self._judge = analyzer.model(options, "safety") if analyzer.pack(options, "safety") else None
        over = getattr(self._judge, "over", "")
        if over and over != analyzer.pack(options, "image-text"):
            try:
                load("image-text", over)
            except NeedsPack:
                self._judge = None
                said = tr("There is no second opinion on safety: it needs the pack {over}.", over=over)
                self.notices.append(Finding(FindingKind.NOTICE, text=said))
        self._opinions: list[tuple[str, float, Moment]] = []

    @property
    def wanted(self) -> bool:
        """Whether there is anything to look with."""
        return bool(self._eyes) or self._judge is not None

    def at(self, pictures: Sequence[tuple[Moment, Pixels]]) -> Iterator[Finding]:
        """Yield the vectors of pictures."""
        images = [image for _, image in pictures]
        made: dict[str, Any] = {}
        for eye in self._eyes:
            rows = made[eye.space] = eye.embed(images)
            for (moment, _), row in zip(pictures, rows, strict=True):
                remember(self._source, eye.space, row, moment.start, moment.page)
                if not is_nothing(row):
                    yield Finding(FindingKind.VECTOR, moment, label=PICTURE, vector=fp16(row), space=eye.space)
        if self._judge is None:
            return
        over = getattr(self._judge, "over", "")
        levels = self._judge.judge_vectors(made[over]) if over in made else self._judge.judge(images)
        self._opinions += [(*told, moment) for told, (moment, _) in zip(levels, pictures, strict=True)]

    def opinion(self) -> Iterator[Finding]:
        """Yield the opinion on the whole, with the picture that decides where it is not safe."""
        if self._opinions:
            level, score, moment = whole_opinion(self._opinions)
            place = WHOLE if level == "safe" else Moment(start=moment.start, page=moment.page)
            yield Finding(FindingKind.OPINION, place, label=level, score=round(min(1.0, max(0.0, score)), 4))


def whole_opinion(opinions: Sequence[tuple[str, float, Moment]]) -> tuple[str, float, Moment]:
    """Return the opinion on the whole: of many pictures the worst that one in twenty, and at least two, bear out.

    A classifier is wrong about one picture in forty; in a film of a hundred frames one alone says nothing.
    """
    ranked = sorted(opinions, key=lambda one: (LEVELS.index(one[0]), one[1] if one[0] != "safe" else -one[1]))
    return ranked[-2 - len(ranked) // ONE_IN] if len(ranked) >= TWICE else ranked[-1]


def _video(source: Source, look: _Look) -> Iterator[Yield]:
    if not look.wanted:
        return
    yield from source.scan_shots()
    spans = _spans(source.shots())
    count = 0
    for part in _parts(source.keyframes(), BATCH):
        yield from look.at([(spans.get(frame.time, Moment(frame.time)), frame.image) for frame in part])
        count += len(part)
        yield Step(count, 0, tr("looking at keyframes"))


def _document(source: Source, look: _Look, most: int, pieces: list[tuple[Moment, str]]) -> Iterator[Yield]:
    """Look at pages, and put their texts into `pieces`."""
    total = source.facts.pages or 0

    def pictured() -> Iterator[tuple[Moment, Pixels] | Step]:
        left = most if look.wanted else 0
        for page in source.pages():
            yield Step(page.number, total, tr("page {number}", number=page.number))
            pieces.extend((Moment(block.start, block.end, page.number), block.text) for block in page.blocks)
            if left and page.draw is not None and (page.number == 1 or page.has_picture or page.needs_ocr):
                left -= 1
                yield Moment(page=page.number), page.image(SIDE)

    held: list[tuple[Moment, Pixels]] = []
    for one in pictured():
        if isinstance(one, Step):
            yield one
            continue
        held.append(one)
        if len(held) >= PAGES:
            yield from look.at(held)
            held = []
    if held:
        yield from look.at(held)


def _told(source: Source) -> list[tuple[Moment, str]]:
    """Return what the file says of itself in words."""
    parts = [source.facts.title, source.facts.description]
    return [(WHOLE, part) for part in parts if len(part.split()) > 1]


def _spans(shots: Sequence[Shot]) -> dict[float, Moment]:
    """Return for each keyframe the time that it stands for: until the next one of its shot, or the end of that."""
    found = {}
    for shot in shots:
        for time, after in zip(shot.keyframes, (*shot.keyframes[1:], shot.end), strict=True):
            found[time] = Moment(time, max(time, after))
    return found


def _parts(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of `size`; never holds more than one of them."""
    rest = iter(things)
    while part := list(islice(rest, size)):
        yield part
