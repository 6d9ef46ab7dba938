"""Where a logo that was taught is to be seen: parts of pictures that are clearly more like it than most are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.packs.marks import overlap
from engine.search.spaces import Near, Spaces
from engine.store import logos, spaces
from engine.store.logos import REGIONS, Example
from engine.store.plan import ALWAYS, Condition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SAME = 0.4  # overlap of a taught box with a stored part from which that part is the example
USUAL = 0.75  # cosine that is asked for where there is too little to compare with
FEW = 60  # parts of pictures; below it the usual cosine is asked for
CLEAR = 6.0  # deviations from the middle of the background: other words are nearer to a word than most parts are
LEAST, MOST = 0.6, 0.9  # cosine: no background makes it less or more strict
DEVIATION = 1.4826  # times the median distance from the median is the standard deviation of normal numbers


def seen(searched: Spaces, connection: Any, name: str, where: Condition = ALWAYS, most: int = 10_000) -> list[Near]:
    """The moments that show the logo of this name, best first, one for each moment.

    Every space of parts counts in which an example has a vector: that of the pack it was taught with, and those in
    which its place was looked at again with another pack. A part shows the logo when its cosine stands `CLEAR`
    deviations out of that of parts in general, which is told from a sample of the library.
    """
    best: dict[int, Near] = {}
    for space in spaces.listing(connection):
        if not space.name.endswith(REGIONS):
            continue
        asked = vectors(connection, logos.examples(connection, name), space.name)
        for question in asked:
            least = threshold(searched.sample(connection, space), question)
            for near in searched.find(connection, space, [question], where, most, least):
                if near.moment not in best or best[near.moment].score < near.score:
                    best[near.moment] = near
    return sorted(best.values(), key=lambda near: -near.score)[:most]


def vectors(connection: Any, taught: list[Example], space: str) -> list[Floats]:
    """The vectors that examples have in a space: their own, or that of the stored part at their place."""
    import numpy as np

    found = []
    for example in taught:
        if example.space == space:
            found.append(np.frombuffer(example.fp16, "<f2").astype(np.float32))
            continue
        part = at_place(connection, example, space)
        if part is not None:
            found.append(np.frombuffer(part, "<f2").astype(np.float32))
    return found


def at_place(connection: Any, example: Example, space: str) -> bytes | None:
    """The vector of the stored part that lies best over an example's box, None where none does well enough."""
    if example.asset is None or example.box is None:
        return None
    near = [
        (overlap(part.box, example.box), part.fp16)
        for part in logos.regions(connection, example.asset)
        if part.space == space and (example.time is None or part.time is None or abs(part.time - example.time) < 1.0)
    ]
    share, fp16 = max(near, default=(0.0, b""))
    return fp16 if share >= SAME else None


def threshold(background: Floats, question: Floats) -> float:
    """The cosine from which a part shows what the question shows, given parts in general (N x dim)."""
    import numpy as np

    if len(background) < FEW:
        return USUAL
    cosines = background @ question
    middle = float(np.median(cosines))
    spread = float(np.median(np.abs(cosines - middle))) * DEVIATION
    return min(max(middle + CLEAR * spread, LEAST), MOST)
