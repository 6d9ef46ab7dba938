"""Vectors at 100,000 and 1,000,000 (P5), and words and meaning together at 1,000,000 moments (P7).

Run it with `python -m tests.bench.vectors 100000 1000000`, and with `hybrid` for P7. The vectors are synthetic and look
like those of a CLIP: a narrow cone (mean cosine 0.57), 3,000 clusters by Zipf's law; the questions lie a modality gap
apart. Everything is measured end to end through `Spaces.find`: proposals, truth from the database, exact scores.
"""

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.search.find import Finder
from engine.search.meaning import Meaning
from engine.search.spaces import Spaces
from engine.settings import defaults
from engine.store import spaces
from engine.store.db import Database
from engine.store.plan import ALWAYS, Is
from tests.bench import search
from tests.bench.rows import row

Floats = NDArray[np.float32]
DIM = 512
CLUSTERS = 3_000
QUESTIONS = 60
BLOCK = 20_000


def unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


class Cone:
    """Where the vectors come from."""

    def __init__(self, seed: int = 5) -> None:
        self.random = np.random.default_rng(seed)
        spectrum = (np.arange(1, DIM + 1) ** -0.35).astype(np.float32)
        self.middle = unit(self.random.normal(size=(1, DIM)).astype(np.float32))
        self.clusters = unit(self.random.normal(size=(CLUSTERS, DIM)).astype(np.float32) * spectrum)
        self.weights = 1 / np.arange(1, CLUSTERS + 1)
        self.weights /= self.weights.sum()
        self.gap = unit(self.random.normal(size=(1, DIM)).astype(np.float32))

    def vectors(self, count: int) -> Floats:
        """Pictures."""
        chosen = self.clusters[self.random.choice(CLUSTERS, count, p=self.weights)]
        noise = self.random.normal(size=(count, DIM)).astype(np.float32) / DIM**0.5
        return unit(self.middle * 1.15 + chosen * 0.75 + noise * 0.65)

    def questions(self, count: int) -> Floats:
        """Texts."""
        return unit(self.vectors(count) + self.gap * 0.6)


def build(folder: Path, count: int) -> tuple[Database, Cone]:
    """A library with a vector for each of `count` assets, every twentieth of them a video."""
    database = Database(folder / "kinora.db", own=True)
    database.open()
    cone = Cone()
    for first in range(1, count + 1, BLOCK):
        part = range(first, min(first + BLOCK, count + 1))
        vectors = cone.vectors(len(part)).astype("<f2")

        def put(connection: sqlite3.Connection, part: range = part, vectors: Any = vectors) -> None:
            connection.executemany(
                "INSERT INTO asset(id, content, kind, size, moment_at, added, present) "
                "VALUES(?1, ?1, ?2, 1, ?1, ?1, 1)",
                ((asset, "video" if asset % 20 == 0 else "photo") for asset in part),
            )
            place(connection, [(asset, asset << 20 | 1) for asset in part], vectors)

        database.write(put)
    return database, cone


def place(connection: sqlite3.Connection, moments: Sequence[tuple[int, int]], vectors: Any) -> None:
    """Store vectors at moments (asset, moment) that do not exist yet."""
    from engine.store import embeddings

    connection.executemany(
        "INSERT INTO moment(id, asset_id, analyzer) VALUES(?, ?, 'meaning')",
        ((moment, asset) for asset, moment in moments),
    )
    for (asset, moment), vector in zip(moments, vectors, strict=True):
        cursor = connection.execute(
            "INSERT INTO finding(moment_id, asset_id, analyzer, version, kind, label) "
            "VALUES(?, ?, 'meaning', 1, 'vector', 'picture')",
            (moment, asset),
        )
        embeddings.put(connection, int(cursor.lastrowid or 0), moment, asset, "bench@1", vector.tobytes())


