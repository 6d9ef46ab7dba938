"""What OCR reads in the pictures whose words are known."""

import re
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers.ocr import _Screen
from engine.model import Box, FindingKind
from engine.packs.textreader import Line, TextReader

Analyze = Callable[..., list[Any]]

PLATES = [  # words, in whatever order
    ("plate_ak.jpg", "ALASKA USA907 MOOSE COUNTRY"),
    ("plate_il.jpg", "ILLINOIS AU 73671 LAND OF LINCOLN 05-19"),
    ("plate_pa.jpg", "PENNSYLVANIA L0503U Lincoln University"),
]
QUICK = [
    ("en_hello_google.tif", "Hello Google"),
    ("zh_exif_orientation.jpg", "我是中国人"),
    ("zh_transparent_white.png", "我是中国人"),
    ("zh_vertical.png", "有評是是非非之士師也 是非不得問之人要取之 已取之時不參一人見而"),
]
SLOW = [
    ("en_handwritten.jpg", "You must be the change you want to see in the world!"),
    (
        "en_movieshots.jpg",
        "3 MovieShots Dataset To facilitate the shot type analysis in videos, we collect MovieShots, a large-scale "
        "shot type annotation set that contains 46K shots from 7858 movies. The details of this dataset are "
        "specified as follows.",
    ),
    (
        "en_bw_text.png",
        "Men may seem detestable as joint stock-companies and nations; knaves, fools, and murderers there may be; men "
        "may have mean and meagre faces; but, man, in the ideal, is so noble and so sparkling, such a grand and "
        "glowing creature, that over any ignominious blemish in him all his fellows should run to throw "
        "their costliest robes.",
    ),
    (
        "multi_lingual.png",
        "English: How much is this? Dutch: Hoeveel is dit? French: combien est-ce que ça coûte? German: Wie viel ist "
        "das? Italian: Quanto costa questo? Portuguese: Quanto é isso? Quanto custa? Spanish: ¿cuánto cuesta esto?",
    ),
    (
        "ja_lines.jpg",
        "【素敵な四季を探す旅】 春分 農村の学校で、伝統演劇の特別クラス 浙江省 週間時事用語(政府間覚書、"
        "マイクロドラマ、脳型知能など) 三星堆の文化財レプリカが大阪・関西万博で展示へ "
        "中国テイストのストリートダンスでダンスバトルを盛り上げる...",
    ),
]


def _letters(text: str) -> str:
    return "".join(re.findall(r"\w", text.casefold()))


def recall(truth: str, read: str) -> float:
    """Return the share of the letters and digits of the truth that were read, in order."""
    wanted, got = _letters(truth), _letters(read)
    return sum(part.size for part in SequenceMatcher(None, wanted, got, False).get_matching_blocks()) / len(wanted)


def _text(found: list[Any]) -> str:
    return " ".join(one.text for one in found)


@pytest.mark.parametrize(("name", "truth"), QUICK)
def test_it_reads_short_texts(media: Path, analyze: Analyze, name: str, truth: str) -> None:
    assert recall(truth, _text(analyze("ocr", media / "text" / name))) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize(("name", "truth"), SLOW)
def test_it_reads_long_texts(media: Path, analyze: Analyze, name: str, truth: str) -> None:
    assert recall(truth, _text(analyze("ocr", media / "text" / name))) >= 0.95


@pytest.mark.slow
def test_it_reads_pages_with_a_gold_text(media: Path, analyze: Analyze) -> None:
    for name, gold in (("en_phototest.tif", "en_phototest.gold.txt"), ("multi_eurotext.tif", "multi_eurotext.txt")):
        truth = (media / "text" / gold).read_text(encoding="utf-8")
        assert recall(truth, _text(analyze("ocr", media / "text" / name))) >= 0.97


@pytest.mark.parametrize("name", ["en_phototest_rot180.png", "en_phototest_rot90.png"])
def test_a_turned_page_is_read_in_order(media: Path, analyze: Analyze, name: str) -> None:
    truth = (media / "text" / "en_phototest.gold.txt").read_text(encoding="utf-8")
    assert recall(truth, _text(analyze("ocr", media / "text" / name))) >= 0.97


