"""Passages: sentences packed until a model's window is full, with the pages and times that they span."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.model import Finding, FindingKind, Moment, Step
from engine.packs.models import load
from engine.packs.passages import BATCH, SHOWN, TOKENS, Passage, embedded, passages, weight
from tests import tiny

texts = st.text(st.sampled_from("ab .!?日本語。ö\n"), max_size=400)


@given(st.lists(st.tuples(st.integers(0, 3), texts), max_size=8))
def test_nothing_is_lost_and_nothing_is_too_long(pages: list[tuple[int, str]]) -> None:
    pieces = [(Moment(page=page), text) for page, text in pages]
    found = passages(pieces, tokens=12)
    assert all(weight(passage.text) <= 2 * 12 for passage in found)
    letters = "".join(letter for _, text in pieces for letter in text if letter.isalnum())
    kept = "".join(letter for passage in found for letter in passage.text if letter.isalnum())
    assert len(kept) <= len(letters)
    assert len(letters) - len(kept) <= len(pieces) * 2  # single letters that say nothing


def test_sentences_are_packed_but_not_over_pages() -> None:
    pieces = [(Moment(page=1), "One is here. Two is here."), (Moment(page=1), "Three!"), (Moment(page=2), "Four.")]
    assert passages(pieces) == [
        Passage("One is here. Two is here. Three!", Moment(page=1)),
        Passage("Four.", Moment(page=2)),
    ]


def test_times_span_what_is_said_until_a_silence() -> None:
    pieces = [
        (Moment(1.0, 2.5), "Hello there."),
        (Moment(2.5, 4.0), "How are you?"),
        (Moment(30.0, 31.0), "Much later."),
    ]
    assert [passage.moment for passage in passages(pieces)] == [Moment(1.0, 4.0), Moment(30.0, 31.0)]


def test_a_long_sentence_is_cut_between_words() -> None:
    found = passages([(Moment(), "word " * 1000)])
    assert len(found) > 5
    assert all(set(passage.text.split()) == {"word"} for passage in found)


def test_scripts_without_spaces_are_cut_too() -> None:
    found = passages([(Moment(), "国" * 500)])
    assert sum(len(passage.text) for passage in found) == 500
    assert max(len(passage.text) for passage in found) <= TOKENS


def test_passages_become_findings(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    tiny.text_embedder(tmp_path, "passages-texts")
    many = [Passage("the dog eats bread " * 30, Moment(page=at)) for at in range(1, BATCH + 3)]
    found = list(embedded([*many, Passage("xyzzy", Moment(page=99))], load("text-embedding", "passages-texts@1")))
    vectors = [one for one in found if isinstance(one, Finding)]
    assert [one.moment.page for one in vectors] == list(range(1, BATCH + 3))  # what says nothing has no vector
    assert {(one.kind, one.label, one.space) for one in vectors} == {(FindingKind.VECTOR, "text", "passages-texts@1")}
    assert all(len(one.data["text"]) == SHOWN for one in vectors)
    assert all(one.vector is not None and len(one.vector) == 2 * tiny.DIM for one in vectors)
    assert sum(isinstance(one, Step) for one in found) == 2