def truth(database: Database, questions: Floats, where: str, most: int) -> list[set[int]]:
    """The nearest by exact float32 over the stored rows."""
    best = [(np.zeros(0, np.int64), np.zeros(0, np.float32)) for _ in questions]
    with database.read() as connection:
        last = 0
        sql = (
            "SELECT e.id, e.fp16 FROM embedding e JOIN asset a ON a.id = e.asset_id "
            f"WHERE e.id > ? AND {where} ORDER BY e.id LIMIT {BLOCK}"
        )
        while rows := connection.execute(sql, (last,)).fetchall():
            last = rows[-1][0]
            ids = np.array([one[0] for one in rows], np.int64)
            matrix = np.frombuffer(b"".join(one[1] for one in rows), "<f2").reshape(-1, DIM).astype(np.float32)
            scores = matrix @ questions.T
            for at, (known, values) in enumerate(best):
                merged, all_ids = np.concatenate([values, scores[:, at]]), np.concatenate([known, ids])
                chosen = np.argsort(-merged)[:most]
                best[at] = all_ids[chosen], merged[chosen]
    return [set(found.tolist()) for found, _ in best]


def reading(count: int) -> float:
    """Milliseconds for reading as many bytes as the vectors have, once, from memory."""
    held = np.ones((count, DIM * 2 // 8), np.int64)
    times = []
    for _ in range(5):
        began = time.process_time()
        held.max()
        times.append((time.process_time() - began) * 1e3)
    return round(min(times), 2)


def measure(folder: Path, count: int) -> dict[str, Any]:
    """p50 and p95 of CPU time, and recall@10, with and without a filter; how long the index takes."""
    database, cone = build(folder, count)
    found = Spaces(database, folder / "vectors")
    began = time.process_time()
    found.refresh(wait=True)
    out: dict[str, Any] = {"count": count, "build_cpu_seconds": round(time.process_time() - began, 1)}
    out["bytes"] = sum(path.stat().st_size for path in (folder / "vectors").glob("*"))
    out["read_ms"] = reading(count)
    pictures, texts = cone.vectors(QUESTIONS), cone.questions(QUESTIONS)
    with database.read() as connection:
        (space,) = spaces.listing(connection)
        for name, questions, where, sql in (
            ("pictures", pictures, ALWAYS, "1"),
            ("texts", texts, ALWAYS, "1"),
            ("texts, filter 5 %", texts, Is("kind", ("video",)), "a.kind = 'video'"),
        ):
            out[name] = _measured(lambda asked: found.find(connection, space, [asked], where, 10), questions)  # noqa: B023
            exact = truth(database, questions, sql, 10)
            answers = [{near.id for near in found.find(connection, space, [asked], where, 10)} for asked in questions]
            out[name]["recall"] = round(
                float(np.mean([len(one & other) / 10 for one, other in zip(exact, answers, strict=True)])), 4
            )
    found.close()
    database.close()
    return out


def _measured(work: Callable[[Any], object], questions: Floats) -> dict[str, float]:
    work(questions[0])
    walls, cpus = [], []
    for asked in questions:
        wall, cpu = time.perf_counter(), time.process_time()
        work(asked)
        cpus.append((time.process_time() - cpu) * 1e3)
        walls.append((time.perf_counter() - wall) * 1e3)
    return {
        "p50_cpu": round(float(np.percentile(cpus, 50)), 2), "p95_cpu": round(float(np.percentile(cpus, 95)), 2),
        "p50_wall": round(float(np.percentile(walls, 50)), 2), "p95_wall": round(float(np.percentile(walls, 95)), 2),
    }  # fmt: skip


class Drawn:
    """Stands for the model: each text is a question of the cone, always the same."""

    def __init__(self, cone: Cone) -> None:
        self._cone = cone
        self._known: dict[str, Floats] = {}

    def texts(self, ref: str, task: str, texts: Sequence[str]) -> tuple[str, list[Floats]]:
        """The vectors of texts."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._cone.questions(1)[0]
        return ref, [self._known[text] for text in texts]


def hybrid(folder: Path, moments: int) -> dict[str, Any]:
    """Words and meaning over so many moments with words, each with a vector: to 50 hits with snippets."""
    database, names = search.build(folder, moments)
    cone = Cone()
    for first in range(1, moments // search.PER_ASSET + 1, 2_000):
        part = range(first, min(first + 2_000, moments // search.PER_ASSET + 1))
        places = [(asset, asset << 20 | 1000 + seq) for asset in part for seq in range(search.PER_ASSET)]
        vectors = cone.vectors(len(places)).astype("<f2")
        database.write(lambda connection, places=places, vectors=vectors: place(connection, places, vectors))
    found = Spaces(database, folder / "vectors")
    found.refresh(wait=True)
    _pack(folder / "packs")
    meaning = Meaning(database, found, Drawn(cone), defaults)  # type: ignore[arg-type]
    finder = Finder(database, meaning)
    kinds = {
        "rare word": names[30_000:50_000:500], "mid word": names[2_000:12_000:250], "common word": names[100:1_100:25],
        "very common word": names[:20],
        "two words": [f"{a} {b}" for a, b in zip(names[:40], names[500:540], strict=True)],
        "common word, filters": [f"{word} type:photo year:2019..2021" for word in names[100:1_100:25]],
        "shows: and a word": [f"{a} shows:{b}" for a, b in zip(names[100:140], names[600:640], strict=True)],
    }  # fmt: skip
    out: dict[str, Any] = {"moments": moments, "kinds": {}}
    for name, examples in kinds.items():
        finder.search(examples[0])
        out["kinds"][name] = search.measured(finder.search, examples)
    out["facets"] = search.measured(lambda text: _facets(database, finder, text), ["", names[0], names[500]] * 3)
    found.close()
    database.close()
    return out


def _facets(database: Database, finder: Finder, text: str) -> object:
    from engine.search.narrow import facets_of

    return facets_of(database, finder, text)


def _pack(folder: Path) -> None:
    """A pack that is never loaded: its name chooses the space."""
    import os

    (folder / "bench").mkdir(parents=True)
    told = {"id": "bench", "version": 1, "title": "Bench", "models": {"image-text": {"adapter": "image-text"}}}
    (folder / "bench" / "pack.json").write_text(json.dumps(told), encoding="utf-8")
    os.environ["KINORA_PACKS"] = str(folder)


def run(sizes: Sequence[int] = (100_000, 1_000_000)) -> list[dict[str, Any]]:
    """P5 at each size."""
    out = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="kinora-bench-") as folder:
            out.append(measure(Path(folder), size))
    return out


def rows(quick: bool) -> list[dict[str, Any]]:
    """The rows of the common table: P5."""
    return [one for found in run((20_000,) if quick else (100_000, 1_000_000)) for one in _rows(found)]


def _rows(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("pictures", "texts", "texts, filter 5 %"):
        times = found[name]
        ours = f"{times['p50_cpu']} / {times['p95_cpu']} ms, recall@10 {times['recall']}"
        ratio = round(times["p50_cpu"] / max(0.01, found["read_ms"]), 2)
        what = f"10 nearest, {name}, {found['count']:,} x {DIM}, p50 / p95 CPU"
        yield row("P5", what, ours, f"reading fp16 once {found['read_ms']} ms", ratio, "<= 1.5, recall >= 0.97")


def hybrid_rows(quick: bool) -> list[dict[str, Any]]:
    """The rows of the common table: P7."""
    with tempfile.TemporaryDirectory(prefix="kinora-bench-") as folder:
        found = hybrid(Path(folder), 20_000 if quick else 1_000_000)
    at = f"at {found['moments']:,} moments"
    out = []
    for name, times in [*found["kinds"].items(), ("facets", found["facets"])]:
        ours = f"{times['p50_cpu']:.1f} / {times['p95_cpu']:.1f} ms"
        out.append(row("P7", f"words and meaning: {name}, {at}, p50 / p95 CPU", ours, "-", "-", "p95 <= 100 ms"))
    return out


if __name__ == "__main__":
    given = sys.argv[1:] or ["100000", "1000000"]
    if given[0] == "hybrid":
        with tempfile.TemporaryDirectory(prefix="kinora-bench-") as place_:
            print(json.dumps(hybrid(Path(place_), int(given[1]) if len(given) > 1 else 1_000_000), indent=1))
    else:
        print(json.dumps(run([int(size) for size in given]), indent=1))
