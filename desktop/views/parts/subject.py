"""All that the viewer shows of one asset, read and put in order off the UI thread."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desktop.models.lines import Entry
from desktop.views.parts import senses
from desktop.views.parts.overlays import Layer, Mark
from desktop.views.parts.senses import Senses
from desktop.views.parts.timeline import Sort, TimeMark
from engine.errors import QueryError
from engine.model import AppearanceRow, AssetRow, Box, Finding, FindingKind, FoundRow, Moment, MomentHit

if TYPE_CHECKING:
    from engine.library import Library

KINDS = (
    frozenset(
        {
            FindingKind.TEXT,
            FindingKind.PART,
            FindingKind.LEVEL,
            FindingKind.CUT,
            FindingKind.VOICE,
            FindingKind.NOTICE,
            FindingKind.COLOUR,
            FindingKind.QUALITY,
            FindingKind.LANGUAGE,
        }
    )
    | senses.KINDS
)
BOXED = (FindingKind.FACE, FindingKind.POSE, FindingKind.OBJECT, FindingKind.ROLE)
LINGER = 3.0  # seconds that a box stays on a film when nothing says how long it is there
SHORTEST = 0.6  # seconds that a box stays at least
Wanted = Mapping[tuple[object, ...], set[str]]
Originals = Mapping[tuple[tuple[object, ...], str], str]
NOTHING_READ: Originals = {}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text of an asset, as a list shows it."""

    text: str
    moment: Moment
    label: str
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A box over a film, from one second to another."""

    start: float
    end: float
    mark: Mark


@dataclass(frozen=True, slots=True)
class Subject:
    """One asset with what was found in it and what the query matched."""

    row: AssetRow
    query: str
    hits: tuple[MomentHit, ...]  # in the order of place and time
    best: Moment | None  # of the best hit with a place
    marks: Mapping[int, tuple[Mark, ...]]  # boxes by page; 0 is a picture
    spans: tuple[Span, ...]
    times: tuple[TimeMark, ...]
    lines: tuple[Line, ...]
    entries: tuple[Entry, ...]  # the lines for the list beside the stage
    notices: tuple[str, ...]
    colours: tuple[tuple[str, tuple[int, int, int]], ...]  # name and red, green, blue
    qualities: tuple[tuple[str, float], ...]
    languages: tuple[str, ...]
    senses: Senses
    judged: str = ""  # the safety level that a person gave it


def fetch(library: "Library", asset: int, query: str) -> Subject:
    """Read an asset with its findings and the moments that match (blocking: for a thread). Raises NotFound."""
    row = library.asset(asset)
    found = library.findings(asset, KINDS)
    subject = arranged(
        row, found, _hits(library, asset, query), query, library.people.of_asset(asset), _read(library, asset, found)
    )
    told = provenance(library.judging.packs(asset), found)
    marks = {page: tuple(_told(mark, told) for mark in marks) for page, marks in subject.marks.items()}
    spans = tuple(replace(span, mark=_told(span.mark, told)) for span in subject.spans)
    return replace(subject, marks=marks, spans=spans, judged=library.judging.level_of(asset))


def arranged(
    row: AssetRow,
    found: Sequence[FoundRow],
    hits: Sequence[MomentHit],
    query: str,
    appearances: Sequence[AppearanceRow] = (),
    originals: Originals = NOTHING_READ,
) -> Subject:
    """Put findings and hits in the order in which they are shown."""
    placed = sorted((hit for hit in hits if hit.moment != Moment()), key=lambda hit: _place(hit.moment))
    wanted = _wanted(placed)
    by_kind: dict[FindingKind, list[FoundRow]] = {}
    for one in found:
        by_kind.setdefault(one.finding.kind, []).append(one)
    texts = by_kind.get(FindingKind.TEXT, [])
    best = max(placed, key=lambda hit: hit.score, default=None)
    lines = tuple(
        Line(one.finding.text, one.finding.moment, one.finding.label, _matches(one.finding, wanted)) for one in texts
    )
    sensed = senses.sensed(by_kind, appearances)
    own = [*_texts(texts, wanted, originals), *_parts(by_kind.get(FindingKind.PART, ()))]
    seen = [(moment, replace(mark, hit=_meant(mark, wanted))) for moment, mark in sensed.marks]
    boxes = [*own, *seen, *_unread(placed, [*texts, *(row for kind in BOXED for row in by_kind.get(kind, ()))])]
    return Subject(
        row=row,
        query=query,
        hits=tuple(placed),
        best=best.moment if best else None,
        marks=_pages(boxes),
        spans=_spans(boxes),
        times=tuple(_times(by_kind, placed)),
        lines=lines,
        entries=tuple(_entries(lines, placed)),
        notices=tuple(one.finding.text for one in by_kind.get(FindingKind.NOTICE, ())),
        colours=tuple(_colours(by_kind.get(FindingKind.COLOUR, ()))),
        qualities=tuple((one.finding.label, one.finding.score or 0.0) for one in by_kind.get(FindingKind.QUALITY, ())),
        senses=sensed,
        languages=tuple(dict.fromkeys(one.finding.label for one in by_kind.get(FindingKind.LANGUAGE, ()))),
    )


def provenance(packs: Mapping[str, tuple[str, ...]], found: Sequence[FoundRow]) -> dict[Layer, str]:
    """For each sort of boxes who found them: the analyzer with its version, and the packs that it used."""
    kinds = {FindingKind.TEXT: Layer.TEXT, FindingKind.PART: Layer.SAFETY, FindingKind.FACE: Layer.FACE,
             FindingKind.POSE: Layer.BODY, FindingKind.OBJECT: Layer.THING, FindingKind.ROLE: Layer.ROLE}  # fmt: skip
    told: dict[Layer, str] = {}
    for one in found:
        layer = kinds.get(one.finding.kind)
        if layer is not None and one.finding.moment.box is not None and layer not in told:
            told[layer] = ", ".join((f"{one.analyzer} v{one.version}", *packs.get(one.analyzer, ())))
    return told


def _told(mark: Mark, told: Mapping[Layer, str]) -> Mark:
    return replace(mark, origin=told.get(mark.layer, ""))


def _read(library: "Library", asset: int, found: Sequence[FoundRow]) -> "Originals":
    """What was read at the places of the lines that a person corrected."""
    if not any("correction" in one.finding.data and one.finding.label == "ocr" for one in found):
        return {}
    lines = library.corrections.lines(asset, "ocr")
    return {(_key(line.moment), line.text): line.original for line in lines if line.corrected}


def at_time(spans: Sequence[Span], second: float) -> tuple[Mark, ...]:
    """The boxes that are on the film at a second."""
    return tuple(span.mark for span in spans if span.start <= second < span.end)


def _hits(library: "Library", asset: int, query: str) -> tuple[MomentHit, ...]:
    if not query.strip():
        return ()
    try:
        return library.moments(asset, query)
    except QueryError:
        return ()  # the search box has said so already


def _place(moment: Moment) -> tuple[float, float, float, float]:
    box = moment.box or Box(0, 0, 0, 0)
    return (moment.page or 0, moment.start or 0.0, box.y, box.x)


def _key(moment: Moment) -> tuple[object, ...]:
    """Equal for a finding and the hit that was made of it, after a way through the database."""
    box = tuple(round(value, 3) for value in moment.box) if moment.box else None
    start = round(moment.start, 2) if moment.start is not None else None
    return (moment.page, start, box)


def _wanted(hits: Iterable[MomentHit]) -> "Wanted":
    """The words that matched at each place."""
    wanted: dict[tuple[object, ...], set[str]] = {}
    for hit in hits:
        marked = {hit.snippet[start:end].casefold() for start, end in hit.marks}
        wanted.setdefault(_key(hit.moment), set()).update(marked - {""})
    return wanted


def _matches(finding: Finding, wanted: "Wanted") -> bool:
    """Whether a text is what a hit is about: on a page without boxes its words decide."""
    words = wanted.get(_key(finding.moment))
    if words is None:
        return False
    if not words or finding.moment.box is not None or finding.moment.start is not None:
        return True
    text = finding.text.casefold()
    return any(word in text for word in words)


def _meant(mark: Mark, wanted: "Wanted") -> bool:
    """Whether a box is what a hit is about: a thing and the body in the same place are told apart by their words."""
    words = wanted.get(_key(mark.moment))
    if words is None:
        return False
    return not words or any(word in mark.text.casefold() for word in words)


def _texts(texts: Iterable[FoundRow], wanted: Wanted, originals: Originals) -> Iterable[tuple[Moment, Mark]]:
    for index, one in enumerate(texts):
        box = one.finding.moment.box
        if box is None:
            continue
        order = None if one.finding.label == "ocr" else index
        hit = _matches(one.finding, wanted)
        spot = one.finding.moment if one.finding.label == "ocr" else None
        original = originals.get((_key(one.finding.moment), one.finding.text)) if spot is not None else None
        yield (
            one.finding.moment,
            Mark(
                box, one.finding.text, Layer.TEXT, one.finding.score, hit, order, one.id, original=original, spot=spot
            ),
        )


def _parts(parts: Iterable[FoundRow]) -> Iterable[tuple[Moment, Mark]]:
    for one in parts:
        box = one.finding.moment.box
        if box is not None:
            name = one.finding.label.replace("_", " ").capitalize()
            yield one.finding.moment, Mark(box, name, Layer.SAFETY, one.finding.score, key=one.id)


def _unread(hits: Iterable[MomentHit], texts: Sequence[FoundRow]) -> Iterable[tuple[Moment, Mark]]:
    """Boxes of hits that no line of text stands for."""
    known = {_key(one.finding.moment) for one in texts}
    for hit in hits:
        if hit.moment.box is not None and _key(hit.moment) not in known:
            yield hit.moment, Mark(hit.moment.box, hit.snippet, hit=True)


def _entries(lines: Iterable[Line], hits: Iterable[MomentHit]) -> Iterable[Entry]:
    """The lines as a list shows them, with the marks of the hits that have the same words."""
    known = {(_key(hit.moment), hit.snippet): hit.marks for hit in hits}
    for line in lines:
        why = "" if line.label in ("ocr", "document") else line.label
        marks = known.get((_key(line.moment), line.text), ()) if line.hit else ()
        yield Entry(MomentHit(line.moment, why, line.text, marks, 0.0), found=line.hit)


def _pages(boxes: Iterable[tuple[Moment, Mark]]) -> dict[int, tuple[Mark, ...]]:
    pages: dict[int, list[Mark]] = {}
    for moment, mark in boxes:
        if moment.start is None:
            pages.setdefault(moment.page or 0, []).append(mark)
    return {page: tuple(marks) for page, marks in pages.items()}


def _spans(boxes: Iterable[tuple[Moment, Mark]]) -> tuple[Span, ...]:
    spans = []
    for moment, mark in boxes:
        if moment.start is not None:
            end = moment.end if moment.end is not None else moment.start + LINGER
            spans.append(Span(moment.start, max(end, moment.start + SHORTEST), mark))
    return tuple(sorted(spans, key=lambda span: span.start))


def _times(by_kind: Mapping[FindingKind, Sequence[FoundRow]], hits: Iterable[MomentHit]) -> Iterable[TimeMark]:
    sorts = ((FindingKind.CUT, Sort.CUT), (FindingKind.VOICE, Sort.VOICE), (FindingKind.TEXT, Sort.TEXT))
    for kind, sort in sorts:
        for one in by_kind.get(kind, ()):
            moment = one.finding.moment
            if moment.start is not None:
                yield TimeMark(sort, moment.start, moment.end, one.finding.text)
    for hit in hits:
        if hit.moment.start is not None:
            yield TimeMark(Sort.HIT, hit.moment.start, hit.moment.end, hit.snippet or hit.why)


def _colours(found: Iterable[FoundRow]) -> Iterable[tuple[str, tuple[int, int, int]]]:
    for one in found:
        rgb = one.finding.data.get("rgb", ())
        if len(rgb) == 3:
            yield one.finding.label, (int(rgb[0]), int(rgb[1]), int(rgb[2]))
