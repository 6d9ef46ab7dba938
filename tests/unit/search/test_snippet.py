from hypothesis import given, settings
from hypothesis import strategies as st

from engine.search.snippet import WIDTH, window
from engine.store.fold import Term, spans


def marked(text: str, *words: str) -> tuple[str, list[str]]:
    snippet, marks = window(text, spans(text, [Term((word,)) for word in words]))
    return snippet, [snippet[start:end] for start, end in marks]


def test_short_text_stays_whole() -> None:
    assert marked("Käse und\nBrot", "brot", "kase") == ("Käse und Brot", ["Käse", "Brot"])


def test_long_text_is_cut_around_most_of_the_words() -> None:
    text = "red " + "filler " * 200 + "here the red fox meets a green bird " + "filler " * 200
    snippet, words = marked(text, "red", "green", "bird")
    assert words == ["red", "green", "bird"]
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")
    assert len(snippet) <= WIDTH + 4


def test_without_a_match_the_beginning_is_shown() -> None:
    assert marked("word " * 100, "other")[0].startswith("word word")


@settings(deadline=None)
@given(st.text(max_size=600), st.lists(st.sampled_from(["a", "b", "e", "中", "ss"]), max_size=3))
def test_marks_fit_the_snippet(text: str, words: list[str]) -> None:
    terms = [Term((word,), prefix=True) for word in words]
    snippet, marks = window(text, spans(text, terms))
    assert all(0 <= start < end <= len(snippet) for start, end in marks)
    assert list(marks) == sorted(marks)
    assert "\n" not in snippet
