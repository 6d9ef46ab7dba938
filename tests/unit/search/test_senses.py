"""The filters that ask for one sense: what is said, shown, heard; who appears; where and when; and what narrows."""

import sqlite3
from pathlib import Path

import pytest

from engine.errors import NameTaken, NotFound, QueryError
from engine.model import Finding, FindingKind, Hold, Moment
from engine.search.narrow import facets_of
from engine.search.query import read
from engine.search.saved import Saved
from engine.store import findings
from engine.store.plan import Between, Near
from tests.unit.search.shelf import Shelf
from tests.unit.search.test_compile import plan


def found(kind: FindingKind, text: str, start: float | None = None, label: str = "") -> Finding:
    return Finding(kind, Moment(start=start), text=text, label=label or text)


def said(text: str, start: float = 0.0, label: str = "speech") -> Finding:
    return found(FindingKind.TEXT, text, start, label)


def person(shelf: Shelf, name: str, *places: tuple[int, float | None, float | None], sort: str = "face") -> int:
    """A person who appears at these places: asset, start, end."""

    def put(connection: sqlite3.Connection) -> int:
        number = connection.execute("INSERT INTO person(name, made) VALUES(?, 0) RETURNING id", (name,)).fetchone()[0]
        connection.executemany(
            "INSERT INTO appearance(sort, asset_id, start, \"end\", person_id, how) VALUES(?, ?, ?, ?, ?, 'you')",
            [(sort, *place, number) for place in places],
        )
        return int(number)

    return shelf.database.write(put)


def test_words_of_one_sense(shelf: Shelf) -> None:
    spoken = shelf.asset(said("good morning dog", 3.0), analyzer="speech", kind="video")
    subtitle = shelf.asset(said("good dog", label="subtitle"), analyzer="speech", kind="video")
    read_ = shelf.asset("good morning dog")
    shown = shelf.asset(found(FindingKind.OBJECT, "dog"), analyzer="objects")
    tagged = shelf.asset(found(FindingKind.LABEL, "hot dog"), analyzer="tags")
    posed = shelf.asset(found(FindingKind.POSE, "arms up", label="arms-up"), analyzer="pose")
    heard = shelf.asset(found(FindingKind.SOUND, "applause", 7.0), analyzer="sounds", kind="audio")
    assert set(shelf.ids("said:dog")) == {spoken, subtitle}
    assert shelf.ids('said:"morning dog"') == [spoken]
    assert shelf.ids("text:dog") == [read_]
    assert set(shelf.ids("shows:dog")) == {shown, tagged}
    assert set(shelf.ids("shows:do*")) == {shown, tagged}
    assert shelf.ids('pose:"arms up"') == [posed]
    assert shelf.ids("sound:applause type:audio") == [heard]
    assert shelf.ids("said:good,applause -said:morning") == [subtitle]
    assert set(shelf.ids("dog -said:dog")) == {read_, shown, tagged}
    assert set(shelf.ids("said:morning OR shows:dog")) == {spoken, shown, tagged}
    assert shelf.ids("said:arms") == []
    for query in ("said:dog", "text:dog", "dog -said:dog", "said:morning OR shows:dog", "shows:dog -shows:hot"):
        assert set(shelf.listed(query)) == set(shelf.ids(query)), query
    hit = shelf.finder.search("said:dog").hits[0]
    assert hit.moments[0].snippet[slice(*hit.moments[0].marks[0])] == "dog"
    assert [one.moment.start for one in shelf.finder.moments(spoken, "said:dog")] == [3.0]
    assert shelf.finder.moments(read_, "said:dog") == ()


def test_different_senses_stand_in_different_moments(shelf: Shelf) -> None:
    film = shelf.asset(said("hello world", 3.0), said("other", 8.0), analyzer="speech", kind="video")
    dog = found(FindingKind.OBJECT, "dog", 60.0)
    shelf.database.write(lambda connection: findings.replace(connection, film, "objects", 1, [dog]))
    shelf.asset(said("hello", 3.0), analyzer="speech", kind="video")
    assert shelf.ids("said:hello shows:dog") == [film]
    starts = [moment.moment.start for moment in shelf.finder.search("said:hello shows:dog").hits[0].moments]
    assert starts == [3.0, 60.0]


