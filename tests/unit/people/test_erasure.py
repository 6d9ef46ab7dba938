"""Erasing leaves nothing: no row, no name, no vector, not in the file's bytes, and nothing that comes back."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.access import Access
from engine.errors import NotFound
from engine.library import Library
from engine.model import Box, Facts, Finding, FindingKind, Moment
from engine.people import crops, erasure
from engine.store import erasing, galleries
from engine.store.fold import fold
from engine.store.places import same_box
from tests.unit.people.faces import PLACES, commit, face, fill, finding, ids, photo, who

NAME = "Quirinalda Fjordhammer"
SEEN = {1: ["anna"], 2: ["anna"], 3: ["ben"], 4: ["ben"], 5: ["anna", "ben"]}


def on_disk(library: Library, *needles: bytes) -> list[bytes]:
    """Which of these bytes stand in a file of the database."""
    files = [path for path in library.path.glob("kinora.db*") if not path.name.endswith("-shm")]
    data = b"".join(path.read_bytes() for path in files)
    return [needle for needle in needles if needle in data]


def vector(who: str, asset: int, pack: str = "one@1") -> bytes:
    return face(who, asset, pack=pack).astype("<f2").tobytes()


def traces() -> tuple[bytes, ...]:
    words = [word.encode() for word in (*NAME.split(), *fold(NAME).split(), NAME)]
    return (*words, *(vector("anna", number) for number in (1, 2, 5)))


@pytest.fixture
def named(library: Library) -> int:
    fill(library, SEEN)
    anna = who(library, 1)[0]
    assert anna is not None
    library.people.name(anna, NAME)
    library.people.deny([ids(library, 3)[0]], anna)
    library.people.never(anna, who(library, 4)[0] or 0)
    (library.path / "kinora.db.schema-5").write_bytes(NAME.encode())
    return anna


def test_a_person_is_erased_with_proof(library: Library, named: int) -> None:
    ben = who(library, 3)[0]
    library.people.picture(ids(library, 1)[0])
    assert library.search("fjordhammer").total == 3
    library.database.maintain(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    assert on_disk(library, *traces()) == list(traces())  # the test can see what it looks for
    done = library.people.erase(named)
    assert done.before["people"] == 1
    assert done.before["appearances"] == done.before["vectors"] == 3
    assert done.before["names"] == 1
    assert done.before["words"] == 3
    assert done.before["decisions"] == 3
    assert done.before["pictures"] == 1
    assert done.before["copies"] == 1
    assert not any(done.after.values()), done.after
    assert on_disk(library, *traces()) == []
    assert who(library, 5) == [ben]
    assert who(library, 3) == [ben]
    assert library.search("fjordhammer").total == 0
    with pytest.raises(NotFound):
        library.people.person(named)
    (row,) = Access(library.database).audit()  # that it happened stays; who it was does not
    assert (row.action, row.object) == ("people.erase", f"#{named}")


def test_undoing_does_not_bring_an_erased_person_back(library: Library, named: int) -> None:
    library.rate([1], 3)
    library.people.erase(named)
    assert library.undo() == "Undone: Gave 1 item 3 stars"
    assert library.undo() is None
    assert library.redo() == "Done again: Gave 1 item 3 stars"


def test_a_new_analysis_brings_nobody_back(library: Library, named: int) -> None:
    ben = who(library, 3)[0]
    library.people.erase(named)
    for number, people in SEEN.items():
        photo(library, number, *people, pack="two@1", shift=0.03)
    library.people.settle()
    assert [who(library, number) for number in SEEN] == [[], [], [ben], [ben], [ben]]
    assert on_disk(library, *(vector("anna", number, "two@1") for number in (1, 2, 5))) == []
    facts = Facts(extra={"regions": [{"name": NAME, "box": list(PLACES[0])}]})
    commit(library, 1, "probe", [], facts)
    assert who(library, 1) == []
    photo(library, 8, "anna")  # a new picture is a new fact
    library.people.settle()
    assert who(library, 8) == [None]


def test_faces_of_nobody_that_are_like_the_person_go_along(library: Library, named: int) -> None:
    photo(library, 9, "anna")  # not yet compared with anybody
    done = library.people.erase(named)
    assert done.before["appearances"] == 4
    assert who(library, 9) == []


def test_who_became_the_person_is_erased_too(library: Library) -> None:
    fill(library, SEEN)
    anna, ben = who(library, 5)
    assert anna
    assert ben
    library.people.name(anna, "Anna")
    library.people.name(ben, NAME)
    library.people.merge([anna, ben])
    done = library.people.erase(anna)
    assert done.before["people"] == 2
    assert done.before["names"] == 2
    assert not any(done.after.values()), done.after
    assert on_disk(library, NAME.encode()) == []


def test_everything_is_erased(library: Library, named: int) -> None:
    voice = finding(face("voice", 1, pack="ear@1"), Moment(0.0, 4.0), pack="ear@1", voice=True, spans=[(0.0, 4.0)])
    commit(library, 10, "speech", [voice])
    done = library.people.erase_all()
    assert done.before["findings"] == 7
    assert done.before["people"] == 2
    assert not any(done.after.values()), done.after
    assert library.people.listing() == []
    assert library.people.appearances(None) == []
    with library.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM embedding").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM erased_place").fetchone() == (7,)
    assert on_disk(library, *traces(), vector("ben", 3), vector("voice", 1, "ear@1")) == []


def test_an_export_holds_everything(library: Library, named: int, tmp_path: Path) -> None:
    folder = library.people.export(tmp_path / "out")
    data = json.loads((folder / "people.json").read_text(encoding="utf-8"))
    assert [person["name"] for person in data["people"]] == [NAME, ""]
    assert len(data["appearances"]) == 6
    one = data["appearances"][0]
    assert one["vector"]["space"] == "one@1"
    assert one["files"][0].endswith("000.png")
    assert (folder / one["picture"]).read_bytes()[:2] == b"\xff\xd8"
    assert data["never_one"]


def test_regions_of_a_file_name_people_and_yield_to_the_user(library: Library) -> None:
    box = PLACES[0]
    loose = Box(box.x + 0.02, box.y - 0.05, box.w, box.h)
    facts = Facts(extra={"regions": [{"name": "Marie", "box": list(loose)}], "iso": 100})
    commit(library, 1, "probe", [], facts)
    assert [(row.name, row.how) for row in library.people.of_asset(1)] == [("Marie", "file")]
    assert library.asset(1).facts.extra == {"iso": 100}
    assert library.search("marie").total == 1
    first = ids(library, 1)
    photo(library, 1, "anna")
    assert ids(library, 1) == first
    assert library.people.of_asset(1)[0].moment.box == box
    fill(library, {2: ["anna"]})
    assert library.people.of_asset(2)[0].name == "Marie"  # recognised from the file's own face
    marie = who(library, 1)[0]
    library.people.deny(first, marie or 0)
    commit(library, 1, "probe", [], facts)
    assert library.people.of_asset(1)[0].name == ""
    other = library.people.assign(first, None)
    commit(library, 1, "probe", [], facts)
    assert who(library, 1) == [other]
    commit(library, 3, "probe", [], facts)
    commit(library, 3, "probe", [], Facts())
    assert ids(library, 3) == []  # the file names nobody any more


def test_an_erasure_that_was_killed_is_ended_when_the_library_is_opened(
    library: Library, named: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.people.picture(ids(library, 1)[0])
    kept = library.people.picture(ids(library, 3)[0])
    (library.path / "vectors").mkdir(exist_ok=True)
    (library.path / "vectors" / "1.faiss").write_bytes(vector("anna", 1))
    monkeypatch.setattr(crops, "forget", die)
    with pytest.raises(KeyboardInterrupt):
        library.people.erase(named)
    pictures = library.path / "previews" / "faces"
    assert len(list(pictures.glob("*/*"))) == 2
    library.close()
    monkeypatch.undo()
    with Library.open(library.path, work=False) as again:
        assert list(pictures.glob("*/*")) == [kept]
        assert not (again.path / "vectors" / "1.faiss").exists()
        assert not (again.path / "kinora.db.schema-5").exists()
        assert on_disk(again, *traces()) == []
        with again.database.read() as connection:
            assert not erasing.pending(connection)


def die(*_: object) -> None:
    raise KeyboardInterrupt


def test_findings_that_come_while_somebody_is_erased_are_those_that_go(
    library: Library, named: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers of findings change, and those of deleted ones are given again: to another's words, for instance."""
    real = erasure._alike

    def meanwhile(*given: Any) -> set[int]:
        found = real(*given)
        photo(library, 5, "anna", "ben")
        commit(library, 6, "ocr", [Finding(FindingKind.TEXT, Moment(), text=f"keep {n}") for n in range(9)])
        photo(library, 5, "anna", "ben", pack="two@1")
        return found

    monkeypatch.setattr(erasure, "_alike", meanwhile)
    done = library.people.erase(named)
    assert not any(done.after.values())
    assert library.search("keep").total == 1
    assert len([row for row in library.findings(6) if row.analyzer == "ocr"]) == 9
    assert len(library.findings(5, [FindingKind.FACE])) == 1
    assert on_disk(library, vector("anna", 5, "two@1")) == []


