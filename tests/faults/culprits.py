"""Analyzers that misbehave on purpose: loaded into workers by the fault tests."""

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from engine.analyzers.base import Yield
from engine.analyzers.look import Look
from engine.media.source import Source

BLOCK = 64 << 20


class Culprit(Look):
    """Does what the file's name asks for: exit, hang, freeze, memory, bug; else it is the real analyzer."""

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        wanted = os.path.basename(source.path).partition(b" ")[0]
        if wanted == b"exit":
            os._exit(139)
        if wanted == b"hang":
            time.sleep(600)
        if wanted == b"memory":
            hoard(slow=os.path.basename(source.path).startswith(b"memory slow"))
        if wanted == b"bug":
            raise ZeroDivisionError("a bug in an analyzer")
        yield from super().analyze(source, options)


def hoard(*, slow: bool) -> None:
    """Take memory without end, in blocks that are really used."""
    blocks = []
    while True:
        blocks.append(os.urandom(1 << 20) * (BLOCK >> 20))
        time.sleep(0.05 if slow else 0)
