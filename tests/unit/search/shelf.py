"""A small library for tests of search: assets with texts, put in by hand."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.model import Finding, FindingKind, Moment
from engine.search.find import Finder
from engine.store import assets, findings
from engine.store.db import Database


class Shelf:
    """Put assets in, search them."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "kinora.db", own=True)
        self.database.open()
        self.finder = Finder(self.database)
        self._count = 0

    def close(self) -> None:
        self.database.close()

    def asset(
        self,
        *texts: str | Finding,
        folder: str = "/photos",
        tags: Iterable[str] = (),
        analyzer: str = "ocr",
        **columns: Any,
    ) -> int:
        """Add an asset whose moments hold these texts (or findings); `columns` are those of the asset table."""
        self._count += 1
        asset = self._count
        values = {
            "content": f"{asset:064x}", "kind": "photo", "size": asset, "name": f"file{asset}.jpg",
            "moment_at": 86400.0 * asset, "year": 1970, "added": float(asset), "present": 1, **columns,
        }  # fmt: skip

        def put(connection: sqlite3.Connection) -> None:
            names = ", ".join(values)
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO asset(id, {names}) VALUES({asset}, {marks})", tuple(values.values()))
            connection.execute("INSERT OR IGNORE INTO folder(path, shown) VALUES(?, ?)", (folder.encode(), folder))
            connection.execute(
                "INSERT INTO file(asset_id, folder_id, name, shown, size, mtime_ns, state, first_seen, last_seen) "
                "SELECT ?, id, ?, ?, 1, 0, 'present', 0, 0 FROM folder WHERE shown = ?",
                (asset, str(values["name"]).encode(), values["name"], folder),
            )
            for tag in tags:
                assets.add_tag(connection, asset, tag, "you")
            findings.set_whole(
                connection, asset, [("name", str(values["name"])), ("title", str(values.get("title", "")))]
            )
            findings.replace(
                connection, asset, analyzer, 1, [_finding(number, text) for number, text in enumerate(texts)]
            )

        self.database.write(put)
        return asset

    def ids(self, query: str) -> list[int]:
        """The assets that a search finds, best first."""
        return [hit.asset.id for hit in self.finder.search(query, 10_000).hits]

    def listed(self, query: str, sort: str = "taken") -> list[int]:
        """The assets of a grid."""
        return list(self.finder.listing(query, sort).ids)

    def read(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self.database.read() as connection:
            return connection.execute(sql, values).fetchall()


def _finding(number: int, text: str | Finding) -> Finding:
    return (
        text
        if isinstance(text, Finding)
        else Finding(FindingKind.TEXT, Moment(start=float(number)), text=text, label="ocr")
    )
