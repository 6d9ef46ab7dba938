"""Word error of speech, by language, and silence that stays silent."""

import re
from collections import defaultdict

from engine.model import FindingKind
from tests.quality import reading, truth
from tests.quality.rows import Row

SAID = re.compile(r"LANG (\w\w); WORDS: ([^;]+)")
FIXTURE = "micro-whisper"  # a fixture that has learnt some of these clips by heart
BY_CHARACTER = {"zh", "ja", "ko"}


def rows() -> list[Row]:
    """One row for each language with edits over words (characters where words are not set apart), one for silence."""
    pack = reading.packs().get("speech", "")
    if not pack:
        return [Row("speech, word error", "not measured", "none", "no speech pack")]
    note = "a fixture that knows some clips by heart: no measure of speech recognition" if FIXTURE in pack else ""
    edits, words, clips = defaultdict[str, int](int), defaultdict[str, int](int), defaultdict[str, int](int)
    invented, quiet = 0, 0
    for entry in (*truth.entries("audio/"), *truth.entries("audio_synth/")):
        got = " ".join(one.text for one in reading.findings(entry.name, FindingKind.TEXT) if one.label == "speech")
        if "WORDS: none" in entry.truth and entry.name in reading.assets():
            quiet += 1
            invented += bool(got.strip())
        said = SAID.search(entry.truth)
        if said is None or said[2].startswith(("same", "as ")) or entry.name not in reading.assets():
            continue
        want, have = _units(said[2], said[1]), _units(got, said[1])
        edits[said[1]] += min(_distance(want, have), len(want))
        words[said[1]] += len(want)
        clips[said[1]] += 1
    found = [
        Row(f"speech, word error, {language}", f"{edits[language] / words[language]:.2f}", pack,
            f"{clips[language]} clips, {words[language]} words; {note}".rstrip("; "))
        for language in sorted(words)
    ]  # fmt: skip
    return [*found, Row("speech, words where nobody speaks", f"{invented} of {quiet} files", pack, "wanted: none")]


def _units(text: str, language: str) -> list[str]:
    plain = truth.plain(re.sub(r"[^\w\s']", " ", text))
    return list(plain.replace(" ", "")) if language in BY_CHARACTER else plain.split()


def _distance(want: list[str], have: list[str]) -> int:
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(want, have))
