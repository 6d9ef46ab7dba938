"""Running a search plan: the assets that match, the moments that say why, best first.

What is ranked is bounded. Of a word that stands in more moments than `CANDIDATES`, the newest so many are ranked (ids
grow with time) and the answer says that there are more; rarer words are ranked completely. The rank is BM25 as FTS5
computes it (k1 = 1.2, b = 0.75); what is said of an asset as a whole (name, title, keywords) counts half as much again.
"""

import itertools
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.store import matching
from engine.store.findings import SEQ_BITS, SEQ_MASK
from engine.store.fold import Term
from engine.store.plan import ALWAYS, Branch, Group, Plan, match_all, match_any, match_of
from engine.store.where import KINDED, LISTED, MEMBER, SEEN, SPARSE, Sql, compiled, few

CANDIDATES = 2_000  # moments that one branch ranks
FEW = 500  # a condition that leaves so few assets is looked at before a frequent word
PROBES = 250  # assets beyond the gathered ones that are asked one by one
GATHERED = 15_000  # moments of a word that are read in one go rather than asked for one by one
WHOLE_BOOST = 1.5
# What sort of words a term may be asked to stand in, as a condition on `finding`.
SCOPES: Mapping[str, str] = {
    "said": "kind = 'text' AND label IN ('speech', 'subtitle')",
    "text": "kind = 'text' AND analyzer <> '' AND text <> '' AND label NOT IN ('speech', 'subtitle')",
    "shows": f"kind IN ('object', 'label') AND {KINDED}", "pose": f"kind = 'pose' AND {KINDED}",
    "sound": f"kind = 'sound' AND {KINDED}",
}  # fmt: skip
RANK = ", bm25({index})"
IN_ASSET = "rowid BETWEEN {id} << 20 AND ({id} << 20) | 1048575"

Connection = sqlite3.Connection
Scores = dict[int, float]  # moment -> score


@dataclass(frozen=True, slots=True)
class Match:
    """An asset that matches; its moments with their scores, best first. Scores are 0..1 within one answer."""

    asset: int
    score: float
    moments: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found; `over` says that there is more than `total`."""

    matches: tuple[Match, ...]
    total: int
    over: bool


@dataclass(slots=True)
class _Part:
    """What one branch found, per asset: moments that hold every word (`together`), and words in several (`spread`)."""

    together: dict[int, Scores]
    spread: dict[int, Scores]
    over: bool

    def scored(self) -> Iterator[list[tuple[int, float]]]:
        """Assets with their scores: those of `together` from a half to 1, spread ones below."""
        for base, group in ((0.5, self.together), (0.0, self.spread)):
            best = [(asset, max(moments.values(), default=0.0)) for asset, moments in group.items()]
            top = max((score for _, score in best), default=0.0) or 1.0
            yield [(asset, base + score / top / 2) for asset, score in best]

    def without(self, gone: Collection[int]) -> None:
        for asset in gone:
            self.together.pop(asset, None)
            self.spread.pop(asset, None)


def ranked(connection: sqlite3.Connection, plan: Plan, limit: int) -> tuple[list[int], bool]:
    """The best `limit` assets for a plan without their moments, and whether there are more."""
    parts = [_run(connection, branch) for branch in plan.branches or (Branch(),)]
    ranks = _ranks(parts)
    return _best(ranks)[:limit], any(part.over for part in parts) or len(ranks) > limit


def _best(ranks: Scores) -> list[int]:
    return sorted(ranks, key=lambda asset: -ranks[asset])  # stable: equals stay newest first


def search(connection: sqlite3.Connection, plan: Plan, limit: int) -> Found:
    """Return the best `limit` assets for a plan."""
    parts = [_run(connection, branch) for branch in plan.branches or (Branch(),)]
    ranks = _ranks(parts)
    best = _best(ranks)[:limit]
    matches = tuple(Match(asset, round(ranks[asset], 6), _moments_of(parts, asset, ranks[asset])) for asset in best)
    return Found(matches, len(ranks), any(part.over for part in parts))


def _ranks(parts: Sequence["_Part"]) -> Scores:
    ranks: Scores = {}
    for scored in itertools.chain.from_iterable(part.scored() for part in parts):
        for asset, score in scored:
            if score > ranks.get(asset, -1.0):
                ranks[asset] = score
    return ranks


def scored(
    connection: sqlite3.Connection, branch: Branch
) -> tuple[bool, Scores, Callable[[int], tuple[tuple[int, float], ...]]]:
    """What one branch finds by words and conditions: whether there is more, the assets' scores, and their moments."""
    part = _run(connection, branch)
    ranks = _ranks([part])
    return part.over, ranks, lambda asset: _moments_of([part], asset, ranks[asset])


