"""Search at 100,000 and 1,000,000 moments: wall and CPU time of every kind of query, end to end, beside plain BM25.

Run it with `python -m tests.bench.search 100000 1000000`. The library is synthetic: ten moments an asset, 4 to 14 words
a moment, drawn from 60,000 words by Zipf's law; the most frequent word stands in about 28 % of the moments.
"""

import itertools
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.search.find import Finder
from engine.store.db import Database
from engine.store.fold import fold
from tests.bench.rows import row

PER_ASSET = 10
VOCABULARY = 60_000
BATCH = 1_000  # assets in one transaction
PLAIN = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words) LIMIT 50"
SYLLABLES = [
    begin + end
    for begin in [*"bcdfghklmnprstvw", "st", "tr", "ch"]
    for end in [*"aeiou", "an", "en", "ar", "el", "or", "in"]
]
CAMERAS = ("Canon EOS 5D", "Nikon Z6", "iPhone 12", "Pixel 7", "")
PLACES = ("Paris, France", "Berlin, Germany", "Arezzo, Tuscany, Italy", "")


def vocabulary(count: int, random_: random.Random) -> list[str]:
    """Made-up words, the short ones mostly first."""
    seen: dict[str, None] = {}
    while len(seen) < count:
        seen["".join(random_.choice(SYLLABLES) for _ in range(random_.choice((1, 2, 2, 3, 3, 3, 4))))] = None
    return sorted(seen, key=lambda word: len(word) + random_.random() * 6)


def build(folder: Path, moments: int) -> tuple[Database, list[str]]:
    """Make a library of so many moments; returns it and its words by falling frequency."""
    random_ = random.Random(7)
    names = vocabulary(VOCABULARY, random_)
    weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(names))))
    database = Database(folder / "kinora.db", own=True)
    database.open()
    database.write(_frame)
    assets = moments // PER_ASSET
    for first in range(1, assets + 1, BATCH):
        part = range(first, min(first + BATCH, assets + 1))
        database.write(lambda connection, part=part: _fill(connection, part, names, weights, random_))
    return database, names


def _frame(connection: sqlite3.Connection) -> None:
    for number in range(1, 201):
        path = f"/photos/{2000 + number % 25}/album {number}"
        connection.execute("INSERT INTO folder VALUES(?, ?, ?)", (number, path.encode(), path))
    connection.execute("INSERT INTO tag VALUES(1, 'rare'), (2, 'often')")


def _fill(
    connection: sqlite3.Connection, part: Sequence[int], names: list[str], weights: list[float], random_: random.Random
) -> None:
    for asset in part:
        at = 9e8 + random_.random() * 25 * 365 * 86400
        connection.execute(
            "INSERT INTO asset(id, content, kind, size, name, moment_at, year, camera, place, added, "
            "present, rating, safety) "
            "VALUES(?, ?, ?, 1000, ?, ?, ?, ?, ?, ?, 1, ?, 'safe')",
            (asset, f"{asset:064x}", random_.choice(("photo", "photo", "photo", "video", "document")),
             f"img{asset}.jpg",
             at, time.gmtime(at).tm_year, random_.choice(CAMERAS), random_.choice(PLACES), 1e9 + asset,
             random_.choice((None, None, 5, 3))),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO file(asset_id, folder_id, name, shown, size, mtime_ns, state, first_seen, last_seen) "
            "VALUES(?, ?, ?, ?, 1000, 0, 'present', 0, 0)",
            (asset, asset % 200 + 1, f"img{asset}.jpg".encode(), f"img{asset}.jpg"),
        )
        if asset % 1000 == 0 or asset % 4 == 0:
            connection.execute(
                "INSERT INTO asset_tag(asset_id, tag_id, source) VALUES(?, ?, 'you')",
                (asset, 1 if asset % 1000 == 0 else 2),
            )
        texts = [
            (asset << 20 | seq, " ".join(random_.choices(names, cum_weights=weights, k=random_.randint(4, 14))))
            for seq in range(PER_ASSET)
        ]
        connection.executemany(
            "INSERT INTO moment(id, asset_id, analyzer) VALUES(?, ?, 'ocr')", ((moment, asset) for moment, _ in texts)
        )
        connection.executemany(
            "INSERT INTO finding(moment_id, asset_id, analyzer, version, kind, text, label) "
            "VALUES(?, ?, 'ocr', 1, 'text', ?, 'ocr')",
            ((moment, asset, text) for moment, text in texts),
        )
        connection.executemany(
            "INSERT INTO words(rowid, body) VALUES(?, ?)", ((moment, fold(text)) for moment, text in texts)
        )


