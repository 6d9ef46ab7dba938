import pytest

from engine.errors import QueryError
from engine.search.compile import compiled
from engine.search.query import read
from engine.store.fold import Term
from engine.store.plan import AllOf, Between, Branch, Group, Is, NotOf, Plan, match_all, match_of


def plan(text: str) -> Plan:
    return compiled(read(text))


def group(*words: str) -> Group:
    return Group(tuple(Term((word,)) for word in words))


def test_words_side_by_side_are_groups_of_one_branch() -> None:
    assert plan("Käse Brot").branches == (Branch((group("kase"), group("brot"))),)
    assert plan("") == Plan()


def test_or_of_words_stays_native() -> None:
    assert plan("a OR b OR c").branches == (Branch((group("a", "b", "c"),)),)


def test_or_with_filters_becomes_branches() -> None:
    assert plan("beach OR tag:sea").branches == (Branch((group("beach"),)), Branch(where=Is("tag", ("sea",))))
    assert len(plan("(a type:photo) OR (b type:video) OR c").branches) == 3


def test_not() -> None:
    assert plan("a -b").branches == (Branch((group("a"),), (Term(("b",)),)),)
    assert plan("-(a OR b)").branches == (Branch((), (Term(("a",)), Term(("b",)))),)
    assert plan("-(a b)").branches == (Branch((), (Term(("a",)),)), Branch((), (Term(("b",)),)))
    assert plan("-type:video").branches == (Branch(where=NotOf(Is("kind", ("video",)))),)


def test_filters_join() -> None:
    where = plan("type:photo,film year:2019..2021 x").branches[0].where
    assert where == AllOf((Is("kind", ("photo", "video")), Between("year", 2019, 2022)))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("before:2020", Between("moment_at", None, 1577836800.0)),
        ("after:2020-01-02", Between("moment_at", 1577923200.0, None)),
        ("year:..2020", Between("year", None, 2021)),
        ("year:2020", Between("year", 2020, 2021)),
        ("rating:>=3", Between("rating", 3, None)),
        ("rating:<3", Between("rating", None, 3)),
        ("rating:4..5", Between("rating", 4, 6)),
        ("rating:none", Is("rating", (None,))),
        ("lang:german,fr", Is("language", ("de", "fr"))),
        ("dup:any", Is("twins", (3,))),
        ("safe:no", Is("safety", ("suggestive", "explicit"))),
    ],
)
def test_values(text: str, condition: object) -> None:
    assert plan(text).branches == (Branch(where=condition),)  # type: ignore[arg-type]


def test_too_many_alternatives() -> None:
    with pytest.raises(QueryError, match="too many alternatives"):
        plan(" ".join(f"(a{n} OR tag:b{n})" for n in range(6)))


def test_the_language_of_fts5() -> None:
    assert match_of(Term(("a", "b"))) == '"a b"'
    assert match_of(Term(("abc",), prefix=True)) == '"abc" *'
    assert match_of(Term(("中",), prefix=True)) == '"中"'
    assert '"a0" *' in match_of(Term(("a",), prefix=True))
    assert match_all([group("a", "b"), group("c")]) == '("a" OR "b") AND ("c")'
