import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.store.fold import Folded, Term, fold, readable, spans, tokens


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Käse façade Straße ŁÓDŹ", "kase facade strasse lodz"),
        ("e\u0301te\u0301", "ete"),
        ("我是中国人 iPhone手机", "我 是 中 国 人 iphone 手 机"),
        ("서울", "서 울"),
        ("\u1112\u1161\u11ab", "한"),
        ("か\u3099 ﾊﾞ", "が バ"),
        ("IMG_1234-b.jpg", "img 1234 b jpg"),
        ("İstanbul \u0131s\u0131", "istanbul isi"),
        ("Αθήνα", "αθηνα"),
        ("ёлка", "елка"),
        ("٣٤", "34"),
        ("soft\u00adhyphen", "softhyphen"),
        ("!?", ""),
        ("", ""),
    ],
)
def test_folds(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_vowels_of_indic_scripts_matter() -> None:
    assert fold("कि") != fold("कु")
    assert len(tokens("किताब")) == 1
    assert readable(fold("किताब")) == "किताब"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_folding_is_stable_and_keeps_places(text: str) -> None:
    folded = Folded(text)
    assert fold(text) == fold(text)
    assert tokens(text) == tuple(fold(text).split())
    places = [folded.start(at) for at in range(len(folded.text))]
    assert places == sorted(places)
    assert all(0 <= folded.start(at) <= folded.end(at + 1) <= len(text) for at in range(len(folded.text)))


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cn", "Cs"], max_codepoint=0x1FFF), max_size=40))
def test_sqlite_sees_the_same_tokens(text: str) -> None:
    odd = {*range(0x19B0, 0x19CA), 0x1CF2, 0x1CF3}  # younger than SQLite's table of letters
    if odd & set(map(ord, text)):
        return
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE w USING fts5(b, content='', tokenize='unicode61 remove_diacritics 2')")
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(w, 'instance')")
    connection.execute("INSERT INTO w(rowid, b) VALUES(1, ?)", (fold(text),))
    seen = tuple(row[0] for row in connection.execute('SELECT term FROM v ORDER BY "offset"'))
    connection.close()
    assert seen == tokens(text)


@pytest.mark.parametrize(
    ("text", "term", "marked"),
    [
        ("Die Straße endet", Term(("strasse",)), ["Straße"]),
        ("e\u0301te\u0301 d'été", Term(("ete",)), ["e\u0301te\u0301", "été"]),
        ("我是中国人", Term(("中", "国")), ["中国"]),
        ("the red, red fox", Term(("red", "red")), ["red, red"]),
        ("redder red Red", Term(("red",)), ["red", "Red"]),
        ("redder red", Term(("red",), prefix=True), ["redder", "red"]),
        ("x手y手", Term(("手",)), ["手", "手"]),
        ("手机abc", Term(("abc",)), ["abc"]),
        ("xab ab ab", Term(("ab", "ab")), ["ab ab"]),
        ("ﬁne", Term(("fine",)), ["ﬁne"]),
        ("nothing", Term(("red",)), []),
    ],
)
def test_spans_in_the_original(text: str, term: Term, marked: list[str]) -> None:
    assert [text[span.start : span.end] for span in spans(text, [term])] == marked


def test_spans_of_several_terms_do_not_overlap() -> None:
    found = spans("new york yorker new", [Term(("new",)), Term(("new", "york"))])
    assert [(span.start, span.end, span.term) for span in found] == [(0, 8, 1), (16, 19, 0)]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_every_token_is_found_again(text: str) -> None:
    for token in tokens(text):
        assert spans(text, [Term((token,))]), token
