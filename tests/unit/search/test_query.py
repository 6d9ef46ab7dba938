import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import QueryError
from engine.search.query import All, Any, Filter, Not, Phrase, Query, Word, read

PIECES = [
    "beach", "Käse", "我是中国人", "well-known", "*", "be*", '"', '"exact phrase"', "“smart”", "-", "--", "-x",
    "(", ")",
    "OR", "AND", "NOT", "|",
    "type:photo", "type:photo,video", "type:", "typ:photo", 'in:"my folder"', "in:a,b,", "before:2020-05",
    "before:soon", "year:2019..2021",
    "rating:>=3", "http://x.org", "12:30", "Wars:", "c:\\x", ",", ":", "!!!", "\t", "\u3000", "'", "tag:be*",
    "\ufffe", "\uffff", "\u0301", "OR OR",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=12).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda glue: glue.join(parts))
)


@settings(max_examples=600, deadline=None)
@given(texts)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        query = read(text)
    except QueryError as error:
        assert 0 <= error.start <= error.end <= len(text)  # noqa: PT017
        assert error.text.endswith((".", "?")) or "for example" in error.text  # noqa: PT017
        return
    assert read(str(query)) == query


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", None),
        ("beach", Word("beach")),
        ("  beach sun ", All((Word("beach"), Word("sun")))),
        ('"two words" x', All((Phrase("two words"), Word("x")))),
        ("“two words”", Phrase("two words")),
        ("be*", Word("be", prefix=True)),
        ("-video", Not(Word("video"))),
        ("--video", Word("video")),
        ("NOT video", Not(Word("video"))),
        ("-(a b)", Not(All((Word("a"), Word("b"))))),
        ("a OR b", Any((Word("a"), Word("b")))),
        ("x a OR b", All((Word("x"), Any((Word("a"), Word("b")))))),
        ("(x a) OR b", Any((All((Word("x"), Word("a"))), Word("b")))),
        ("a AND b", All((Word("a"), Word("b")))),
        ("well-known", Word("well-known")),
        ("salt & pepper", All((Word("salt"), Word("pepper")))),
        ("type:photo,video", Filter("type", ("photo", "video"))),
        ("-type:video", Not(Filter("type", ("video",)))),
        ('place:"New York",Paris', Filter("place", ("New York", "Paris"))),
        ("TYPE:photo", Filter("type", ("photo",))),
        ("Star Wars: Episode", All((Word("Star"), Word("Wars:"), Word("Episode")))),
        ("12:30", Word("12:30")),
        ("http://example.org", Word("http://example.org")),
        ("IMG(1)", All((Word("IMG"), Word("1")))),
    ],
)
def test_reads(text: str, root: object) -> None:
    assert read(text) == Query(root)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("typ:photo", "typ:", "Did you mean type:?"),
        ("foo:bar", "foo:", "no filter “foo:”"),
        ("a type:foto", "foto", "Did you mean type:photo?"),
        ("type:", "type:", "needs a value"),
        ("type:photo,", ",", "needs a value"),
        ("before:soon", "soon", "needs a date"),
        ("before:2020-13", "2020-13", "needs a date"),
        ("year:x", "x", "a number or a range"),
        ("rating:9", "9", "from 0 to 5"),
        ("dup:twin", "twin", "does not know"),
        ("is:broken", "broken", "does not know"),
        ("lang:germn", "germn", "lang:german"),
        ("in:!!", "!!", "no letter or digit"),
        ('say "hello', '"hello', "never closed"),
        ("(a b", "(", "never closed"),
        ("a b)", ")", "closes nothing"),
        ("a OR", "OR", "between two things"),
        ("OR a", "OR", "between two things"),
        ("a AND", "AND", "between two things"),
        ("!!!", "!!!", "no letter or digit"),
        ("NOT", "NOT", "nothing behind"),
    ],
)
def test_refuses_and_says_where(text: str, place: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        read(text)
    error = caught.value
    assert says in error.text
    assert place in text[error.start : error.end] or text[error.start : error.end] in place


def test_bounds() -> None:
    with pytest.raises(QueryError, match="too long"):
        read("x" * 3000)
    with pytest.raises(QueryError, match="too many parts"):
        read("x " * 100)
    with pytest.raises(QueryError, match="nested too deep"):
        read("(" * 50 + "x" + ")" * 50)
    with pytest.raises(QueryError, match="nested too deep"):
        read("-" * 50 + "x")