@pytest.mark.slow
def test_small_signs_in_large_photos_are_found(media: Path, analyze: Analyze) -> None:
    shop = _text(analyze("ocr", media / "text" / "ja_shop_night.jpg"))
    assert "KIRIN" in shop
    assert "番搾り" in shop
    bar = _text(analyze("ocr", media / "text" / "en_bar_chalkboard.jpg")).casefold()
    for words in ("main stay", "weekend warrior", "hop delusion", "barrel aged"):
        assert words in bar
    notes = _text(analyze("ocr", media / "text" / "en_handwritten_notes.jpg")).casefold()
    for words in ("in progress", "design a feedback", "important"):
        assert words in notes


@pytest.mark.slow
def test_promotional_chinese(media: Path, analyze: Analyze) -> None:
    read = _text(analyze("ocr", media / "text" / "zh_promo.jpg"))
    for words in ("正品促销", "强力去污", "惊喜福利", "极速发货", "破损就赔", "假一赔十"):
        assert words in read


@pytest.mark.parametrize(("name", "words"), PLATES)
def test_it_reads_plates(media: Path, analyze: Analyze, name: str, words: str) -> None:
    read = _text(analyze("ocr", media / "text" / name))
    assert [word for word in words.split() if word not in read] == []


def test_a_picture_without_text_gives_none(media: Path, analyze: Analyze) -> None:
    assert analyze("ocr", media / "text" / "none_black.jpg") == []
    assert analyze("ocr", media / "photos" / "sparrow.jpg") == []


def test_boxes_lie_on_the_words(media: Path, analyze: Analyze) -> None:
    found = analyze("ocr", media / "text" / "plate_ak.jpg")
    boxes = {one.text: one.moment.box for one in found}
    assert boxes["ALASKA"].y < boxes["USA907"].y < boxes["MOOSE COUNTRY"].y
    assert all(one.score > 0.9 and one.label == "ocr" for one in found)


def test_the_least_score_is_honoured(media: Path, analyze: Analyze) -> None:
    assert analyze("ocr", media / "text" / "ta_line.png", ocr__min_score=0.9) == []


def test_a_sign_in_a_video_has_its_span(media: Path, analyze: Analyze) -> None:
    found = analyze("ocr", media / "video_made" / "cuts_and_jfk.mp4")
    spans = {one.text: (one.moment.start, one.moment.end) for one in found}
    assert {"Seoul", "Pyeongyang"} <= spans.keys()
    start, end = spans["Seoul"]
    assert 8.0 <= start < end <= 10.0 + 1e-6


@pytest.mark.slow
def test_a_scanned_page_is_read_with_its_number(media: Path, analyze: Analyze) -> None:
    found = analyze("ocr", media / "documents" / "MEDRPT-2024-PAT-3847_medical_report_scan.pdf")
    assert found
    assert all(one.kind is FindingKind.TEXT and one.moment.page and one.moment.box for one in found)
    assert "PAT" in _text(found)


def test_a_document_with_text_is_not_read_again(media: Path, analyze: Analyze) -> None:
    assert analyze("ocr", media / "documents" / "RECEIPT-2024-TXN-98765_retail_purchase.pdf") == []


def test_a_line_over_several_keyframes_is_one_moment() -> None:
    screen = _Screen([4.0, 10.0])
    box = Box(0.1, 0.8, 0.5, 0.1)
    assert list(screen.show([Line("Hello w0rld", 0.7, box)], 1.0)) == []
    assert list(screen.show([Line("Hello world", 0.9, box), Line("News", 0.9, Box(0, 0, 0.2, 0.1))], 3.0)) == []
    screen.stay(3.5)
    (gone,) = screen.show([Line("News", 0.8, Box(0, 0, 0.2, 0.1))], 5.0)
    assert (gone.text, gone.moment.start, gone.moment.end) == ("Hello world", 1.0, 4.0)
    (last,) = screen.show([], float("inf"))
    assert (last.text, last.score, last.moment.start, last.moment.end) == ("News", 0.9, 3.0, 10.0)


def test_strips_and_dots_cost_nothing() -> None:
    reader = TextReader()
    for shape in ((1, 1, 3), (1, 1600, 3), (1600, 4, 3)):
        assert list(reader.read(np.zeros(shape, np.uint8), side=960, least=0.5)) == []
