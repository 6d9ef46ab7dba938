"""Frames between this program and the process that holds the Dask client: a line of JSON, then raw bytes."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, BinaryIO

from engine.errors import HostLied
from engine.language import tr

LONGEST_HEAD = 4 << 20  # bytes of the line
MOST_BODY = 256 << 20  # bytes of all pieces behind it


def frame(head: dict[str, Any], pieces: Sequence[bytes] = ()) -> list[bytes]:
    """A frame, to be written as it is."""
    line = json.dumps({**head, "sizes": [len(piece) for piece in pieces]}, separators=(",", ":"))
    return [line.encode() + b"\n", *pieces]


async def read(stream: asyncio.StreamReader, most: int = MOST_BODY) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next frame; None at the end. Raises HostLied: it is none, or too large."""
    try:
        line = await stream.readline()
        if not line.endswith(b"\n"):
            return None
        head = json.loads(line)
        sizes = head.pop("sizes")
        if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) > most:
            raise HostLied(tr("The cluster answered with more than is read."))
        return head, [await stream.readexactly(size) for size in sizes]
    except asyncio.IncompleteReadError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HostLied(tr("The process that talks with the cluster said something unreadable.")) from error


def read_blocking(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next frame of one's own parent; None at the end."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    head = json.loads(line)
    return head, [stream.read(size) for size in head.pop("sizes")]