def weighed(connection: sqlite3.Connection, branch: Branch, ranks: Scores) -> Scores:
    """The assets' scores with the weights of the words: of each word its rank, times its weight."""
    found = dict.fromkeys(ranks, 0.0)
    for term in dict.fromkeys(term for group in branch.groups for term in group.terms):
        where = (f"a.id {LISTED}", [json.dumps(list(ranks))])
        rows, _ = _newest(connection, match_of(term), where, RANK, (term.scope,), names=branch.names)
        best: Scores = {}
        for moment, rank in rows:
            asset = moment >> SEQ_BITS
            best[asset] = max(best.get(asset, 0.0), -rank)
        top = max(best.values(), default=0.0) or 1.0
        for asset, rank in best.items():
            found[asset] += term.weight * (0.5 + rank / top / 2)
    top = max(found.values(), default=0.0) or 1.0
    return {asset: score / top for asset, score in found.items()}


def holding(
    connection: sqlite3.Connection, groups: Sequence[Group], assets: Sequence[int], *, names: bool
) -> dict[int, list[int]]:
    """Of these assets those that have every group somewhere, with a moment for each group."""
    places: dict[int, list[int]] = {asset: [] for asset in assets}
    for group in groups:
        here, _ = _in_assets(connection, group, list(places), names=names)
        places = {asset: [*moments, here[asset]] for asset, moments in places.items() if asset in here}
    return places


def banned(connection: sqlite3.Connection, bans: Sequence[Term], assets: Sequence[int], *, names: bool) -> set[int]:
    """Of these assets those that have a banned term anywhere, and those that were too many to ask."""
    gone: set[int] = set()
    for terms in by_scope(bans).values():
        found, unasked = _in_assets(connection, Group(tuple(terms)), assets, names=names, every=False)
        gone.update(found, unasked)
    return gone


def by_scope(terms: Iterable[Term]) -> dict[str, list[Term]]:
    """Terms by the sort of words that they have to stand in."""
    found: dict[str, list[Term]] = {}
    for term in terms:
        found.setdefault(term.scope, []).append(term)
    return found


def sieve(connection: sqlite3.Connection, scopes: Iterable[str], column: str) -> str:
    """A condition on a moment: it has words of each of these sorts. A small set is gathered, a large one asked."""
    sql = ""
    for scope in sorted({scope for scope in scopes if scope}):
        every = f"SELECT moment_id FROM finding WHERE {SCOPES[scope]}"
        rare = scope != "text" and (
            connection.execute(f"SELECT count(*) FROM ({every} LIMIT {SPARSE + 1})").fetchone()[0] <= SPARSE
        )
        sql += (
            f" AND +{column} IN ({every})" if rare
            else f" AND EXISTS(SELECT 1 FROM finding WHERE moment_id = {column} AND {SCOPES[scope]})"
        )  # fmt: skip
    return sql


def _moments_of(parts: Sequence["_Part"], asset: int, score: float) -> tuple[tuple[int, float], ...]:
    """The moments of a matching asset, best first, scored in the asset's own measure."""
    found: Scores = {}
    for part in parts:
        moments = part.together.get(asset) or part.spread.get(asset) or {}
        top = max(moments.values(), default=0.0) or 1.0
        for moment, own in moments.items():
            found[moment] = max(found.get(moment, 0.0), round(score * own / top, 6))
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _run(connection: sqlite3.Connection, branch: Branch) -> _Part:
    where = compiled(connection, branch.where)
    if not branch.groups:
        part = _filtered(connection, where)
    elif (assets := _few(connection, branch, where)) is not None:
        part = _among(connection, branch, assets)
    else:
        part = _look_up(connection, branch, where)
    if branch.bans:
        _ban(connection, branch, part)
    return part


