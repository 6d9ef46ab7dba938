"""Judging what machines saw: a thing that is not there, a picture that is safe to show or is not."""

import sqlite3
from collections.abc import Sequence
from functools import partial

from engine.decided import Decided
from engine.errors import SettingInvalid
from engine.language import tr, trn
from engine.store import decisions, judgements, provenance
from engine.store.corrections import State
from engine.store.db import Database


class Judging:
    """The judgements of one library: each a decision, remembered when an asset is looked at again."""

    def __init__(self, database: Database, decided: Decided) -> None:
        self._database = database
        self._decided = decided

    def wrong(self, finding_id: int) -> None:
        """What this finding names (a thing, a tag of a model) is not there: searches and boxes lose it.

        Raises:
            NotFound: there is no such thing (any more).
        """
        self._decided.record(partial(_wrong, finding_id=finding_id))

    def level(self, ids: Sequence[int], level: str) -> None:
        """Say how safe assets are to show: safe, suggestive or explicit; empty lets the machines' level stand again.

        Raises:
            SettingInvalid: there is no such level.
        """
        if level and level not in judgements.LEVELS:
            raise SettingInvalid(tr("There is no safety level “{level}”.", level=level))
        self._decided.record(partial(_level, ids=list(ids), level=level))

    def level_of(self, asset_id: int) -> str:
        """The level that a person gave an asset, empty when nobody did."""
        with self._database.read() as connection:
            return judgements.level_of(connection, asset_id)

    def origin(self, appearance_id: int) -> tuple[int, str]:
        """The asset that a face is from and its safety level."""
        with self._database.read() as connection:
            return judgements.origin(connection, appearance_id)

    def packs(self, asset_id: int) -> dict[str, tuple[str, ...]]:
        """Of each analyzer that has read an asset the packs (id@version) that it used."""
        with self._database.read() as connection:
            return {name: packs for name, (packs, _) in provenance.work(connection, asset_id).items()}


def _wrong(connection: sqlite3.Connection, finding_id: int) -> None:
    label, change = judgements.wrong(connection, finding_id)
    _record(connection, change, tr("Took “{label}” away", label=label))


def _level(connection: sqlite3.Connection, ids: Sequence[int], level: str) -> None:
    said = {
        "safe": trn("Marked {n} item as safe", "Marked {n} items as safe", len(ids)),
        "suggestive": trn("Marked {n} item as suggestive", "Marked {n} items as suggestive", len(ids)),
        "explicit": trn("Marked {n} item as not safe", "Marked {n} items as not safe", len(ids)),
        "": tr("Took a safety level back"),
    }[level]
    _record(connection, judgements.level(connection, ids, level), said)


def _record(connection: sqlite3.Connection, change: State, said: str) -> None:
    judgements.apply(connection, change)
    before = {**change, "off": change["on"], "on": change["off"]}
    decisions.record(connection, "judge", said, before, change)
