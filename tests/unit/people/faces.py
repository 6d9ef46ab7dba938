"""Libraries with faces that were made up: vectors of known identities, committed as the analyzers' jobs would."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.library import Library
from engine.model import Box, Facts, Finding, FindingKind, Moment
from engine.store import jobs
from engine.store.commit import Outcome, commit_done

DIM = 64
NEAR, FAR = 0.35, 0.75  # how far a face lies from its person: a good one, and one that nothing says anything of
PLACES = tuple(Box(0.02 + 0.24 * at, 0.2, 0.2, 0.3) for at in range(4))


def face(who: str, number: int, *, pack: str = "one@1", away: float = NEAR) -> NDArray[np.float32]:
    """The vector of a face: a direction of its person and its own part, another one for each pack."""
    seed = [sum(map(ord, f"{pack}/{who}")), len(who)]
    centre = np.random.default_rng(seed).standard_normal(DIM)
    own = np.random.default_rng([*seed, number, 7]).standard_normal(DIM)
    vector = centre / np.linalg.norm(centre) + away * own / np.linalg.norm(own)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def finding(
    vector: NDArray[np.float32], moment: Moment, *, pack: str = "one@1", quality: float = 0.9, voice: bool = False,
    spans: Sequence[tuple[float, float]] = (),
) -> Finding:  # fmt: skip
    """A face or voice as its analyzer would say it."""
    data: dict[str, Any] = {"spans": [list(span) for span in spans]} if voice else {"quality": quality}
    kind = FindingKind.SPEAKER if voice else FindingKind.FACE
    return Finding(kind, moment, score=quality, data=data, vector=vector.astype("<f2").tobytes(), space=pack)


def commit(
    library: Library, asset_id: int, analyzer: str, found: Sequence[Finding], facts: Facts | None = None
) -> None:
    """Store findings as the job of an analyzer does."""

    def work(connection: Any) -> bool:
        row = connection.execute("SELECT content FROM asset WHERE id = ?", (asset_id,)).fetchone()
        number = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM job").fetchone()[0]
        connection.execute(
            "INSERT INTO job(id, key, asset_id, analyzer, version, state, lease_owner, lease_epoch, lease_until, "
            "created, "
            "updated) VALUES(?, ?, ?, ?, 1, 'running', 'test', 1, 9e9, 0, 0)",
            (number, f"{row[0]}{number}", asset_id, analyzer),
        )
        leased = jobs.Leased(number, 1, asset_id, analyzer, 1, {}, 0, 0)
        return commit_done(connection, Outcome(leased, "test", "here", "photo", 1, 0.0, 0.1, 0.1, 1), found, facts, 0)

    assert library.database.write(work)


def photo(library: Library, asset_id: int, *people: str | None, pack: str = "one@1", away: float = NEAR,
          quality: float = 0.9, shift: float = 0.0) -> None:  # fmt: skip
    """Say that these people are seen in a photo, from left to right (None: an empty place)."""
    found = [
        finding(face(who, asset_id, pack=pack, away=away), Moment(box=PLACES[at]._replace(y=0.2 + shift)), pack=pack,
                quality=quality)
        for at, who in enumerate(people) if who is not None
    ]  # fmt: skip
    commit(library, asset_id, "faces", found)


def fill(library: Library, photos: Mapping[int, Sequence[str]], **how: Any) -> None:
    """Say who is seen in several photos, and find out who is who."""
    for asset_id, people in photos.items():
        photo(library, asset_id, *people, **how)
    library.people.settle()


def opened(folder: Path, count: int = 12) -> Iterator[Library]:
    """A library of so many small pictures, numbered from 1."""
    pictures = folder / "in"
    pictures.mkdir()
    for number in range(count):
        Image.new("RGB", (80 + number, 60), (number * 9, 90, 60)).save(pictures / f"{number:03}.png")
    with Library.open(folder / "library", work=False) as library:
        for _ in library.add([pictures], watch=False):
            pass
        yield library


def who(library: Library, asset_id: int) -> list[int | None]:
    """The people of a photo from left to right."""
    return [row.person for row in library.people.of_asset(asset_id)]


def ids(library: Library, asset_id: int) -> list[int]:
    """The appearances of a photo from left to right."""
    return [row.id for row in library.people.of_asset(asset_id)]
