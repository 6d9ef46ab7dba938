import sqlite3
import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import QueryError
from engine.model import Box, Finding, FindingKind, Moment
from engine.search.query import All, Any, Filter, Node, Not, Phrase, Word, read
from engine.store import findings, finds, grid, numbers
from engine.store.fold import tokens
from tests.unit.search.shelf import Shelf


def text(said: str, label: str = "ocr", **place: object) -> Finding:
    return Finding(FindingKind.TEXT, Moment(**place), text=said, label=label)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query",
    [
        "kase",
        "KÄSE",
        "Käse",
        '"und brot"',
        "br*",
        "strasse",
        "ete",
        "中国",
        "国人",
        "是中",
        "서울",
        "울 여",
        "कि*",
        "hello",
        "IPHONE手机",
        "กิน",
    ],
)
def test_scripts_and_accents(shelf: Shelf, query: str) -> None:
    shelf.asset("nothing of this", "中 x 国", "कु")
    wanted = shelf.asset(
        "Käse und Brot, Straße, e\u0301te\u0301",
        "我是中国人",
        "서울 여행",
        "किताब",
        "\uff28\uff25\uff2c\uff2c\uff2f",
        "iPhone手机",
        "กินข้าว",
    )
    assert shelf.ids(query) == [wanted]
    assert shelf.listed(query) == [wanted]
    hit = shelf.finder.search(query).hits[0]
    assert hit.moments[0].marks
    assert hit.path == "/photos/file2.jpg"


def test_decomposed_hangul_of_a_mac_is_found(shelf: Shelf) -> None:
    wanted = shelf.asset("\u1112\u1161\u11ab\u1100\u1173\u11af")  # 한글 in jamo
    assert shelf.ids("한글") == [wanted]
    hit = shelf.finder.search("한").hits[0].moments[0]
    assert hit.snippet[slice(*hit.marks[0])] == "\u1112\u1161\u11ab"


def test_words_of_one_moment_come_before_words_of_several(shelf: Shelf) -> None:
    apart = shelf.asset("red house", "long line between", "green door")
    together = shelf.asset("red door")
    near = shelf.asset("red roof", "green door")
    shelf.asset("red only")
    assert shelf.ids("red door") == [together, near, apart]
    assert sorted(shelf.listed("red door")) == [apart, together, near]
    spread = shelf.finder.search("red door").hits[1]
    assert [moment.snippet for moment in spread.moments] == ["red roof", "green door"]


def test_not_means_the_whole_asset(shelf: Shelf) -> None:
    shelf.asset("cat", "dog")
    cat = shelf.asset("cat", "bird")
    other = shelf.asset("fish")
    assert shelf.ids("cat -dog") == [cat]
    assert sorted(shelf.ids("-dog")) == [cat, other]
    assert sorted(shelf.listed("-dog")) == [cat, other]


def test_filters(shelf: Shelf) -> None:
    one = shelf.asset("beach", kind="photo", camera="NIKON Z 6", place="Zürich, Switzerland", country="CH",
                      rating=4, year=2019,
                      moment_at=1.57e9, folder="/home/anna/Ferien/Zürich 2019",
                      tags=["Meer", "sand"], language="de", safety="safe", twins=1,
                      latitude=47.4, longitude=8.5, facts='{"place_words": "Zuerich Zurigo"}')  # fmt: skip
    two = shelf.asset("beach", kind="video", year=2021, moment_at=1.62e9, present=0, offline=1, error_code="damaged")
    shelf.asset("beach", present=0)  # missing everywhere: not shown
    for query in (
        "type:photo", "type:image", "camera:nikon", 'camera:"nikon z"', "place:zurich", "place:ZÜRICH",
        "place:switz", "place:ch", "place:zurigo",
        "rating:>=3", "rating:4..5", "-rating:none", "year:2019", "year:..2020", "before:2020", "-after:2020",
        "in:ferien",
        "in:anna/ferien/zurich",
        "tag:meer", "tag:MEER", "tag:sa*",
        "lang:de", "lang:german", "safe:safe", "dup:exact", "dup:any",
        "-dup:near has:gps", "-is:offline",
    ):  # fmt: skip
        assert shelf.ids(query) == [one], query
        assert shelf.listed(query) == [one], query
        assert shelf.ids(f"beach {query}") == [one], query
        assert shelf.listed(f"beach {query}") == [one], query
        assert shelf.ids(f"beach -({query})") == [two], query
    for query in (
        "is:offline",
        "is:failed",
        "after:2020",
        "year:2020..",
        "-has:gps",
        "rating:none",
        "type:video,audio",
    ):
        assert shelf.ids(query) == [two], query
    for query in ("place:rich", "tag:mee", "camera:ikon", "in:nna", "dup:near", "is:waiting"):
        assert shelf.ids(query) == [], query
    assert sorted(shelf.ids("has:text")) == [one, two]


