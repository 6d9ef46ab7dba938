"""Scripts that the default reader does not know: read by Tesseract where it is there, by EasyOCR where it is wanted."""

# ruff: noqa: RUF001

import shutil
import sys
import types
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from rapidfuzz.distance import Levenshtein

from engine.packs import easyreader
from engine.packs.easyreader import EasyReader
from engine.packs.scripts import share
from engine.packs.secondreader import READ, SecondReader, is_doubtful
from engine.packs.tesseract import Tesseract, _languages

Analyze = Callable[..., list[Any]]

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")

TRUTH = {
    "ar_arabic.tif": ("العربي", "ARABIC", 0.0),
    "fa_line.png": ("امروز هوا خوبه.", "ARABIC", 0.0),
    "sr_cyrillic.png": ("Време је лепо данас.", "CYRILLIC", 0.0),
    "ta_line.png": ("இன்னைக்கு வானிலை ரொம்ப நல்லா இருக்கு.", "TAMIL", 0.05),
    "te_line.png": ("ఈరోజు వాతావరణం చాలా బాగుంది.", "TELUGU", 0.1),
}
PLAIN = ["ja_lines.jpg", "plate_ak.jpg", pytest.param("multi_lingual.png", marks=pytest.mark.slow)]


@pytest.fixture
def tessdata(models: Path) -> str:
    """The folder of language files for Tesseract."""
    return str(models / "ocr_tesseract")


def error_rate(text: str, truth: str) -> float:
    return Levenshtein.distance(text, truth) / len(truth)


def whole(found: list[Any]) -> str:
    return " ".join(one.text for one in found)


@needs_tesseract
@pytest.mark.parametrize("name", TRUTH)
def test_what_the_default_cannot_read_is_read(media: Path, tessdata: str, analyze: Analyze, name: str) -> None:
    truth, script, most = TRUTH[name]
    before = analyze("ocr", media / "text" / name, ocr__tesseract="off")
    after = analyze("ocr", media / "text" / name, ocr__tessdata=tessdata)
    assert error_rate(whole(before), truth) > 0.8
    assert error_rate(whole(after), truth) <= most
    assert share(whole(after), {script}) > 0.9
    assert all(one.data["reader"].startswith("tesseract:") for one in after)


@needs_tesseract
@pytest.mark.slow
def test_hindi_beside_latin_letters(media: Path, tessdata: str, analyze: Analyze) -> None:
    found = analyze("ocr", media / "text" / "hi_devatest.png", ocr__tessdata=tessdata, ocr__languages=("hi",))
    assert ("Gargi", "rapidocr") in [(one.text, one.data["reader"]) for one in found]
    hindi = [one.text for one in found if one.data["reader"] == "tesseract:hin"]
    assert sum("सभी मनुष्यों को गौरव और अधिकारों के मामले में" in text for text in hindi) >= 3


@needs_tesseract
def test_hebrew_with_points_needs_to_be_told(media: Path, tessdata: str, analyze: Analyze) -> None:
    told = analyze("ocr", media / "text" / "he_hebrew.png", ocr__tessdata=tessdata, ocr__languages=("he",),
                   ocr__min_score=0.25)  # fmt: skip
    assert len(told) >= 6
    assert share(whole(told), {"HEBREW"}) > 0.95


@needs_tesseract
def test_thai_on_a_sign(media: Path, tessdata: str, analyze: Analyze) -> None:
    found = analyze("ocr", media / "text" / "th_phetchaburi.jpg", ocr__tessdata=tessdata)
    thai = [one.text for one in found if one.data["reader"] == "tesseract:tha"]
    assert any(error_rate(text, "เพชรบุรี") < 0.3 for text in thai)


@needs_tesseract
@pytest.mark.parametrize("name", PLAIN)
def test_what_the_default_reads_stays_the_same(media: Path, tessdata: str, analyze: Analyze, name: str) -> None:
    alone = analyze("ocr", media / "text" / name, ocr__tesseract="off")
    beside = analyze("ocr", media / "text" / name, ocr__tessdata=tessdata)
    assert beside == alone
    assert {one.data["reader"] for one in alone} == {"rapidocr"}


