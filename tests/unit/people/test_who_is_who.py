"""Faces become people, people keep their faces, and what the user said of them holds whatever comes."""

import pytest

from engine.errors import NotFound
from engine.library import Library
from engine.model import Moment
from tests.unit.people.faces import DIM, NEAR, PLACES, commit, face, fill, finding, ids, photo, who

FAMILY = {1: ["anna"], 2: ["anna"], 3: ["ben"], 4: ["ben"], 5: ["anna", "ben", "cleo"], 6: ["cleo"], 7: ["dora"]}


def names(library: Library, asset_id: int) -> list[str]:
    return [row.name for row in library.people.of_asset(asset_id)]


def test_faces_become_people_and_a_face_alone_stays_nobodys(library: Library) -> None:
    fill(library, FAMILY)
    anna, ben, cleo = who(library, 5)
    assert None not in (anna, ben, cleo)
    assert len({anna, ben, cleo}) == 3
    assert who(library, 1) == who(library, 2) == [anna]
    assert who(library, 7) == [None]
    listed = library.people.listing()
    assert sorted((row.faces, row.assets) for row in listed) == [(2, 2), (3, 3), (3, 3)]
    assert [row.asset for row in library.people.appearances(None)] == [7]


def test_a_name_is_found_by_plain_words_and_undone(library: Library) -> None:
    fill(library, FAMILY)
    anna = who(library, 1)[0]
    assert anna is not None
    assert library.people.name(anna, "  Anna   Berg ") == anna
    assert library.people.person(anna).name == "Anna Berg"
    assert sorted(hit.asset.id for hit in library.search("anna berg").hits) == [1, 2, 5]
    assert library.undo() == "Undone: Named a person"
    assert library.search("anna").total == 0
    assert not library.people.person(anna).named
    library.redo()
    assert library.people.person(anna).name == "Anna Berg"
    assert library.search("anna").total == 3


def test_a_name_that_is_taken_merges_and_undoing_parts_them_again(library: Library) -> None:
    fill(library, FAMILY)
    anna, ben, _ = who(library, 5)
    assert anna is not None
    assert ben is not None
    library.people.name(anna, "Anna")
    assert library.people.name(ben, "ANNA") == anna
    assert who(library, 3) == [anna]
    library.people.settle()
    assert who(library, 5)[:2] == [anna, anna]  # the user said so of both
    library.undo()
    assert who(library, 3) == [ben]
    assert names(library, 5) == ["Anna", "", ""]


def test_a_named_face_is_found_in_what_comes_later(library: Library) -> None:
    photo(library, 1, "anna")
    library.people.settle()
    anna = library.people.assign(ids(library, 1), None)
    library.people.name(anna, "Anna")
    fill(library, {2: ["ben", "anna"], 3: ["cleo", "ben", "anna"]})
    assert names(library, 2) == ["", "Anna"]
    assert names(library, 3) == ["", "", "Anna"]
    assert library.search("anna").total == 3


def test_decisions_hold_after_reanalysis_with_another_pack(library: Library) -> None:
    fill(library, FAMILY)
    anna, ben, _cleo = who(library, 5)
    assert anna is not None
    assert ben is not None
    library.people.name(anna, "Anna")
    library.people.deny([ids(library, 2)[0]], anna)  # not her, says the user
    library.people.assign([ids(library, 6)[0]], ben)  # and this is Ben
    before = {number: ids(library, number) for number in FAMILY}
    for number, people in FAMILY.items():
        photo(library, number, *people, pack="two@1", shift=0.04)
    library.people.settle()
    assert {number: ids(library, number) for number in FAMILY} == before
    assert who(library, 1) == [anna]
    assert names(library, 5)[0] == "Anna"
    assert who(library, 2)[0] != anna
    assert who(library, 6) == [ben]
    assert {row.how for row in library.people.of_asset(6)} == {"you"}