def test_names_have_headings_by_letter_and_stars_by_their_number(shelf: Shelf) -> None:
    for name, rating in (
        ("zoo.jpg", 5),
        ("Åre.jpg", None),
        ("beach.jpg", 5),
        ("2024.jpg", 1),
        ("Boat", 0),
        ("_x", None),
    ):
        shelf.asset(name=name, rating=rating)
    by_name = shelf.finder.listing("", "name")
    assert by_name.sections == (("0 to 9", 0), ("#", 1), ("B", 2), ("Z", 4), ("Å", 5))
    assert shelf.finder.listing("type:photo", "rating").sections == (("5 stars", 0), ("1 star", 2), ("No stars", 3))


def test_has(shelf: Shelf) -> None:
    silent = shelf.asset()
    spoken = shelf.asset(Finding(FindingKind.VOICE, Moment(1.0, 2.0)), analyzer="voice")
    face = shelf.asset(
        Finding(FindingKind.PART, Moment(box=Box(0, 0, 1, 1)), label="face", score=0.9), analyzer="safety"
    )
    written = shelf.asset("words")
    assert shelf.ids("has:speech") == [spoken]
    assert shelf.ids("has:faces") == [face]
    assert shelf.ids("has:text") == [written]
    assert shelf.ids("-has:text,speech,faces") == [silent]


def test_waiting_and_failed_jobs(shelf: Shelf) -> None:
    waiting, failed = shelf.asset(), shelf.asset()
    for asset, state in ((waiting, "waiting"), (failed, "failed")):
        shelf.database.write(
            lambda connection, row=(f"k{asset}", asset, state): connection.execute(
                "INSERT INTO job(key, asset_id, analyzer, version, state, created, updated) "
                "VALUES(?, ?, 'ocr', 1, ?, 0, 0)",
                row,
            )
        )
    assert shelf.ids("is:waiting") == [waiting]
    assert shelf.ids("is:failed") == [failed]
    assert sorted(shelf.ids("is:failed,waiting")) == [waiting, failed]


@pytest.mark.parametrize(
    ("finding", "kind", "why"),
    [
        (text("needle"), "photo", "text in the picture"),
        (text("needle", start=5.4), "video", "text in the video"),
        (text("needle", start=3725.0), "video", "text in the video"),
        (text("needle", "document", page=3), "document", "text"),
        (text("needle", page=3), "document", "text in a picture of the page"),
        (text("needle", "subtitle", start=61.0, end=63.0), "video", "subtitle"),
        (text("needle", "document"), "document", "text"),
    ],
)
def test_why(shelf: Shelf, finding: Finding, kind: str, why: str) -> None:
    shelf.asset(finding, kind=kind)
    moment = shelf.finder.search("needle").hits[0].moments[0]
    assert (moment.why, moment.snippet, moment.marks, moment.moment) == (why, "needle", ((0, 6),), finding.moment)


def test_why_of_the_whole(shelf: Shelf) -> None:
    shelf.asset(name="needle-01.jpg")
    shelf.asset(title="A Needle")
    assert {hit.moments[0].why for hit in shelf.finder.search("needle").hits} == {"file name", "title"}


def test_a_typo_finds_what_was_meant_and_says_so(shelf: Shelf) -> None:
    wanted = shelf.asset("sunflower field")
    found = shelf.finder.search("sunfolwer")
    assert [hit.asset.id for hit in found.hits] == [wanted]
    assert found.note == "Showing results for “sunflower” instead of “sunfolwer”."
    assert found.hits[0].moments[0].marks == ((0, 9),)
    assert shelf.finder.search("sunfl field").note == "Showing words that begin with “sunfl”."
    assert list(shelf.finder.listing("sunfolwer").ids) == [wanted]
    assert shelf.finder.moments(wanted, "sunfolwer")[0].marks == ((0, 9),)
    assert shelf.ids('"sunfolwer"') == []
    assert shelf.ids("sunflower -feild") == [wanted]
    assert shelf.ids("xylophone") == []


def test_moments_of_one_asset(shelf: Shelf) -> None:
    asset = shelf.asset(text("red", start=9.0), text("green", start=1.0), text("red green", start=5.0), kind="video")
    moments = shelf.finder.moments(asset, "red green")
    assert [(moment.moment.start, moment.score) for moment in moments] == [(1.0, 0.5), (5.0, 1.0), (9.0, 0.5)]
    assert shelf.finder.moments(asset, "") == ()
    assert shelf.finder.moments(asset, "type:video") == ()


