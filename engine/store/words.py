"""The full-text indexes: which words stand in which moment, and which words there are."""

import sqlite3
import time
from collections.abc import Iterator

from engine.store.fold import fold, stands_alone
from engine.store.matching import NAMED, OPEN, indexes

TOP = "\U0010ffff"  # sorts behind every word
PATIENCE = 0.25  # seconds that looking for similar words may take
MERGE_PAGES = 500  # how much of the index one call of `settle` may rewrite


def put(connection: sqlite3.Connection, moment_id: int, text: str, index: str = OPEN) -> None:
    """Index the text of a moment that is not in the index. Nothing happens without a text."""
    if text:
        connection.execute(f"INSERT INTO {index}(rowid, body) VALUES(?, ?)", (moment_id, fold(text)))


def remove(connection: sqlite3.Connection, moment_id: int, text: str, index: str = OPEN) -> None:
    """Take a moment out; `text` has to be what it was indexed with. Nothing happens without a text."""
    if text:
        sql = f"INSERT INTO {index}({index}, rowid, body) VALUES('delete', ?, ?)"
        connection.execute(sql, (moment_id, fold(text)))


def clear(connection: sqlite3.Connection) -> None:
    """Empty the index, and that of names."""
    for index in (OPEN, NAMED):
        connection.execute(f"INSERT INTO {index}({index}) VALUES('delete-all')")


def size(connection: sqlite3.Connection) -> int:
    """How many moments are indexed."""
    return int(connection.execute("SELECT count(*) FROM words_docsize").fetchone()[0])


def settle(connection: sqlite3.Connection, pages: int = MERGE_PAGES) -> bool:
    """Merge parts of the index that many small writes left; return whether there was something to do."""
    done = False
    for index in (OPEN, NAMED):
        before = connection.total_changes
        connection.execute(f"INSERT INTO {index}({index}, rank) VALUES('merge', ?)", (pages,))
        done = connection.total_changes - before >= 2 or done  # FTS5 counts itself as one
    return done


def optimize(connection: sqlite3.Connection) -> None:
    """Merge the whole index into one part: seconds for a million moments; searches are faster after it."""
    for index in (OPEN, NAMED):
        connection.execute(f"INSERT INTO {index}({index}) VALUES('optimize')")


def document_frequency(connection: sqlite3.Connection, token: str, *, names: bool = True) -> int:
    """In how many moments a folded token stands, at least; with `names` those that only names bring count, too."""
    rows = (
        connection.execute(f"SELECT doc FROM {table} WHERE term = ?", (token,)).fetchone() for table in _tables(names)
    )
    return max(int(row[0]) if row else 0 for row in rows)


def begins_a_word(connection: sqlite3.Connection, prefix: str, *, names: bool = True) -> bool:
    """Whether some indexed word begins so."""
    return next(_between(connection, prefix, names), None) is not None


def complete_words(
    connection: sqlite3.Connection, prefix: str, limit: int = 8, *, names: bool = True
) -> list[tuple[str, int]]:
    """Indexed words that begin so, the most frequent first, with the number of their moments.

    Of very many words only those that are reached in a fortieth of a second are weighed.
    """
    deadline = time.monotonic() + 0.025
    found: dict[str, int] = {}
    for term, count in _between(connection, prefix, names):
        found[term] = max(found.get(term, 0), count)
        if time.monotonic() > deadline:
            break
    return sorted(found.items(), key=lambda row: (-row[1], row[0]))[:limit]


def _tables(names: bool) -> tuple[str, ...]:
    return tuple({OPEN: "vocabulary", NAMED: "named_vocabulary"}[index] for index in indexes(names))


def _between(connection: sqlite3.Connection, prefix: str, names: bool) -> Iterator[tuple[str, int]]:
    """Every word that begins so, with the number of its moments in that index."""
    for table in _tables(names):
        yield from connection.execute(
            f"SELECT term, doc FROM {table} WHERE term >= ? AND term < ?", (prefix, prefix + TOP)
        )


def similar_terms(connection: sqlite3.Connection, token: str, limit: int = 3, *, names: bool = True) -> list[str]:
    """Indexed words that a person may have meant by `token`, the nearest and then the most frequent first.

    The distance counts letters put in, left out, exchanged and swapped with their neighbour (optimal string alignment):
    up to 1 in words of 3 to 6 letters, up to 2 in longer ones. Looked at are the words that begin with the same two
    letters, also swapped or with one of them missing, and every word that differs in just one of the first two.
    """
    from rapidfuzz.distance import OSA

    if len(token) < 3 or stands_alone(token) or token.isdigit():
        return []
    most = 1 if len(token) < 7 else 2
    deadline = time.monotonic() + PATIENCE
    near: dict[str, tuple[int, int]] = {}
    for term, count in _candidates(connection, token, names):
        if abs(len(term) - len(token)) <= most and term not in near:
            distance = OSA.distance(token, term, score_cutoff=most)
            if 0 < distance <= most:
                near[term] = (distance, -count)
        if time.monotonic() > deadline:
            break
    return sorted(near, key=lambda term: (*near[term], term))[:limit]


def _candidates(connection: sqlite3.Connection, token: str, names: bool) -> Iterator[tuple[str, int]]:
    first, second, third = token[0], token[1], token[2]
    for begin in dict.fromkeys((first + second, second + first, second + third, first + third)):
        yield from _between(connection, begin, names)
    for term in dict.fromkeys(_other_starts(token)):
        count = document_frequency(connection, term, names=names)
        if count:
            yield term, count


def _other_starts(token: str) -> Iterator[str]:
    """The words that differ from `token` by one letter exchanged or put in at its first or second place."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789" if token.isascii() else dict.fromkeys(token)
    for letter in letters:
        yield letter + token[1:]
        yield letter + token
        yield token[0] + letter + token[2:]
        yield token[0] + letter + token[1:]