def queries(names: list[str], database: Database) -> Iterator[tuple[str, list[str], bool]]:
    """Kinds of query: name, examples, and whether plain BM25 can answer them."""
    very, common, mid, rare = names[:20], names[100:1100:25], names[2000:12000:250], names[30000:50000:500]
    yield "rare word", rare, True
    yield "mid word", mid, True
    yield "common word", common, True
    yield "very common word", very, True
    yield "1-letter prefix", [f"{letter}*" for letter in "bcdfghklmnprstvw"], True
    yield "2-letter prefix", [f"{word[:2]}*" for word in names[:2000:50]], True
    yield "4-letter prefix", [f"{word[:4]}*" for word in names[:6000:100] if len(word) >= 4], True
    yield "phrase", _phrases(database), True
    yield (
        "3-word OR",
        [f"{a} OR {b} OR {c}" for a, b, c in zip(names[0:300:10], names[5:600:20], names[100:3100:100], strict=False)],
        True,
    )
    yield "2 very common words", [f"{a} {b}" for a, b in zip(names[0:40:2], names[1:41:2], strict=True)], False
    yield "common and rare word", [f"{a} {b}" for a, b in zip(names[:40], names[20000:28000:200], strict=True)], False
    yield "very common, filters", [f"{word} type:photo year:2019..2021" for word in very], False
    yield "common, place and camera", [f"{word} place:paris camera:nikon" for word in common], False
    yield "very common, rare tag", [f"{word} tag:rare" for word in very], False
    yield "very common, folder", [f'{word} in:"album 17"' for word in very], False
    yield "mid, nothing passes", [f"{word} year:1950" for word in mid], False
    yield "very common, nothing passes", [f"{word} year:1950" for word in very], False
    yield "word, not another", [f"{a} -{b}" for a, b in zip(common, very * 2, strict=True)], False
    yield "typo", [word[:2] + word[3] + word[2] + word[4:] for word in names[3000:9000:150] if len(word) > 5], False
    yield "filters only", [f"type:video camera:pixel year:{year}" for year in range(2000, 2020)], False


def _phrases(database: Database) -> list[str]:
    with database.read() as connection:
        most = connection.execute("SELECT max(id) FROM finding").fetchone()[0]
        rows = [
            connection.execute("SELECT text FROM finding WHERE id = ?", (most * part // 60 + 1,)).fetchone()
            for part in range(60)
        ]
    return [f'"{" ".join(row[0].split()[1:3])}"' for row in rows]


def measured(work: Callable[[str], object], examples: Sequence[str]) -> dict[str, float]:
    """Milliseconds p50 and p95, wall and CPU, of `work` over the examples."""
    walls, cpus = [], []
    for example in examples:
        wall, cpu = time.perf_counter(), time.process_time()
        work(example)
        cpus.append((time.process_time() - cpu) * 1e3)
        walls.append((time.perf_counter() - wall) * 1e3)
    return {
        "p50_wall": _part(walls, 50),
        "p95_wall": _part(walls, 95),
        "p50_cpu": _part(cpus, 50),
        "p95_cpu": _part(cpus, 95),
    }


def _part(values: list[float], percent: int) -> float:
    return round(
        statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0], 3
    )


def _plain_of(query: str) -> str:
    return " ".join(
        part if part == "OR" or part.startswith('"') or part.endswith(('"', "*")) else f'"{part}"'
        for part in query.split()
    )


def measure(folder: Path, moments: int) -> dict[str, Any]:
    """Build a library and measure every kind of query on it."""
    began = time.process_time()
    database, names = build(folder, moments)
    built = time.process_time() - began
    finder = Finder(database)
    kinds: dict[str, Any] = {}
    for name, examples, plainly in queries(names, database):
        finder.search(examples[0])
        kinds[name] = measured(finder.search, examples)
        if plainly:
            with database.read() as connection:
                kinds[name]["plain"] = measured(
                    lambda query: connection.execute(PLAIN, (_plain_of(query),)).fetchall(), examples
                )
    for name, text in (
        ("listing of all", ""),
        ("listing, very common word", names[0]),
        ("listing, filter", "type:photo"),
    ):
        kinds[name] = measured(finder.listing, [text] * 7)
    kinds["completion of a value"] = measured(
        lambda text: finder.complete(text, len(text)), ["place:", "camera:", "in:al", "tag:", "year:"] * 3
    )
    kinds["completion of a word"] = measured(
        lambda text: finder.complete(text, len(text)), [word[:2] for word in names[:2000:50]]
    )
    size = database.path.stat().st_size
    database.close()
    return {
        "moments": moments,
        "assets": moments // PER_ASSET,
        "bytes": size,
        "build_cpu_seconds": round(built, 2),
        "kinds": kinds,
        **_verdict(kinds),
    }


def _verdict(kinds: dict[str, Any]) -> dict[str, Any]:
    searched = {name: kind for name, kind in kinds.items() if not name.startswith(("listing", "completion"))}
    worst = max(searched, key=lambda name: searched[name]["p95_cpu"])
    plain = {name: kind["plain"]["p95_cpu"] for name, kind in searched.items() if "plain" in kind}
    hardest = max(plain, key=lambda name: plain[name])
    ratio = round(plain[hardest] / kinds[hardest]["p95_cpu"], 1)
    return {
        "worst_kind": worst,
        "worst_p95_cpu_ms": searched[worst]["p95_cpu"],
        "plain_worst_kind": hardest,
        "times_plain": ratio,
    }


def run(sizes: Sequence[int] = (100_000, 1_000_000)) -> dict[str, Any]:
    """Measure at each size; returns what was found, by size."""
    out = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="kinora-bench-") as folder:
            out[str(size)] = measure(Path(folder), size)
    return out


