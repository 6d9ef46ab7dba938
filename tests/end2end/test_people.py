"""Somebody is named in one photo and found in a group photo and at a time in a video, with real models."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.analyzers import ANALYZERS
from engine.library import Library
from tests.end2end.test_command_line import answer, kinora
from tests.packs import real_packs

RATE, WIDE, HIGH = 10, 640, 480


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, media: Path, models: Path) -> Iterator[Path]:
    """A library of portraits, a group photo and a film, read with packs for faces."""
    place = tmp_path_factory.mktemp("people")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINORA_PACKS", str(real_packs(models, place / "packs", ["yunet", "mobileface"])))
        folder = place / "in"
        folder.mkdir()
        for name in ("F1_mom/Family1-Mom1.jpg", "F1_dad/Family1-Dad1.jpg", "F1_dad/Family1-Dad2.jpg"):
            shutil.copyfile(media / "people" / name, folder / Path(name).name)
        shutil.copyfile(media / "people/groups/family1_beach.jpg", folder / "beach.jpg")
        film(folder / "film.mp4", media / "people/F1_mom/Family1-Mom2.jpg")
        with Library.open(place / "library", work=False) as library:
            library.set(
                "analyzers.off", [one.name for one in ANALYZERS if one.name not in ("probe", "scenes", "faces")]
            )
        code, _, err = kinora(place, "add", str(folder), "--wait", "--no-watch")
        assert code == 0, err
        yield place


def film(path: Path, portrait: Path) -> None:
    """Two seconds of nobody, three of somebody, two of nobody."""
    import av
    from PIL import Image, ImageOps

    with Image.open(portrait) as picture:
        seen = ImageOps.pad(picture.convert("RGB"), (WIDE, HIGH), color=(40, 90, 60))
    empty = Image.new("RGB", (WIDE, HIGH), (150, 110, 70))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        for picture, seconds in ((empty, 2), (seen, 3), (empty, 2)):
            for _ in range(RATE * seconds):
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())


def test_named_in_one_photo_found_in_the_group_and_in_the_film(room: Path) -> None:
    with Library.open(room / "library", own=False) as library:
        ids = {library.asset(number).files[0].path.rpartition("/")[2]: number for number in library.listing().ids}
    (face,) = answer(room, "people", "faces", str(ids["Family1-Mom1.jpg"]))
    answer(room, "people", "name", str(face["person"]), "Maria")
    assert answer(room, "people", "show", "maria")["faces"] == 3
    hits = {hit["file"].rpartition("/")[2]: hit for hit in answer(room, "search", "person:Maria")}
    assert set(hits) == {"Family1-Mom1.jpg", "beach.jpg", "film.mp4"}
    assert 1.5 <= hits["film.mp4"]["moment"]["start"] <= 3.1
    left, _, width, _ = hits["beach.jpg"]["moment"]["box"]
    assert 0.45 < left + width / 2 < 0.75  # third of four from the left
    assert {hit["file"].rpartition("/")[2] for hit in answer(room, "search", "maria")} >= set(hits)


@pytest.mark.slow
def test_a_face_that_is_alone_is_named_by_its_number_and_everybody_is_erased(room: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(room / "library", copy / "library")
    with Library.open(copy / "library", work=False) as library:
        single = [row for row in library.people.appearances(None) if row.sort == "face"]
        assert len(single) == 2  # the children of the group photo
        left = min(single, key=lambda row: row.moment.box.x if row.moment.box else 1.0)
    person = answer(copy, "people", "assign", "new", str(left.id))["assign"]
    answer(copy, "people", "name", str(person), "Tomasz")
    assert answer(copy, "people", "show", "Tomasz")["appearances"][0]["how"] == "you"
    folder = answer(copy, "people", "export", str(tmp_path / "out"))["export"]
    assert (Path(folder) / "people.json").stat().st_size > 1000
    code, _, err = kinora(copy, "people", "erase", "--all")
    assert code == 2
    assert "--yes" in err
    done = answer(copy, "people", "erase", "--all", "--yes")
    assert done["before"]["vectors"] >= 8
    assert not any(done["after"].values())
    data = b"".join(path.read_bytes() for path in (copy / "library").glob("kinora.db*"))
    assert b"omasz" not in data
    assert answer(copy, "people", code=1) == []
