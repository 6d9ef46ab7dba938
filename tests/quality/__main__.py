"""`make quality`: how good the answers are on the real media, into out/quality.json and a table with the packs."""

import argparse
import importlib
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.quality import reading
from tests.quality.rows import Row
from tests.quality.truth import Absent

OUT = Path("out")
PARTS = ("text", "speech", "people", "safety", "postures", "twins", "retrieval")


def main() -> int:
    """Measure the parts asked for (all by default) and print one table."""
    parser = argparse.ArgumentParser("python -m tests.quality")
    parser.add_argument("parts", nargs="*", help=" ".join(PARTS))
    given = parser.parse_args()
    rows: list[Row] = []
    try:
        for name in given.parts or PARTS:
            print(f"... {name}", file=sys.stderr, flush=True)
            rows += importlib.import_module(f"tests.quality.{name}").rows()
    except Absent as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        reading.close()
    _write(rows)
    return 0


def _write(rows: list[Row]) -> None:
    OUT.mkdir(exist_ok=True)
    body = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "rows": [asdict(row) for row in rows]}
    (OUT / "quality.json").write_text(json.dumps(body, indent=2, ensure_ascii=False), encoding="utf-8")
    lines = ["| measure | value | packs | note |", "|---|---|---|---|"]
    lines += [f"| {row.measure} | {row.value} | {row.packs} | {row.note} |" for row in rows]
    (OUT / "quality.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    raise SystemExit(main())