def test_orders_and_headings(shelf: Shelf) -> None:
    a = shelf.asset("x", moment_at=1.7e9, name="b.jpg", size=3, rating=None)
    b = shelf.asset("x", moment_at=1.6e9, name="C.jpg", size=9, rating=5)
    c = shelf.asset("x", moment_at=1.7e9 + 60, name="a.jpg", size=5, rating=1)
    for query in ("", "x", "type:photo"):
        assert shelf.listed(query) == [c, a, b]
        assert shelf.listed(query, "added") == [c, b, a]
        assert shelf.listed(query, "name") == [c, a, b]
        assert shelf.listed(query, "size") == [b, c, a]
        assert shelf.listed(query, "rating") == [b, c, a]
        assert shelf.finder.listing(query).sections == (("November 2023", 0), ("September 2020", 2))
    assert sorted(shelf.listed("x", "relevance")) == [a, b, c]
    assert shelf.finder.listing("", "size").sections == ()
    with pytest.raises(QueryError):
        shelf.finder.listing("", "colour")


def test_headings_reach_back_before_1970() -> None:
    keys = [0, -1, -86400 * 40, -(10**13)]
    assert grid.sections(keys, local=True) == (
        ("No date", 0),
        ("December 1969", 1),
        ("November 1969", 2),
        ("No date", 3),
    )
    assert grid.sections([], local=True) == ()


@pytest.mark.parametrize("sort", ["taken", "added", "name", "rating"])
@pytest.mark.parametrize("few", [0, 10_000])  # the keys are asked one by one, or read at once
def test_headings_stand_where_the_rows_begin_that_they_tell_of(
    shelf: Shelf, sort: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "FEW", few)
    names = ("", "Ärger.jpg", "a.jpg", "B.jpg", "_x.jpg", "[1].jpg", "b2.jpg", "9.jpg", "1.jpg", "äh.jpg", "\u00df.jpg")
    for number in range(66):
        shelf.asset(
            folder=f"/p{number}", name=names[number % len(names)], rating=number % 6 or None,
            added=1e9 + 1.2e6 * (number % 13), moment_at=1.2e6 * (number * 7 % 31) - 9e7 if number % 5 else 0.0,
        )  # fmt: skip
    found = shelf.finder.listing("", sort)
    keys = {"taken": "moment_at", "added": "added", "name": "name", "rating": "ifnull(rating, 0)"}
    values = dict(shelf.read(f"SELECT id, {keys[sort]} FROM asset"))
    plain: list[tuple[str, int]] = []
    for row, asset in enumerate(found.ids):
        title = heading(values[asset], sort)
        if not plain or plain[-1][0] != title:
            plain.append((title, row))
    assert found.sections == tuple(plain)
    assert len(plain) > 3


def heading(value: object, sort: str) -> str:
    if isinstance(value, str):
        first = value[:1]
        return grid._letter(ord(first.upper() if first.isascii() else first) if first else 0)
    assert isinstance(value, int | float)
    if sort == "rating":
        return grid._stars(int(value))
    behind = datetime.now().astimezone().utcoffset()
    assert behind is not None
    return grid._month(int(value) + (0 if sort == "taken" else int(behind.total_seconds())))[0]


def test_a_long_list_is_one_array(shelf: Shelf) -> None:
    many = 100_000
    shelf.database.write(
        lambda connection: connection.executemany(
            "INSERT INTO asset(id, content, kind, size, moment_at, added, present) VALUES(?, ?, 'photo', 1, ?, 0, 1)",
            ((number, f"{number:064x}", 86400.0 * number) for number in range(1, many + 1)),
        )
    )
    shelf.finder.listing("type:document")  # what is loaded once
    tracemalloc.start()
    found = shelf.finder.listing("")
    now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.ids[0], found.ids[-1], len(found.ids)) == (many, 1, many)
    assert len(found.sections) == 3286
    assert now < 16 * many  # eight bytes each, and the headings
    assert most < 40 * many


