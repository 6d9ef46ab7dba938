"""Findings and their moments: replaced as a whole for one asset and analyzer, with their words, in one transaction."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from engine.model import Box, Finding, FindingKind, FoundRow, Moment
from engine.store import embeddings, matching, words

SEQ_BITS = 20  # a moment's id is asset << 20 | sequence, so that the asset of a match is known without a join
SEQ_MASK = (1 << SEQ_BITS) - 1
NAMES = ("people", "person")  # labels of what is known of an asset as a whole that say who is in it
OPEN = "NOT (analyzer = '' AND label IN ('people', 'person'))"  # a finding that everybody may read


def replace(
    connection: sqlite3.Connection, asset_id: int, analyzer: str, version: int, findings: Sequence[Finding]
) -> None:
    """Put `findings` in place of everything that `analyzer` said of the asset before."""
    remove(connection, asset_id, analyzer)
    add(connection, asset_id, analyzer, version, findings)


def add(
    connection: sqlite3.Connection, asset_id: int, analyzer: str, version: int, findings: Sequence[Finding]
) -> None:
    """Store further findings of an analyzer beside those that are there."""
    grouped: dict[Moment, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.moment].append(finding)
    base = asset_id << SEQ_BITS
    top = connection.execute("SELECT max(id) FROM moment WHERE id BETWEEN ? AND ?", (base, base | SEQ_MASK)).fetchone()[
        0
    ]
    seq = max(0, (top or base) - base)
    for moment, members in grouped.items():
        if seq >= SEQ_MASK:
            break  # a million moments of one asset: the rest would not be found by a person either
        seq += 1
        _put_moment(connection, base | seq, asset_id, analyzer, moment)
        _put_findings(connection, base | seq, asset_id, analyzer, version, members)


def set_whole(connection: sqlite3.Connection, asset_id: int, parts: Iterable[tuple[str, str]]) -> None:
    """Index what is known of the asset as a whole: (label, text) parts such as its name, title, place, keywords."""
    moment_id = asset_id << SEQ_BITS
    rows = connection.execute(
        "SELECT label, text FROM finding WHERE moment_id = ? ORDER BY id", (moment_id,)
    ).fetchall()
    findings = [Finding(FindingKind.TEXT, text=text, label=label) for label, text in parts if text]
    if rows == [(finding.label, finding.text) for finding in findings]:
        return
    for index, text in _indexed(rows):
        words.remove(connection, moment_id, text, index)
    connection.execute("DELETE FROM finding WHERE moment_id = ?", (moment_id,))
    connection.execute("INSERT OR IGNORE INTO moment(id, asset_id) VALUES(?, ?)", (moment_id, asset_id))
    _put_findings(connection, moment_id, asset_id, "", 1, findings)


def _indexed(parts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What the indexes hold of an asset as a whole: index, text."""
    parts = list(parts)
    yield matching.OPEN, "\n".join(text for label, text in parts if text and label not in NAMES)
    if any(text for label, text in parts if label in NAMES):
        yield matching.NAMED, "\n".join(text for _, text in parts if text)


def remove(connection: sqlite3.Connection, asset_id: int, analyzer: str) -> None:
    """Forget what `analyzer` said of the asset, its words included."""
    rows = connection.execute(
        "SELECT DISTINCT moment_id FROM finding WHERE asset_id = ? AND analyzer = ?", (asset_id, analyzer)
    ).fetchall()
    if not rows:
        return
    ids = [row[0] for row in rows]
    for moment_id, text in _text_of(connection, ids).items():
        words.remove(connection, moment_id, text)
    connection.execute(
        "DELETE FROM embedding WHERE finding_id IN (SELECT id FROM finding WHERE asset_id = ? AND analyzer = ?)",
        (asset_id, analyzer),
    )
    connection.execute("DELETE FROM finding WHERE asset_id = ? AND analyzer = ?", (asset_id, analyzer))
    connection.executemany("DELETE FROM moment WHERE id = ?", ((moment_id,) for moment_id in ids))


def renumber(connection: sqlite3.Connection, number: int, wanted: int) -> int:
    """Give a finding the number of one that is gone, so that it takes its turn in lists; return the number it has."""
    if connection.execute("SELECT 1 FROM finding WHERE id = ?", (wanted,)).fetchone() is not None:
        return number
    connection.execute("UPDATE finding SET id = ? WHERE id = ?", (wanted, number))
    return wanted


