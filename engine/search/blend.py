"""Words, meaning, examples and people as one answer: ranked lists fused by reciprocal ranks.

Each part of a query gives a list of assets, best first. An asset gets weight / (60 + rank) from each list that it is in
(reciprocal rank fusion: Cormack, Clarke, Büttcher 2009), so that no part's scores have to be compared with another's.
What has to hold (phrases, filters, bans, examples) was asked before; free words hold by their letters or by their
meaning.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.language import tr
from engine.search import against
from engine.search.against import Against
from engine.search.meaning import MOST, MOST_LEFT_OUT, Answer, Asked, Meaning, Unit, denied, units_of
from engine.store import finds
from engine.store.plan import AllOf, Branch, Condition, Group, Is, Like, NotOf, Plan, Together, narrowed

K = 60
TEXT = 1.0  # weight of the list of words beside one of meaning


@dataclass(frozen=True, slots=True)
class Spot:
    """A moment that a part of the query found: its score in that part's measure, and what it is better than."""

    moment: int
    score: float
    better: float | None = None
    vector: int = 0  # the number of the vector that was found there


@dataclass(slots=True)
class Ranked:
    """What one part of a query found: its assets in order of rank, the best first."""

    part: str
    why: str
    weight: float
    spots: dict[int, list[Spot]] = field(default_factory=dict)  # asset: its moments, best first
    words: bool = False
    full: bool = False  # there may be more than were asked for
    later: Callable[[int], list[Spot]] | None = None  # finds the moments of an asset that is shown
    against: Against = field(default_factory=dict)  # what its assets were held against
    _places: dict[int, int] | None = None

    @property
    def places(self) -> dict[int, int]:
        """The rank of each asset, from 1."""
        if self._places is None:
            self._places = {asset: rank for rank, asset in enumerate(self.spots, start=1)}
        return self._places

    def keep(self, kept: set[int]) -> None:
        """Drop what does not match as a whole."""
        if not self.spots.keys() <= kept:
            self.spots = {asset: spots for asset, spots in self.spots.items() if asset in kept}
            self._places = None

    def at(self, asset: int) -> list[Spot]:
        """The moments of an asset, best first."""
        return self.later(asset) if self.later is not None else self.spots.get(asset, [])


@dataclass(frozen=True, slots=True)
class Given:
    """What a part gave to an asset."""

    ranked: Ranked
    rank: int  # from 1
    share: float  # of the asset's score


@dataclass(frozen=True, slots=True)
class Blended:
    """An asset that matches, with what each part gave it, the most first. Scores are 0..1 within one answer."""

    asset: int
    score: float
    lists: Sequence[Ranked]

    @property
    def given(self) -> tuple[Given, ...]:
        """What each part gave."""
        found = [(ranked, ranked.places[self.asset]) for ranked in self.lists if self.asset in ranked.places]
        gains = [ranked.weight / (K + rank) for ranked, rank in found]
        total = sum(gains) or 1.0
        given = (Given(*one, round(gain / total, 4)) for one, gain in zip(found, gains, strict=True))
        return tuple(sorted(given, key=lambda one: -one.share))


@dataclass(frozen=True, slots=True)
class Blend:
    """The whole answer; `over`: there is more than was ranked."""

    assets: tuple[Blended, ...]
    over: bool


def wanted(plan: Plan, asked: Asked) -> bool:
    """Whether anything but words and filters is asked for."""
    weighed = any(term.weight != 1.0 for term in plan.terms)
    return asked.anything or weighed or any(people_of(branch.where) for branch in plan.branches)


def people_of(condition: Condition) -> list[str]:
    """The names of people that a condition asks for."""
    if isinstance(condition, Is) and condition.name in ("person", "pet"):
        return [str(value) for value in condition.values]
    if isinstance(condition, Together):
        return [name for names in condition.people for name in names]
    if isinstance(condition, AllOf):
        return [name for part in condition.parts for name in people_of(part)]
    parts = getattr(condition, "parts", ())
    return [name for part in parts for name in people_of(part)]


def blend(connection: Any, plan: Plan, asked: Asked, meaning: Meaning | None) -> Blend:
    """Ask every part of every branch, and fuse."""
    scores: dict[int, float] = {}
    lists: dict[int, Sequence[Ranked]] = {}
    over = False
    for branch in plan.branches:
        found, more = _branch(connection, branch, asked, meaning)
        over = over or more
        for asset, score in fused(found).items():
            if score > scores.get(asset, 0.0):
                scores[asset], lists[asset] = score, found
    top = max(scores.values(), default=0.0) or 1.0
    ordered = sorted(scores, key=lambda asset: -scores[asset])  # stable: equals stay as they were found
    return Blend(tuple(Blended(asset, round(scores[asset] / top, 6), lists[asset]) for asset in ordered), over)


def fused(lists: Sequence[Ranked]) -> dict[int, float]:
    """The sum of weight / (60 + rank) over the lists, of each asset."""
    scores: dict[int, float] = {}
    for ranked in lists:
        for asset, rank in ranked.places.items():
            scores[asset] = scores.get(asset, 0.0) + ranked.weight / (K + rank)
    return scores


