"""Names that other programs keep beside photos: read, kept in step, and never against the user."""

import os
from pathlib import Path

import pytest
from PIL import Image

from engine.jobs.sidecar import Sidecar
from engine.library import Library
from engine.media.source import Source
from engine.model import Box, Facts, JobState, Kind
from engine.people.beside import beside
from engine.store.files import Picture
from tests.unit.media.test_named_faces import entry, mwg, packet
from tests.unit.people.faces import commit, ids, photo, who

HERE = Box(0.4, 0.35, 0.2, 0.1)  # where `entry` draws its face
ANY = 'stDim:w="0" stDim:h="0"'
WRITTEN = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{mwg(entry("Ann"), ANY)}</x:xmpmeta>'


class Here:
    """Reads sidecars without a worker, which takes a second to start."""

    def __init__(self, _log: Path | None) -> None:
        pass

    def read(self, one: Picture, sidecar: bytes) -> Facts:
        with Source(one.folder + b"/" + one.name, Kind(one.kind), one.mime) as source:
            (facts,) = Sidecar().analyze(source, {"sidecar": sidecar.hex()})
        assert isinstance(facts, Facts)
        return facts

    def close(self) -> None:
        pass


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.people.beside._Reader", Here)


def told(library: Library) -> str:
    return [step.text for step in library.people.import_regions()][-1]


def file(library: Library, asset: int) -> Path:
    return Path(os.fsdecode(library.asset(asset).files[0].raw))


def write(library: Library, asset: int, text: str | bytes, *, short: bool = False) -> Path:
    path = file(library, asset)
    target = path.with_suffix(".xmp") if short else path.with_name(path.name + ".xmp")
    target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return target


def seen(library: Library, asset: int) -> list[tuple[str, str]]:
    return [(row.name, row.how) for row in library.people.of_asset(asset)]


def test_both_names_and_both_dialects_are_read(library: Library) -> None:
    tags = (
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>'
        '<rdf:li MPReg:PersonDisplayName="Bo" MPReg:Rectangle="0.1, 0.2, 0.3, 0.4"/></rdf:Bag></MPRI:Regions>'
        "</MP:RegionInfo>"
    )
    write(library, 1, WRITTEN)
    write(library, 1, packet(tags), short=True)  # the long name comes first
    write(library, 2, packet(tags).encode("utf-16"), short=True)
    before = {path: path.read_bytes() for path in file(library, 1).parent.iterdir()}
    assert told(library) == "2 faces in 2 files, 2 people."
    assert seen(library, 1) == [("Ann", "file")]
    assert library.people.of_asset(1)[0].moment.box == pytest.approx(HERE)
    assert seen(library, 2) == [("Bo", "file")]
    assert library.people.of_asset(2)[0].moment.box == pytest.approx((0.1, 0.2, 0.3, 0.4))
    assert library.search("ann").total == 1
    assert {path: path.read_bytes() for path in file(library, 1).parent.iterdir()} == before


@pytest.mark.usefixtures("here")
def test_the_same_again_changes_nothing(library: Library) -> None:
    write(library, 1, WRITTEN)
    told(library)
    rows, people = library.people.of_asset(1), library.people.listing()
    assert told(library) == "1 face in 1 file, 1 person."
    assert library.people.of_asset(1) == rows
    assert library.people.listing() == people


@pytest.mark.usefixtures("here")
def test_a_picture_stored_lying_has_its_faces_where_they_are_seen(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 60), (9, 90, 60)).save(tmp_path / "in" / "a.jpg", exif=exif)
    (tmp_path / "in" / "a.jpg.xmp").write_text(mwg(entry("Ann") + entry("Bo", x=0.1)), encoding="utf-8")
    with Library.open(tmp_path / "library", work=False) as library:
        assert list(library.add([tmp_path / "in"], watch=False))
        assert told(library) == "2 faces in 1 file, 2 people."
        boxes = {row.name: row.moment.box for row in library.people.of_asset(1)}
    assert boxes["Ann"] == pytest.approx((0.55, 0.4, 0.1, 0.2))
    assert boxes["Bo"] == pytest.approx((0.55, 0.0, 0.1, 0.2))


def test_broken_hostile_and_huge_sidecars_cost_only_themselves(library: Library) -> None:
    write(library, 4, WRITTEN)
    told(library)
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + WRITTEN.replace("Ann", "&b;")
    outside = f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>{WRITTEN.replace("Ann", "&b;")}'
    for number, text in enumerate((WRITTEN[:-40], bomb, outside, WRITTEN[:-40], "<a>" * 500_000, ""), start=1):
        write(library, number, text)
    write(library, 7, WRITTEN + " " * (4 << 20))
    write(library, 8, WRITTEN)
    (file(library, 9).parent / f"{file(library, 9).name}.xmp").mkdir()
    said = told(library)
    assert said == "1 face in 1 file, 1 person. 8 sidecar files could not be read; the log names them."
    assert seen(library, 4) == [("Ann", "file")]  # what it said while it was whole
    assert seen(library, 8) == [("Ann", "file")]
    assert [seen(library, number) for number in (1, 2, 3, 5, 6, 7, 9)] == [[]] * 7


