"""What never leaves this computer: marks that the user sets on folders, albums and analyzers, and takes away."""

import os
import time
from collections.abc import Mapping
from typing import Any

from engine.analyzers import ANALYZERS, BY_NAME
from engine.decided import Decided
from engine.errors import SettingInvalid
from engine.jobs import wire
from engine.language import tr
from engine.model import Stay, StayScope
from engine.packs import shelf
from engine.store import albums, decisions, files, stays
from engine.store.db import Database

PACKS_FOR = 10.0  # seconds


class Staying:
    """The marks of one library."""

    def __init__(self, database: Database, decided: Decided) -> None:
        self._database = database
        self._decided = decided
        self._seen = -1  # the newest decision when the analyzers were last looked up
        self._analyzers: frozenset[str] = frozenset()
        self._packs: tuple[float, str, frozenset[str]] | None = None  # until when, for which server, who stays

    @property
    def able(self) -> tuple[str, ...]:
        """The analyzers that could work elsewhere, marked or not."""
        return tuple(one.name for one in ANALYZERS if one.travels)

    def marks(self) -> list[Stay]:
        """Every mark that still means something."""
        with self._database.read() as connection:
            return _told(connection, stays.rows(connection))

    def of(self, asset_id: int) -> list[Stay]:
        """The marks of folders and albums that keep an asset here."""
        with self._database.read() as connection:
            return _told(connection, stays.of_asset(connection, asset_id))

    def now(self, start: wire.Start) -> bool:
        """Whether a bundle that is about to leave must stay after all: marks come, and files are moved, at any time."""
        with self._database.read() as connection:
            return stays.keep(connection, start.content, [task.analyzer for task in start.tasks])

    def mark(self, scope: StayScope, target: str, *, on: bool) -> None:
        """Mark something, or take the mark away: a decision. Raises SettingInvalid when there is no such thing."""
        with self._database.read() as connection:
            title = _title(connection, scope, target)
            spelled = _spellings(connection, target) if scope is StayScope.FOLDER else [os.fsencode(target)]
        if not title:
            raise SettingInvalid(tr("There is no {target!r} that could be marked.", target=target))

        self._decided.record(
            lambda connection: decisions.carry_out(connection, stays.marking(connection, scope, spelled, title, on=on))
        )

    def travellers(self) -> Mapping[str, int]:
        """The analyzers that may run elsewhere, with their versions."""
        with self._database.read() as connection:
            newest = decisions.latest(connection)
            if newest != self._seen:
                self._analyzers, self._seen = stays.analyzers(connection), newest
        return {one.name: one.version for one in ANALYZERS if one.travels and one.name not in self._analyzers}

    def leaving(self, settings: Mapping[str, Any]) -> Mapping[str, int]:
        """Those of them that work elsewhere with these settings and the packs that are there: none that asks a server.

        Packs are looked up every `PACKS_FOR` seconds only: this is asked whenever work is given out.
        """
        now, url = time.monotonic(), str(settings.get("model.url", ""))
        if self._packs is None or self._packs[0] < now or self._packs[1] != url:
            options = {**settings, "packs": shelf.chosen(settings)}
            at_home = frozenset(one.name for one in ANALYZERS if not one.leaves(options))
            self._packs = now + PACKS_FOR, url, at_home
        at_home = self._packs[2]
        return {name: version for name, version in self.travellers().items() if name not in at_home}


def _spellings(connection: Any, target: str) -> list[bytes]:
    """A folder as the added ones spell it: marked through a link, or otherwise spelled, it would leave all the same."""
    asked = os.path.abspath(os.fsencode(target))  # noqa: PTH100 - bytes
    real, found = os.path.realpath(asked), []
    for root in files.roots(connection, counted=False):
        there = os.path.realpath(root.raw)
        if stays.within(real, there):
            found.append(root.raw + real[len(there) :])
        elif stays.within(there, real):
            found.append(root.raw)
    within = any(stays.within(one, asked) or stays.within(asked, one) for one in found)
    return found if found and not within else [asked, *(one for one in found if not stays.within(one, asked))]


def _told(connection: Any, marks: list[stays.Mark]) -> list[Stay]:
    found = []
    for scope, target, added in marks:
        text = os.fsdecode(target)
        if title := _title(connection, scope, text):
            found.append(Stay(scope, text, title, standing=added == 0))
    return found


def _title(connection: Any, scope: StayScope, target: str) -> str:
    """What people call it, empty when it is not there (any more)."""
    if scope is StayScope.FOLDER:
        return target
    if scope is StayScope.ANALYZER:
        return tr(BY_NAME[target].title) if target in BY_NAME else ""
    return albums.name_of(connection, int(target)) if target.isdecimal() else ""
