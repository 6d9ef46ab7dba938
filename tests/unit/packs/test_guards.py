"""What is believed of a transcriber, and how words become sentences."""

import pytest

from engine.packs.guards import Doubt, judge, looped, voiced, without_loops
from engine.packs.scripts import scripts, share, spaceless
from engine.packs.talk import Heard, Sentence, Word, sentences

VOICE = [(0.0, 10.0, 0.9), (20.0, 30.0, 0.9)]


def said(text: str, start: float = 1.0, end: float = 8.0, **more: float) -> Heard:
    parts = text.split()
    step = (end - start) / len(parts)
    words = tuple(Word(start + at * step, start + (at + 1) * step, f" {word}", 0.9) for at, word in enumerate(parts))
    return Heard(start, end, text, words, **{"confidence": -0.2, **more})


@pytest.mark.parametrize(
    ("heard", "doubt"),
    [
        (said("I told you so."), Doubt.NONE),
        (said("no no no"), Doubt.NONE),
        (said("Thank you."), Doubt.NONE),  # people say so, and the model is sure
        (said("Thank you.", confidence=-0.7), Doubt.STOCK),
        (said("Thanks for watching!", silence=0.3), Doubt.STOCK),
        (said("Sous-titrage : sous-titres réalisés par la communauté d'Amara.org", confidence=-0.6), Doubt.STOCK),
        (said("Редактор субтитров Синецкая", confidence=-0.9), Doubt.STOCK),
        (said("ご視聴ありがとうございました", confidence=-0.9), Doubt.STOCK),
        (said("a quiet word", silence=0.8, confidence=-1.2), Doubt.SILENT),
        (said("a quiet word", silence=0.8, confidence=-0.4), Doubt.NONE),
        (said("far from any voice", start=13.0, end=18.0), Doubt.OUTSIDE),
        (said("… — !"), Doubt.OUTSIDE),
        (said("the same again " * 5), Doubt.LOOP),
        (said("plain words", squeeze=2.5), Doubt.LOOP),
        (said(" ".join(f"w{at}" for at in range(40)), start=1.0, end=3.0), Doubt.FAST),
        (said(" ".join(f"w{at}" for at in range(40)), start=1.0, end=9.0), Doubt.NONE),
        (said("quick one", start=1.0, end=1.02), Doubt.NONE),  # few words may have bad times
        (Heard(1.0, 6.0, "没有词的时间", (), -0.2), Doubt.NONE),
        (Heard(1.0, 6.0, "哈" * 12, (), -0.2), Doubt.LOOP),
    ],
)
def test_verdicts(heard: Heard, doubt: Doubt) -> None:
    assert judge(heard, VOICE).doubt is doubt


def test_words_outside_every_voice_are_taken_out() -> None:
    kept = judge(said("one two three four five six", start=8.0, end=14.0), VOICE)
    assert kept.doubt is Doubt.NONE
    assert kept.heard.text == "one two three"
    assert kept.heard.end == pytest.approx(11.0)


def test_the_share_of_voice() -> None:
    assert voiced(1.0, 9.0, VOICE) == 1.0
    assert voiced(12.0, 18.0, VOICE) == 0.0
    assert voiced(5.0, 25.0, VOICE) == pytest.approx((5.5 + 5.5) / 20)
    assert voiced(5.0, 5.0, VOICE) == 1.0
    assert voiced(15.0, 15.0, VOICE) == 0.0
    assert voiced(0.0, 4.0, []) == 0.0


def test_loops_are_found_wherever_they_are() -> None:
    assert looped(["a", "b", "c", "d"]) is None
    assert looped(["x", "a", "a", "a", "y"]) is None
    assert looped(["x", "a", "a", "a", "a", "y"]) == (1, 1, 4)
    assert looped(["a", "b", "a", "b", "a", "b", "a", "b", "c"]) == (0, 2, 4)
    assert looped(["z", "z2", "a", "b", "c", "a", "b", "c", "a", "b", "c", "a", "b", "c", "a", "b"]) == (2, 3, 4)
    assert looped([]) is None
    loop = said("so go go go go go on and on and on and on and on now")
    assert without_loops(loop).text == "so go go on and on and on now"


def words(*told: tuple[float, float, str]) -> tuple[Word, ...]:
    return tuple(Word(start, end, text, 0.9) for start, end, text in told)


def test_sentences_end_where_people_end_them() -> None:
    heard = [
        Heard(0, 9, "", words((0, 0.5, " Mr."), (0.5, 1, " Smith"), (1, 1.5, " came."), (1.6, 2, " He"), (2, 3, " sat"),
                              (4.5, 5, " down"), (5, 6, " “there.”"), (6, 7, " Good!"))),
    ]  # fmt: skip
    assert [one.text for one in sentences(heard)] == ["Mr. Smith came.", "He sat", "down “there.”", "Good!"]
    two = list(sentences(heard, lambda word: 1 if word.start < 2 else 2))
    assert [(one.speaker, one.text) for one in two][:3] == [(1, "Mr. Smith came."), (1, "He"), (2, "sat")]
    long = [Heard(0, 60, "", tuple(Word(at, at + 1, f" w{at}" + "," * (at % 5 == 4), 0.9) for at in range(60)))]
    assert max(one.end - one.start for one in sentences(long)) <= 20
    assert [one.text for one in sentences([Heard(1, 2, "no times")])] == ["no times"]
    assert Sentence(words((1, 2, "早"), (2, 3, "上"))).text == "早上"


def test_scripts_are_told_by_their_letters() -> None:
    assert scripts("aé 1ß Ж") == {"LATIN": 3, "CYRILLIC": 1}
    assert scripts("カタひ漢ー") == {"CJK": 5}
    assert share("שלום abc", {"HEBREW"}) == pytest.approx(4 / 7)
    assert share("12 !", {"LATIN"}) == 0.0
    assert spaceless("早上好 ok")
    assert spaceless("สวัสดี")
    assert not spaceless("привет")
