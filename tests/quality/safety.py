"""False alarms of the safety levels: every picture of the real media is fit to be shown."""

from engine.model import FindingKind
from tests.quality import reading, truth
from tests.quality.rows import Row

LEVELS = ("suggestive", "explicit")


def rows() -> list[Row]:
    """How many harmless pictures are called suggestive or explicit: by parts, by the second opinion, and by both."""
    names = [entry.name for entry in (*truth.entries("photos/"), *truth.entries("people/"), *truth.entries("text/"))]
    known = [name for name in names if name in reading.assets()]
    ids = [reading.assets()[name] for name in known]
    cells = {cell.id: cell for cell in reading.library().cells(ids)}
    fused = [name for name, asset in zip(known, ids, strict=True) if cells[asset].safety in LEVELS]
    return [
        _row("by parts (NudeNet)", _alarms(known, FindingKind.LEVEL), len(known), "nudenet 320n"),
        _row("second opinion", _alarms(known, FindingKind.OPINION), len(known), reading.packs().get("safety", "none")),
        _row("both, as shown", fused, len(known), "fused"),
    ]


def _alarms(names: list[str], kind: FindingKind) -> list[str]:
    return [name for name in names if any(one.label in LEVELS for one in reading.findings(name, kind))]


def _row(what: str, alarms: list[str], of: int, packs: str) -> Row:
    shown = ", ".join(name.rpartition("/")[2] for name in alarms[:6])
    return Row(f"safety, false alarms, {what}", f"{len(alarms)} of {of}", packs, shown)
