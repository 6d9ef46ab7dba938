"""Long lists of whole numbers out of SQLite, without an object for each: eight bytes a number."""

from array import array


def numbers(text: str | None, *, ascending: bool = False) -> "array[int]":
    """The numbers of a `group_concat`, sorted where `ascending` is asked for.

    One long string, read by numpy, takes a fraction of the time and the memory of a million rows.
    """
    found = array("q")
    if text:
        import numpy as np

        read = np.fromstring(text, np.int64, sep=",")
        if ascending:
            read.sort()
        found.frombytes(read.view(np.uint8))  # type: ignore[arg-type]  # a buffer of bytes
    return found
