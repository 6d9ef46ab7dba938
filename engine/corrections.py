"""Corrections of what machines read: each a decision, kept by its place, found by searches and written by exports."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from engine.decided import Decided
from engine.errors import NotFound
from engine.language import tr
from engine.model import Moment
from engine.model.lines import Line, aligned, spread, stretched
from engine.store import corrections, decisions, voices
from engine.store.corrections import Stored
from engine.store.db import Database

SHORTEST = 0.04  # seconds that a line lasts at least


class Corrections:
    """The lines of words of a library's assets, as read by machines and corrected by the user."""

    def __init__(self, database: Database, decided: Decided) -> None:
        self._database = database
        self._decided = decided

    def lines(self, asset_id: int, analyzer: str = "speech") -> list[Line]:
        """The lines that count, in the order of place and time: of `speech`, or of `ocr` (texts in pictures)."""
        with self._database.read() as connection:
            return lines_of(connection, asset_id, analyzer)

    def put(self, asset_id: int, moment: Moment, original: str, text: str) -> None:
        """Correct the text of one line, which now says `original`; an empty text takes the line away.

        Raises:
            NotFound: there is no such line (any more).
        """
        self._change(asset_id, [(moment, original)], partial(_reworded, text=text), tr("Corrected a line"))

    def rewrite(
        self, asset_id: int, moment: Moment, original: str, *, text: str, start: float, end: float, voice: int | None
    ) -> None:
        """Correct words, times and the speaker of one line at once, as one decision. Raises NotFound."""
        change = partial(_rewritten, text=text, start=max(0.0, start), end=max(end, start + SHORTEST), voice=voice)
        self._change(asset_id, [(moment, original)], change, tr("Corrected a line"))

    def split(self, asset_id: int, moment: Moment, original: str, before: int) -> None:
        """Make two lines of one: the second begins with the word number `before` (from 1). Raises NotFound."""
        self._change(asset_id, [(moment, original)], partial(_parted, before=before), tr("Split a line"))

    def merge(self, asset_id: int, lines: Sequence[tuple[Moment, str]]) -> None:
        """Make one line of several, each told by its moment and text. Raises NotFound."""
        self._change(asset_id, lines, _joined, tr("Merged lines"))

    def retime(self, asset_id: int, moment: Moment, original: str, start: float, end: float) -> None:
        """Move a line to another span of time, its words with it. Raises NotFound."""
        shifted = partial(_retimed, start=max(0.0, start), end=max(end, start + SHORTEST, SHORTEST))
        self._change(asset_id, [(moment, original)], shifted, tr("Moved a line in time"))

    def speak(self, asset_id: int, lines: Sequence[tuple[Moment, str]], voice: int | None) -> None:
        """Say whose voice (an appearance of the asset; None: nobody's) says these lines. Raises NotFound."""
        self._change(asset_id, lines, partial(_spoken, voice=voice), tr("Said who speaks"))

    def revert(self, asset_id: int, moment: Moment, text: str) -> None:
        """Let stand again what the machine read at the place of this line. Raises NotFound."""
        self._decided.record(partial(_reverted, asset_id=asset_id, wanted=(moment, text)))

    def _change(self, asset_id: int, wanted: Sequence[tuple[Moment, str]], change: "Any", said: str) -> None:
        self._decided.record(partial(_replaced, asset_id=asset_id, wanted=list(wanted), change=change, said=said))


def lines_of(connection: sqlite3.Connection, asset_id: int, analyzer: str = "speech") -> list[Line]:
    """The lines of an asset with their words and speakers."""
    read = corrections.originals(connection, asset_id)
    heard = voices.of_asset(connection, asset_id)
    by_number = {voice.number: voice for voice in heard.values() if voice.number}
    found = []
    for one in corrections.stored(connection, asset_id, analyzer):
        data, moment = one.finding.data, one.finding.moment
        voice = heard.get(int(data["voice"])) if data.get("voice") is not None else None
        voice = voice or by_number.get(int(data.get("speaker") or 0))
        rest = bool(data.get("rest"))
        found.append(
            Line(
                moment, one.finding.text, _words(one), voice.id if voice else None, voice.shown if voice else "",
                one.finding.label, one.correction is not None and not rest,
                read.get(one.correction, "") if one.correction is not None and not rest else "",
                bool(voice and voice.name),
            )
        )  # fmt: skip
    return found


def _words(one: Stored) -> tuple[tuple[float, float, str], ...]:
    moment = one.finding.moment
    if moment.start is None or moment.box is not None:
        return ()
    timed = [(float(word[0]), float(word[1]), str(word[2]).strip()) for word in one.finding.data.get("words") or ()]
    end = moment.end if moment.end is not None else moment.start + 2.0
    return tuple(timed) or spread(one.finding.text, moment.start, end)


def _replaced(
    connection: sqlite3.Connection, asset_id: int, wanted: Sequence[tuple[Moment, str]], change: Any, said: str
) -> None:
    targets = _targets(connection, asset_id, wanted)
    made = [line for line in change([_editable(connection, one) for one in targets]) if line["text"]]
    _record(connection, corrections.replaced(connection, targets, made), said)


