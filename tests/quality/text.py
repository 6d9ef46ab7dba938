"""Character error of the text in pictures, by script."""

from collections import defaultdict

from engine.model import FindingKind
from tests.quality import reading, truth
from tests.quality.rows import Row

SCRIPTS = {
    "ar": "Arabic", "fa": "Arabic", "he": "Hebrew", "hi": "Devanagari", "ta": "Tamil", "te": "Telugu", "th": "Thai",
    "el": "Greek", "ru": "Cyrillic", "sr": "Cyrillic", "uk": "Cyrillic", "ja": "Japanese", "zh": "Chinese",
    "ko": "Korean", "en": "Latin", "multi": "Latin", "plate": "Latin", "vi": "Latin", "logo": "Latin",
}  # fmt: skip


def rows() -> list[Row]:
    """One row for each script: edits over characters, all its pictures together; several lines in any order."""
    from rapidfuzz.distance import Levenshtein

    edits, letters, pictures = defaultdict[str, int](int), defaultdict[str, int](int), defaultdict[str, int](int)
    readers = defaultdict[str, set[str]](set)
    for entry in truth.entries("text/"):
        script = SCRIPTS.get(entry.name.removeprefix("text/").partition("_")[0])
        want = _text(entry)
        if script is None or not want:
            continue
        found = [one for one in reading.findings(entry.name, FindingKind.TEXT) if one.label == "ocr"]
        readers[script] |= {str(one.data.get("reader", "rapidocr")) for one in found}
        got = truth.plain(" ".join(one.text for one in found)).replace(" ", "")
        edits[script] += min(Levenshtein.distance(want, got), len(want))
        letters[script] += len(want)
        pictures[script] += 1
    return [
        Row(f"OCR, character error, {script}", f"{edits[script] / letters[script]:.3f}",
            ", ".join(sorted(readers[script])) or "nothing read",
            f"{pictures[script]} pictures, {letters[script]} characters, spaces left out")
        for script in sorted(letters)
    ]  # fmt: skip


def _text(entry: truth.Entry) -> str:
    """The whole text of a picture, spaces left out; empty where the truth has it only in part."""
    if not entry.truth.startswith("TEXT: ") or "rot" in entry.name:
        return ""
    said = entry.truth.removeprefix("TEXT: ")
    if said.startswith("see text/"):
        said = (truth.media() / said.removeprefix("see ").strip()).read_text(encoding="utf-8")
    if said in ("none", "same as en_phototest") or "lines each" in said:  # the manifest has a part of that page
        return ""
    return truth.plain(said.partition("; ")[0].replace(" / ", " ")).replace(" ", "")