def _few(connection: sqlite3.Connection, branch: Branch, where: Sql) -> list[int] | None:
    """The assets under the condition, when asking each for the frequent words is cheaper than reading the words."""
    if branch.where == ALWAYS:
        return None
    reached = connection.execute(
        "SELECT 1 FROM words WHERE words MATCH ? LIMIT 1 OFFSET ?", (match_all(branch.groups), GATHERED)
    )
    return None if reached.fetchone() is None else few(connection, branch.where, where, FEW)


def _among(connection: sqlite3.Connection, branch: Branch, assets: list[int]) -> _Part:
    """Look for the words in these assets only. BM25 would count every match: here the shorter moment is better."""
    scopes = [group.scope for group in branch.groups]
    together = probe(connection, match_all(branch.groups), assets, scopes, names=branch.names)
    part = _Part({asset: {moment: 0.0} for asset, moment in together.items()}, {}, over=False)
    places: dict[int, list[int]] = {asset: [] for asset in assets if asset not in together}
    for group in branch.groups if len(branch.groups) > 1 else ():
        here, _ = _in_assets(connection, group, list(places), names=branch.names)
        places = {asset: [*moments, here[asset]] for asset, moments in places.items() if asset in here}
    part.spread = _near(places) if len(branch.groups) > 1 else {}
    lengths = connection.execute(
        "SELECT id, length(sz), unicode(sz) FROM words_docsize WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(together.values())),),
    )
    for moment, size, first in lengths:
        part.together[moment >> SEQ_BITS][moment] = 1.0 / (2 + (first or 0) + 128 * (size - 1))
    return part


def _filtered(connection: sqlite3.Connection, where: Sql) -> _Part:
    sql, values = where
    rows = connection.execute(
        f"SELECT a.id FROM asset a WHERE {SEEN} AND {sql} ORDER BY a.moment_at DESC, a.id DESC LIMIT ?",
        (*values, CANDIDATES + 1),
    ).fetchall()
    return _Part({row[0]: {} for row in rows[:CANDIDATES]}, {}, len(rows) > CANDIDATES)


def _look_up(connection: sqlite3.Connection, branch: Branch, where: Sql) -> _Part:
    match = match_all(branch.groups)
    scopes = [group.scope for group in branch.groups]
    rows, over = _newest(connection, match, where, RANK, scopes, names=branch.names)
    # Older ones without a banned word may be hidden; BM25 would count the banned words, too.
    if branch.bans and over and not any(term.scope for term in branch.bans):
        ranks = dict(rows)
        worst = max(ranks.values(), default=0.0)
        plain = f"({match}) NOT ({match_any(branch.bans)})"
        left, over = _newest(connection, plain, where, scopes=scopes, names=branch.names)
        rows = [(row[0], ranks.get(row[0], worst)) for row in left]
    part = _Part({}, {}, over)
    for moment, rank in rows:
        whole = moment & SEQ_MASK == 0
        part.together.setdefault(moment >> SEQ_BITS, {})[moment] = -rank * (WHOLE_BOOST if whole else 1.0)
    if len(branch.groups) > 1 and not over:
        part.spread, part.over = _spread(connection, branch, where, part.together)
    return part


def _newest(
    connection: sqlite3.Connection, match: str, where: Sql, more: str = "", scopes: Sequence[str] = (), *, names: bool
) -> tuple[list[tuple[Any, ...]], bool]:
    """The newest moments that match, of assets under the condition, and whether there are more than `CANDIDATES`."""
    sql, values = where[0].replace(MEMBER, "w.rowid >> 20 IN"), where[1]  # asked before the asset is fetched
    rows = matching.newest(
        connection,
        f"SELECT w.rowid{more} FROM {{index}} w CROSS JOIN asset a ON a.id = w.rowid >> 20 "
        f"WHERE w.{{index}} MATCH ?{sieve(connection, scopes, 'w.rowid')} AND {SEEN} AND {sql} "
        "ORDER BY w.rowid DESC LIMIT ?",
        (match, *values, CANDIDATES + 1),
        names=names,
    )
    return rows[:CANDIDATES], len(rows) > CANDIDATES


