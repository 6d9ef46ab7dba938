"""A list of assets as a CSV or JSON file, for other programs."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NotFound
from engine.model import AssetRow, Step

if TYPE_CHECKING:
    from engine.library import Library

FIELDS = (
    "path",
    "kind",
    "format",
    "size",
    "taken",
    "place",
    "latitude",
    "longitude",
    "camera",
    "rating",
    "tags",
    "content",
)


def write_list(library: "Library", ids: Sequence[int], target: Path) -> Iterator[Step]:
    """Write one line for each asset to `target` (.json, else CSV), which appears when it is complete.

    Raises:
        StoreError: the file cannot be written, or is one of the library.
    """
    rows: list[dict[str, Any]] = []
    for number, asset in enumerate(ids, 1):
        try:
            rows.append(_row(library.asset(asset)))
        except NotFound:
            continue
        yield Step(number, len(ids))
    text = json.dumps(rows, ensure_ascii=False, indent=2) if target.suffix.lower() == ".json" else _csv(rows)
    library.exports.write(target, text.encode())


def _row(asset: AssetRow) -> dict[str, Any]:
    facts = asset.facts
    return {
        "path": asset.files[0].path if asset.files else "",
        "kind": asset.cell.kind.value,
        "format": asset.format,
        "size": asset.size,
        "taken": asset.cell.taken,
        "place": facts.place,
        "latitude": facts.latitude,
        "longitude": facts.longitude,
        "camera": facts.camera,
        "rating": asset.cell.rating,
        "tags": [name for name, _ in asset.tags],
        "content": asset.cell.content,
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    # The byte order mark makes spreadsheets read UTF-8.
    text = io.StringIO("\ufeff", newline="")
    text.seek(0, io.SEEK_END)
    writer = csv.DictWriter(text, FIELDS)
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"tags": "; ".join(row["tags"])})
    return text.getvalue()
