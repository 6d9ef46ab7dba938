"""Long lists of whole numbers, without an object for each: eight bytes a number.

A `Sorted` has its numbers ascending, each once.
"""

import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sorted = NDArray[np.int64]

PART = 100_000  # numbers that are handed to SQLite at a time
_READING = threading.BoundedSemaphore(2)  # a quick list need not wait for a slow one


def numbers(
    connection: sqlite3.Connection, sql: str, values: Sequence[object] = (), *, ascending: bool = False
) -> "array[int]":
    """The numbers that a query gives as the one `group_concat` of its one row, sorted where `ascending` is asked for.

    One long string, read by numpy, takes a fraction of the time and the memory of a million rows; several times that of
    the numbers all the same, so that few are read at once.
    """
    with _READING:
        found = _read(connection, sql, values)
        if ascending:
            found.sort()
        return packed(found)


def distinct(connection: sqlite3.Connection, sql: str, values: Sequence[object] = ()) -> "Sorted":
    """The same, each once."""
    import numpy as np

    with _READING:
        found = _read(connection, sql, values)
        found.sort()
        return found if len(found) < 2 else found[np.append(True, found[1:] != found[:-1])]


def gathered(found: Iterable[int]) -> "Sorted":
    """Any numbers, each once."""
    import numpy as np

    return np.unique(np.fromiter(found, np.int64))


def both(one: "Sorted", other: "Sorted") -> "Sorted":
    """The numbers of both together."""
    import numpy as np

    return np.union1d(one, other)


def within(found: "NDArray[np.int64]", other: "Sorted") -> "NDArray[np.bool_]":
    """Which of the numbers, in whatever order, are in the other list."""
    import numpy as np

    if not len(other):
        return np.zeros(len(found), np.bool_)
    at = np.searchsorted(other, found)
    at[at == len(other)] = 0
    same: NDArray[np.bool_] = other[at] == found
    return same


def packed(found: "NDArray[np.int64]") -> "array[int]":
    """The numbers as Python's own array, which every layer can hold and share."""
    import numpy as np

    made = array("q")
    made.frombytes(np.ascontiguousarray(found).view(np.uint8))  # type: ignore[arg-type]  # a buffer of bytes
    return made


def parts(found: "array[int] | Sorted") -> Iterator[list[int]]:
    """The numbers in lists that are short enough to be held in several forms at once."""
    for start in range(0, len(found), PART):
        yield found[start : start + PART].tolist()


def _read(connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> "NDArray[np.int64]":
    import numpy as np

    text = connection.execute(sql, values).fetchone()[0]
    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)
