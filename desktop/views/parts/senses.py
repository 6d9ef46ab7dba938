"""What was seen and heard in one asset, put in the shapes in which the viewer shows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from desktop.views.parts.overlays import Layer, Mark
from engine.language import tr
from engine.model import WHOLE, AppearanceRow, Finding, FindingKind, FoundRow, Moment

KINDS = frozenset(
    {FindingKind.FACE, FindingKind.POSE, FindingKind.OBJECT, FindingKind.SOUND, FindingKind.SPEAKER, FindingKind.ROLE,
     FindingKind.LABEL}
)  # fmt: skip
# Pairs of COCO's 17 joints that are drawn as limbs (https://cocodataset.org/#keypoints-2020).
LIMBS = (
    (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
    (0, 5), (0, 6), (0, 1), (0, 2), (1, 3), (2, 4),
)  # fmt: skip
SEEN = 0.3  # score from which a joint is drawn
BRIEF = 1.0  # seconds around its best frame in which the box of a tracked face is drawn
MOST_LANES = 6
MOST_NAMES = 14  # of one sort in the list of what is in a file
LEAST_SPAN = 0.3  # seconds; shorter pieces of a lane are drawn this long

ByKind = Mapping[FindingKind, Sequence[FoundRow]]


@dataclass(frozen=True, slots=True)
class Lane:
    """One line over the time: a person, a voice or a sound, and when."""

    name: str
    sort: str  # face, voice, sound
    spans: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that is spoken: by whom, when, and its words with their times."""

    start: float
    end: float
    speaker: str
    words: tuple[tuple[float, float, str], ...]
    text: str = ""  # as it is stored
    moment: Moment = WHOLE
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """Something in the file by its name, how often, and the query that finds more of it."""

    name: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Senses:
    """All of it."""

    marks: tuple[tuple[Moment, Mark], ...] = ()
    lanes: tuple[Lane, ...] = ()
    said: tuple[Said, ...] = ()
    people: tuple[Named, ...] = ()
    things: tuple[Named, ...] = ()
    sounds: tuple[Named, ...] = ()
    captions: tuple[str, ...] = ()
    faces: Mapping[int, AppearanceRow] = field(default_factory=dict)  # by id
    voices: tuple[tuple[int, str], ...] = ()  # who speaks: the appearance and the name


def sensed(by_kind: ByKind, appearances: Sequence[AppearanceRow]) -> Senses:
    """Put findings and appearances in order."""
    names = voices(by_kind, appearances)
    return Senses(
        marks=(
            *_faces(by_kind, appearances),
            *_bodies(by_kind.get(FindingKind.POSE, ())),
            *_boxes(by_kind.get(FindingKind.OBJECT, ()), Layer.THING),
            *_boxes(by_kind.get(FindingKind.ROLE, ()), Layer.ROLE),
        ),
        lanes=tuple(_lanes(by_kind, appearances, names)),
        said=tuple(said(by_kind.get(FindingKind.TEXT, ()), names)),
        people=tuple(_people(appearances)),
        things=_counted((one.finding.label for one in by_kind.get(FindingKind.OBJECT, ())), "shows"),
        sounds=_counted((one.finding.label for one in by_kind.get(FindingKind.SOUND, ())), "sound"),
        captions=tuple(one.finding.text for one in by_kind.get(FindingKind.TEXT, ()) if one.finding.label == "caption"),
        faces={one.id: one for one in appearances},
        voices=tuple(_voices(by_kind, appearances, names)),
    )


def said(texts: Iterable[FoundRow], names: Mapping[str, str]) -> Iterable[Said]:
    """The sentences in order of time; words without times share that of their sentence."""
    spoken = [one.finding for one in texts if one.finding.label in ("speech", "subtitle")]
    for one in sorted(spoken, key=lambda one: one.moment.start or 0.0):
        if one.moment.start is None or not one.text.strip():
            continue
        end = one.moment.end if one.moment.end is not None else one.moment.start + 2.0
        number = str(one.data.get("speaker") or "")
        corrected = one.data.get("correction") is not None and not one.data.get("rest")
        yield Said(one.moment.start, end, names.get(number, ""), _words(one, end), one.text, one.moment, corrected)


def voices(by_kind: ByKind, appearances: Sequence[AppearanceRow]) -> dict[str, str]:
    """The name of each speaker's number: the person's where it is known."""
    speakers = by_kind.get(FindingKind.SPEAKER, ())
    heard = {_key(one.moment): one.name for one in appearances if one.sort == "voice"}
    return {
        one.finding.label: heard.get(_key(one.finding.moment)) or tr("Speaker {label}", label=one.finding.label)
        for one in speakers
    }


def _voices(
    by_kind: ByKind, appearances: Sequence[AppearanceRow], names: Mapping[str, str]
) -> Iterable[tuple[int, str]]:
    numbers = {_key(one.finding.moment): one.finding.label for one in by_kind.get(FindingKind.SPEAKER, ())}
    for one in appearances:
        if one.sort == "voice" and (name := one.name or names.get(numbers.get(_key(one.moment), ""), "")):
            yield one.id, name


