"""Assets: their facts, and the rows that the grid and the viewer draw."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.errors import NotFound
from engine.language import tr
from engine.model import AssetRow, Cell, Facts, Kind, safety
from engine.store import albums, files, findings, keeping, namesakes
from engine.store.where import NO_NAME

EPOCH = datetime(1970, 1, 1)  # wall-clock time on purpose: the sort key is what the camera's clock said


def put_facts(connection: sqlite3.Connection, asset_id: int, facts: Facts) -> None:
    """Store what the file says of itself; a rating that the user (or a file beside it) gave stays."""
    seconds, year = _when(facts.taken)
    connection.execute(
        "UPDATE asset SET "
        "mime = CASE ?1 WHEN '' THEN mime ELSE ?1 END, format = CASE ?2 WHEN '' THEN format ELSE ?2 END, "
        "taken = ?3, moment_at = coalesce(?4, moment_at), year = coalesce(?5, year), "
        "width = ?6, height = ?7, duration = ?8, pages = ?9, title = ?10, camera = ?11, "
        "rating = CASE rated WHEN 0 THEN ?12 ELSE rating END, latitude = ?13, longitude = ?14, "
        "place = ?15, country = ?16, facts = ?17, error_code = '', error = '', hint = '' WHERE id = ?18",
        (facts.mime, facts.format, facts.taken, seconds, year, facts.width, facts.height, facts.duration, facts.pages,
         facts.title, facts.camera, facts.rating, facts.latitude, facts.longitude, facts.place, facts.country,
         json.dumps(facts.to_json(), ensure_ascii=False, default=str), asset_id),
    )  # fmt: skip
    set_file_tags(connection, asset_id, facts.keywords)


def _when(taken: str | None) -> tuple[float | None, int | None]:
    if not taken:
        return None, None
    try:
        moment = datetime.fromisoformat(taken).replace(tzinfo=None)
    except ValueError:
        return None, None
    return (moment - EPOCH).total_seconds(), moment.year


def set_file_tags(connection: sqlite3.Connection, asset_id: int, names: Iterable[str]) -> None:
    """Let the tags that come from the file's own keywords be exactly these."""
    known = connection.execute(
        "SELECT t.name, x.at FROM asset_tag x JOIN tag t ON t.id = x.tag_id WHERE x.asset_id = ? AND x.source = 'file'",
        (asset_id,),
    ).fetchall()
    connection.execute("DELETE FROM asset_tag WHERE asset_id = ? AND source = 'file'", (asset_id,))
    since = {name.casefold(): at for name, at in known}  # what stood there before keeps its time
    for name in names:
        add_tag(connection, asset_id, name, "file", since.get(_tag_name(name).casefold()))


def add_tag(connection: sqlite3.Connection, asset_id: int, name: str, source: str, at: float | None = None) -> bool:
    """Give an asset a tag, now or at a second since 1970; return whether it is new from this source."""
    clean = _tag_name(name)
    if not clean:
        return False
    connection.execute("INSERT INTO tag(name) VALUES(?) ON CONFLICT(name) DO NOTHING", (clean,))
    added = connection.execute(
        "INSERT OR IGNORE INTO asset_tag(asset_id, tag_id, source, at) SELECT ?, id, ?, ? FROM tag WHERE name = ?",
        (asset_id, source, time.time() if at is None else at, clean),
    )
    return added.rowcount > 0


def drop_tag(connection: sqlite3.Connection, asset_id: int, name: str, source: str) -> bool:
    """Take a tag away; return whether it was there from this source."""
    return (
        connection.execute(
            "DELETE FROM asset_tag WHERE asset_id = ? AND source = ? AND tag_id = (SELECT id FROM tag WHERE name = ?)",
            (asset_id, source, _tag_name(name)),
        ).rowcount
        > 0
    )


