"""What writing sidecars came to."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class SidecarReport:
    """Counts of files, and what was refused: path and reason of the first of them."""

    written: int = 0  # new ones
    merged: int = 0  # that were there, of this or another program
    same: int = 0  # that said all of it already
    empty: int = 0  # files of which nothing is known that a sidecar could say
    backups: int = 0  # copies that were kept of what another program wrote
    refused: int = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)
