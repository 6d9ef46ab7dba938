"""Finding things: search with its reasons, what a result can be narrowed by, and saved searches."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from engine import control
from engine.cli.output import Output, escape, place
from engine.cli.waiting import opened
from engine.errors import LibraryBusy
from engine.model import Contribution, Facet, MomentHit, Results, SavedSearch

OK, NOTHING = 0, 1
SHOWN = 5  # moments of one file


def search(given: argparse.Namespace, out: Output) -> int:
    """Find moments; one line for each."""
    given.query = query_of(given.query)
    with opened(given.library) as library:
        if given.facets:
            return _facets(library.facets(given.query), out)
        results = library.search(given.query, given.limit)
        reasons = {
            hit.asset.id: library.explain(given.query, hit.asset.id)[:SHOWN] for hit in results.hits
        } if given.explain else {}  # fmt: skip
    if out.as_json:
        rows = [
            _hit(hit, moment) for hit in results.hits for moment in reasons.get(hit.asset.id) or hit.moments or (None,)
        ]
        out.json(rows)
        return OK if results.hits else NOTHING
    if results.note:
        out.text(results.note)
    for hit in results.hits:
        out.text(f"{hit.path}")
        for moment in reasons.get(hit.asset.id) or hit.moments[:SHOWN]:
            _line(moment, out)
            for part in moment.parts if given.explain else ():
                out.text(f"        {said_of(part)}")
    _end(results, out)
    return OK if results.hits else NOTHING


def _line(moment: MomentHit, out: Output) -> None:
    where = place(moment.moment)
    why = "" if moment.why == where else f"[dim]{escape(moment.why)}[/dim]  "
    better = f"[dim]({better_than(moment.better)})[/dim]  " if moment.better is not None else ""
    out.console.print(f"    {where + ': ' if where else ''}{why}{better}{marked(moment)}".rstrip())


def _end(results: Results, out: Output) -> None:
    more = "over " if results.over else ""
    out.text(f"{more}{results.total:,} found in {results.took * 1000:.0f} ms" if results.hits else "Nothing found.")
    if results.missing:
        out.text(results.missing)


def better_than(share: float) -> str:
    """How a hit stands in the library, in words."""
    percent = min(99.9, share * 100)
    return f"better than {percent:.{int(percent > 99)}f} % of your library"


def said_of(part: Contribution) -> str:
    """What a part of the query gave, in words."""
    details = [f"place {part.rank:,}" if part.rank else "", f"{part.score:.3f}" if part.score is not None else "",
               better_than(part.better) if part.better is not None else "",
               f"{part.share:.0%} of its rank" if part.share else ""]  # fmt: skip
    return f"{part.part or 'filters'}: {part.why} ({', '.join(detail for detail in details if detail)})"


def _facets(found: Sequence[Facet], out: Output) -> int:
    if out.as_json:
        out.json([
            {"name": facet.name, "title": facet.title,
             "values": [{"value": one.value, "count": one.count, "query": one.query} for one in facet.values]}
            for facet in found
        ])  # fmt: skip
        return OK if found else NOTHING
    for facet in found:
        out.text(f"{facet.title}: " + ", ".join(f"{one.shown} ({one.count:,})" for one in facet.values))
    if not found:
        out.text("Nothing found.")
    return OK if found else NOTHING


def query_of(words: list[str]) -> str:
    """The query as one line; an argument that the shell unquoted gets its quotes back."""
    if len(words) == 1:
        return words[0]
    return " ".join(f'"{word}"' if " " in word and ":" not in word else word for word in words)


def _hit(hit: Any, moment: MomentHit | None) -> dict[str, Any]:
    found: dict[str, Any] = {"asset": hit.asset.id, "file": hit.path, "kind": hit.asset.kind.value}
    if moment is None:
        return {**found, "moment": {}, "score": round(hit.score, 4), "snippet": "", "why": "filters"}
    found.update(moment=moment.moment.to_json(), score=round(moment.score, 4), snippet=moment.snippet, why=moment.why)
    if moment.better is not None:
        found["better"] = round(moment.better, 4)
    if moment.parts:
        found["parts"] = [
            {"part": part.part, "why": part.why, "rank": part.rank, "score": part.score, "better": part.better,
             "share": part.share}
            for part in moment.parts
        ]  # fmt: skip
    return found


def marked(moment: MomentHit) -> str:
    """A moment's words with what matched in bold, for the console."""
    text, at, parts = moment.snippet, 0, []
    for start, end in moment.marks:
        parts += [escape(text[at:start]), "[bold]", escape(text[start:end]), "[/bold]"]
        at = end
    return "".join([*parts, escape(text[at:])])


def saved(given: argparse.Namespace, out: Output) -> int:
    """List, keep and forget saved searches."""
    if given.action == "list":
        with opened(given.library) as library:
            found = library.searches.listing()
    else:
        wanted = {"action": given.action, "name": given.name, "query": query_of(given.query), "sort": given.sort}
        try:
            with opened(given.library, own=True) as library:
                row = library.searches.told(**wanted)
        except LibraryBusy:
            row = control.ask(given.library, "saved", **wanted)
        found = [SavedSearch(**row)]
    if out.as_json:
        out.json([asdict(one) for one in found])
    elif given.action == "list":
        out.table(("name", "search", "order"), [(one.name, one.query, one.sort) for one in found])
    else:
        out.text(f"{'Kept' if given.action == 'add' else 'Forgotten'}: {found[0].name}  {found[0].query}")
    return OK if found else NOTHING
