"""Who is heard in a recording: each voice with the number that its analyzer gave it and the person it belongs to."""

import sqlite3
from dataclasses import dataclass

from engine.language import tr


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of a recording (an appearance); `number` is 0 where no analysis shows it now."""

    id: int
    number: int
    name: str  # of the person, empty while nobody said

    @property
    def shown(self) -> str:
        """What people see: the name, or the number."""
        return self.name or (tr("Speaker {number}", number=self.number) if self.number else "")


def of_asset(connection: sqlite3.Connection, asset_id: int) -> dict[int, Voice]:
    """The voices of an asset by id, in the order of their numbers."""
    rows = connection.execute(
        "SELECT a.id, f.label, coalesce(p.name, '') FROM appearance a LEFT JOIN finding f ON f.id = a.finding_id "
        "LEFT JOIN person p ON p.id = a.person_id WHERE a.asset_id = ? AND a.sort = 'voice' ORDER BY f.id, a.id",
        (asset_id,),
    )
    return {number: Voice(number, int(label) if str(label).isdigit() else 0, name) for number, label, name in rows}
