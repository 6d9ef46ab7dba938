"""One line of the table of answers: what was measured, how good it is, with which packs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measure with its value; `packs` names the packs (id@version) that gave the answers."""

    measure: str
    value: str
    packs: str
    note: str = ""
