"""Groups of duplicates: exact copies by their content, near ones by their looks, each with the one to keep."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.language import tr
from engine.model import AssetRow, Change, Twin, TwinGroup
from engine.search import likeness
from engine.store import twins
from engine.store.db import Database

Get = Callable[[int], AssetRow]


class Duplicates:
    """Keeps the near pairs of a library up to date and groups them for people."""

    def __init__(self, database: Database, settings: Callable[[], Mapping[str, Any]]) -> None:
        self._database = database
        self._settings = settings
        self._lock = threading.Lock()
        self._stale = True
        self._closing = threading.Event()

    def stale(self) -> None:
        """Findings changed: compare again before the next answer."""
        self._stale = True

    @property
    def busy(self) -> bool:
        """Whether looks are compared now."""
        return self._lock.locked()

    def close(self) -> None:
        """Let a comparison that is under way end without storing anything; the next start makes it again."""
        self._closing.set()

    def refresh(self) -> None:
        """Compare the looks of new assets with all and store the near pairs (the owner only)."""
        with self._lock:
            if not self._stale or not self._database.own or self._closing.is_set():
                return
            self._stale = False
            limit = int(self._settings()["look.near"])
            with self._database.read() as connection:
                now, before = twins.Compared(*twins.stamp(connection), limit), twins.compared(connection)
                if now == before:
                    return
                new = None
                if before is not None and before.limit == limit:
                    new = twins.hashed_since(connection, before.newest)
                photos, frames = twins.hashes(connection, "photo"), twins.hashes(connection, "video")
                lengths = twins.lengths(connection)
            stopped = self._closing.is_set
            pairs = likeness.near_pairs(photos, limit, new, stopped)
            pairs += likeness.video_pairs(frames, lengths, limit, new, stopped)
            if stopped():
                return
            self._database.write(
                lambda connection: twins.put_pairs(connection, pairs, now, add=new is not None),
                Change(frozenset({"assets"})),
            )

    def groups(self, get: Get, exact: bool | None) -> list[TwinGroup]:
        """Groups of exact (True), near (False) or both (None) kinds of duplicates."""
        self.refresh()
        with self._database.read() as connection:
            copies = twins.several_files(connection) if exact is not False else []
            pairs = [likeness.Pair(*row) for row in twins.pairs(connection)] if exact is not True else []
        found = [group for group in (_exact(get(asset_id)) for asset_id in copies) if group is not None]
        rows = {asset_id: get(asset_id) for asset_id in {one for pair in pairs for one in pair[:2]}}
        order = [member.id for member in likeness.ranked(_member(row) for row in rows.values())]
        distances = {frozenset(pair[:2]): pair.distance for pair in pairs}
        for members in likeness.groups(pairs, order):
            found.append(_near([rows[member] for member in members], distances))
        return found


def _member(row: AssetRow) -> likeness.Member:
    mine = sum(source == "you" for _, source in row.tags)
    return likeness.Member(row.cell.id, row.facts, row.size, row.cell.rating, mine)


def _exact(row: AssetRow) -> TwinGroup | None:
    """One asset with several files: the members are its places, the first to be kept."""
    places = [place for place in row.files if place.state in ("present", "offline")]
    if len(places) < 2:
        return None
    best = min(places, key=lambda place: (place.state != "present", place.mtime_ns, len(place.path)))
    members = []
    for place in places:
        keep = place.id == best.id
        reason = tr("The oldest of the equal copies") if keep else tr("The same bytes as the one to keep")
        members.append(Twin(_with_file(row, place), 0, keep, reason))
    members.sort(key=lambda member: not member.keep)
    return TwinGroup(f"exact-{row.cell.id}", True, tuple(members))


def _with_file(row: AssetRow, place: Any) -> AssetRow:
    return replace(row, files=(place,))


def _near(rows: list[AssetRow], distances: Mapping[frozenset[int], int]) -> TwinGroup:
    choice = likeness.keep_best([_member(row) for row in rows])
    members = [
        Twin(
            row,
            distances.get(frozenset({choice.keep, row.cell.id}), 0),
            row.cell.id == choice.keep,
            choice.reasons[row.cell.id],
        )
        for row in rows
    ]
    members.sort(key=lambda member: (not member.keep, member.distance))
    return TwinGroup("near-" + "-".join(str(row.cell.id) for row in rows[:8]), False, tuple(members))
