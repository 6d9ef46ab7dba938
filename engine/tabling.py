"""What is known of assets as JSON and CSV, written piece by piece."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.model import AssetRow

COLUMNS = (
    "asset", "kind", "path", "name", "content", "format", "size", "width", "height", "duration", "pages", "taken",
    "latitude", "longitude", "place", "camera", "rating", "safety", "tags", "state", "error",
)  # fmt: skip
More = Callable[[AssetRow], Mapping[str, Any]]


def as_csv(rows: Iterable[AssetRow], *, paths: bool = True) -> Iterator[str]:
    """A line for each asset, after the headings."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, COLUMNS if paths else [one for one in COLUMNS if one != "path"])
    writer.writeheader()
    yield _taken(sink)
    for row in rows:
        flat = flat_of(row, paths=paths)
        writer.writerow({**flat, "tags": "; ".join(flat["tags"])})
        yield _taken(sink)


def as_json(rows: Iterable[AssetRow], more: More = lambda row: {}, *, paths: bool = True) -> Iterator[str]:
    """A list with an object for each asset; `more` is what it has beside the usual."""
    yield "["
    for number, row in enumerate(rows):
        entry = {**flat_of(row, paths=paths), **more(row)}
        yield (",\n" if number else "\n") + json.dumps(entry, ensure_ascii=False, default=str)
    yield "\n]\n"


def flat_of(row: AssetRow, *, paths: bool = True) -> dict[str, Any]:
    """The columns of one asset."""
    cell, facts = row.cell, row.facts
    where = {"path": row.files[0].path if row.files else ""} if paths else {}
    return {
        "asset": cell.id,
        "kind": cell.kind.value,
        **where,
        "name": cell.name,
        "content": cell.content,
        "format": row.format,
        "size": row.size,
        "width": facts.width,
        "height": facts.height,
        "duration": facts.duration,
        "pages": facts.pages,
        "taken": facts.taken,
        "latitude": facts.latitude,
        "longitude": facts.longitude,
        "place": facts.place,
        "camera": facts.camera,
        "rating": cell.rating,
        "safety": cell.safety,
        "tags": [name for name, _ in row.tags],
        "state": cell.state,
        "error": cell.error,
    }


def _taken(sink: io.StringIO) -> str:
    text = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return text