def test_what_is_no_longer_found_goes_unless_it_was_decided(library: Library) -> None:
    fill(library, FAMILY)
    anna, _, _ = who(library, 5)
    assert anna is not None
    library.people.name(anna, "Anna")
    kept = ids(library, 1)
    for number in (1, 3):
        photo(library, number)  # an analyzer that sees nobody
    assert ids(library, 1) == kept
    assert names(library, 1) == ["Anna"]
    assert ids(library, 3) == []
    photo(library, 1, "anna")
    assert ids(library, 1) == kept


def test_people_stay_who_they_are_as_the_library_grows(library: Library) -> None:
    fill(library, {1: ["anna"], 2: ["anna"], 3: ["ben"], 4: ["ben"]})
    first = {number: who(library, number) for number in (1, 2, 3, 4)}
    fill(library, {5: ["cleo", "anna"], 6: ["cleo"], 7: ["dora"], 8: ["dora", "ben"], 9: ["emil"], 10: ["emil"]})
    assert {number: who(library, number) for number in (1, 2, 3, 4)} == first
    assert who(library, 5)[1] == first[1][0]
    assert who(library, 8)[1] == first[3][0]
    assert len(library.people.listing()) == 5


def test_two_faces_of_one_picture_are_two_people(library: Library) -> None:
    fill(library, {number: ["twin", "twin"] for number in (1, 2, 3)})
    for number in (1, 2, 3):
        left, right = who(library, number)
        assert left != right or left is None


def test_who_was_denied_is_neither_taken_nor_offered_again(library: Library) -> None:
    fill(library, FAMILY)
    anna = who(library, 1)[0]
    assert anna is not None
    library.people.name(anna, "Anna")
    wrong = ids(library, 2)[0]
    library.people.deny([wrong], anna)
    fill(library, {8: ["anna"], 9: ["anna"]})
    assert library.people.of_asset(2)[0].person != anna
    asked = library.people.suggestions(anna)
    assert wrong not in [entry.appearance.id for entry in asked if entry.appearance]
    library.undo()
    assert who(library, 2) == [anna]


def test_never_one_is_never_asked(library: Library) -> None:
    fill(library, {1: ["anna"], 2: ["anna"]})
    one = library.people.assign(ids(library, 1), None)
    other = library.people.assign(ids(library, 2), None)
    library.people.settle()
    assert [(e.person.id, e.other.id) for e in library.people.suggestions() if e.other] in (
        [(one, other)],
        [(other, one)],
    )
    library.people.never(one, other)
    assert library.people.suggestions() == []
    library.undo()
    assert len(library.people.suggestions()) == 1


def test_people_of_whom_one_has_a_face_that_is_not_the_other_are_not_asked_about(library: Library) -> None:
    fill(library, {1: ["anna"], 2: ["anna"]})
    one = library.people.assign(ids(library, 1), None)
    other = library.people.assign(ids(library, 2), None)
    library.people.settle()
    assert len(library.people.suggestions()) == 1
    library.people.deny(ids(library, 2), one)
    assert library.people.suggestions() == []
    photo(library, 3, "anna")
    library.people.settle()
    assert [e for e in library.people.suggestions() if e.other and {e.person.id, e.other.id} == {one, other}] == []
    library.undo()
    assert library.people.suggestions()


def test_a_split_is_kept_apart(library: Library) -> None:
    fill(library, {number: ["anna"] for number in range(1, 7)})
    anna = who(library, 1)[0]
    assert anna is not None
    new = library.people.split([ids(library, 1)[0], ids(library, 2)[0]])
    library.people.settle()
    assert who(library, 1) == who(library, 2) == [new]
    assert who(library, 3) == [anna]
    assert library.people.suggestions() == []
    library.undo()
    assert who(library, 1) == [anna]


