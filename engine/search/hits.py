"""From what each part of a query found to hits: moments merged into spans, with what each part gave them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.language import both, tr
from engine.model import WHOLE, Contribution, Hit, Moment, MomentHit
from engine.search import snippet
from engine.search.blend import Blended
from engine.store import assets, evidence, files, spaces, who
from engine.store.fold import Term
from engine.store.plan import Plan

APART = 5.0  # seconds between keyframes that are one span
SPOTS = 2  # times as many moments of one part are looked at as are shown of an asset: some become one
BY_WORDS, BY_NUMBERS, BY_PEOPLE = "words", "numbers", "people"


@dataclass(frozen=True, slots=True)
class _Item:
    """A moment that one part found."""

    hit: MomentHit
    sort: str


def hits_of(
    connection: Any, found: Sequence[Blended], plan: Plan, people: Sequence[str], shown: int
) -> tuple[Hit, ...]:
    """The assets as hits, each with its best `shown` moments."""
    cells = {cell.id: cell for cell in assets.cells(connection, [one.asset for one in found])}
    everywhere = moments_of(connection, found, plan, people, shown * SPOTS)
    hits = []
    for one in found:
        if one.asset not in cells:
            continue
        place = next(iter(files.of_asset(connection, one.asset)), None)
        moments = tuple(everywhere.get(one.asset, ())[:shown])
        hits.append(Hit(cells[one.asset], place.path if place else "", one.score, moments))
    return tuple(hits)


def moments_of(
    connection: Any, found: Sequence[Blended], plan: Plan, people: Sequence[str], most: int
) -> dict[int, list[MomentHit]]:
    """For each asset its moments as hits, best first; of each part of the query the `most` best."""
    spots = [spot for one in found for given in one.given for spot in given.ranked.at(one.asset)[:most]]
    shown = evidence.of_moments(connection, [spot.moment for spot in spots], names=plan.names)
    said = spaces.passages(connection, [spot.vector for spot in spots if spot.vector])
    here = who.moments(connection, who.ids(connection, people), [one.asset for one in found]) if people else {}
    out = {}
    for one in found:
        items = [*_items(one, shown, said, plan.terms, most), *_people(here.get(one.asset, ()), one.score)]
        order = sorted(merged(items), key=lambda hit: (hit.moment.page or 0, hit.moment.start or 0.0))
        out[one.asset] = sorted(order, key=lambda hit: -hit.score)
    return out


def merged(items: Iterable[_Item]) -> list[MomentHit]:
    """Put together what is one moment: neighbouring keyframes, a page, the same place; words inside join them."""
    left = sorted(items, key=lambda item: (item.hit.moment.page or 0, item.hit.moment.start or 0.0))
    found: list[MomentHit] = []
    open_: list[_Joined] = []
    for item in (one for one in left if one.sort != BY_WORDS):
        place = next((joined for joined in open_ if joined.meets(item.hit.moment)), None)
        if place is None:
            place = _Joined()
            open_.append(place)
        place.add(item.hit)
    for item in (one for one in left if one.sort == BY_WORDS):
        place = next((joined for joined in open_ if joined.holds(item.hit.moment)), None)
        if place is None:
            found.append(item.hit)
        else:
            place.add(item.hit)
    return [*found, *(joined.hit for joined in open_)]


class _Joined:
    """Moments that are shown as one."""

    def __init__(self) -> None:
        self._hits: list[MomentHit] = []
        self._moment = WHOLE

    def add(self, hit: MomentHit) -> None:
        """Take a moment in."""
        self._moment = _span(self._moment, hit.moment) if self._hits else hit.moment
        self._hits.append(hit)

    def meets(self, moment: Moment) -> bool:
        """Whether a moment goes on from here, or is the same place."""
        mine = self._moment
        if mine.page != moment.page or (mine.start is None) != (moment.start is None):
            return False
        if mine.start is not None and moment.start is not None:
            return moment.start - (mine.end if mine.end is not None else mine.start) <= APART
        return mine.box == moment.box

    def holds(self, moment: Moment) -> bool:
        """Whether words at a moment belong here: at the same time, or on the same page."""
        if moment.start is not None:
            return self.meets(moment)
        return moment.page is not None and moment.page == self._moment.page

    @property
    def hit(self) -> MomentHit:
        best = max(self._hits, key=lambda hit: hit.score)
        worded = next((hit for hit in self._hits if hit.marks), None) or next(
            (hit for hit in self._hits if hit.snippet), best
        )
        parts: dict[tuple[str, str], Contribution] = {}
        for part in (part for hit in self._hits for part in hit.parts):
            known = parts.get((part.part, part.why))
            if known is None or (part.better or 0) > (known.better or 0):
                parts[part.part, part.why] = part
        better = [hit.better for hit in self._hits if hit.better is not None]
        whys = dict.fromkeys(hit.why for hit in sorted(self._hits, key=lambda hit: -hit.score))
        return replace(
            best, moment=self._moment, snippet=worded.snippet, marks=worded.marks,
            why=both(list(whys)[:3]), better=max(better, default=None), sort=worded.sort,
            parts=tuple(sorted(parts.values(), key=lambda part: -part.share)),
        )  # fmt: skip


def _span(first: Moment, second: Moment) -> Moment:
    box = first.box if first.box == second.box else None
    if first.start is None or second.start is None:
        return Moment(first.start, first.end, first.page, box)
    ends = [end for end in (first.end, second.end, first.start, second.start) if end is not None]
    start = min(first.start, second.start)
    return Moment(start, max(ends) if max(ends) > start else None, first.page, box)


def _items(
    one: Blended, shown: dict[int, evidence.Evidence], said: dict[int, str], terms: Sequence[Term], most: int
) -> Iterable[_Item]:
    for given in one.given:
        spots = given.ranked.at(one.asset)[:most]
        top = max((abs(spot.score) for spot in spots), default=0.0) or 1.0
        for spot in spots:
            held = shown.get(spot.moment)
            if held is None:
                continue
            score = round(one.score * max(0.0, spot.score) / top, 6)
            part = Contribution(
                given.ranked.part, given.ranked.why, given.rank, round(spot.score, 4), spot.better, given.share
            )
            if given.ranked.words:
                hit = snippet.hit_of(held, terms, score)
                yield _Item(replace(hit, parts=(part,)), BY_WORDS)
            else:
                text, marks = snippet.window(said.get(spot.vector, ""), ())
                parts = (part, *_against(given.ranked.against.get(one.asset, ())))
                yield _Item(
                    MomentHit(held.moment, given.ranked.why, text, marks, score, spot.better, parts), BY_NUMBERS
                )


def _against(held: Iterable[tuple[str, float]]) -> Iterable[Contribution]:
    """What likeness to unwanted examples took off."""
    for part, cosine in held:
        yield Contribution(part, tr("likeness to what is not wanted, half of which is taken off"), score=cosine)


def _people(here: Iterable[tuple[Moment, str]], score: float) -> Iterable[_Item]:
    for moment, name in here:
        part = Contribution(f"person:{name}", tr("person"))
        yield _Item(MomentHit(moment, name or tr("this person"), "", (), score, None, (part,)), BY_PEOPLE)
