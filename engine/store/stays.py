"""What never leaves this computer: the marks of folders, albums and analyzers, and whether an asset is under one."""

import os
import sqlite3
import time
from collections.abc import Collection
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


def marking(connection: sqlite3.Connection, scope: StayScope, target: bytes, title: str, *, on: bool) -> Act:
    """The act of marking something, or of taking the mark away; `title` is its name for people."""
    was = connection.execute("SELECT 1 FROM stay WHERE scope = ? AND target = ?", (scope.value, target)).fetchone()
    said = (
        tr("Marked {title}: never leaves this computer", title=title)
        if on
        else tr("Let {title} be sent to hosts", title=title)
    )
    about = {"scope": scope.value, "target": target.hex()}
    return Act("stay", said, {**about, "stays": was is not None}, {**about, "stays": on})


def apply(connection: sqlite3.Connection, state: dict[str, Any]) -> None:
    """Bring the marks to a state of the decision `stay`."""
    target = bytes.fromhex(state["target"])
    if state["stays"]:
        connection.execute("INSERT OR IGNORE INTO stay VALUES(?, ?, ?)", (state["scope"], target, time.time()))
    else:
        connection.execute("DELETE FROM stay WHERE scope = ? AND target = ?", (state["scope"], target))
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
