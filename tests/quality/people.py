"""Faces: how well they tell people apart, what the clusters are worth, and whom the group photos give."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.people.calibrate import scale
from engine.people.refresh import faces_of
from engine.store import galleries
from tests.quality import reading, truth
from tests.quality.rows import Row

GROUPS = ("people/groups/family1_beach.jpg", "people/groups/couple2_beach.jpg")
IDENTITY = re.compile(r"identity=(.+?)(?: \(|;|$)")
LISTED = re.compile(r"identities (.+?)(?: \(left to right\))?(?:;|$)")


@dataclass(frozen=True, slots=True)
class Measure:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return f"{self.f1:.3f} (precision {self.precision:.3f}, recall {self.recall:.3f})"


def b_cubed(who: Sequence[int], found: Sequence[int]) -> Measure:
    """B-cubed (Bagga and Baldwin, 1998): the mean over faces of how pure and how whole their cluster is."""
    size, truly, shared = _sizes(who, found)
    count = sum(shared.values())
    pure = sum(n * n / size[cluster] for (_, cluster), n in shared.items()) / count
    whole = sum(n * n / truly[person] for (person, _), n in shared.items()) / count
    return Measure(pure, whole)


def pairwise(who: Sequence[int], found: Sequence[int]) -> Measure:
    """Of pairs of faces: how many that are put together are one person, and how many of those are put together."""
    size, truly, shared = _sizes(who, found)
    right = sum(math.comb(n, 2) for n in shared.values())
    said, real = (sum(math.comb(n, 2) for n in counts.values()) for counts in (size, truly))
    return Measure(right / said if said else 1.0, right / real if real else 1.0)


def alone(found: Sequence[int]) -> list[int]:
    """Clusters in which each face of nobody (-1) is one of its own."""
    return [-2 - at if one == -1 else one for at, one in enumerate(found)]


def _sizes(
    who: Sequence[int], found: Sequence[int]
) -> tuple[Mapping[int, int], Mapping[int, int], Mapping[tuple[int, int], int]]:
    size: dict[int, int] = {}
    truly: dict[int, int] = {}
    shared: dict[tuple[int, int], int] = {}
    for person, cluster in zip(who, found, strict=True):
        size[cluster] = size.get(cluster, 0) + 1
        truly[person] = truly.get(person, 0) + 1
        shared[person, cluster] = shared.get((person, cluster), 0) + 1
    return size, truly, shared


@dataclass(frozen=True, slots=True)
class Known:
    """Faces whose owner the manifest names: their vectors, owners, what they were clustered as, and the threshold."""

    vectors: NDArray[np.float32]
    who: tuple[str, ...]
    found: tuple[int, ...]
    threshold: float
    strangers: int  # faces of the same pictures of nobody whom the manifest names, that share a cluster with these

    def numbers(self) -> list[int]:
        """The owners as numbers."""
        order = sorted(set(self.who))
        return [order.index(one) for one in self.who]


def names_of(entry: truth.Entry) -> list[str]:
    """Whom the manifest names in a picture, from left to right."""
    if told := IDENTITY.search(entry.truth):
        return [told[1].strip()]
    if told := LISTED.search(entry.truth):
        return [re.sub(r" \(.*\)", "", part).strip() for part in told[1].split(",")]
    return []


def known() -> Known:
    """The faces of the manifest's people in the library that was read."""
    library, assets = reading.library(), reading.assets()
    owners: dict[int, str] = {}
    for entry in truth.entries("people/"):
        names = names_of(entry)
        seen = [row for row in library.people.of_asset(assets[entry.name]) if row.sort == "face"] if names else []
        best = sorted(seen, key=lambda row: -row.quality)[: len(names)]
        ordered = sorted(best, key=lambda row: row.moment.box.x if row.moment.box else 0.0)
        owners |= {row.id: name for row, name in zip(ordered, names, strict=False)}
    with library.database.read() as connection:
        gallery = galleries.load(connection, "face")[0]
        faces = faces_of(gallery, galleries.rules(connection), "face")
    rows = [at for at, number in enumerate(gallery.ids) if number in owners]
    clusters = {int(faces.person[at]) for at in rows} - {-1}
    others = sum(int(one) in clusters for at, one in enumerate(faces.person) if gallery.ids[at] not in owners)
    return Known(
        faces.vectors[rows], tuple(owners[gallery.ids[at]] for at in rows), tuple(int(faces.person[at]) for at in rows),
        scale(faces.vectors, faces.apart).threshold, others,
    )  # fmt: skip


def pairs(faces: Known) -> tuple[float, float, float, int]:
    """Area under the ROC of same against different people, share of right answers at the threshold, the best share that
    any threshold gives, and the number of pairs."""
    cosines = faces.vectors @ faces.vectors.T
    left, right = np.triu_indices(len(faces.who), 1)
    value = cosines[left, right]
    same = np.array([faces.who[a] == faces.who[b] for a, b in zip(left, right, strict=True)])
    order = np.argsort(value, kind="stable")
    rank = np.empty(len(value))
    rank[order] = np.arange(1, len(value) + 1)
    ones, none = int(same.sum()), int((~same).sum())
    area = (rank[same].sum() - ones * (ones + 1) / 2) / (ones * none)
    best = max(float(((value >= t) == same).mean()) for t in value)
    return float(area), float(((value >= faces.threshold) == same).mean()), best, len(value)


def groups() -> tuple[int, int, str]:
    """Faces of the two group photos that joined the person of the single portraits, of how many, and who."""
    library, assets = reading.library(), reading.assets()
    portraits: dict[str, set[int]] = {}
    for entry in truth.entries("people/"):
        names = names_of(entry)
        if len(names) == 1:
            for row in library.people.of_asset(assets[entry.name]):
                if row.person is not None:
                    portraits.setdefault(names[0], set()).add(row.person)
    right, total, said = 0, 0, []
    for entry in truth.entries("people/groups/"):
        if entry.name not in GROUPS:
            continue
        rows = [row for row in library.people.of_asset(assets[entry.name]) if row.sort == "face"]
        for row, name in zip(rows, names_of(entry), strict=False):
            good = row.person in portraits.get(name, set())
            right, total = right + good, total + 1
            said.append(f"{name}: {'found' if good else 'not found'}")
    return right, total, ", ".join(said)


def rows() -> list[Row]:
    """The table's lines."""
    packs = reading.packs()
    used = ", ".join(packs.get(task, "none") for task in ("face-detection", "face-embedding"))
    faces = known()
    who, found = faces.numbers(), alone(faces.found)
    area, share, best, count = pairs(faces)
    right, total, said = groups()
    people = f"{len(faces.who)} faces of {len(set(faces.who))} people"
    return [
        Row("face pairs, area under the ROC", f"{area:.4f}", used, f"{count:,} pairs; {people}"),
        Row("face pairs, right at the threshold", f"{share:.4f}", used,
            f"threshold {faces.threshold:.3f} learned from the library; the best threshold gives {best:.4f}"),
        Row("face clusters, B-cubed F1", str(b_cubed(who, found)), used, f"{people}, among all faces of the media"),
        Row("face clusters, pairwise F1", str(pairwise(who, found)), used,
            f"{faces.strangers} other faces in their clusters"),
        Row("group photos, found", f"{right} of {total}", used, said),
    ]  # fmt: skip