def test_merging_keeps_what_was_denied_of_either(library: Library) -> None:
    fill(library, FAMILY)
    anna, ben, cleo = who(library, 5)
    assert anna
    assert ben
    assert cleo
    library.people.never(ben, cleo)
    library.people.name(anna, "Anna")
    assert library.people.merge([ben, anna]) == anna
    with library.database.read() as connection:
        pairs = connection.execute("SELECT low, high FROM not_same").fetchall()
    assert tuple(sorted((anna, cleo))) in pairs
    library.undo()
    assert who(library, 3) == [ben]


def test_hiding_and_covers(library: Library) -> None:
    fill(library, FAMILY)
    anna = who(library, 1)[0]
    assert anna is not None
    library.people.cover(anna, ids(library, 2)[0])
    assert library.people.person(anna).cover == ids(library, 2)[0]
    library.people.hide([anna])
    assert anna not in [row.id for row in library.people.listing()]
    assert anna in [row.id for row in library.people.listing(hidden=True)]
    library.undo()
    assert anna in [row.id for row in library.people.listing()]


def test_a_bad_face_founds_nobody_and_joins_when_it_is_like_enough(library: Library) -> None:
    fill(library, {1: ["anna"], 2: ["anna"]}, quality=0.1)
    assert library.people.listing() == []
    fill(library, {3: ["anna"], 4: ["anna"]})
    assert who(library, 1) == who(library, 3) != [None]


def test_a_track_keeps_its_row_by_its_time(library: Library) -> None:
    def track(who: str, start: float, end: float, left: int, pack: str) -> None:
        tracks.append(finding(face(who, 1, pack=pack), Moment(start, end, box=PLACES[left]), pack=pack))

    tracks: list = []
    track("anna", 0.0, 8.0, 0, "one@1")
    track("ben", 1.0, 9.0, 2, "one@1")
    commit(library, 1, "faces", tracks)
    library.people.settle()
    anna = next(row.id for row in library.people.of_asset(1) if row.moment.start == 0.0)
    person = library.people.assign([anna], None)
    library.people.name(person, "Anna")
    tracks.clear()
    track("ben", 1.5, 8.0, 2, "two@1")
    track("anna", 0.5, 8.5, 0, "two@1")
    commit(library, 1, "faces", tracks)
    assert [(row.name, row.moment.box) for row in library.people.of_asset(1) if row.name] == [("Anna", PLACES[0])]


def test_voices_are_people_too_and_offered_to_who_is_seen_speaking(library: Library) -> None:
    for number in (1, 2):
        spans = [(1.0, 3.0), (5.0, 8.0)]
        voice = finding(
            face("anna's voice", number, pack="ear@1"), Moment(5.0, 8.0), pack="ear@1", voice=True, spans=spans
        )
        commit(library, number, "speech", [voice])
        seen = [finding(face("anna", number), Moment(0.0, 9.0, box=PLACES[0]))]
        seen.append(finding(face(f"passer {number}", number), Moment(9.5, 12.0, box=PLACES[1])))
        commit(library, number, "faces", seen)
    library.people.settle()
    rows = {row.sort: row for row in library.people.of_asset(1) if row.moment.start in (0.0, 5.0)}
    assert rows["voice"].person is not None
    assert rows["face"].person not in (None, rows["voice"].person)
    asked = library.people.suggestions(rows["face"].person)
    assert [entry.other.id for entry in asked if entry.other] == [rows["voice"].person]
    both = library.people.merge([rows["face"].person, rows["voice"].person])
    row = library.people.person(both)
    assert (row.faces, row.voices) == (2, 2)
    library.people.settle()
    assert library.people.person(both).voices == 2


def test_unknown_people_and_faces_are_refused(library: Library) -> None:
    fill(library, FAMILY)
    with pytest.raises(NotFound):
        library.people.name(999, "X")
    with pytest.raises(NotFound):
        library.people.assign([999], None)
    with pytest.raises(NotFound):
        library.people.person(999)
    assert (DIM, NEAR) == (64, 0.35)
