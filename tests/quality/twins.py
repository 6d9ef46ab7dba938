"""Near-duplicates: the pairs that the manifest names, and pairs that it does not."""

from itertools import combinations

from tests.quality import reading, truth
from tests.quality.rows import Row


def rows() -> list[Row]:
    """Recall over the copies of the manifest, and how many groups hold something that is no copy."""
    family: dict[int, str] = {}
    for entry in truth.entries("duplicates/"):
        kind, _, original = entry.truth.partition(" duplicate of ")
        name = original.partition(";")[0].strip() or f"photos/{entry.name.split('/')[1]}.png"
        if kind in ("NEAR", "EXACT") or "duplicate" in kind:
            family[reading.assets()[entry.name]] = entry.name.split("/")[1]
            if name in reading.assets():
                family[reading.assets()[name]] = entry.name.split("/")[1]
    wanted = {pair for pair in combinations(sorted(family), 2) if family[pair[0]] == family[pair[1]]}
    mirrored = {reading.assets()[entry.name] for entry in truth.entries("duplicates/") if "mirror" in entry.name}
    wanted = {pair for pair in wanted if not mirrored & set(pair)}
    groups = [{twin.asset.cell.id for twin in group.members} for group in reading.library().duplicates(exact=False)]
    together = {pair for group in groups for pair in combinations(sorted(group), 2)}
    strange = [group for group in groups if group & mirrored]
    return [
        Row("near-duplicates, pairs found", f"{len(wanted & together)} of {len(wanted)}", "look (pHash and dHash)"),
        Row("near-duplicates, mirrored pictures grouped", f"{len(strange)}", "look (pHash and dHash)", "wanted: none"),
    ]