def test_a_word_of_very_many_is_one_array_too(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    many = 50_000
    monkeypatch.setattr(numbers, "PART", 5_000)

    def put(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO asset(id, content, kind, size, moment_at, year, added, present) "
            "VALUES(?, ?, 'photo', 1, 0, ?, 0, 1)",
            ((number, f"{number:064x}", 2000 + number % 2) for number in range(1, many + 1)),
        )
        for number in range(1, many + 1):
            findings.set_whole(connection, number, [("name", f"img {number}.jpg")])

    shelf.database.write(put)
    for query, count in (("img jpg", many), ("img -17", many - 1), ("img year:2001", many // 2)):
        shelf.finder.listing(f"{query} nowhere")  # what is loaded once
        tracemalloc.start()
        found = shelf.finder.listing(query)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(found.ids) == count
        assert most < 60 * many  # a set of so many whole numbers takes 70 to 120 for each, and there are several


# --- against a plain reading of the same tree ------------------------------------------------------------------------

WORDS = ["red", "green", "blue", "redder", "中国", "国"]
queries = st.recursive(
    st.sampled_from(
        [
            "red",
            "green",
            "blue",
            "re*",
            "中",
            "国",
            '"red green"',
            '"中国"',
            "type:photo",
            "type:video",
            "rating:>=3",
            "tag:sea",
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda part: f"-({part})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " ".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " OR ".join(parts) + ")"),
    ),
    max_leaves=6,
)
libraries = st.lists(
    st.tuples(
        st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), max_size=3),
        st.sampled_from(["photo", "video"]),
        st.sampled_from([None, 1, 4]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def holds(node: Node | None, moments: list[tuple[str, ...]], kind: str, rating: int | None, tagged: bool) -> bool:
    match node:
        case None:
            return True
        case Word() | Phrase():
            wanted = tokens(node.text)
            last = len(wanted) - 1

            def same(index: int, token: str) -> bool:
                return token == wanted[index] or (
                    isinstance(node, Word) and node.prefix and index == last and token.startswith(wanted[index])
                )

            return any(
                all(same(index, moment[at + index]) for index in range(len(wanted)))
                for moment in moments
                for at in range(len(moment) - last)
            )
        case Filter("type", values):
            return kind in values
        case Filter("rating"):
            return rating is not None and rating >= 3
        case Filter():
            return tagged
        case Not(item):
            return not holds(item, moments, kind, rating, tagged)
        case All(items):
            return all(holds(item, moments, kind, rating, tagged) for item in items)
        case Any(items):
            return any(holds(item, moments, kind, rating, tagged) for item in items)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(library=libraries, texts=st.lists(queries, min_size=1, max_size=8), small=st.booleans())
def test_agrees_with_a_plain_reading(
    tmp_path_factory: pytest.TempPathFactory,
    library: list[tuple[list[str], str, int | None, bool]],
    texts: list[str],
    small: bool,
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    patch = pytest.MonkeyPatch()
    try:
        if small:  # so that the bounded ways are walked
            for module, name, value in (
                (finds, "CANDIDATES", 3),
                (finds, "GATHERED", 2),
                (finds, "PROBES", 1),
                (finds, "FEW", 4),
                (grid, "PROBES", 1),
            ):
                patch.setattr(module, name, value)
        for said, kind, rating, tagged in library:
            shelf.asset(*said, kind=kind, rating=rating, tags=["sea"] if tagged else [])
        for query in texts:
            try:
                root = read(query).root
                listed = shelf.listed(query)
            except QueryError as error:
                assert "too many alternatives" in error.text  # noqa: PT017
                continue
            rows = enumerate(library, start=1)
            truth = {
                at
                for at, (said, kind, rating, tagged) in rows
                if holds(root, [tokens(one) for one in said], kind, rating, tagged)
            }
            result = shelf.finder.search(query, 1000)
            if not result.note:
                assert set(listed) == truth, query
                assert len(listed) == len(truth)
                got = {hit.asset.id for hit in result.hits}
                assert got == truth if not result.over else got <= truth, query
                assert result.total == len(result.hits)
                scores = [hit.score for hit in result.hits]
                assert scores == sorted(scores, reverse=True)
                assert all(0 <= score <= 1 for score in scores)
    finally:
        patch.undo()
        shelf.close()


def test_a_frequent_word_is_bounded_and_says_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finds, "CANDIDATES", 5)
    for _ in range(9):
        shelf.asset("often")
    found = shelf.finder.search("often", 3)
    assert (len(found.hits), found.total, found.over) == (3, 5, True)
    assert [hit.asset.id for hit in found.hits] == [9, 8, 7]
    assert len(shelf.listed("often")) == 9


def test_replacing_findings_replaces_words(shelf: Shelf) -> None:
    asset = shelf.asset("old words", "more")
    shelf.database.write(lambda connection: findings.replace(connection, asset, "ocr", 2, [text("new words")]))
    assert shelf.ids("old") == []
    assert shelf.ids("new words") == [asset]
    before = dict(shelf.read("SELECT term, doc FROM vocabulary"))
    assert shelf.database.write(findings.rebuild_words) == 2
    assert dict(shelf.read("SELECT term, doc FROM vocabulary")) == before
    assert shelf.ids("new words") == [asset]


def test_the_grid_reads_its_index_alone(shelf: Shelf) -> None:
    order, key = grid.ORDERS["taken"]
    plan = shelf.read(
        f"EXPLAIN QUERY PLAN SELECT a.id, {key} FROM asset a WHERE (a.present > 0 OR a.offline > 0) ORDER BY {order}"
    )
    assert [row[3] for row in plan] == ["SCAN a USING INDEX asset_by_moment"]


def test_a_search_in_a_closed_or_damaged_library_is_explained(tmp_path: Path) -> None:
    from engine.errors import StoreError

    shelf = Shelf(tmp_path)
    shelf.close()
    with pytest.raises(StoreError):
        shelf.finder.search("x")