def _words(one: Finding, end: float) -> tuple[tuple[float, float, str], ...]:
    timed = one.data.get("words") or ()
    words = tuple((float(word[0]), float(word[1]), str(word[2])) for word in timed if len(word) >= 3)
    start = one.moment.start or 0.0
    return words or ((start, end, one.text.strip()),)


def _faces(by_kind: ByKind, appearances: Sequence[AppearanceRow]) -> Iterable[tuple[Moment, Mark]]:
    known = {_key(one.moment): one for one in appearances if one.sort == "face"}
    for row in by_kind.get(FindingKind.FACE, ()):
        moment = row.finding.moment
        if moment.box is None:
            continue
        one = known.get(_key(moment))
        text = one.name if one is not None else ""
        mark = Mark(moment.box, text, Layer.FACE, key=one.id if one is not None else 0, moment=moment)
        yield _brief(moment, row.finding.data.get("best")), mark


def _brief(moment: Moment, best: object) -> Moment:
    """The seconds in which the box of a track is where it says."""
    if moment.start is None or not isinstance(best, (int, float)):
        return moment
    end = moment.end if moment.end is not None else best + BRIEF
    return Moment(max(moment.start, best - BRIEF), min(end, best + BRIEF), moment.page, moment.box)


def _bodies(found: Iterable[FoundRow]) -> Iterable[tuple[Moment, Mark]]:
    for row in found:
        moment = row.finding.moment
        points = row.finding.data.get("points") or ()
        if moment.box is not None:
            text = row.finding.text.capitalize()
            yield moment, Mark(moment.box, text, Layer.BODY, key=row.id, lines=limbs(points), moment=moment)


def limbs(points: Sequence[Sequence[float]]) -> tuple[tuple[float, float, float, float], ...]:
    """The limbs whose both ends were seen, as lines in fractions of the picture."""
    return tuple(
        (points[a][0], points[a][1], points[b][0], points[b][1])
        for a, b in LIMBS
        if max(a, b) < len(points) and min(points[a][2], points[b][2]) >= SEEN
    )


def _boxes(found: Iterable[FoundRow], layer: Layer) -> Iterable[tuple[Moment, Mark]]:
    for row in found:
        one = row.finding
        if one.moment.box is not None:
            score = one.score if layer is Layer.THING else None
            yield one.moment, Mark(one.moment.box, one.label.capitalize(), layer, score, key=row.id, moment=one.moment)


def _lanes(by_kind: ByKind, appearances: Sequence[AppearanceRow], names: Mapping[str, str]) -> Iterable[Lane]:
    seen: dict[str, list[tuple[float, float]]] = {}
    for one in appearances:
        if one.sort == "face" and one.moment.start is not None:
            seen.setdefault(one.name or tr("Somebody"), []).append(_span(one.moment))
    lanes = [Lane(name, "face", tuple(sorted(spans))) for name, spans in seen.items()]
    for row in by_kind.get(FindingKind.SPEAKER, ()):
        turns = tuple((float(a), float(b)) for a, b in row.finding.data.get("spans", ()))
        lanes.append(Lane(names[row.finding.label], "voice", turns or (_span(row.finding.moment),)))
    heard: dict[str, list[tuple[float, float]]] = {}
    for row in by_kind.get(FindingKind.SOUND, ()):
        if row.finding.moment.start is not None:
            heard.setdefault(row.finding.label.capitalize(), []).append(_span(row.finding.moment))
    lanes += [Lane(name, "sound", tuple(sorted(spans))) for name, spans in heard.items()]
    rank = {"face": 0, "voice": 1, "sound": 2}
    lanes.sort(key=lambda lane: (lane.name == tr("Somebody"), rank[lane.sort], -sum(b - a for a, b in lane.spans)))
    return lanes[:MOST_LANES]


def _span(moment: Moment) -> tuple[float, float]:
    start = moment.start or 0.0
    return start, max(moment.end if moment.end is not None else start, start + LEAST_SPAN)


def _people(appearances: Sequence[AppearanceRow]) -> Iterable[Named]:
    counts: dict[str, int] = {}
    for one in appearances:
        if one.name:
            counts[one.name] = counts.get(one.name, 0) + 1
    yield from (Named(name, count, f'person:"{name}"') for name, count in counts.items())
    strangers = sum(not one.name and one.sort == "face" for one in appearances)
    if strangers:
        yield Named(tr("not named"), strangers, "")


def _counted(labels: Iterable[str], key: str) -> tuple[Named, ...]:
    counts: dict[str, int] = {}
    for one in labels:
        counts[one] = counts.get(one, 0) + 1
    order = sorted(counts.items(), key=lambda pair: -pair[1])[:MOST_NAMES]
    return tuple(Named(name, count, f'{key}:"{name}"') for name, count in order if name)


def _key(moment: Moment) -> tuple[object, ...]:
    box = tuple(round(value, 3) for value in moment.box) if moment.box else None
    return (moment.page, round(moment.start, 2) if moment.start is not None else None, box)
