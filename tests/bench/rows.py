"""One line of the table of measurements."""

from typing import Any


def row(number: str, what: str, ours: str, against: str, ratio: float | str, target: str) -> dict[str, Any]:
    """What was measured, ours against something else in the same run, their ratio and the target for it."""
    return {"id": number, "what": what, "ours": ours, "against": against, "ratio": ratio, "target": target}