def tagged(connection: sqlite3.Connection, asset_ids: Sequence[int], name: str, source: str) -> dict[int, float | None]:
    """Which of these assets have the tag from this source, and since when (seconds since 1970)."""
    return dict(
        connection.execute(
            "SELECT v.value, x.at FROM json_each(?) v CROSS JOIN asset_tag x ON x.asset_id = v.value "
            "AND x.source = ? AND x.tag_id = (SELECT id FROM tag WHERE name = ?)",
            (json.dumps(list(asset_ids)), source, _tag_name(name)),
        )
    )


def _tag_name(name: str) -> str:
    """A tag's name without stray white space."""
    return " ".join(name.split())


def tags_of(connection: sqlite3.Connection, asset_id: int) -> tuple[tuple[str, str], ...]:
    """The tags of an asset, each with its source."""
    return tuple(
        connection.execute(
            "SELECT t.name, a.source FROM asset_tag a JOIN tag t ON t.id = a.tag_id "
            "WHERE a.asset_id = ? ORDER BY t.name",
            (asset_id,),
        )
    )


def tags(connection: sqlite3.Connection, *, names: bool = True) -> list[tuple[str, int]]:
    """Every tag in use with the number of its assets; without `names` only where it is not the name of somebody."""
    return list(
        connection.execute(
            "SELECT t.name, count(DISTINCT x.asset_id) FROM tag t JOIN asset_tag x ON x.tag_id = t.id "
            f"WHERE ? OR {NO_NAME} GROUP BY t.id ORDER BY t.name",
            (names,),
        )
    )


def set_error(connection: sqlite3.Connection, asset_id: int, code: str, text: str, hint: str) -> None:
    """Say on the asset why it cannot be read."""
    connection.execute(
        "UPDATE asset SET error_code = ?, error = ?, hint = ? WHERE id = ?", (code, text, hint, asset_id)
    )


def clear_errors(connection: sqlite3.Connection, asset_ids: Iterable[int]) -> None:
    """Forget the errors of assets that are tried again."""
    connection.executemany(
        "UPDATE asset SET error_code = '', error = '', hint = '' WHERE id = ?", ((asset_id,) for asset_id in asset_ids)
    )


def summarise(connection: sqlite3.Connection, asset_id: int) -> None:
    """Lift what searches filter by (language, safety level) from the findings to the asset; a person's level wins."""
    connection.execute(
        "UPDATE asset SET language = coalesce((SELECT label FROM finding WHERE asset_id = ?1 AND kind = 'language' "
        "ORDER BY score DESC LIMIT 1), ''), safety = coalesce((SELECT json_extract(lines, '$[0].text') "
        "FROM correction WHERE asset_id = ?1 AND analyzer = 'safety'), ?2) WHERE id = ?1",
        (asset_id, safety.fused(_worst(connection, asset_id, "level"), _worst(connection, asset_id, "opinion"))),
    )


def _worst(connection: sqlite3.Connection, asset_id: int, kind: str) -> tuple[str, float] | None:
    """The worst of the asset's levels or opinions, None when there is none; of safe ones the least sure."""
    row: tuple[str, float] | None = connection.execute(
        "SELECT label, coalesce(score, 1.0) FROM finding WHERE asset_id = ? AND kind = ? "
        "ORDER BY CASE label WHEN 'explicit' THEN 0 WHEN 'suggestive' THEN 1 ELSE 2 END, "
        "CASE label WHEN 'safe' THEN score ELSE -score END LIMIT 1",
        (asset_id, kind),
    ).fetchone()
    return row


