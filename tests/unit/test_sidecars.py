"""Taking over what sidecars say: one decision, never against the user, and the same again after a round trip."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine import control
from engine.errors import KinoraError, StoreError
from engine.library import Library
from engine.media.packet import Face, Said, packet
from engine.media.source import Source
from engine.model import Box, Facts, Kind, Moment
from tests.unit.people.faces import commit, finding, photo
from tests.unit.people.faces import face as vector
from tests.unit.people.faces import opened as pictures

NOW = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    yield from pictures(tmp_path)


def beside(library: Library, asset: int, what: Said, *, short: bool = False) -> Path:
    path = Path(os.fsdecode(library.asset(asset).files[0].raw))
    target = path.with_suffix(".xmp") if short else path.with_name(path.name + ".xmp")
    target.write_text(packet(what, NOW), encoding="utf-8")
    return target


def read(library: Library, asset: int) -> None:
    """What the first job of a file does."""
    with Source(library.asset(asset).files[0].raw, Kind.PHOTO, "image/jpeg") as source:
        commit(library, asset, "probe", [], source.probe())


def take(library: Library, *wanted: str) -> str:
    return [step.text for step in (library.sidecars.take(wanted) if wanted else library.sidecars.take())][-1]


def tags(library: Library, asset: int) -> set[str]:
    return {name for name, _ in library.asset(asset).tags}


def stars(library: Library, asset: int) -> int | None:
    return library.asset(asset).cell.rating


def seen(library: Library, asset: int) -> dict[str, Box | None]:
    return {row.name: row.moment.box for row in library.people.of_asset(asset) if row.name}


def test_ratings_keywords_and_faces_are_one_decision(library: Library) -> None:
    beside(library, 1, Said(4, ("Rome", "Places/Italy"), None, (Face("Ann", (0.1, 0.2, 0.2, 0.3)),), (0, 0)))
    beside(library, 2, Said(2), short=True)
    assert take(library) == "2 ratings, 2 keywords, 1 face in 2 files."
    assert (stars(library, 1), stars(library, 2)) == (4, 2)
    assert tags(library, 1) == {"Rome", "Places/Italy"}
    assert {source for _, source in library.asset(1).tags} == {"sidecar"}
    assert seen(library, 1) == {"Ann": pytest.approx((0.1, 0.2, 0.2, 0.3))}
    assert library.search("rome").total == library.search("ann").total == 1
    assert library.undo() == "Undone: Took over from 2 sidecar files"
    assert (stars(library, 1), stars(library, 2), tags(library, 1)) == (None, None, set())
    assert library.people.of_asset(1) == library.people.listing() == []
    assert library.search("rome").total == library.search("ann").total == 0
    assert library.redo() == "Done again: Took over from 2 sidecar files"
    assert (stars(library, 1), stars(library, 2), tags(library, 1)) == (4, 2, {"Rome", "Places/Italy"})
    assert list(seen(library, 1)) == ["Ann"]
    assert library.search("ann").total == 1


def test_the_same_again_is_no_decision(library: Library) -> None:
    beside(library, 1, Said(4, ("Rome",), None, (Face("Ann", (0.1, 0.2, 0.2, 0.3)),)))
    take(library)
    library.rate([5], 1)
    assert take(library) == "1 rating, 1 keyword, 1 face in 1 file."
    assert library.undo() == "Undone: Gave 1 item 1 star"


def test_what_the_user_decided_stays(library: Library) -> None:
    photo(library, 1, "anna")
    box = library.people.of_asset(1)[0].moment.box
    assert box
    mine = library.people.assign([library.people.of_asset(1)[0].id], None)
    library.people.name(mine, "Mine")
    library.rate([1], 5)
    library.tag([1], "Rome")
    library.untag([1], "Rome")
    beside(library, 1, Said(1, ("rome", "Pisa"), None, (Face("Theirs", tuple(box)),)))
    assert take(library) == "0 ratings, 1 keyword, 0 faces in 1 file. 3 stayed as you had decided."
    assert (stars(library, 1), tags(library, 1), list(seen(library, 1))) == (5, {"Pisa"}, ["Mine"])
    library.undo()
    library.undo()  # the untagging: now nothing stands against the word
    take(library, "keywords")
    assert tags(library, 1) == {"Rome", "Pisa"}


def test_what_a_file_says_of_itself_does_not_undo_its_sidecar(library: Library) -> None:

    beside(library, 1, Said(4, ("Rome",)))
    take(library)
    commit(library, 1, "probe", [], Facts(rating=1, keywords=("own",)))
    assert (stars(library, 1), tags(library, 1)) == (4, {"Rome", "own"})


def test_words_that_go_from_a_sidecar_go(library: Library) -> None:
    beside(library, 1, Said(words=("Rome", "Pisa")))
    take(library)
    library.tag([1], "Rome")
    beside(library, 1, Said(words=("Siena",)))
    take(library)
    assert tags(library, 1) == {"Rome", "Siena"}, "what the user says too stays"


def test_only_what_is_wanted(library: Library) -> None:
    beside(library, 1, Said(4, ("Rome",), None, (Face("Ann", (0.1, 0.2, 0.2, 0.3)),)))
    assert take(library, "ratings") == "1 rating, 0 keywords, 0 faces in 1 file."
    assert (stars(library, 1), tags(library, 1), seen(library, 1)) == (4, set(), {})
    with pytest.raises(KinoraError, match="nothing that a sidecar holds"):
        take(library, "colours")


def test_pets_come_as_pets(library: Library) -> None:
    faces = (Face("Ann", (0.1, 0.2, 0.2, 0.3)), Face("Rex", (0.6, 0.2, 0.2, 0.3), True))
    beside(library, 1, Said(faces=faces))
    take(library)
    assert {row.name: row.pet for row in library.people.listing()} == {"Ann": False, "Rex": True}


def test_ended_before_its_end_it_changes_nothing(library: Library) -> None:
    for asset in range(1, 12):
        beside(library, asset, Said(4))
    steps = library.sidecars.take()
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert stars(library, 1) is None
    assert library.undo() is None


def test_a_reader_is_told_where_it_is_done(library: Library, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", own=False, work=False) as reader, pytest.raises(StoreError, match="open"):
        take(reader)


def test_what_another_start_asks_for_is_done_where_the_library_is_open(library: Library) -> None:
    beside(library, 1, Said(4, ("Rome",)))
    assert control.ask(library.path, "sidecars", wanted=["ratings"]) == "1 rating, 0 keywords, 0 faces in 1 file."
    assert (stars(library, 1), tags(library, 1)) == (4, set())


@pytest.mark.parametrize("style", ["long", "short"])
def test_a_round_trip_gives_the_same(tmp_path: Path, style: str) -> None:
    (tmp_path / "in").mkdir()
    for number in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = number
        Image.new("RGB", (120, 80), (number * 9, 90, 60)).save(tmp_path / "in" / f"{number}.jpg", exif=exif)
    with Library.open(tmp_path / "first", work=False) as library:
        assert list(library.add([tmp_path / "in"], watch=False))
        ids = list(library.listing("").ids)
        for asset in ids:
            read(library, asset)
            boxes = [Box(0.05, 0.1, 0.2, 0.35), Box(0.6, 0.5, 0.3, 0.2)]
            commit(library, asset, "faces", [finding(vector("x", asset), Moment(box=box)) for box in boxes])
            one, two = (row.id for row in library.people.of_asset(asset))
            ann, rex = library.people.assign([one], None), library.people.pet_of([two])
            library.people.name(ann, "Ann Zoë")
            library.people.name(rex, "Rex")
        library.rate(ids[:4], 3)
        library.tag(ids[2:], "Places/Italy/Rome")
        library.tag(ids[5:], "sea")
        kept = {library.asset(i).cell.name: (stars(library, i), tags(library, i), seen(library, i)) for i in ids}
        assert list(library.sidecars.export("", tmp_path / "out", style))
    shutil.copytree(tmp_path / "out" / "in", tmp_path / "in", dirs_exist_ok=True)
    with Library.open(tmp_path / "second", work=False) as library:
        assert list(library.add([tmp_path / "in"], watch=False))
        take(library)
        again = {library.asset(i).cell.name: (stars(library, i), tags(library, i), seen(library, i))
                 for i in library.listing("").ids}  # fmt: skip
        assert {row.name: row.pet for row in library.people.listing()} == {"Ann Zoë": False, "Rex": True}
    assert again.keys() == kept.keys()
    for name, (rating, words, boxes) in kept.items():
        assert again[name][:2] == (rating, words)
        for who, box in boxes.items():
            assert again[name][2][who] == pytest.approx(box, abs=1e-4), f"{name}: {who}"