@pytest.mark.usefixtures("here")
def test_what_the_sidecar_says_no_more_goes_unless_it_was_confirmed(library: Library) -> None:
    files = {number: write(library, number, WRITTEN) for number in (1, 2, 3, 4)}
    told(library)
    library.people.confirm(ids(library, 2))
    other = library.people.assign(ids(library, 3), None)
    commit(library, 4, "probe", [], Facts(extra={"regions": [{"name": "Ann", "box": list(HERE)}]}))
    files[1].unlink()
    for number in (2, 3):
        files[number].write_text(mwg("", ANY), encoding="utf-8")
    assert told(library) == "1 face in 1 file, 1 person."
    assert seen(library, 1) == []
    assert library.people.of_asset(2)[0].how == "you"
    assert who(library, 3) == [other]
    assert library.search("ann").total == 2


@pytest.mark.usefixtures("here")
def test_the_photo_itself_and_its_sidecar_do_not_undo_each_other(library: Library) -> None:
    own = Facts(extra={"regions": [{"name": "Own", "box": [0.0, 0.0, 0.2, 0.2]}, {"name": "Ann", "box": list(HERE)}]})
    commit(library, 1, "probe", [], own)
    sidecar = write(library, 1, mwg(entry("ann") + entry("Bo", x=0.85), ANY))
    told(library)
    wanted = [("Own", "file"), ("Ann", "file"), ("Bo", "file")]
    assert sorted(seen(library, 1)) == sorted(wanted)
    commit(library, 1, "probe", [], own)
    assert sorted(seen(library, 1)) == sorted(wanted)
    sidecar.unlink()
    told(library)
    assert sorted(seen(library, 1)) == sorted(wanted[:2])


@pytest.mark.usefixtures("here")
def test_renamed_merged_and_denied_stays_so(library: Library) -> None:
    for number, name in enumerate(("Ann", "Bo", "Cy"), start=1):
        write(library, number, mwg(entry(name), ANY))
    told(library)
    ann, bo, cy = (who(library, number)[0] or 0 for number in (1, 2, 3))
    library.people.name(ann, "Ann Smith")
    library.people.merge([ann, bo])
    library.people.deny(ids(library, 3), cy)
    told(library)
    assert [who(library, number)[0] for number in (1, 2, 3)] == [ann, ann, None]
    assert [row.name for row in library.people.listing() if row.faces] == ["Ann Smith"]
    write(library, 1, mwg(entry("Dora"), ANY))  # the other program says something new
    told(library)
    assert seen(library, 1) == [("Dora", "file")]


@pytest.mark.usefixtures("here")
def test_erased_stays_erased(library: Library) -> None:
    write(library, 1, WRITTEN)
    told(library)
    assert not any(library.people.erase(who(library, 1)[0] or 0).after.values())
    assert told(library) == "0 faces in 0 files, 0 people."
    assert seen(library, 1) == []
    assert library.people.listing() == []


@pytest.mark.usefixtures("here")
def test_a_face_that_kinora_found_gets_the_name(library: Library) -> None:
    photo(library, 1, "anna", shift=0.1)
    first = ids(library, 1)
    box = library.people.of_asset(1)[0].moment.box
    assert box
    x, y = box.x + box.w / 2, box.y + box.h / 2
    area = f'stArea:x="{x}" stArea:y="{y}" stArea:w="{box.w}" stArea:h="{box.h}"'
    sidecar = write(library, 1, mwg(
        f'<rdf:li><rdf:Description mwg-rs:Name="Ann" mwg-rs:Type="Face"><mwg-rs:Area {area}/>'
        "</rdf:Description></rdf:li>", ANY))  # fmt: skip
    told(library)
    assert (ids(library, 1), seen(library, 1)) == (first, [("Ann", "file")])
    sidecar.unlink()
    told(library)
    assert (ids(library, 1), seen(library, 1)) == (first, [("", "")])


def test_which_file_is_the_sidecar() -> None:
    names = (b"a.jpg", b"A.JPG.XMP", b"a.xmp", b"b.MOV", b"b.heic", b"b.xmp", b".xmp")
    listing = {name.lower(): name for name in names}
    assert beside(b"a.jpg", listing) == b"A.JPG.XMP"
    assert beside(b"a.cr2", listing) == b"a.xmp"
    assert beside(b"b.heic", listing) == b"b.xmp"
    assert beside(b"b.MOV", listing, alone=True) is None  # it belongs to the photo
    assert beside(b"a", listing) == b"a.xmp"
    assert beside(b"c.jpg", listing) is None
    both = {name: name for name in (b"a.jpg.xmp", b"A.jpg.xmp")}
    assert [beside(name, both) for name in (b"a.jpg", b"A.jpg")] == [b"a.jpg.xmp", b"A.jpg.xmp"]
    assert beside(b".jpg", listing) is None


def test_what_another_start_asks_for(library: Library) -> None:
    write(library, 1, WRITTEN)
    assert library.people.told("import") == "1 face in 1 file, 1 person."
    assert library.jobs(JobState.FAILED) == []
