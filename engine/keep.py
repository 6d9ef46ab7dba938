"""What a person keeps of single assets: favourites, notes, stacks, edits of many, and where their words come from."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from engine.analyzers import ANALYZERS
from engine.decided import Decided
from engine.errors import KinoraError, SettingInvalid
from engine.language import tr
from engine.model import Common, Edit, Origin, TwinGroup
from engine.packs import catalogue, shelf
from engine.store import decisions, keeping, provenance, stacks
from engine.store.act import Act
from engine.store.db import Database

LONGEST = 20_000  # characters of a note


class Keep:
    """`library.keep`; every method may be called from any thread."""

    def __init__(
        self, database: Database, decided: Decided, duplicates: Callable[[bool | None], list[TwinGroup]]
    ) -> None:
        self._database = database
        self._decided = decided
        self._duplicates = duplicates

    # --- favourites and notes ----------------------------------------------------------------------------------------

    def favourite(self, ids: Sequence[int], on: bool = True) -> int:
        """Make assets favourites, or no longer; return how many changed."""
        return self._do(partial(keeping.favour, asset_ids=ids, on=on), "on", "off")

    def favourites(self) -> int:
        """How many favourites there are among what is shown."""
        with self._database.read() as connection:
            return keeping.favourites(connection)

    def note(self, asset_id: int, text: str) -> None:
        """Write a note on an asset, in place of the one that it has; an empty text takes it away.

        Raises:
            SettingInvalid: it is too long.
        """
        self._do(partial(keeping.annotate, texts={asset_id: _fitting(text)}), "notes")

    # --- several at once ---------------------------------------------------------------------------------------------

    def edit(self, ids: Sequence[int], wanted: Edit) -> None:
        """Change several things of several assets in one step, which is undone as one.

        Raises:
            NameTaken: an album that would be made cannot be called so.
            SettingInvalid: the note is too long.
        """
        _fitting(wanted.note)
        if not wanted.empty and ids:
            self._decided.record(partial(decisions.edit, asset_ids=list(dict.fromkeys(ids)), wanted=wanted))

    def common(self, ids: Sequence[int]) -> Common:
        """What these assets have in common."""
        with self._database.read() as connection:
            return provenance.common(connection, list(dict.fromkeys(ids)))

    # --- stacks ------------------------------------------------------------------------------------------------------

    def stack(self, ids: Sequence[int]) -> int:
        """Make one stack of these assets and of the stacks that they stand in, the first on top; return its size.

        Raises:
            NotFound: these are less than two.
        """
        return self._do(partial(stacks.make, asset_ids=ids), "stacked")

    def unstack(self, ids: Sequence[int]) -> int:
        """Take the stacks of these assets apart; return how many assets stand alone now."""
        return self._do(partial(stacks.apart, asset_ids=ids), "free")

    def take_out(self, ids: Sequence[int]) -> int:
        """Take assets out of their stacks, which stay where two are left; return how many stand alone now."""
        return self._do(partial(stacks.out, asset_ids=ids), "free")

    def lead(self, asset_id: int) -> None:
        """Put an asset on top of its stack. Raises NotFound."""
        self._do(partial(stacks.lead, asset_id=asset_id), "stacked")

    def members(self, asset_id: int) -> list[int]:
        """The assets of the stack in which this one stands, the top first; none where it is in no stack."""
        with self._database.read() as connection:
            return stacks.members(connection, asset_id)

    def stack_twins(self) -> int:
        """Make a stack of each group of near duplicates, the best one on top; return how many were made.

        It is one decision: undoing it takes all of them apart.
        """
        groups = [[twin.asset.cell.id for twin in group.members] for group in self._duplicates(False)]

        def decide(connection: sqlite3.Connection) -> int:
            act, count = stacks.make_all(connection, groups)
            if count:
                decisions.carry_out(connection, act)
            return count

        return self._decided.record(decide)

    # --- where words come from ---------------------------------------------------------------------------------------

    def origins(self, asset_id: int) -> list[Origin]:
        """Of each tag and each thing that was found in an asset who said it or which model, when, and how sure."""
        with self._database.read() as connection:
            found = provenance.origins(connection, asset_id)
        titles = {ref: _title(ref) for one in found for ref in one.packs}
        analyzers = {one.name: tr(one.title) for one in ANALYZERS}
        return [
            replace(one, title=analyzers.get(one.by, ""), models=tuple(titles[ref] for ref in one.packs))
            for one in found
        ]

    def told(self, act: str, **given: Any) -> Any:
        """Do what another start of Kinora asks for. Raises KinoraError."""
        verbs: dict[str, Callable[..., Any]] = {
            "favourite": self.favourite, "unfavourite": partial(self.favourite, on=False), "note": self.note,
            "stack": self.stack, "unstack": self.unstack, "stack-twins": self.stack_twins,
        }  # fmt: skip
        if act not in verbs:
            raise KinoraError(tr("Kinora cannot be told to {act}.", act=act))
        return verbs[act](**given)

    def _do(self, plan: Callable[[sqlite3.Connection], Act], *counted: str) -> int:
        """Carry an act out; nothing is written down when nothing changes. Return how many assets changed."""

        def decide(connection: sqlite3.Connection) -> int:
            act = plan(connection)
            if any(act.after.values()):
                decisions.carry_out(connection, act)
            return sum(len(act.after.get(name, ())) for name in counted)

        return self._decided.record(decide)


def _fitting(text: str) -> str:
    if len(text) > LONGEST:
        raise SettingInvalid(tr("This note is too long."), hint=tr("A note may have {most} characters.", most=LONGEST))
    return text


def _title(ref: str) -> str:
    """The title of a pack (id@version), installed or known; its id where it is neither."""
    number = ref.partition("@")[0]
    pack = shelf.installed().get(number) or catalogue.packs().get(number)
    return pack.title if pack is not None else number
