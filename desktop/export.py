"""A list of assets as a CSV or JSON file, for other programs."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import KinoraError, NotFound
from engine.language import tr
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
        KinoraError: the file cannot be written.
    """
    rows: list[dict[str, Any]] = []
    for number, asset in enumerate(ids, 1):
        try:
            rows.append(_row(library.asset(asset)))
        except NotFound:
            continue
        yield Step(number, len(ids))
    part = target.with_name(target.name + ".part")
    try:
        if target.suffix.lower() == ".json":
            part.write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8")
        else:
            _write_csv(part, rows)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise KinoraError(
            tr("The list could not be written to {target} ({strerror}).", target=target, strerror=error.strerror),
            hint=tr("Choose another folder."),
        ) from error


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


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    # The byte order mark makes spreadsheets read UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS)
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"tags": "; ".join(row["tags"])})
