"""Sidecars from one library to another by the command line: stars, words, names and boxes; originals untouched."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.analyzers import ANALYZERS
from engine.library import Library
from tests.end2end.test_command_line import answer, kinora


def read(place: Path, folder: Path) -> None:
    """Add a folder, with nothing but the facts of each file."""
    with Library.open(place / "library", work=False) as library:
        library.set("analyzers.off", [one.name for one in ANALYZERS if one.name != "probe"])
    code, _, err = kinora(place, "add", str(folder), "--wait", "--no-watch")
    assert code == 0, err


def known(place: Path) -> dict[str, Any]:
    """What a library says of its files by their names."""
    with Library.open(place / "library", own=False) as library:
        return {
            library.asset(one).cell.name: (
                library.asset(one).cell.rating, {name for name, _ in library.asset(one).tags},
                {row.name: row.moment.box for row in library.people.of_asset(one)},
            ) for one in library.listing().ids
        }  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.suffix == ".jpg"
    }


def test_what_one_library_knows_another_takes_over(tmp_path: Path, media: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "in").mkdir(parents=True)
    for name in ("photos/curie_couple_bw.jpg", "metadata/faces/portrait_orient6_regions.jpg"):
        shutil.copyfile(media / name, one / "in" / Path(name).name)
    read(one, one / "in")
    with Library.open(one / "library", work=False) as library:
        ids = list(library.listing().ids)
        library.rate(ids[:1], 4)
        library.tag(ids, "Science/Physics")
    before = digests(one / "in")
    said = answer(one, "sidecars", "export", "--to", str(one / "out"))
    assert (said["written"], said["refused"]) == (2, 0)
    assert answer(one, "sidecars", "export", "--to", str(one / "out"))["same"] == 2
    assert digests(one / "in") == before
    assert len(list((one / "in").iterdir())) == 2, "nothing lies beside the originals"

    (two / "in").mkdir(parents=True)
    for path in (one / "in").iterdir():  # the same pictures, lying as they lay, with nothing said in them
        with Image.open(path) as picture:
            exif = Image.Exif()
            exif[0x0112] = picture.getexif().get(0x0112, 1)
            picture.save(two / "in" / path.name, exif=exif)
        shutil.copy(one / "out" / "in" / f"{path.name}.xmp", two / "in")
    read(two, two / "in")
    assert all(entry == (None, set(), {}) for entry in known(two).values())
    assert answer(two, "sidecars", "import")["import"] == "1 rating, 10 keywords, 4 faces in 2 files."
    wanted, found = known(one), known(two)
    assert wanted.keys() == found.keys() == before.keys(), "sidecars are no files of the library"
    for name, (rating, words, faces) in wanted.items():
        assert found[name][:2] == (rating, words)
        assert found[name][2].keys() == faces.keys() == {"Marie Curie", "Pierre Curie"}
        for who, box in faces.items():
            assert found[name][2][who] == pytest.approx(box, abs=1e-4)
    assert answer(two, "search", "person:marie")
    code, _, err = kinora(two, "sidecars", "export")
    assert code == 2
    assert "Nothing is ever written into originals" in err