def test_nothing_else_is_asked_where_the_default_can_read(
    media: Path, analyze: Analyze, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.Popen", never)
    assert analyze("ocr", media / "text" / "en_phototest.tif")
    assert analyze("ocr", media / "text" / "none_black.jpg") == []


def test_the_scripts_of_the_default_are_those_in_its_file() -> None:
    from engine.packs.runtime import bundled, session
    from engine.packs.scripts import scripts
    from engine.packs.textreader import RECOGNISER

    meta = session(bundled("rapidocr", "models", RECOGNISER)).get_modelmeta().custom_metadata_map
    found = scripts(meta["character"].replace("\n", ""))
    assert {script for script, count in found.items() if count > 10} == READ


# --- the program -----------------------------------------------------------------------------------------------------


def line(width: int = 300, height: int = 40) -> Any:
    return np.full((height, width, 3), 255, np.uint8)


def drain(running: Any) -> Any:
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value


def script(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the program")
def test_a_program_that_fails_hangs_or_is_not_there_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = 'if [ "$1" = --list-langs ]; then echo "List (1):"; echo rus; echo ara; exit 0; fi'
    broken = Tesseract(script(tmp_path / "broken", f"{listing}\nexit 3"))
    assert broken.choices() == [("ara", "ARABIC"), ("rus", "CYRILLIC")]
    assert drain(broken.read([line()], "rus")) == [("", 0.0)]
    rubbish = Tesseract(script(tmp_path / "rubbish", f'{listing}\nprintf "level\\n5\\tx\\n4\\t"'))
    assert drain(rubbish.read([line(), line()], "rus")) == [("", 0.0), ("", 0.0)]
    monkeypatch.setattr("engine.packs.tesseract.DEADLINE", 0.3)
    slow = Tesseract(script(tmp_path / "slow", f"{listing}\nexec sleep 30"))
    assert drain(slow.read([line()], "rus")) == [("", 0.0)]
    assert Tesseract("off").choices() == []
    assert Tesseract(str(tmp_path / "nothing")).choices() == []
    assert _languages(script(tmp_path / "mute", "exit 1"), "") == ()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the program")
def test_a_cancel_ends_the_program(tmp_path: Path) -> None:
    slow = Tesseract(script(tmp_path / "slow", "exec sleep 30"))
    running = slow.read([line()], "rus")
    next(running)
    (child,) = psutil.Process().children()
    running.close()
    assert not child.is_running()


@needs_tesseract
def test_white_on_black_and_several_lines_are_kept_apart(tessdata: str) -> None:
    import cv2

    drawn = []
    for text, turned in (("first line", False), ("second", True), ("", False), ("4711", False)):
        canvas = line()
        cv2.putText(canvas, text, (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2)
        drawn.append(255 - canvas if turned else canvas)
    read = drain(Tesseract("", tessdata).read(drawn, "eng"))
    assert [text for text, _ in read] == ["first line", "second", "", "4711"]
    assert all(0.5 < score <= 1 for text, score in read if text)


# --- EasyOCR ---------------------------------------------------------------------------------------------------------


class FakeEasy(types.ModuleType):
    """The part of easyocr 1.7.2 that is used, as its source has it: one recogniser, no detector, files checked."""

    def __init__(self) -> None:
        super().__init__("easyocr")
        self.made: list[dict[str, Any]] = []

        outer = self

        class Reader:
            def __init__(
                self, lang_list: list[str], gpu: bool = True, model_storage_directory: str | None = None,
                user_network_directory: str | None = None, detect_network: str = "craft",
                recog_network: str = "standard", download_enabled: bool = True, detector: bool = True,
                recognizer: bool = True, verbose: bool = True, quantize: bool = True, cudnn_benchmark: bool = False,
            ) -> None:  # fmt: skip
                outer.made.append({"languages": lang_list, "download": download_enabled, "detector": detector,
                                   "folders": (model_storage_directory, user_network_directory)})  # fmt: skip
                path = Path(model_storage_directory or "") / "thai.pth"
                if "th" in lang_list and path.read_bytes() != b"good":
                    raise FileNotFoundError(f"MD5 mismatch for {path} and downloads disabled")

            def recognize(self, img_cv_grey: Any, detail: int = 1) -> list[tuple[Any, str, float]]:
                assert img_cv_grey.ndim == 2
                box = [[0, 0], [9, 0], [9, 9], [0, 9]]
                return [(box, "เส้นทาง", 0.97), (box, "ลัด", 0.93)]

        self.Reader = Reader


@pytest.fixture
def easy(monkeypatch: pytest.MonkeyPatch) -> FakeEasy:
    """A module in the place of easyocr."""
    fake = FakeEasy()
    fake.__spec__, fake.__file__ = ModuleSpec("easyocr", None, origin="test"), __file__
    monkeypatch.setitem(sys.modules, "easyocr", fake)
    easyreader._reader.cache_clear()
    return fake


def test_easyocr_reads_from_its_folder_and_fetches_nothing(
    easy: FakeEasy, media: Path, tmp_path: Path, analyze: Analyze
) -> None:
    (tmp_path / "thai.pth").write_bytes(b"good")
    folder = str(tmp_path)
    found = analyze("ocr", media / "text" / "th_phetchaburi.jpg", ocr__tesseract="off", ocr__easyocr=folder)
    assert [one.data["reader"] for one in found] == ["easyocr:th"] * len(found)
    assert found[0].text == "เส้นทาง ลัด"
    assert easy.made == [{"languages": ["th", "en"], "download": False, "detector": False, "folders": (folder, folder)}]


def test_easyocr_without_models_or_with_wrong_ones_reads_nothing(easy: FakeEasy, tmp_path: Path) -> None:
    assert EasyReader("").choices() == []
    assert EasyReader(str(tmp_path)).choices() == []
    (tmp_path / "thai.pth").write_bytes(b"tampered")
    (tmp_path / "cyrillic_g2.pth").write_bytes(b"x")
    reader = EasyReader(str(tmp_path))
    assert [language for language, _ in reader.choices()] == ["ru", "uk", "be", "bg", "rs_cyrillic", "th"]
    assert reader.languages(["sr", "th"]) == ["rs_cyrillic", "th"]
    assert drain(reader.read([line()], "th")) == [("", 0.0)]


# --- the choice ------------------------------------------------------------------------------------------------------


class Line:
    """A line on the way."""

    def __init__(self, text: str = "", score: float = 0.0) -> None:
        self.crop, self.text, self.score, self.reader = line(), text, score, "rapidocr"


class Engine:
    """A second reader that answers from a table."""

    name = "table"

    def __init__(self, **answers: tuple[str, str, float]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def choices(self) -> list[tuple[str, str]]:
        return [(language, script) for language, (script, _, _) in self.answers.items()]

    def languages(self, codes: Any) -> list[str]:
        return list(codes)

    def read(self, lines: Any, language: str) -> Any:
        yield from ()
        self.asked.append(language)
        return [self.answers[language][1:]] * len(lines)


def improved(engine: Engine, *lines: Line, codes: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    for _ in SecondReader((engine,), codes).improve(lines):
        pass
    return [(one.text, one.reader) for one in lines]


def test_the_surest_in_its_own_script_reads_all() -> None:
    engine = Engine(rus=("CYRILLIC", "BPEMR", 0.95), ara=("ARABIC", "العربي", 0.6), ukr=("CYRILLIC", "ба", 0.2),
                    fas=("ARABIC", "عربی", 0.8))  # fmt: skip
    assert improved(engine, Line(), Line()) == [("عربی", "table:fas")] * 2
    assert engine.asked == ["rus", "ara", "fas", "fas"]


def test_what_reads_badly_everywhere_is_left_alone() -> None:
    engine = Engine(rus=("CYRILLIC", "ижы", 0.3), tha=("THAI", "กขค", 0.7), eng=("LATIN", "word", 0.99))
    assert improved(engine, Line("odd", 0.6)) == [("odd", "rapidocr")]
    assert "eng" not in engine.asked
    assert improved(engine, Line("sure enough words", 0.95)) == [("sure enough words", "rapidocr")]


def test_the_users_languages_are_the_only_ones_tried() -> None:
    engine = Engine(rus=("CYRILLIC", "слово", 0.4), tha=("THAI", "กขค", 0.99))
    assert improved(engine, Line(), codes=("rus",)) == [("слово", "table:rus")]
    assert set(engine.asked) == {"rus"}


def test_lines_are_doubtful_when_unsure_or_far_too_empty() -> None:
    assert is_doubtful(Line("", 0.0))
    assert is_doubtful(Line("   .", 0.93))
    assert is_doubtful(Line("launnvan", 0.64))
    assert not is_doubtful(Line("GRAND HOTEL", 0.97))
    assert not is_doubtful(Line("2024", 0.97))
    tall = Line("", 0.0)
    tall.crop = line(30, 300)
    assert not is_doubtful(tall)