def drop(connection: sqlite3.Connection, ids: Collection[int]) -> None:
    """Forget single findings with their vectors; a moment of which nothing else is said goes with them."""
    for number in ids:
        row = connection.execute("SELECT moment_id FROM finding WHERE id = ?", (number,)).fetchone()
        if row is None:
            continue
        moment_id = row[0]
        old = _text_of(connection, [moment_id]).get(moment_id, "")
        connection.execute("DELETE FROM embedding WHERE finding_id = ?", (number,))
        connection.execute("DELETE FROM finding WHERE id = ?", (number,))
        words.remove(connection, moment_id, old)
        rest = _text_of(connection, [moment_id]).get(moment_id, "")
        if rest:
            words.put(connection, moment_id, rest)
        connection.execute(
            "DELETE FROM moment WHERE id = ?1 AND NOT EXISTS(SELECT 1 FROM finding WHERE moment_id = ?1)", (moment_id,)
        )


def rebuild_words(connection: sqlite3.Connection) -> int:
    """Make the full-text index anew from the findings; return the number of moments in it."""
    words.clear(connection)
    count = 0
    rows = connection.execute(
        f"SELECT moment_id, CASE WHEN {OPEN} THEN '' ELSE label END, text FROM finding WHERE text <> '' "
        "ORDER BY moment_id, id"
    )
    for moment_id, group in groupby(rows, key=lambda row: row[0]):
        for index, text in _indexed((label, text) for _, label, text in group):
            words.put(connection, moment_id, text, index)
            count += index == matching.OPEN and bool(text)
    return count


def any_text(connection: sqlite3.Connection) -> bool:
    """Whether anything that is known has words."""
    return connection.execute("SELECT 1 FROM finding WHERE text <> '' LIMIT 1").fetchone() is not None


def of_asset(
    connection: sqlite3.Connection, asset_id: int, kinds: Collection[FindingKind] | None = None
) -> list[FoundRow]:
    """All findings of an asset in the order of place and time, with their provenance."""
    sql = f"""SELECT f.id, f.analyzer, f.version, {COLUMNS} FROM finding f JOIN moment m ON m.id = f.moment_id
        WHERE f.asset_id = ? AND f.analyzer <> ''"""
    values: list[object] = [asset_id]
    if kinds is not None:
        sql += f" AND f.kind IN ({', '.join('?' * len(kinds))})"
        values += [kind.value for kind in kinds]
    sql += " ORDER BY coalesce(m.page, 0), coalesce(m.start, 0), f.id"
    return [FoundRow(row[0], row[1], row[2], finding_of(row[3:])) for row in connection.execute(sql, values)]


COLUMNS = 'm.start, m."end", m.page, m.x, m.y, m.w, m.h, f.kind, f.text, f.label, f.score, f.data'


def finding_of(row: Sequence[object]) -> Finding:
    """Make a finding of the columns named in `COLUMNS`."""
    start, end, page, x, y, w, h, kind, text, label, score, data = row
    return Finding(
        FindingKind(str(kind)), moment_of((start, end, page, x, y, w, h)), str(text), str(label),
        score if score is None else float(score), json.loads(str(data)),  # type: ignore[arg-type]
    )  # fmt: skip


def moment_of(row: Sequence[object]) -> Moment:
    """Make a moment of start, end, page, x, y, w, h."""
    start, end, page, x, y, w, h = row
    box = None if x is None else Box(x, y, w, h)  # type: ignore[arg-type]
    return Moment(start, end, page, box)  # type: ignore[arg-type]


def _put_moment(connection: sqlite3.Connection, moment_id: int, asset_id: int, analyzer: str, moment: Moment) -> None:
    box = moment.box or (None, None, None, None)
    connection.execute(
        "INSERT INTO moment VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (moment_id, asset_id, analyzer, moment.start, moment.end, moment.page, *box),
    )


def _put_findings(
    connection: sqlite3.Connection, moment_id: int, asset_id: int, analyzer: str, version: int, findings: list[Finding]
) -> None:
    for finding in findings:
        data = json.dumps(dict(finding.data), ensure_ascii=False, separators=(",", ":")) if finding.data else "{}"
        cursor = connection.execute(
            "INSERT INTO finding(moment_id, asset_id, analyzer, version, kind, text, label, score, data) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                moment_id,
                asset_id,
                analyzer,
                version,
                finding.kind.value,
                finding.text,
                finding.label,
                finding.score,
                data,
            ),
        )
        if finding.vector is not None:
            embeddings.put(connection, int(cursor.lastrowid or 0), moment_id, asset_id, finding.space, finding.vector)
    for index, text in _indexed((finding.label if not analyzer else "", finding.text) for finding in findings):
        words.put(connection, moment_id, text, index)


def _text_of(connection: sqlite3.Connection, moments: Sequence[int]) -> dict[int, str]:
    """The text of moments that everybody may read: their findings' texts in order, joined by line breaks."""
    found: dict[int, list[str]] = {}
    for moment_id in moments:
        rows = connection.execute(
            f"SELECT text FROM finding WHERE moment_id = ? AND text <> '' AND {OPEN} ORDER BY id", (moment_id,)
        )
        parts = [row[0] for row in rows]
        if parts:
            found[moment_id] = parts
    return {moment_id: "\n".join(parts) for moment_id, parts in found.items()}
