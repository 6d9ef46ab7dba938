"""Pictures that look alike, with a real model over real pictures of two classes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.model import Finding, FindingKind
from engine.packs.models import Model, make
from engine.packs.shelf import find
from engine.packs.vectors import fp16
from engine.search.find import Finder
from engine.search.meaning import Meaning
from engine.search.spaces import Spaces
from engine.settings import defaults
from tests.packs import real_packs
from tests.unit.search.shelf import Shelf
from tests.unit.search.test_meaning import Here


@pytest.fixture
def classes(
    tmp_path: Path, media: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Shelf, dict[str, list[int]]]]:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "packs"))
    real_packs(models, tmp_path / "packs", ["mobilenet-embed"])
    pack, folder = find("mobilenet-embed@1")
    eye = make(Model(pack, folder, "picture-embedding", pack.models["picture-embedding"]))
    shelf = Shelf(tmp_path)
    found: dict[str, list[int]] = {}
    for path in sorted((media / "few_shot").rglob("*.jpg")):
        with Image.open(path) as image:
            image.draft("RGB", (512, 512))
            vector = fp16(eye.embed([np.asarray(image.convert("RGB"))])[0])
        one = Finding(FindingKind.VECTOR, label="picture", vector=vector, space=eye.space)
        found.setdefault(path.parent.name, []).append(shelf.asset(one, analyzer="meaning", name=path.name))
    spaces = Spaces(shelf.database, tmp_path / "vectors")
    shelf.finder = Finder(shelf.database, Meaning(shelf.database, spaces, Here(), defaults))  # type: ignore[arg-type]
    yield shelf, found
    spaces.close()
    shelf.close()


def test_the_like_of_a_leaf_are_leaves_of_its_kind(classes: tuple[Shelf, dict[str, list[int]]]) -> None:
    shelf, found = classes
    first = every = hits = 0
    for members in found.values():
        for asset in members:
            like = shelf.ids(f"like:#{asset}")
            assert like, asset
            assert asset not in like
            first += like[0] in members
            hits += len(set(like[:5]) & set(members))
            every += len(like[:5])
    count = sum(map(len, found.values()))
    assert count >= 12
    assert first / count >= 0.85
    assert hits / every >= 0.8


def vectors(shelf: Shelf) -> dict[int, np.ndarray]:
    """The stored vector of every picture."""
    with shelf.database.read() as connection:
        rows = connection.execute("SELECT asset_id, fp16 FROM embedding").fetchall()
    return {asset: np.frombuffer(raw, "<f2").astype(np.float32) for asset, raw in rows}


def test_beside_a_wanted_example_an_unwanted_one_reorders_and_takes_away(
    classes: tuple[Shelf, dict[str, list[int]]],
) -> None:
    shelf, found = classes
    known = vectors(shelf)
    changed = 0
    for members in found.values():
        for unwanted in members[1:]:
            query = f"like:#{members[0]} -like:#{unwanted}"
            plain, less = shelf.ids(f"like:#{members[0]}"), shelf.ids(query)
            mine = {asset: float(known[members[0]] @ known[asset]) for asset in plain}
            theirs = {asset: float(known[unwanted] @ known[asset]) for asset in plain}
            left = [asset for asset in plain if asset != unwanted and theirs[asset] < mine[asset]]
            assert less == sorted(left, key=lambda asset: -(mine[asset] - 0.5 * theirs[asset]))
            assert sorted(shelf.listed(query)) == sorted(less)
            changed += len(less) < len(plain) - 1 or less != [asset for asset in plain if asset in less]
    assert changed >= 4


def test_what_an_unwanted_example_took_off_is_explained(classes: tuple[Shelf, dict[str, list[int]]]) -> None:
    shelf, found = classes
    own, other = (members for _, members in sorted(found.items())[:2])
    query = f"like:#{own[0]} -like:#{other[0]}"
    told = shelf.finder.explain(query, shelf.ids(query)[0])
    parts = {part.part: part for moment in told for part in moment.parts}
    assert parts[f"like:#{own[0]}"].share == 1.0
    against = parts[f"-like:#{other[0]}"]
    assert against.share == 0
    assert against.score is not None
    assert against.score < (parts[f"like:#{own[0]}"].score or 0)


def test_several_examples_bring_what_is_like_any_of_them(classes: tuple[Shelf, dict[str, list[int]]]) -> None:
    shelf, found = classes
    one, two = (members for _, members in sorted(found.items())[:2])
    both = shelf.ids(f"like:#{one[0]},#{two[0]}")
    assert set(shelf.ids(f"like:#{one[0]}")) - {two[0]} <= set(both) | {one[0]}
    assert set(both) & set(one)
    assert set(both) & set(two)


def test_an_unwanted_example_alone_leaves_out_what_is_like_it(classes: tuple[Shelf, dict[str, list[int]]]) -> None:
    shelf, found = classes
    one = sorted(found.items())[0][1]
    left = shelf.ids(f"-like:#{one[0]}")
    assert one[0] not in left
    assert not set(shelf.ids(f"like:#{one[0]}")) & set(left)
