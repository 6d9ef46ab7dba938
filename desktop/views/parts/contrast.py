"""What the members of a group of duplicates have in common, and in what they differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop.look import words
from desktop.views.parts.facts import pixels
from engine.language import tr
from engine.model import AssetRow, Twin

NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Contrast:
    """One fact of every member; `best` are the members that are ahead, `differs` says whether any differ."""

    name: str
    values: tuple[str, ...]
    best: frozenset[int]
    differs: bool


def contrasts(rows: Sequence[AssetRow], *further: Contrast) -> list[Contrast]:
    """The facts that are compared, in order, and further ones; those that nobody has are left out."""
    found = [
        _fact(tr("Pixels"), rows, lambda row: pixels(row.cell.width, row.cell.height), _area),
        _fact(tr("Size"), rows, lambda row: words.size(row.size), lambda row: row.size),
        _fact(tr("Format"), rows, lambda row: row.format),
        _fact(tr("Length"), rows, _length, lambda row: row.cell.duration or 0),
        _fact(
            tr("Taken"),
            rows,
            lambda row: words.when(row.facts.taken) if row.facts.taken else NONE,
            lambda row: bool(row.facts.taken),
        ),
        _fact(tr("Camera"), rows, lambda row: row.facts.camera or NONE, lambda row: bool(row.facts.camera)),
        _fact(tr("Place"), rows, lambda row: row.facts.place or NONE, lambda row: bool(row.facts.place)),
        _fact(tr("Stars"), rows, lambda row: "★" * (row.cell.rating or 0) or NONE, lambda row: row.cell.rating or 0),
        _fact(tr("Tags"), rows, _tags, lambda row: len(row.tags)),
        *further,
    ]
    return [fact for fact in found if any(value.strip(NONE) for value in fact.values)]


def _fact(
    name: str,
    rows: Sequence[AssetRow],
    text: Callable[[AssetRow], str],
    rank: Callable[[AssetRow], float] | None = None,
) -> Contrast:
    values = tuple(text(row) for row in rows)
    differs = len(set(values)) > 1
    if rank is None or not differs:
        return Contrast(name, values, frozenset(), differs)
    ranks = [rank(row) for row in rows]
    top = max(ranks)
    ahead = frozenset(i for i, value in enumerate(ranks) if value == top) if min(ranks) < top else frozenset()
    return Contrast(name, values, ahead, differs)


def likeness(members: Sequence[Twin]) -> Contrast:
    """How near each member of a group is to the one that is kept."""
    values = tuple(
        "" if member.keep or not member.distance else tr("{value} of 64", value=64 - member.distance)
        for member in members
    )
    return Contrast(tr("Likeness"), values, frozenset(), False)


def measured(name: str, values: Sequence[float | None]) -> Contrast:
    """A measure of 0 to 1 of each, the highest being ahead."""
    shown = tuple(f"{value * 100:.0f} %" if value is not None else NONE for value in values)
    top = max((value for value in values if value is not None), default=0.0)
    best = frozenset(i for i, value in enumerate(values) if value is not None and value == top)
    differs = len(set(shown)) > 1
    return Contrast(name, shown, best if differs else frozenset(), differs)


def _area(row: AssetRow) -> float:
    return (row.cell.width or 0) * (row.cell.height or 0)


def _length(row: AssetRow) -> str:
    return words.clock(row.cell.duration) if row.cell.duration else ""


def _tags(row: AssetRow) -> str:
    return ", ".join(name for name, _ in row.tags) or NONE
