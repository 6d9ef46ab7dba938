"""Animals stand apart from people: by what is seen around a face, by what the user says, through every comparing."""

import pytest

from engine.library import Library
from engine.model import Box, Facts, Finding, FindingKind, Moment
from tests.unit.people.faces import PLACES, commit, face, fill, finding, ids, photo, who

CAT = Box(0.0, 0.1, 0.3, 0.8)  # holds the first of PLACES
PERSON = Box(0.0, 0.0, 0.5, 1.0)


def things(library: Library, asset: int, *said: tuple[str, Box]) -> None:
    found = [Finding(FindingKind.OBJECT, Moment(box=box), text=name, label=name, score=0.9) for name, box in said]
    commit(library, asset, "objects", found)


def pets(library: Library) -> dict[int, bool]:
    return {row.id: row.pet for row in library.people.listing()}


@pytest.mark.parametrize(
    ("around", "animal"),
    [
        ([("cat", CAT)], True), ([("tabby, tabby cat", CAT)], True), ([("person", PERSON)], False),
        ([("cat", CAT), ("person", PERSON)], True), ([("dog", PERSON), ("person", CAT)], False),
        ([("cat", Box(0.5, 0.5, 0.4, 0.4))], False), ([("teddy bear", CAT)], False), ([("hot dog", CAT)], False),
        ([("mouse", CAT)], False), ([("Border collie dog", CAT)], True), ([], False),
    ],
    ids=("in a cat", "by all its names", "in a person", "a cat in arms", "beside a dog", "elsewhere", "toy", "food",
         "of a computer", "by its last word", "nothing"),
)  # fmt: skip
@pytest.mark.parametrize("first", ["faces", "things"])
def test_a_face_in_an_animal_is_that_of_one(
    library: Library, around: list[tuple[str, Box]], animal: bool, first: str
) -> None:
    for asset in (1, 2):
        if first == "things":
            things(library, asset, *around)
        photo(library, asset, "tom")
        if first == "faces":
            things(library, asset, *around)
    library.people.settle()
    assert list(pets(library).values()) == [animal]


def test_a_word_for_the_whole_picture_serves_where_no_thing_is_found(library: Library) -> None:
    for asset, words in ((1, ["cat"]), (2, ["cat"]), (3, ["cat", "woman"]), (4, ["cat", "woman"])):
        photo(library, asset, "tom" if asset < 3 else "anna")
        commit(library, asset, "tags", [Finding(FindingKind.LABEL, label=word, text=word, score=0.9) for word in words])
    library.people.settle()
    assert sorted(pets(library).values()) == [False, True]


def test_in_a_film_the_thing_has_to_be_there_at_that_time(library: Library) -> None:
    def seen(asset: int, start: float, thing: float) -> None:
        moment = Moment(start=start, end=start + 2, box=PLACES[0])
        commit(library, asset, "faces", [finding(face("tom", asset), moment)])
        cat = Finding(FindingKind.OBJECT, Moment(start=thing, box=CAT), text="cat", label="cat", score=0.9)
        commit(library, asset, "objects", [cat])

    for asset in (1, 2):
        seen(asset, 5.0, 6.0)
    library.people.settle()
    assert list(pets(library).values()) == [True]
    for asset in (1, 2):
        seen(asset, 5.0, 60.0)
    library.people.settle()
    assert not any(pets(library).values())


def test_animals_are_never_compared_with_people(library: Library) -> None:
    for asset in range(1, 9):
        photo(library, asset, "same")  # one face for all numbers: but four are in a cat
        if asset > 4:
            things(library, asset, ("cat", CAT))
    library.people.settle()
    one, other = who(library, 1)[0], who(library, 8)[0]
    assert one != other
    assert pets(library) == {one: False, other: True}
    assert library.people.suggestions() == []
    library.people.name(one or 0, "Anna")
    photo(library, 9, "same", away=0.9)
    things(library, 9, ("dog", CAT))
    library.people.settle()
    assert all(asked.person.pet for asked in library.people.suggestions())
    assert who(library, 9)[0] != one


def test_an_animal_that_was_taken_for_a_person_leaves_when_it_is_known(library: Library) -> None:
    fill(library, {asset: ["same"] for asset in range(1, 9)})
    assert len(pets(library)) == 1
    for asset in (7, 8):
        things(library, asset, ("cat", CAT))
    library.people.settle()
    assert who(library, 1)[0] != who(library, 7)[0] == who(library, 8)[0]
    assert sorted(pets(library).values()) == [False, True]


