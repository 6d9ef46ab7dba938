"""The words, places and language of documents, and the facts of every kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.analyzers.documents import language
from engine.model import Facts, FindingKind, Preview

Analyze = Callable[..., list[Any]]
Only = Callable[[list[Any], FindingKind], list[Any]]


def test_a_page_has_its_words_in_boxes(media: Path, analyze: Analyze, only: Only) -> None:
    found = analyze("documents", media / "documents" / "RECEIPT-2024-TXN-98765_retail_purchase.pdf")
    texts = only(found, FindingKind.TEXT)
    assert "98765" in " ".join(one.text for one in texts)
    assert all(one.moment.page == 1 and one.moment.box and one.label == "document" for one in texts)


@pytest.mark.parametrize("name", ["test.docx", "test_blog.html", "white_paper.pdf"])
def test_english_is_told(media: Path, analyze: Analyze, only: Only, name: str) -> None:
    (found,) = only(analyze("documents", media / "documents" / name), FindingKind.LANGUAGE)
    assert found.label == "en"
    assert 0.5 <= found.score <= 1


def test_subtitles_keep_their_times(tmp_path: Path, analyze: Analyze, only: Only) -> None:
    path = tmp_path / "film.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:03,500\nGuten Morgen, wie geht es dir heute?\n\n"
        "2\n00:00:05,000 --> 00:00:07,000\nSehr gut, vielen Dank für die Nachfrage.\n",
        encoding="utf-8",
    )
    found = analyze("documents", path)
    first, second = only(found, FindingKind.TEXT)
    assert (first.label, first.moment.start, first.moment.end) == ("subtitle", 1.0, 3.5)
    assert second.moment.start == 5.0
    assert only(found, FindingKind.LANGUAGE)[0].label == "de"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Die Katze schläft auf dem roten Stuhl, und der Hund liegt davor.", "de"),
        ("Le chat dort sur la chaise rouge pendant que le chien attend.", "fr"),
        (
            "Это длинный русский текст, как мы летом ездили на море, купались там каждый день.",
            "ru",
        ),
        ("猫在红色的椅子上睡觉,狗在旁边等着它醒来,天气很好,我们都很高兴。", "zh"),
    ],
)
def test_languages(text: str, code: str) -> None:
    found = language(text)
    assert found is not None
    assert found[0] == code


def test_a_few_letters_have_no_language() -> None:
    assert language("12 345,00 EUR") is None
    assert language("A1 B2 C3 D4 E5 F6 G7 H8 I9 J10 K11 L12 M13 N14 O15 P16 Q17 R18 S19 T20 U21 V22") is None
    assert language("") is None


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("photos/coffee.png", "PNG"),
        ("video/flower.mp4", "MP4"),
        ("documents/test.pdf", "PDF"),
        ("audio/en_jfk.mp3", "MP3"),
    ],
)
def test_facts_come_first(media: Path, analyze: Analyze, name: str, word: str) -> None:
    facts, *rest = analyze("probe", media / name)
    assert isinstance(facts, Facts)
    assert word in facts.format.upper()
    previews = [one for one in rest if isinstance(one, Preview)]
    if not name.startswith("audio"):
        assert previews
        assert previews[0].jpeg[:2] == b"\xff\xd8"
        assert previews[0].side <= 384