def test_another_pack_with_other_boxes_does_not_find_the_erased_person_again(library: Library, named: int) -> None:
    library.people.erase(named)
    x, y, w, h = PLACES[0]
    head = Box(x - 0.01, y - 0.1, w + 0.02, h + 0.15)  # some draw heads, some faces
    assert 0.3 < same_box(PLACES[0], head) < 0.7
    smaller = Box(x + 0.03, y + 0.05, w * 0.65, h * 0.65)
    assert 0.3 < same_box(PLACES[0], smaller) < 0.5
    for box in (head, smaller):
        commit(library, 1, "faces", [finding(face("anna", 1, pack="two@1"), Moment(box=box), pack="two@1")])
        assert who(library, 1) == []
        commit(library, 1, "probe", [], Facts(extra={"regions": [{"name": NAME, "box": list(box)}]}))
        assert who(library, 1) == []
    assert library.search("fjordhammer").total == 0


def test_everybody_who_became_the_person_goes_and_nobody_else(library: Library) -> None:
    for number, people in {1: ["anna"], 2: ["anna"], 3: ["ben"], 4: ["ben"], 5: ["cem"], 6: ["cem"], 7: ["dora"],
                           8: ["dora"]}.items():  # fmt: skip
        photo(library, number, *people)
    library.people.settle()
    anna, ben, cem, dora = (who(library, number)[0] or 0 for number in (1, 3, 5, 7))
    for person, name in ((anna, "Anna"), (ben, "Benedikta"), (cem, NAME), (dora, "Dora")):
        library.people.name(person, name)
    library.people.never(anna, dora)
    library.people.assign([ids(library, 7)[0], ids(library, 8)[0]], None)  # of Dora nothing but her name is left
    library.people.merge([ben, cem])
    library.people.merge([anna, ben])
    done = library.people.erase(anna)
    assert done.before["names"] == 3
    assert on_disk(library, NAME.encode(), b"Benedikta") == []
    assert [row.name for row in library.people.listing() if row.named] == ["Dora"]