def test_what_the_user_says_of_a_pet_stays_and_is_undone_and_done_again(library: Library) -> None:
    fill(library, {asset: ["rex", "anna"] for asset in range(1, 5)})
    rex, anna = who(library, 1)
    assert rex
    assert anna
    library.people.pet([rex])
    library.people.name(rex, "Rex")
    assert pets(library) == {rex: True, anna: False}
    list(library.people.refresh())
    assert who(library, 1) == [rex, anna]
    assert library.search("person:rex").total == library.search("pet:rex").total == 4
    library.people.name(anna, "Anna")
    assert library.search("pet:anna").total == 0
    assert [name for name, _ in library.search("pet:rex").hits[0].moments[:0]] == []
    library.undo()
    library.undo()
    assert library.undo() == "Undone: Said that 1 is a pet"
    assert pets(library) == {rex: False, anna: False}
    assert {row.how for row in library.people.appearances(rex)} == {"auto"}
    assert library.redo() == "Done again: Said that 1 is a pet"
    assert pets(library)[rex]
    for asset in (1, 2):
        things(library, asset, ("person", CAT))
    library.people.settle()
    assert pets(library)[rex], "what a detector says does not change what the user said"
    library.people.pet([rex], on=False)
    assert not pets(library)[rex]


def test_a_merge_takes_over_that_it_is_a_pet(library: Library) -> None:
    fill(library, {1: ["rex"], 2: ["rex"], 3: ["tom"], 4: ["tom"], 5: ["tom"]})
    rex, tom = who(library, 1)[0], who(library, 3)[0]
    assert rex
    assert tom
    library.people.pet([rex])
    assert library.people.merge([rex, tom]) == tom
    assert pets(library) == {tom: True}
    library.undo()
    assert pets(library) == {rex: True, tom: False}


def test_a_single_face_may_be_a_pet(library: Library) -> None:
    photo(library, 1, "rex")
    library.people.settle()
    rex = library.people.pet_of(ids(library, 1))
    assert pets(library) == {rex: True}
    library.undo()
    assert pets(library) == {}
    assert library.people.count_strangers() == 1
    library.redo()
    assert pets(library) == {rex: True}


def test_strangers_are_counted_ignored_and_shown_again(library: Library) -> None:
    fill(library, {1: ["anna"], 2: ["anna"], 3: ["once"], 4: ["other"]})
    photo(library, 5, "small", quality=0.1)
    library.people.settle()
    seen = library.people.strangers()
    assert len(seen) == library.people.count_strangers() == 3
    assert seen[-1].quality == pytest.approx(0.1), "the clearest come first"
    assert library.people.ignore([seen[0].id]) == 1
    assert library.people.count_strangers() == 2
    assert library.people.ignore() == 2
    assert library.people.count_strangers() == 0
    assert library.undo() == "Undone: Ignored 2 faces"
    assert library.people.count_strangers() == 2
    assert library.redo() == "Done again: Ignored 2 faces"
    photo(library, 6, "new")
    library.people.settle()
    assert library.people.count_strangers() == 1, "who comes later is a stranger again"
    assert library.people.ignore([seen[0].id], on=False) == 1
    assert library.people.count_strangers() == 2


def test_the_ignored_are_not_asked_about_and_found_nobody(library: Library) -> None:
    fill(library, {1: ["anna"], 2: ["anna"]})
    photo(library, 3, "anna", away=1.2)
    photo(library, 4, "once")
    library.people.settle()
    lone = [row.id for row in library.people.strangers()]
    library.people.ignore()
    photo(library, 5, "once")
    library.people.settle()
    assert who(library, 4) == who(library, 5) == [None]
    assert all(asked.appearance is None or asked.appearance.id not in lone for asked in library.people.suggestions())
    library.people.assign(ids(library, 4), None)
    assert who(library, 4) != [None], "the user may still say who it is"


def test_faces_of_an_older_library_are_looked_at(library: Library) -> None:
    for asset in (1, 2):
        things(library, asset, ("cat", CAT))
        photo(library, asset, "tom")
    library.database.write(lambda connection: connection.execute("UPDATE appearance SET animal = NULL"))
    list(library.people.refresh())
    assert list(pets(library).values()) == [True]


def test_a_file_may_say_that_it_is_a_pet(library: Library) -> None:
    commit(library, 1, "probe", [], Facts(extra={"regions": [{"name": "Rex", "box": list(CAT), "pet": True}]}))
    assert [(row.name, row.pet) for row in library.people.listing()] == [("Rex", True)]


def test_erasing_a_pet_leaves_no_decision_that_brings_it_back(library: Library) -> None:
    photo(library, 1, "rex")
    rex = library.people.pet_of(ids(library, 1))
    library.people.ignore()
    assert not any(library.people.erase(rex).after.values())
    assert library.undo() is None
    assert library.people.told("ignore") == 0