CELL = (
    "a.id, a.kind, a.name, coalesce(a.taken, ''), a.duration, a.pages, a.width, a.height, a.rating, a.safety, "
    "CASE WHEN a.error_code <> '' THEN 'failed' "
    "WHEN EXISTS(SELECT 1 FROM job WHERE asset_id = a.id AND state = 'running') THEN 'running' "
    "WHEN EXISTS(SELECT 1 FROM job WHERE asset_id = a.id AND state = 'waiting' AND hold = 0) THEN 'waiting' "
    "ELSE 'done' END, "
    "a.error, a.present = 0 AND a.offline > 0, a.preview > 0, a.content, "
    "EXISTS(SELECT 1 FROM favourite WHERE asset_id = a.id), "
    "ifnull((SELECT stack_id FROM stacked WHERE asset_id = a.id), 0), "
    "(SELECT count(*) FROM stacked s JOIN asset b ON b.id = s.asset_id WHERE (b.present > 0 OR b.offline > 0) "
    "AND s.stack_id = (SELECT stack_id FROM stacked WHERE asset_id = a.id))"
)
WIDTH = 18  # columns of a cell


def cell_of(row: Sequence[object]) -> Cell:
    """Make a cell of the columns named in `CELL`."""
    values = list(row)
    values[1] = Kind(str(values[1]))
    for column in (12, 13, 15):
        values[column] = bool(values[column])
    return Cell(*values)  # type: ignore[arg-type]


def cells(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Cell]:
    """The cells of these assets, in their order; unknown ids are left out."""
    found: dict[int, Cell] = {}
    for begin in range(0, len(ids), 500):
        part = ids[begin : begin + 500]
        marks = ", ".join("?" * len(part))
        for row in connection.execute(f"SELECT {CELL} FROM asset a WHERE a.id IN ({marks})", tuple(part)):
            found[row[0]] = cell_of(row)
    return [found[one] for one in ids if one in found]


def get(connection: sqlite3.Connection, asset_id: int) -> AssetRow:
    """All that the viewer shows beside an asset, without its jobs.

    Raises:
        NotFound: there is no such asset.
    """
    row = connection.execute(
        f"SELECT {CELL}, a.facts, a.format, a.size, a.added, a.hint FROM asset a WHERE a.id = ?", (asset_id,)
    )
    values = row.fetchone()
    if values is None:
        raise NotFound(tr("There is no asset {asset_id} in this library.", asset_id=asset_id))
    raw, shape, size, added, hint = values[WIDTH:]
    return AssetRow(
        cell=cell_of(values[:WIDTH]), facts=Facts.from_json(json.loads(raw)), format=shape, size=size,
        added=datetime.fromtimestamp(added).isoformat(timespec="seconds"),
        files=files.of_asset(connection, asset_id), tags=tags_of(connection, asset_id), jobs=(), hint=hint,
        note=keeping.note_of(connection, asset_id), albums=albums.of_asset(connection, asset_id),
        names=namesakes.of_asset(connection, asset_id),
    )  # fmt: skip


def by_content(connection: sqlite3.Connection, prefix: str) -> list[int]:
    """Assets whose content hash begins so."""
    return [
        row[0]
        for row in connection.execute(
            "SELECT id FROM asset WHERE content >= ? AND content < ? LIMIT 2", (prefix, prefix + "g")
        )
    ]


def by_path(connection: sqlite3.Connection, folder: bytes, name: bytes) -> int | None:
    """The asset whose file stands at this place."""
    row = connection.execute(
        "SELECT f.asset_id FROM file f JOIN folder d ON d.id = f.folder_id WHERE d.path = ? AND f.name = ?",
        (folder, name),
    ).fetchone()
    return None if row is None else row[0]


def index_whole(connection: sqlite3.Connection, asset_id: int, parts: Iterable[tuple[str, str]]) -> None:
    """Index what is known of the asset as a whole."""
    findings.set_whole(connection, asset_id, parts)


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Assets in reach by kind, and how many are offline, missing or in error."""
    out = dict(connection.execute("SELECT kind, count(*) FROM asset WHERE present > 0 OR offline > 0 GROUP BY kind"))
    row = connection.execute(
        "SELECT coalesce(sum(present = 0 AND offline > 0), 0), coalesce(sum(present = 0 AND offline = 0), 0), "
        "coalesce(sum(error_code <> ''), 0) FROM asset"
    ).fetchone()
    out.update(offline=row[0], missing=row[1], in_error=row[2])
    return out