def test_saved_searches_go_by_whole_names(library: Library) -> None:
    fill(library, SEEN)
    anna = who(library, 1)[0]
    assert anna
    library.people.name(anna, "Al")
    library.searches.save("mountains", "alps walk")
    library.searches.save("him", 'person:"al"')
    library.people.erase(anna)
    assert [one.name for one in library.searches.listing()] == ["mountains"]


def test_names_of_people_who_are_no_more_are_erased_with_everything(library: Library) -> None:
    fill(library, SEEN)
    anna = who(library, 1)[0]
    assert anna
    library.people.name(anna, NAME)
    library.undo()
    library.database.write(lambda connection: galleries.tidy(connection, {anna: 0}))
    library.database.write(lambda connection: connection.execute("UPDATE appearance SET person_id = NULL"))
    library.database.write(lambda connection: galleries.tidy(connection, {anna: 0}))
    done = library.people.erase_all()
    assert done.before["names"] == 1
    assert on_disk(library, NAME.encode()) == []


def test_chains_of_merging_and_undoing_against_clustering_end_where_they_began(library: Library) -> None:
    fill(library, SEEN)
    anna, ben = (number or 0 for number in who(library, 5))
    library.people.name(anna, "Anna")
    start = [who(library, number) for number in SEEN]
    for _ in range(3):
        library.people.merge([anna, ben])
        library.people.settle()
        split = library.people.split([ids(library, 5)[1]])
        library.people.settle()
        assert who(library, 5) == [anna, split]
        photo(library, 3, "ben", pack="one@1", shift=0.01)
        library.people.settle()
        for act in (library.undo, library.redo, library.undo, library.undo):
            assert act()
            library.people.settle()
        assert [who(library, number) for number in SEEN] == start
    with library.database.read() as connection:
        assert not connection.execute("SELECT * FROM not_same").fetchall()
