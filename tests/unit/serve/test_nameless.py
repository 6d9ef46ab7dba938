"""Who may not know people gets the answers of a library in which nobody has a name: every route, every query."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.library import Library
from engine.model import Change, Facts, Finding, FindingKind, Moment
from engine.model.access import SCOPES, Principal, Role, Scope
from engine.serve.live import nameless
from engine.store import appearances, assets, findings, namesakes, whole, words
from tests.unit.serve.fronts import Desk, served
from tests.unit.serve.test_guards import guarded

FIRST, LAST = "Quirina", "Zabolotny"
NAME = f"{FIRST} {LAST}"
NONSENSE = ("Wibbltrx", "Yohmdrvq")  # as long as the name, in no library
PLAIN = ["sea", "lighthouse", "0.png", "png", "boat"]
NAMED = [FIRST, LAST, FIRST.lower(), NAME, FIRST[:5] + "*", "Quirima", f'"{NAME}"', f"tag:{FIRST}", f'tag:"{NAME}"',
         f'tag:"People/{NAME}"', "tag:peop*", "People", "people*"]  # fmt: skip
VOCABULARIES = ("vocabulary", "named_vocabulary")
CHANGING = {"added", "took", "updated"}


class Two(NamedTuple):
    """A library in which somebody has a name, and one like it in which nobody has."""

    named: Desk
    bare: Desk


def _fill(desk: Desk, name: str) -> None:
    """The same two libraries but for the name: a face and a voice, words of the file, tags that programs wrote."""

    def put(connection: Any) -> None:
        for asset, more in ((1, ("sea",)), (2, ("sea", "boat")), (3, ())):
            tags = [*more, f"People/{name}", name, "People"] if name and asset != 3 else [*more, "People"]
            facts = Facts(title="A lighthouse" if asset != 2 else "", keywords=tuple(tags))
            assets.put_facts(connection, asset, facts)
            if asset != 3:
                region = {"name": name or "x", "box": [0.1, 0.1, 0.3, 0.3]}
                appearances.take_regions(connection, asset, Facts(extra={"regions": [region]}))
            said = Finding(FindingKind.TEXT, Moment(1.0, 4.0), f"a boat comes, {asset}", "speech")
            findings.replace(connection, asset, "speech", 1, [said])
            connection.execute(
                'INSERT INTO appearance(sort, asset_id, person_id, start, "end", spans) '
                "SELECT 'voice', ?, max(id), 0.0, 9.0, '' FROM person",
                (asset,),
            )
            if not name:
                connection.execute("UPDATE person SET name = ''")
            whole.index(connection, asset)

    desk.library.database.write(put)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with ExitStack() as stack:
        for one in ("named", "bare"):
            (tmp_path / one).mkdir()
        made = Two(*(stack.enter_context(served(tmp_path / one)) for one in ("named", "bare")))
        _fill(made.named, NAME)
        _fill(made.bare, "")
        yield made


def told(answer: Any) -> Any:
    """What an answer says, without what differs from one moment to the next."""
    kind = answer.headers.get("content-type", "")
    body = _steady(answer.json()) if kind.startswith("application/json") else answer.content
    return answer.status_code, kind, body


def _steady(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _steady(value) for key, value in found.items() if key not in CHANGING}
    return [_steady(one) for one in found] if isinstance(found, list) else found


def asked(desk: Desk, scope: Scope = Scope.READ) -> list[str]:
    """Every route that reads, of every asset."""
    paths = [path for (method, path), guard in guarded(desk).items() if method == "GET" and guard == scope]
    paths = [path for path in paths if path != "/v1/events"]  # it does not end; see below
    return [re.sub(r"{[a-z]+}", str(one), path) for path in paths for one in ((1, 2, 3) if "{" in path else (1,))]


def same(two: Two, path: str, **params: Any) -> None:
    named, bare = (desk.ask(path, Role.VIEWER, params=params) for desk in two)
    assert told(named) == told(bare), (path, params)
    if "q" not in params:  # narrowing repeats the query
        assert not re.search(f"{FIRST}|{LAST}", named.text, re.IGNORECASE), (path, params)


def test_the_library_does_tell_the_name_to_who_may_know(two: Two) -> None:
    desk = two.named
    assert desk.ask("/v1/search", Role.EDITOR, params={"q": NAME}).json()["total"] == 3  # the third by the voice
    assert NAME in desk.ask("/v1/assets/1", Role.EDITOR).json()["tags"]
    assert NAME in desk.ask("/v1/facets", Role.EDITOR).text
    assert NAME in desk.ask("/v1/tags", Role.EDITOR).text
    assert NAME in desk.ask("/v1/export", Role.EDITOR, params={"form": "csv"}).text
    hits = desk.ask("/v1/search", Role.EDITOR, params={"q": "boat"}).json()["hits"]
    assert {one["speaker"] for hit in hits for one in hit["moments"]} >= {NAME}
    assert desk.ask("/v1/search", Role.EDITOR, params={"q": "Quirima"}).json()["note"]  # spelled nearly so


def test_every_route_answers_as_if_nobody_had_a_name(two: Two) -> None:
    paths = asked(two.named)
    assert len(paths) > 15
    for path in paths:
        same(two, path)
    for path in ("/v1/export", "/v1/assets/1/subtitles"):
        for form in ("csv", "json", "srt", "vtt"):
            same(two, path, form=form)
    for sort in ("relevance", "name", "quality"):
        same(two, "/v1/assets", sort=sort, q=f"{FIRST} OR sea")
    for query in NAMED:
        same(two, "/v1/search", q=query)
        same(two, "/v1/export", q=f"-{query}")


def test_a_name_finds_what_a_nonsense_word_finds(two: Two) -> None:
    for path in ("/v1/search", "/v1/assets", "/v1/facets", "/v1/export", "/v1/assets/1/moments"):
        for mine, other in zip((FIRST, LAST, NAME), (*NONSENSE, " ".join(NONSENSE)), strict=True):
            for form in ("{}", "-{}", "{} OR boat", 'tag:"{}"'):
                answers = [
                    told(two.named.ask(path, Role.VIEWER, params={"q": form.format(one)})) for one in (mine, other)
                ]
                assert _without(answers[0], mine) == _without(answers[1], other), (path, form)


def _without(answer: Any, query: str) -> str:
    return str(answer).replace(query, "?")


WORDS = st.sampled_from([*PLAIN, *NAMED, "boot", "se", "lighthose"])
QUERIES = st.recursive(
    WORDS,
    lambda one: st.one_of(
        one.map("-({})".format),
        st.tuples(one, one).map("({0[0]} {0[1]})".format),
        st.tuples(one, one).map("({0[0]} OR {0[1]})".format),
    ),
    max_leaves=4,
)


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=QUERIES, offset=st.integers(0, 3))
def test_no_query_tells_a_name(two: Two, query: str, offset: int) -> None:
    same(two, "/v1/search", q=query, limit=2)
    path = ("/v1/assets", "/v1/facets", "/v1/assets/2/moments", "/v1/export")[offset]
    same(two, path, q=query, **({"offset": 1, "limit": 1} if not offset else {}))


def test_a_tag_is_a_name_where_it_says_who_is_there() -> None:
    tags = ["People/Ann", "ann", "Family/ANN", "sea", "People", "Places/Oslo", "Ben", "people/"]
    assert namesakes.held(tags, ()) == {"People/Ann", "ann", "Family/ANN"}
    assert namesakes.held(tags, ("Ben",)) == {"People/Ann", "ann", "Family/ANN", "Ben"}
    assert namesakes.held(["Personen/Ben"], ()) == {"Personen/Ben"}
    assert namesakes.held(["sea", "!"], ("?",)) == set()


def test_a_tag_is_nobody_s_name_any_more_when_the_person_is_renamed(tmp_path: Path) -> None:
    with served(tmp_path) as desk:
        _fill(desk, NAME)
        desk.library.tag([3], FIRST)
        assert desk.ask("/v1/tags", Role.VIEWER).text.count(FIRST) == 1  # no name: just a word that somebody wrote
        person = desk.library.people.listing()[0].id
        desk.library.people.name(person, FIRST)
        assert FIRST not in desk.ask("/v1/tags", Role.VIEWER).text  # the voice in it is hers
        desk.library.undo()
        assert FIRST in desk.ask("/v1/tags", Role.VIEWER).text


def test_the_index_that_all_may_ask_knows_no_name_also_when_it_is_made_anew(two: Two) -> None:
    for database in (two.named.library.database, two.bare.library.database):
        with database.read() as connection:
            before = dict(connection.execute("SELECT term, doc FROM vocabulary"))
            names = dict(connection.execute("SELECT term, doc FROM named_vocabulary"))
            assert FIRST.lower() not in before
            assert (FIRST.lower() in names) == (database is two.named.library.database)
        assert database.write(findings.rebuild_words) == 6  # a whole and a line of speech each
        with database.read() as connection:
            assert dict(connection.execute("SELECT term, doc FROM vocabulary")) == before
            assert dict(connection.execute("SELECT term, doc FROM named_vocabulary")) == names
            assert words.size(connection) == 6


def test_who_hears_what_goes_on_hears_nothing_of_who_is_where(desk: Desk) -> None:
    named = Change(frozenset({"people", "assets", "decisions"}), frozenset({1}))
    read = Change(frozenset({"people", "jobs", "findings", "assets"}), frozenset({2}))
    rated = Change(frozenset({"decisions", "assets"}), frozenset({3}))
    assert nameless(named) is None
    assert nameless(read) == Change(frozenset({"jobs", "findings", "assets"}), frozenset({2}))
    assert nameless(rated) is rated

    async def heard(role: Role) -> Change | None:
        ear = desk.front.live.join(Principal(role, "", role, SCOPES[role], ""))
        ear._pending = None
        for change in (named, rated):
            ear.offer(change)
        desk.front.live.leave(ear)
        return ear._pending

    assert asyncio.run(heard(Role.VIEWER)) == rated
    assert asyncio.run(heard(Role.EDITOR)) == named.merge(rated)


def test_a_library_of_an_earlier_kinora_forgets_the_names_in_its_index(tmp_path: Path) -> None:
    def as_it_was(connection: Any) -> None:
        """The index empty, as the step of the schema leaves it; tags that are names among the others."""
        words.clear(connection)
        connection.execute("DELETE FROM named_tag")
        connection.execute("UPDATE finding SET label = 'keyword' WHERE label = 'people'")

    with served(tmp_path) as desk:
        _fill(desk, NAME)
        with desk.library.database.read() as connection:
            wanted = [dict(connection.execute(f"SELECT term, doc FROM {one}")) for one in VOCABULARIES]
        desk.library.database.write(as_it_was)
        path = desk.library.path
    with Library.open(path, work=False) as library, library.database.read() as connection:
        assert [dict(connection.execute(f"SELECT term, doc FROM {one}")) for one in VOCABULARIES] == wanted
        assert library.asset(1).names == {f"People/{NAME}", NAME}
        assert library.search(NAME).total == 3
