"""Logos: taught by one example, found among parts of pictures, forgotten, undone; true beyond another pack."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.cli import run
from engine.encoding import Encoding
from engine.errors import NeedsPack, NotFound, SettingInvalid
from engine.library import Library
from engine.logos import Logos
from engine.model import Box, Finding, FindingKind, Moment
from engine.search import logos as looking
from engine.search.spaces import Spaces
from engine.store import findings
from engine.store.logos import REGIONS
from tests import tiny

SPACE = "logo-clip@1" + REGIONS
BOX = Box(0.1, 0.1, 0.3, 0.3)
DIM = tiny.DIM


def _unit(seed: int, like: Any = None, share: float = 0.0) -> Any:
    """Return a vector; with `like`, one whose cosine to that is about `share`."""
    made = np.random.default_rng(seed).normal(size=DIM)
    if like is not None:
        made -= (made @ like) * like
        made = share * like + (1 - share**2) ** 0.5 * made / np.linalg.norm(made)
    return made / np.linalg.norm(made)


def _region(vector: Any, box: Box = BOX, space: str = SPACE) -> Finding:
    return Finding(FindingKind.REGION, Moment(box=box), vector=np.asarray(vector, "<f2").tobytes(), space=space)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(12):
        Image.new("RGB", (80 + number, 60), (200, 20 * number, 9)).save(folder / f"{number}.png")
    with Library.open(tmp_path / "library", work=False) as opened:
        for _ in opened.add([folder], watch=False):
            pass
        logo = _unit(0)
        for asset in range(1, 13):
            parts = [_region(_unit(100 * asset + n), Box(0.5, 0.05 * n, 0.2, 0.2)) for n in range(8)]
            if asset in (1, 2, 3):
                parts.append(_region(_unit(asset, logo, 0.95)))
            opened.database.write(lambda c, a=asset, p=parts: findings.replace(c, a, "titles", 1, p))
        yield opened


@pytest.fixture
def logos(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logos]:
    shelf = tmp_path / "packs"
    tiny.image_text(shelf, "logo-clip")
    monkeypatch.setenv("KINORA_PACKS", str(shelf))
    encoding = Encoding()
    spaces = Spaces(library.database, tmp_path / "vectors")
    yield Logos(library.database, library._decided, spaces, encoding, library.settings, library.original)
    encoding.close()
    spaces.close()


def _seen(library: Library, logos: Logos, name: str) -> list[int]:
    with library.database.read() as connection:
        return [near.asset for near in looking.seen(logos._spaces, connection, name)]


def test_one_example_finds_the_others(library: Library, logos: Logos) -> None:
    number = logos.teach("  Kirin  beer ", 2, Box(0.12, 0.1, 0.28, 0.3))
    assert sorted(_seen(library, logos, "kirin BEER")) == [1, 2, 3]
    assert _seen(library, logos, "kirin BEER")[0] == 2  # the example itself is most like it
    assert logos.listing() == [(number, "Kirin beer", 3)]
    assert _seen(library, logos, "other") == []


def test_teaching_and_forgetting_are_undone_and_redone(library: Library, logos: Logos) -> None:
    first = logos.teach("Kirin", 1, BOX)
    logos.teach("kirin", 2, BOX)
    assert [name for _, name, _ in logos.listing()] == ["Kirin"]
    logos.forget(first)
    assert logos.listing() == []
    assert library.undo() == "Undone: Forgot the logo “Kirin”"
    assert logos.listing() == [(first, "Kirin", 3)]
    assert library.undo() == "Undone: Taught the logo “kirin”"
    assert library.undo() == "Undone: Taught the logo “Kirin”"
    assert logos.listing() == []
    assert library.redo() == "Done again: Taught the logo “Kirin”"
    assert logos.listing() == [(first, "Kirin", 3)]
    with pytest.raises(NotFound):
        logos.forget(first + 99)


def test_a_part_that_nobody_looked_at_is_embedded_when_it_is_taught(library: Library, logos: Logos) -> None:
    number = logos.teach("Red corner", 5, Box(0.0, 0.6, 0.4, 0.4))
    assert logos.listing() == [(number, "Red corner", 0)]
    with library.database.read() as connection:
        fp16 = connection.execute("SELECT fp16 FROM logo").fetchone()[0]
    assert np.linalg.norm(np.frombuffer(fp16, "<f2").astype(np.float32)) == pytest.approx(1, abs=0.01)


def test_a_logo_outlives_the_pack_that_it_was_taught_with(library: Library, logos: Logos) -> None:
    logos.teach("Kirin", 1, BOX)
    other, logo = "other@2" + REGIONS, _unit(7)
    for asset in range(1, 13):
        share = 0.95 if asset in (1, 3, 4) else 0.0
        parts = [_region(_unit(9000 + 100 * asset + n), Box(0.5, 0.05 * n, 0.2, 0.2), other) for n in range(8)]
        parts.append(_region(_unit(50 + asset, logo, share), space=other))
        library.database.write(lambda c, a=asset, p=parts: findings.replace(c, a, "titles", 1, p))
    assert sorted(_seen(library, logos, "Kirin")) == [1, 3, 4]


def test_what_cannot_be_taught_says_why(
    library: Library, logos: Logos, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SettingInvalid):
        logos.teach("  ", 1, BOX)
    with pytest.raises(SettingInvalid):
        logos.teach("x", 1, Box(0.1, 0.1, 0.0, 0.2))
    with pytest.raises(NotFound):
        logos.teach("x", 999, BOX)
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "empty"))
    with pytest.raises(NeedsPack):
        logos.teach("x", 1, BOX)


def test_the_threshold_stands_clear_of_the_background() -> None:
    generator = np.random.default_rng(4)
    background = generator.normal(size=(800, DIM))
    background = (background / np.linalg.norm(background, axis=1, keepdims=True)).astype(np.float32)
    question = background[0]
    assert looking.threshold(background[:10], question) == looking.USUAL
    found = looking.threshold(background, question)
    assert looking.LEAST < found < looking.MOST
    alike = (0.9 * question + 0.1 * background).astype(np.float32)  # a library that shows little else
    assert looking.threshold(alike, question) == looking.MOST


@pytest.mark.usefixtures("logos")
def test_the_commands(library: Library, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = ["--library", str(library.path), "logos"]
    assert run([*arguments]) == 1
    assert run([*arguments, "teach", "Kirin", "2", "0.12", "0.1", "0.28", "0.3"]) == 0  # the open one does it
    capsysbinary.readouterr()
    assert run([*arguments, "list", "--json"]) == 0
    (row,) = json.loads(capsysbinary.readouterr().out)
    assert (row["name"], row["assets"]) == ("Kirin", 3)
    for wrong in (["teach", "Kirin"], ["teach", "K", "2", "a", "0", "1", "1"], ["teach", "K", "2", "0", "0", "0", "1"],
                  ["teach", "K", "2", "nan", "0", "1", "1"], ["forget", "Sapporo"], ["forget"]):  # fmt: skip
        assert run([*arguments, *wrong]) == 2, wrong
    assert run([*arguments, "forget", "kirin"]) == 0
    assert run([*arguments, "list"]) == 1
    assert library.undo() == "Undone: Forgot the logo “Kirin”"
    assert len(library.logos.listing()) == 1
