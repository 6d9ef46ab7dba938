"""Listing a library with stacks, albums and favourites beside listing it as it is.

Run it with `python -m tests.bench keeping`. The assets are rows alone: what is measured is the listing.
"""

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.albums import Albums
from engine.decided import Decided
from engine.searching import Searching
from engine.store.db import Database
from tests.bench.rows import row

YEARS = 25 * 365 * 86400
TURNS = 7


def build(folder: Path, count: int) -> Database:
    """A library of so many assets: 2 % of them begin a stack of three, 5 % are favourites, 10 % are in one album."""
    database = Database(folder / "kinora.db", own=True)
    database.open()
    database.write(lambda connection: _fill(connection, count))
    return database


def _fill(connection: sqlite3.Connection, count: int) -> None:
    chance = random.Random(3)
    moments = (9e8 + chance.random() * YEARS for _ in range(count))
    connection.executemany(
        "INSERT INTO asset(id, content, kind, size, name, moment_at, year, added, present) "
        "VALUES(?, ?, 'photo', 1000, ?, ?, ?, ?, 1)",
        ((n, f"{n:064x}", f"img{n}.jpg", at, time.gmtime(at).tm_year, 1e9 + n) for n, at in enumerate(moments, 1)),
    )
    members = chance.sample(range(1, count + 1), count // 50 * 3)
    connection.executemany(
        "INSERT INTO stacked VALUES(?, ?, ?)", ((one, at // 3 + 1, at % 3) for at, one in enumerate(members))
    )
    connection.executemany(
        "INSERT INTO favourite VALUES(?, 1)", ((one,) for one in chance.sample(range(1, count + 1), count // 20))
    )
    connection.execute("INSERT INTO album VALUES(1, 'Large', 1)")
    connection.executemany(
        "INSERT INTO album_member VALUES(1, ?, ?, 1)",
        ((one, at * 1024.0) for at, one in enumerate(chance.sample(range(1, count + 1), count // 10))),
    )


def measured(what: Callable[[], Any]) -> float:
    """Milliseconds of the median turn."""
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        what()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def run(quick: bool) -> list[dict[str, Any]]:
    """Rows of the common table."""
    count = 50_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="kinora-bench-") as name:
        database = build(Path(name), count)
        searching = Searching(database, Path(name), dict, None)
        albums = Albums(database, Decided(database), searching.searches, searching.count)
        plain = measured(lambda: searching.listing("", "taken", None))
        kinds = {
            "listing with every stack as one": lambda: searching.listing("", "taken", ()),
            "listing with one stack opened": lambda: searching.listing("", "taken", (7,)),
            "listing of the favourites": lambda: searching.listing("is:favourite", "taken", ()),
            "listing of a large album in its order": lambda: searching.listing("album:large", "album", ()),
            "names and counts of all albums": albums.listing,
        }
        found = {what: measured(call) for what, call in kinds.items()}
        searching.close()
        database.close()
    against = f"listing of all without stacks: {plain:.0f} ms"
    return [
        row("P6", f"{what}, at {count:,} assets, p50", f"{took:.0f} ms", against, round(took / plain, 2), "ratio <= 2")
        for what, took in found.items()
    ]