def table(result: dict[str, Any]) -> Iterator[str]:
    """The result as lines for people."""
    for measures in result.values():
        yield f"\n{measures['moments']:,} moments of {measures['assets']:,} assets, {measures['bytes'] / 1e6:.0f} MB"
        yield f"{'kind':28} {'wall p50':>9} {'p95':>8} {'CPU p50':>9} {'p95':>8}   plain bm25 CPU p50, p95 (ms)"
        for name, kind in measures["kinds"].items():
            plain = kind.get("plain")
            beside = f"{plain['p50_cpu']:9.2f} {plain['p95_cpu']:8.2f}" if plain else ""
            cells = (kind["p50_wall"], kind["p95_wall"], kind["p50_cpu"], kind["p95_cpu"])
            yield f"{name:28} {cells[0]:9.2f} {cells[1]:8.2f} {cells[2]:9.2f} {cells[3]:8.2f}   {beside}"
        yield f"slowest kind: {measures['worst_kind']}, p95 CPU {measures['worst_p95_cpu_ms']} ms (goal 50)"
        hardest, ratio = measures["plain_worst_kind"], measures["times_plain"]
        yield f"against plain bm25 on its slowest kind ({hardest}): {ratio} times (goal 10)"


def rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The result as rows of the common table: P6."""
    out = []
    for measures in result.values():
        at = f"at {measures['moments']:,} moments"
        for name, kind in measures["kinds"].items():
            plain = kind.get("plain")
            against = f"plain bm25: {plain['p50_wall']:.1f} / {plain['p95_wall']:.1f} ms" if plain else "-"
            ratio = round(kind["p95_cpu"] / plain["p95_cpu"], 2) if plain else "-"
            ours = f"{kind['p50_wall']:.1f} / {kind['p95_wall']:.1f} ms"
            out.append(row("P6", f"{name}, {at}, p50 / p95 wall", ours, against, ratio, "p95 CPU <= 50 ms"))
        what = f"slowest kind ({measures['worst_kind']}), {at}, p95 CPU"
        against = f"plain bm25 on its slowest kind ({measures['plain_worst_kind']})"
        times = f"{measures['times_plain']} times faster"
        out.append(row("P6", what, f"{measures['worst_p95_cpu_ms']} ms", against, times, "<= 50 ms, >= 10 times"))
    return out


if __name__ == "__main__":
    found = run([int(size) for size in sys.argv[1:]] or (100_000, 1_000_000))
    print("\n".join(table(found)))
    print(
        json.dumps(
            {
                size: {key: value for key, value in measures.items() if key != "kinds"}
                for size, measures in found.items()
            }
        )
    )