def test_people_alone_and_together(shelf: Shelf) -> None:
    both, ann_only, film, apart = (shelf.asset(kind=kind) for kind in ("photo", "photo", "video", "video"))
    ann = person(shelf, "Ann Lee", (both, None, None), (ann_only, None, None), (film, 1.0, 5.0), (apart, 1.0, 5.0))
    person(shelf, "Ben", (both, None, None), (film, 4.0, 9.0), (apart, 30.0, 35.0))
    person(shelf, "Annabel", (ann_only, None, None))
    assert set(shelf.ids('person:"ann lee"')) == {both, ann_only, film, apart}
    assert set(shelf.ids("person:lee")) == {both, ann_only, film, apart}
    assert set(shelf.ids(f"person:#{ann}")) == {both, ann_only, film, apart}
    assert set(shelf.ids("person:Ben person:lee")) == {both, film, apart}
    assert set(shelf.ids("person:lee with:Ben")) == {both, film}
    assert set(shelf.ids("with:lee,Ben")) == {both, film}
    assert shelf.ids("with:lee,Ben type:video") == [film]
    assert set(shelf.ids("person:lee -person:ben")) == {ann_only}
    assert set(shelf.ids("person:ben,annabel")) == {both, ann_only, film, apart}
    assert shelf.ids("person:Nobody") == []
    assert set(shelf.listed("person:lee with:Ben")) == {both, film}
    hit = next(hit for hit in shelf.finder.search("person:lee with:Ben").hits if hit.asset.id == film)
    assert [(moment.moment.start, moment.moment.end) for moment in hit.moments] == [(1.0, 9.0)]
    assert hit.moments[0].why == "Ann Lee and Ben"
    assert {part.part for part in hit.moments[0].parts} == {"person:Ann Lee", "person:Ben"}


def test_about_a_place_and_a_time(shelf: Shelf) -> None:
    rome = shelf.asset(latitude=41.89, longitude=12.49, place="Rome, Italy", moment_at=1588464000.0)  # 2020-05-03
    near = shelf.asset(latitude=41.80, longitude=12.60, place="Frascati, Italy", moment_at=1588464000.0 + 2 * 86400)
    shelf.asset(latitude=45.46, longitude=9.19, place="Milan, Italy", moment_at=1588464000.0 + 40 * 86400)
    fiji = shelf.asset(latitude=-17.7, longitude=179.9, place="Fiji", moment_at=0.0)
    assert set(shelf.ids("near:Rome")) == {rome, near}
    assert shelf.ids("near:Rome,5") == [rome]
    assert set(shelf.ids("near:41.9,12.5,30")) == {rome, near}
    assert shelf.ids("near:-17.7,-179.9") == [fiji]  # beyond the date line
    assert set(shelf.ids("near:2020-05-03")) == {rome, near}
    assert shelf.ids("near:2020-05-03,1") == [rome]
    assert set(shelf.ids("near:2020-05 near:Rome")) == {rome, near}
    assert shelf.ids("near:Atlantis") == []
    assert plan("near:2020-05-03T14:30").branches[0].where == Between("moment_at", 1588509000.0, 1588523460.0)
    assert plan("near:41.9,12.5").branches[0].where == Near(41.9, 12.5, 25.0)


