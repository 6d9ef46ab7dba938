"""Which moments match: asked of the index of words and, of who may know people, of the one that knows their names, too.

`words` holds what everybody may read, and nothing else: what it counts and how it ranks says nothing of who is where.
`named` holds once more what is known of an asset as a whole, with the names; it adds what matches because of them.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

OPEN, NAMED = "words", "named"


def indexes(names: bool) -> tuple[str, ...]:
    """The indexes to ask."""
    return (OPEN, NAMED) if names else (OPEN,)


def newest(connection: sqlite3.Connection, sql: str, values: Sequence[Any], *, names: bool) -> list[tuple[Any, ...]]:
    """The rows of a query on `{index}`: moments, newest first, each perhaps with its rank.

    What matches by a name alone is measured against the best of its kind, which counts as much as the best of the
    others: how rare a word is differs between the two indexes.
    """
    rows: list[tuple[Any, ...]] = connection.execute(sql.format(index=OPEN), values).fetchall()
    if not names:
        return rows
    known = {row[0] for row in rows}
    more = [row for row in connection.execute(sql.format(index=NAMED), values) if row[0] not in known]
    if not more:
        return rows
    if len(more[0]) > 1 and rows:
        scale = min(row[1] for row in rows) / min(row[1] for row in more)
        more = [(row[0], row[1] * scale) for row in more]
    return sorted([*rows, *more], key=lambda row: -row[0])


def first_in(
    ask: Callable[[str, Sequence[int]], dict[int, int]], assets: Sequence[int], *, names: bool
) -> dict[int, int]:
    """What `ask` finds in an index for each asset; the names are asked for those of which the words know nothing."""
    found = ask(OPEN, assets)
    left = [asset for asset in assets if asset not in found] if names else []
    return found | ask(NAMED, left) if left else found
