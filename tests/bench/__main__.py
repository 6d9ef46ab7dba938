"""`make bench`: every measurement against its target, as ratios within one run, into out/bench.json and a table."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import (
    answers,
    atlas,
    cluster,
    hearing,
    importing,
    keeping,
    lanes,
    memory,
    opening,
    parcels,
    people,
    pipeline,
    queueing,
    renting,
    senses,
    ssh,
    turns,
    typing,
    vectors,
    window,
)

OUT = Path("out")


def main() -> int:
    """Run the parts asked for (all by default) and print one table."""
    parser = argparse.ArgumentParser("python -m tests.bench")
    names = (
        "import rescan queue pipeline senses hearing memory people search typing keeping vectors hybrid window turns "
        "answers map opening growth cluster lanes parcels rent ssh"
    )
    parser.add_argument("parts", nargs="*", help=names)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    given = parser.parse_args()
    parts: dict[str, Callable[[bool], list[dict[str, Any]]]] = {
        "import": importing.run,
        "rescan": importing.rescan,
        "queue": queueing.run,
        "pipeline": pipeline.run,
        "senses": senses.run,
        "hearing": hearing.run,
        "memory": memory.run,
        "people": people.run,
        "search": _search,
        "keeping": keeping.run,
        "typing": typing.run,
        "vectors": vectors.rows,
        "hybrid": vectors.hybrid_rows,
        "window": window.run,
        "turns": turns.run,
        "answers": answers.run,
        "map": atlas.run,
        "opening": opening.run,
        "parcels": parcels.run,
        "growth": queueing.growth,
        "cluster": cluster.run,
        "rent": renting.run,
        "lanes": lanes.run,
        "ssh": ssh.run,
    }
    rows: list[dict[str, Any]] = []
    for name in given.parts or parts:
        print(f"... {name}", file=sys.stderr, flush=True)
        rows += parts[name](given.quick)
    _write(rows)
    return 0


def _search(quick: bool) -> list[dict[str, Any]]:
    from tests.bench import search

    sizes = (20_000,) if quick else (100_000, 1_000_000)
    return search.rows(search.run(sizes))


def _write(rows: list[dict[str, Any]]) -> None:
    OUT.mkdir(exist_ok=True)
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    body = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "machine": machine, "rows": rows}
    (OUT / "bench.json").write_text(json.dumps(body, indent=2), encoding="utf-8")
    lines = ["| | measured | ours | against | ratio | target |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {r['id']} | {r['what']} | {r['ours']} | {r['against']} | {r['ratio']} | {r['target']} |" for r in rows
    ]
    (OUT / "bench.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    raise SystemExit(main())
