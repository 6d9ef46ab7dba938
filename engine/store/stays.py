"""What never leaves this computer: the marks of folders, albums and analyzers, and whether an asset is under one."""

import os
import sqlite3
import time
from collections.abc import Collection, Sequence
from typing import Any

from engine.language import tr
from engine.model import StayScope
from engine.store.act import Act

Mark = tuple[StayScope, bytes, float]  # scope, target, when (0: it is so without anybody having said it)


def rows(connection: sqlite3.Connection) -> list[Mark]:
    """Every mark: a folder's path, an album's number, an analyzer's name, as bytes."""
    found = connection.execute("SELECT scope, target, added FROM stay ORDER BY scope, target")
    return [(StayScope(scope), bytes(target), added) for scope, target, added in found]


def analyzers(connection: sqlite3.Connection) -> frozenset[str]:
    """The analyzers whose work stays here."""
    found = connection.execute("SELECT target FROM stay WHERE scope = 'analyzer'")
    return frozenset(bytes(target).decode("utf-8", "replace") for (target,) in found)


def marking(connection: sqlite3.Connection, scope: StayScope, targets: Sequence[bytes], title: str, *, on: bool) -> Act:
    """The act of marking something, or of taking the mark away; `title` is its name for people.

    A folder may be spelled in more than one way; all `targets` are marked, and undone, together.
    """
    marked = {target for kind, target, _ in rows(connection) if kind is scope}
    changed = [target.hex() for target in targets if (target in marked) != on]
    said = (
        tr("Marked {title}: never leaves this computer", title=title)
        if on
        else tr("Let {title} be sent to hosts", title=title)
    )
    about = {"scope": scope.value, "targets": changed}
    return Act("stay", said, {**about, "stays": not on}, {**about, "stays": on})


def apply(connection: sqlite3.Connection, state: dict[str, Any]) -> None:
    """Bring the marks to a state of the decision `stay`."""
    targets = [bytes.fromhex(target) for target in state["targets"]]
    if state["stays"]:
        rows_of = ((state["scope"], target, time.time()) for target in targets)
        connection.executemany("INSERT OR IGNORE INTO stay VALUES(?, ?, ?)", rows_of)
        return
    connection.executemany(
        "DELETE FROM stay WHERE scope = ? AND target = ?", ((state["scope"], target) for target in targets)
    )
    connection.execute("UPDATE job SET stays = 0 WHERE stays = 1 AND state = 'waiting'")


def of_asset(connection: sqlite3.Connection, asset_id: int) -> list[Mark]:
    """The marks of folders and albums that keep an asset here: one place under a mark is enough."""
    marks = [mark for mark in rows(connection) if mark[0] is not StayScope.ANALYZER]
    if not marks:
        return []
    folders = [
        bytes(path)
        for (path,) in connection.execute(
            "SELECT DISTINCT d.path FROM file f JOIN folder d ON d.id = f.folder_id WHERE f.asset_id = ?", (asset_id,)
        )
    ]
    members = {
        str(album).encode()
        for (album,) in connection.execute("SELECT album_id FROM album_member WHERE asset_id = ?", (asset_id,))
    }
    return [
        mark
        for mark in marks
        if (mark[1] in members if mark[0] is StayScope.ALBUM else any(within(one, mark[1]) for one in folders))
    ]


def keep(connection: sqlite3.Connection, content: str, work: Collection[str]) -> bool:
    """Whether any of this work (analyzers) on what has this content stays here."""
    if analyzers(connection) & set(work):
        return True
    found = connection.execute("SELECT id FROM asset WHERE content = ?", (content,)).fetchall()
    return any(of_asset(connection, asset_id) for (asset_id,) in found)


def within(folder: bytes, above: bytes) -> bool:
    """Whether a folder is `above` or lies below it."""
    separators = {ord(os.sep), ord(os.altsep or os.sep)}
    above = above.rstrip(bytes(separators)) or above[:1]
    if not folder.startswith(above):
        return False
    return len(folder) == len(above) or folder[len(above)] in separators or above[-1] in separators
