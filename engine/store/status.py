"""What the store can say of itself: how much there is, and what failed in which way."""

import sqlite3

from engine.store import findings, words

MOST = 40  # kinds of failures that are told


def indexed(connection: sqlite3.Connection) -> tuple[int, bool]:
    """Moments in the index of words, and whether there is any text that should be in it."""
    return words.size(connection), findings.any_text(connection)


def vectors(connection: sqlite3.Connection) -> tuple[int, int]:
    """Spaces, and the vectors in all of them."""
    spaces = connection.execute("SELECT count(*) FROM space").fetchone()
    count = connection.execute("SELECT count(*) FROM embedding").fetchone()
    return int(spaces[0]), int(count[0])


def failures(connection: sqlite3.Connection) -> list[tuple[str, str, int, float, str, str]]:
    """Failures by analyzer and code: how many, when the last was, and its sentence and hint; the latest first.

    Files that could not even be opened are told as those of the analyzer `read`.
    """
    found = connection.execute(
        "SELECT analyzer, error_code, count(*), max(updated), error, hint FROM job "
        "WHERE state = 'failed' AND error_code NOT IN ('', 'unread') GROUP BY 1, 2 "
        "UNION ALL SELECT 'read', error_code, count(*), max(last_seen), error, hint FROM file "
        "WHERE error_code <> '' AND asset_id IS NULL AND state = 'present' GROUP BY 1, 2 "
        "ORDER BY 4 DESC LIMIT ?",
        (MOST,),
    )
    return [(str(a), str(c), int(n), float(at or 0), str(text), str(hint)) for a, c, n, at, text, hint in found]


def frequent_words(connection: sqlite3.Connection, least: int = 4, most: int = 400_000) -> list[tuple[str, int]]:
    """Words of at least `least` letters that stand in several moments, the most frequent first; a look at `most`."""
    rows = connection.execute(
        "SELECT term, doc FROM (SELECT term, doc FROM vocabulary LIMIT ?) WHERE length(term) >= ? "
        "ORDER BY doc DESC, term LIMIT 60",
        (most, least),
    )
    return [(str(term), int(doc)) for term, doc in rows]
