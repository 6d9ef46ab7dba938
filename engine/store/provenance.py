"""Where the words about an asset come from: who said them or which model, when, and how sure."""

import json
import sqlite3

from engine.model import Common, Origin

SORTS = ("label", "object", "sound")  # kinds of findings that name what is in an asset
MOST = 200  # words of one asset


def origins(connection: sqlite3.Connection, asset_id: int) -> list[Origin]:
    """The tags that a person or the file gave, then what analyzers found, the surest first."""
    tags = connection.execute(
        "SELECT t.name, x.source, x.at FROM asset_tag x JOIN tag t ON t.id = x.tag_id WHERE x.asset_id = ? "
        "ORDER BY x.source <> 'you', t.name",
        (asset_id,),
    )
    found = [Origin(name, "tag", source, at=at) for name, source, at in tags]
    done = work(connection, asset_id)
    rows = connection.execute(
        "SELECT text, kind, analyzer, version, max(score) AS sure FROM finding WHERE asset_id = ? AND text <> '' "
        f"AND kind IN ({', '.join('?' * len(SORTS))}) GROUP BY text, kind, analyzer ORDER BY sure DESC LIMIT ?",
        (asset_id, *SORTS, MOST),
    )
    for text, kind, analyzer, version, sure in rows:
        packs, at = done.get(analyzer, ((), None))
        found.append(Origin(text, kind, analyzer, version, packs=packs, at=at, score=sure))
    return found


def work(connection: sqlite3.Connection, asset_id: int) -> dict[str, tuple[tuple[str, ...], float]]:
    """Of each analyzer that has read the asset the packs that it used, and when it was ready."""
    rows = connection.execute(
        "SELECT analyzer, options, updated FROM job WHERE asset_id = ? AND state = 'done' ORDER BY updated", (asset_id,)
    )
    found = {}
    for analyzer, options, at in rows:
        packs = json.loads(options).get("packs", {})
        found[analyzer] = (tuple(dict.fromkeys(packs.values())), at)
    return found


def common(connection: sqlite3.Connection, asset_ids: list[int]) -> Common:
    """What these assets have in common."""
    wanted = json.dumps(asset_ids)
    of = "FROM json_each(?1) v CROSS JOIN"
    stars = connection.execute(
        f"SELECT count(*), count(DISTINCT ifnull(a.rating, 0)), max(ifnull(a.rating, 0)) {of} asset a "
        "ON a.id = v.value",
        (wanted,),
    ).fetchone()
    favourites, notes, stacked = (
        connection.execute(f"SELECT count(*) {of} {table} x ON x.asset_id = v.value", (wanted,)).fetchone()[0]
        for table in ("favourite", "note", "stacked")
    )
    tags = connection.execute(
        f"SELECT t.name, count(*) {of} asset_tag x ON x.asset_id = v.value AND x.source = 'you' "
        "JOIN tag t ON t.id = x.tag_id GROUP BY t.id ORDER BY t.name",
        (wanted,),
    ).fetchall()
    albums = connection.execute(
        f"SELECT b.id, b.name, count(*) {of} album_member m ON m.asset_id = v.value "
        "JOIN album b ON b.id = m.album_id GROUP BY b.id ORDER BY b.name COLLATE NOCASE",
        (wanted,),
    ).fetchall()
    rating = stars[2] if stars[1] == 1 else None
    return Common(stars[0], rating, favourites, notes, stacked, tuple(tags), tuple(albums))