@pytest.mark.parametrize(
    ("text", "start", "end", "says"),
    [
        ("cat near:2020-13", 9, 16, "date"),
        ("near:91,12", 5, 10, "latitude"),
        ("near:41.9", 5, 9, "latitude,longitude"),
        ("near:Rome,far", 5, 13, "kilometres"),
        ("near:2020-05-03,x", 5, 17, "days"),
        ("like:#x", 5, 7, "like:"),
        ("boat^0", 4, 6, "weight"),
        ('"a b"^1000', 5, 10, "weight"),
        ("sort:colour", 5, 11, "colour"),
        ("(a sort:date)", 3, 12, "order"),
        ("a OR sort:date", 5, 14, "order"),
        ("-sort:date", 1, 10, "order"),
        ("sort:date sort:name", 10, 19, "order"),
        ("said:", 0, 5, "said:"),
        ("persn:Ann", 0, 6, "person"),
    ],
)
def test_errors_say_where(text: str, start: int, end: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        read(text)
    assert says in caught.value.text
    assert (caught.value.start, caught.value.end) == (start, end)


@pytest.mark.parametrize(
    "text",
    ["boat^2 harbour", '"old boat"^0.5', "shows:dog^3 said:a,b", "like:#12@3.5^2", "a OR b^4", "cat sort:date",
     "with:Ann,Ben near:41.9,12.5,10", "x^y", 'person:"Ann Lee"'],
)  # fmt: skip
def test_what_was_read_can_be_written_and_read_again(text: str) -> None:
    first = read(text)
    assert read(str(first)) == first


def test_completion_knows_the_senses(shelf: Shelf) -> None:
    shown = shelf.asset(found(FindingKind.OBJECT, "dining table"), analyzer="objects")
    shelf.asset(found(FindingKind.SOUND, "applause", 7.0), analyzer="sounds")
    shelf.asset(found(FindingKind.POSE, "arms up"), analyzer="pose")
    person(shelf, "Ann Lee", (shown, None, None))

    def proposed(text: str) -> list[str]:
        return [one.text for one in shelf.finder.complete(text, len(text))]

    assert proposed("shows:tab") == ['"dining table" ']
    assert proposed("sound:") == ["applause "]
    assert proposed("pose:") == ['"arms up" ']
    assert proposed("person:le") == ['"Ann Lee" ']
    assert proposed("with:Ben,an") == ['"Ann Lee" ']
    assert proposed("sort:qu") == ["quality "]
    assert "person:" in proposed("pers")


def test_facets_count_what_the_list_holds(shelf: Shelf) -> None:
    first = shelf.asset("cat", found(FindingKind.OBJECT, "traffic light"), tags=["sea"], year=2020, camera="Nikon Z6")
    second = shelf.asset("cat", kind="video", year=2021, safety="safe")
    shelf.asset("dog", tags=["sea"], year=2020)
    person(shelf, "Ann Lee", (first, None, None), (second, 1.0, 2.0))
    facets = {facet.name: facet for facet in facets_of(shelf.database, shelf.finder, "cat")}
    for facet in facets.values():
        for value in facet.values:
            assert len(shelf.listed(value.query)) == value.count, value
    assert {value.value: value.count for value in facets["type"].values} == {"photo": 1, "video": 1}
    assert [value.value for value in facets["year"].values] == ["2021", "2020"]
    assert facets["person"].values[0].query == 'cat person:"Ann Lee"'
    assert facets["shows"].values[0].query == 'cat shows:"traffic light"'
    everything = {facet.name: facet for facet in facets_of(shelf.database, shelf.finder, "")}
    assert everything["tag"].values[0].count == 2
    assert facets_of(shelf.database, shelf.finder, "nowhere") == []


def test_facets_count_what_their_filters_find(shelf: Shelf) -> None:
    for label in ("dog", "hot dog", "cat"):
        shelf.asset(found(FindingKind.OBJECT, label))
    shelf.asset(found(FindingKind.LABEL, "dog"))
    for text in ("standing", "standing, arms up", "sitting, arms up"):
        shelf.asset(found(FindingKind.POSE, text, label=text.partition(",")[0]), analyzer="pose")
    facets = {facet.name: facet for facet in facets_of(shelf.database, shelf.finder, "type:photo")}
    for name in ("shows", "pose"):
        for value in facets[name].values:
            assert len(shelf.listed(value.query)) == value.count, value
    assert {value.value: value.count for value in facets["pose"].values} == {"standing": 2, "arms up": 2, "sitting": 1}
    assert {value.value: value.count for value in facets["shows"].values} == {"dog": 3, "hot dog": 1, "cat": 1}


def test_not_both_together_is_either_apart_or_alone(shelf: Shelf) -> None:
    one, other, both = (shelf.asset("boat") for _ in range(3))
    person(shelf, "Ann", (one, None, None), (both, None, None))
    person(shelf, "Ben", (other, None, None), (both, None, None))
    apart = shelf.asset("boat", kind="video")
    shelf.database.write(lambda connection: connection.executemany(
        "INSERT INTO appearance(sort, asset_id, start, \"end\", person_id, how) VALUES('face', ?, ?, ?, ?, 'you')",
        [(apart, 1.0, 2.0, 1), (apart, 50.0, 60.0, 2)],
    ))  # fmt: skip
    assert shelf.listed("boat person:Ann with:Ben") == [both]
    assert set(shelf.listed("-(boat person:Ann with:Ben)")) == {one, other, apart}
    assert set(shelf.listed("boat -(person:Ann with:Ben)")) == {one, other, apart}


def test_facets_of_very_many_are_in_proportion(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.store.facets.SAMPLED", 10)
    for number in range(60):
        shelf.asset(kind="photo" if number % 3 else "video")
    (types, *_) = [facet for facet in facets_of(shelf.database, shelf.finder, "") if facet.name == "type"]
    assert sum(value.count for value in types.values) == pytest.approx(60, abs=6)


def test_saved_searches(shelf: Shelf) -> None:
    saved = Saved(shelf.database)
    one = saved.save(" My  cats ", "cat type:photo", "date")
    assert (one.name, one.query, one.sort) == ("My cats", "cat type:photo", "date")
    again = saved.save("my cats", "cat")
    assert again.id == one.id
    other = saved.save("Dogs", "dog")
    assert [search.name for search in saved.listing()] == ["Dogs", "My cats"]
    saved.rename(other.id, "dogs")
    with pytest.raises(NameTaken):
        saved.rename(other.id, "MY CATS")
    with pytest.raises(NameTaken):
        saved.save("  ", "dog")
    with pytest.raises(QueryError):
        saved.save("broken", '"dog')
    saved.delete(other.id)
    with pytest.raises(NotFound):
        saved.delete(other.id)
    assert [search.name for search in saved.listing()] == ["My cats"]


def test_what_is_not_read_yet_is_said(shelf: Shelf, tmp_path: Path) -> None:
    assets = [shelf.asset(kind="video") for _ in range(3)]

    def wait(hold: int) -> None:
        def put(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM job")
            connection.executemany(
                "INSERT INTO job(key, asset_id, analyzer, version, state, hold, created, updated) "
                "VALUES(?1, ?1, 'speech', 1, 'waiting', ?2, 0, 0)",
                [(asset, hold) for asset in assets],
            )

        shelf.database.write(put)

    wait(Hold.PACK)
    assert shelf.finder.search("said:hello").missing == (
        "3 files have no transcript: install a pack for it (kinora packs)."
    )
    assert shelf.finder.search("hello").missing == ""
    wait(0)
    assert shelf.finder.search("said:hello").missing == "3 files have no transcript yet."