def _branch(connection: Any, branch: Branch, asked: Asked, meaning: Meaning | None) -> tuple[list[Ranked], bool]:
    branch, likes = _alike(connection, branch, asked, meaning)
    if likes and any(not ranked.spots for ranked in likes):
        return [], False
    text, over = _words(connection, branch)
    if likes and not branch.groups:
        return _both(likes, set(text.spots)), over
    units = [(unit, asked.units.get(unit, [])) for unit in units_of(branch)]
    if meaning is None or not any(questions for _, questions in units):
        return _both([*likes, text], set(text.spots)), over
    found = {
        unit: [_ranked(answer) for answer in meaning.answers(connection, questions, branch.where)]
        for unit, questions in units
    }
    meant = _meant(connection, branch, found)
    over = over or any(ranked.full for lists in found.values() for ranked in lists)
    lists = [*likes, text, *itertools.chain.from_iterable(found.values())]
    return _both(lists, set(text.spots) | meant), over


def literal(connection: Any, plan: Plan, asked: Asked, meaning: Meaning | None) -> Plan:
    """The plan with its examples, and what must not be shown, as conditions: what is left are words and filters."""
    found = []
    for branch in plan.branches:
        bare, _ = _alike(connection, branch, asked, meaning)
        found.append(replace(bare, likes=(), unlike=()))
    return Plan(tuple(found))


def _alike(connection: Any, branch: Branch, asked: Asked, meaning: Meaning | None) -> tuple[Branch, list[Ranked]]:
    """Ask for examples, and for what must not be shown: the answers are conditions of all that follows."""
    lists: list[Ranked] = []
    if meaning is None:
        return branch, lists
    beside = against.comparable(branch.unlike, branch.likes, asked.likes)
    unwanted = [question for like in beside for question in asked.likes[like]]
    for like in branch.likes:
        answers, told = against.held(_examples(connection, like, branch.where, asked, meaning), unwanted)
        ranked = _merged(_ranked(answer) for answer in answers)
        ranked.against = told
        lists.append(ranked)
        branch = narrowed(branch, Is("id", tuple(ranked.spots)))
    for like in branch.unlike:
        if like in beside:
            continue
        answers = _examples(connection, like, branch.where, asked, meaning, MOST_LEFT_OUT)
        branch = _without(branch, answers)
    for unit in denied(branch):
        questions = asked.units.get(unit, [])
        branch = _without(branch, meaning.answers(connection, questions, branch.where, MOST_LEFT_OUT))
    return branch, lists


def _without(branch: Branch, answers: Sequence[Answer]) -> Branch:
    """The way without what answers, and without the examples themselves."""
    gone = {near.asset for answer in answers for near, _ in answer.found}
    gone |= {answer.question.without for answer in answers} - {0}
    return narrowed(branch, NotOf(Is("id", tuple(sorted(gone))))) if gone else branch


def _examples(
    connection: Any, like: Like, where: Condition, asked: Asked, meaning: Meaning, most: int = MOST
) -> list[Answer]:
    if like.sort == "logo":
        return meaning.logo(connection, like, where)
    return meaning.answers(connection, asked.likes[like], where, most)


def _words(connection: Any, branch: Branch) -> tuple[Ranked, bool]:
    """What holds every word by its letters."""
    part, ranks, moments = finds.scored(connection, branch)
    typed = " ".join(" OR ".join(_typed(group)) for group in branch.groups)
    heavy = {term.typed: term.weight for group in branch.groups for term in group.terms if term.weight != 1.0}
    if heavy and ranks:
        ranks = finds.weighed(connection, branch, ranks)
    ranked = Ranked(typed, tr("words"), TEXT, words=True)
    if branch.groups:
        weights = [max(term.weight for term in group.terms) for group in branch.groups]
        ranked.weight = TEXT * sum(weights) / len(weights)
    ranked.spots = {asset: [] for asset in sorted(ranks, key=lambda one: -ranks[one])}
    ranked.later = lambda asset: [Spot(moment, score) for moment, score in moments(asset)]
    return ranked, part


def _typed(group: Group) -> list[str]:
    return [f"{term.scope}:{term.typed}" if term.scope else term.typed for term in group.terms]


def _ranked(answer: Answer) -> Ranked:
    ranked = Ranked(answer.question.part, answer.question.why, answer.question.weight, full=len(answer.found) >= MOST)
    for near, better in answer.found:
        ranked.spots.setdefault(near.asset, []).append(Spot(near.moment, near.score, better, near.id))
    return ranked


def _merged(lists: Iterable[Ranked]) -> Ranked:
    """Answers to one question from several spaces as one list, by rank."""
    found = list(lists)
    if len(found) == 1:
        return found[0]
    merged = Ranked(found[0].part if found else "", found[0].why if found else "", found[0].weight if found else 1.0)
    scores = fused(found)
    for asset in sorted(scores, key=lambda one: -scores[one]):
        merged.spots[asset] = [spot for ranked in found for spot in ranked.at(asset)]
    return merged


def _meant(connection: Any, branch: Branch, found: dict[Unit, list[Ranked]]) -> set[int]:
    """The assets that hold every unit by meaning or by words, at least one by meaning, and all that is not loose."""
    by_meaning = {unit: set().union(*(ranked.spots for ranked in lists)) for unit, lists in found.items()}
    candidates = set[int]().union(*by_meaning.values())
    for unit, assets in by_meaning.items():
        rest = candidates - assets
        if rest:
            candidates = (candidates & assets) | set(
                finds.holding(connection, unit.groups, sorted(rest), names=branch.names)
            )
    strict = [group for group in branch.groups if not group.loose]
    if strict and candidates:
        candidates = set(finds.holding(connection, strict, sorted(candidates), names=branch.names))
    if branch.bans and candidates:
        candidates -= finds.banned(connection, branch.bans, sorted(candidates), names=branch.names)
    return candidates


def _both(lists: Sequence[Ranked], kept: set[int]) -> list[Ranked]:
    """The lists without what does not match as a whole."""
    for ranked in lists:
        ranked.keep(kept)
    return list(lists)