def _reverted(connection: sqlite3.Connection, asset_id: int, wanted: tuple[Moment, str]) -> None:
    target = _targets(connection, asset_id, [wanted])[0]
    off = [one for one in corrections.states(connection, asset_id) if one["id"] == target.correction]
    if not off:
        raise NotFound(tr("This line was not corrected."))
    _record(connection, {"asset": asset_id, "off": off, "on": []}, tr("Took a correction back"))


def _record(connection: sqlite3.Connection, change: dict[str, Any], said: str) -> None:
    corrections.apply(connection, change)
    before = {"asset": change["asset"], "off": change["on"], "on": change["off"]}
    decisions.record(connection, "correct", said, before, change)


def _targets(connection: sqlite3.Connection, asset_id: int, wanted: Sequence[tuple[Moment, str]]) -> list[Stored]:
    known = corrections.stored(connection, asset_id)
    found = []
    for moment, text in wanted:
        here = [one for one in known if corrections.is_same(one.finding.moment, moment)]
        one = next((one for one in here if one.finding.text == text), None)
        if one is None:
            raise NotFound(
                tr("This line is not there any more."), hint=tr("It was changed or read again; look at it once more.")
            )
        found.append(one)
    if len({one.analyzer for one in found}) != 1:
        raise NotFound(tr("There is no line to change."))
    return sorted(found, key=lambda one: (one.finding.moment.page or 0, one.finding.moment.start or 0.0))


# --- lines as a correction keeps them: start, end, page, box, text, words, voice, label, language ---------------------


def _editable(connection: sqlite3.Connection, one: Stored) -> dict[str, Any]:
    data = one.finding.data
    line = {**one.finding.moment.to_json(), "text": one.finding.text, "label": one.finding.label}
    if words := _words(one):
        line["words"] = [list(word) for word in words]
    voice = data.get("voice")
    if voice is None and data.get("speaker"):
        heard = voices.of_asset(connection, _asset(connection, one)).values()
        voice = next((who.id for who in heard if who.number == int(data["speaker"])), None)
    if voice is not None:
        line["voice"] = voice
    if data.get("language"):
        line["language"] = data["language"]
    return line


def _asset(connection: sqlite3.Connection, one: Stored) -> int:
    return corrections.asset_of(connection, one)


def _reworded(lines: Sequence[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    line, text = dict(lines[0]), " ".join(text.split())
    if "words" in line:
        known = [(word[0], word[1], word[2]) for word in line["words"]]
        line["words"] = [list(word) for word in aligned(known, text, line["start"], _end(line))]
    return [{**line, "text": text}]


def _rewritten(
    lines: Sequence[dict[str, Any]], text: str, start: float, end: float, voice: int | None
) -> list[dict[str, Any]]:
    made = _reworded(lines, text)
    if (start, end) != (lines[0].get("start"), lines[0].get("end")):
        made = _retimed(made, start, end)
    return _spoken(made, voice) if voice != lines[0].get("voice") else made


def _parted(lines: Sequence[dict[str, Any]], before: int) -> list[dict[str, Any]]:
    line = lines[0]
    words = line.get("words") or []
    if not 0 < before < len(words):
        raise NotFound(tr("A line is split between two of its words."))
    cut = round((words[before - 1][1] + words[before][0]) / 2, 3)
    first = {**line, "end": cut, "words": words[:before], "text": " ".join(word[2] for word in words[:before])}
    second = {
        **line, "start": cut, "end": _end(line), "words": words[before:],
        "text": " ".join(word[2] for word in words[before:]),
    }  # fmt: skip
    return [first, second]


def _joined(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(lines) < 2:
        raise NotFound(tr("Choose two or more lines to merge."))
    made = {**lines[0], "text": " ".join(line["text"] for line in lines)}
    if all("start" in line for line in lines):
        made["end"] = max(_end(line) for line in lines)
    if all("words" in line for line in lines):
        made["words"] = [word for line in lines for word in line["words"]]
    if all("box" in line for line in lines):
        left = min(line["box"][0] for line in lines)
        top = min(line["box"][1] for line in lines)
        right = max(line["box"][0] + line["box"][2] for line in lines)
        bottom = max(line["box"][1] + line["box"][3] for line in lines)
        made["box"] = [left, top, right - left, bottom - top]
    return [made]


def _retimed(lines: Sequence[dict[str, Any]], start: float, end: float) -> list[dict[str, Any]]:
    line = lines[0]
    words = stretched([(word[0], word[1], word[2]) for word in line.get("words") or ()], start, end)
    return [{**line, "start": round(start, 3), "end": round(end, 3), "words": [list(word) for word in words]}]


def _spoken(lines: Sequence[dict[str, Any]], voice: int | None) -> list[dict[str, Any]]:
    return [{**{key: value for key, value in line.items() if key != "voice"}, "voice": voice} for line in lines]


def _end(line: Mapping[str, Any]) -> float:
    return float(line["end"] if line.get("end") is not None else line["start"] + 2.0)