def _spread(
    connection: sqlite3.Connection, branch: Branch, where: Sql, known: Collection[int]
) -> tuple[dict[int, Scores], bool]:
    """Assets that have every group, but in different moments, from the rarest group on."""
    groups, names = branch.groups, branch.names
    lists = [_newest(connection, group.match, where, scopes=(group.scope,), names=names) for group in groups]
    order = sorted(range(len(groups)), key=lambda index: (lists[index][1], len(lists[index][0])))
    rows, over = lists[order[0]]
    places: dict[int, list[int]] = {row[0] >> SEQ_BITS: [row[0]] for row in rows if row[0] >> SEQ_BITS not in known}
    for index in order[1:]:
        rows, more = lists[index]
        here = {row[0] >> SEQ_BITS: row[0] for row in rows}
        if more:
            here, unasked = _in_assets(connection, groups[index], list(places), names=names)
            over = over or bool(unasked)
        places = {asset: [*moments, here[asset]] for asset, moments in places.items() if asset in here}
    return _near(places), over


def _near(places: Mapping[int, Sequence[int]]) -> dict[int, Scores]:
    """Words in different moments of an asset: the nearer the moments, the better."""
    return {asset: dict.fromkeys(moments, 1.0 / (1 + max(moments) - min(moments))) for asset, moments in places.items()}


def _in_assets(
    connection: sqlite3.Connection, group: Group, assets: Sequence[int], *, names: bool, every: bool | None = None
) -> tuple[dict[int, int], list[int]]:
    """Of these assets those that have a moment which matches, with that moment; and the assets that were not asked.

    The newest `GATHERED` matches are read in one go; older assets are asked one by one, at most `PROBES` of them.
    """
    if not assets:
        return {}, []
    wanted, every = set(assets), group.wide if every is None else every
    rows = matching.newest(
        connection,
        "SELECT w.rowid FROM {index} w WHERE w.{index} MATCH ? AND w.rowid BETWEEN ? AND ?"
        f"{sieve(connection, (group.scope,), 'w.rowid')} ORDER BY w.rowid DESC LIMIT ?",
        (group.match, min(wanted) << SEQ_BITS, max(wanted) << SEQ_BITS | SEQ_MASK, -1 if every else GATHERED),
        names=names,
    )[: None if every else GATHERED]
    found = {row[0] >> SEQ_BITS: row[0] for row in rows if row[0] >> SEQ_BITS in wanted}
    if every or len(rows) < GATHERED:
        return found, []
    reached = rows[-1][0] >> SEQ_BITS
    rest = sorted((asset for asset in wanted if asset <= reached), reverse=True)
    return found | probe(connection, group.match, rest[:PROBES], (group.scope,), names=names), rest[PROBES:]


def probe(
    connection: sqlite3.Connection, match: str, assets: Sequence[int], scopes: Sequence[str] = (), *, names: bool
) -> dict[int, int]:
    """The assets that have a moment which matches, with the first one; 10 to 40 microseconds for each asset asked."""

    def ask(index: str, left: Sequence[int]) -> dict[int, int]:
        rows = connection.execute(
            f"SELECT v.value, (SELECT rowid FROM {index} WHERE {index} MATCH ? AND {IN_ASSET.format(id='v.value')}"
            f"{sieve(connection, scopes, f'{index}.rowid')} LIMIT 1) "
            "FROM json_each(?) v",
            (match, json.dumps(left)),
        )
        return {asset: moment for asset, moment in rows if moment is not None}

    return matching.first_in(ask, assets, names=names)


def _ban(connection: sqlite3.Connection, branch: Branch, part: _Part) -> None:
    """Drop the assets that have a banned term anywhere, and those that were too many to ask."""
    for terms in by_scope(branch.bans).values():
        left = [*part.together, *part.spread]
        gone, unasked = _in_assets(connection, Group(tuple(terms)), left, names=branch.names, every=False)
        part.without([*gone, *unasked])
        part.over = part.over or bool(unasked)


def moments_in(connection: sqlite3.Connection, plan: Plan, asset: int, limit: int) -> list[int]:
    """The moments of one asset that hold any of the plan's terms, in their order."""
    found: set[int] = set()
    for scope, terms in by_scope(plan.terms).items():
        rows = matching.newest(
            connection,
            f"SELECT w.rowid FROM {{index}} w WHERE w.{{index}} MATCH ?1 AND w.{IN_ASSET.format(id='?2')}"
            f"{sieve(connection, (scope,), 'w.rowid')} ORDER BY w.rowid LIMIT ?3",
            (match_any(terms), asset, limit),
            names=plan.names,
        )
        found.update(row[0] for row in rows)
    return sorted(found)[:limit]
