"""Vectors: the truth is here as fp16, in spaces; every index file can be made of it again."""

import sqlite3

from engine.errors import PackInvalid
from engine.language import tr


def put(
    connection: sqlite3.Connection, finding_id: int, moment_id: int, asset_id: int, space: str, vector: bytes
) -> None:
    """Store the vector (little-endian fp16) of a finding in a space (the pack's id@version, with what it is of).

    Raises:
        PackInvalid: the space holds vectors of another length.
    """
    dim = len(vector) // 2
    row = connection.execute("SELECT id, dim FROM space WHERE name = ?", (space,)).fetchone()
    if row is None:
        row = connection.execute("INSERT INTO space(name, dim) VALUES(?, ?) RETURNING id, dim", (space, dim)).fetchone()
    if row[1] != dim:
        raise PackInvalid(
            tr("The pack {space} gave {dim} numbers where it gave {row} before.", space=space, dim=dim, row=row[1])
        )
    connection.execute(
        "INSERT INTO embedding(space_id, finding_id, moment_id, asset_id, fp16) VALUES(?, ?, ?, ?, ?)",
        (row[0], finding_id, moment_id, asset_id, vector),
    )
