"""What is said in audio and video, word by word, and by how many speakers (any Whisper pack)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step
from engine.packs.guards import Doubt, judge, voiced, without_loops
from engine.packs.languages import language as language_of
from engine.packs.passages import embedded, passages
from engine.packs.speakers import Talk, tell_apart
from engine.packs.talk import Heard, Sentence, Word, sentences
from engine.packs.vectors import fp16
from engine.packs.voices import RATE, VOICES, WINDOW, Span, VoiceDetector, pieces, spans

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.media.subtitles import Track
    from engine.packs.models import Transcriber

    Sound = NDArray[np.float32]

AUTO = "auto"
SAMPLED = 3  # pieces, the longest, that the language is told from
KNOWN = 0.5  # probability from which the language counts as told
LATE = 2.0  # seconds by which a subtitle may outlast its recording
MOST_LATE = 0.05  # of the subtitles that may
SPOKEN = 0.5  # of the time that subtitles are shown: so much of it must be voice, or they are of another cut
COVERED = 0.3  # of the voice that must be under subtitles, or they are for a part of the film only
SAMPLE = 20_000  # characters


class Speech(Analyzer):
    """Writes down what is said, or reads the subtitles that say it already.

    Subtitles (files beside the recording, text tracks inside it) are taken instead when they *fit*: at most `MOST_LATE`
    of them end over `LATE` seconds after the recording, at least `SPOKEN` of the time that they are shown somebody
    speaks, at least `COVERED` of what is spoken is under them, and their language is the one that is spoken. Otherwise
    the spans of voice are cut and merged into pieces, and every stretch that the model writes must pass the guards of
    `engine.packs.guards`; one that repeats itself is read a second time with repetitions forbidden.
    """

    name = "speech"
    version = 1
    title = mark("What is said")
    kinds = frozenset({Kind.AUDIO, Kind.VIDEO})
    needs = ("faster_whisper", "onnxruntime")
    tasks = ("speech",)
    helped_by = ("speaker-embedding", "text-embedding")
    options = ("speech.language", "speech.subtitles", "speech.beam", "voice.threshold")
    travels = ("voice", "subtitles")
    seconds = 8.0

    @classmethod
    def needed(cls, kind: Kind, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The sound, and the subtitles where they are to be read."""
        read = str(options.get("speech.subtitles", "read")) == "read"
        return tuple(name for name in super().needed(kind, options) if read or name != "subtitles")

    def __init__(self) -> None:
        self._detector = VoiceDetector()

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        model: Transcriber = self.model(options, "speech")
        sound = source.sound()
        if sound is None or not len(sound):
            return
        seconds = len(sound) / RATE
        chances: list[float] = []
        for part in source.once(VOICES, lambda: self._detector.chances(sound)):
            if isinstance(part, Step):
                continue
            chances.extend(part)
            yield Step(min(len(chances) * WINDOW / RATE, seconds), seconds, tr("listening for voices"))
        voice = spans(chances, float(options.get("voice.threshold", 0.5)), seconds)
        if not voice:
            return
        parts = pieces(voice, chances, model.longest)
        code, sure = _language(model, sound, parts, str(options.get("speech.language", AUTO)))
        yield Step(0, seconds, tr("telling the language"))
        track = None
        if str(options.get("speech.subtitles", "read")) == "read":
            track = _fitting(source.subtitles(), voice, seconds, code if sure >= KNOWN else "")
        talk = yield from self._speakers(sound, voice, options)
        if track is not None:
            said = list(_shown(track, talk, seconds))
            code, sure = _told(track, code, sure)
        else:
            heard = yield from _heard(model, sound, parts, voice, code, int(options.get("speech.beam", 5)))
            said = [_finding(one, code) for one in sentences(heard, lambda word: _speaker(talk, word))]
        yield from said
        if said:
            yield Finding(FindingKind.LANGUAGE, label=code, score=round(sure, 4))
        yield from _speaker_findings(talk, self.pack(options, "speaker-embedding"))
        if said and self.pack(options, "text-embedding"):
            read = passages([(one.moment, one.text) for one in said])
            yield from embedded(read, self.model(options, "text-embedding"))

    def _speakers(self, sound: Sound, voice: Sequence[Span], options: Mapping[str, Any]) -> Generator[Step, None, Talk]:
        """Tell the speakers apart where a pack can; returns the turns."""
        found: list[Talk] = []
        if self.pack(options, "speaker-embedding"):
            model = self.model(options, "speaker-embedding")
            yield from tell_apart(sound, [(start, end) for start, end, _ in voice], model, found)
        return found[0] if found else Talk()


def _language(model: Transcriber, sound: Sound, parts: Sequence[tuple[float, float]], wanted: str) -> tuple[str, float]:
    """The language to write down: the one that is set, or what the longest pieces sound like."""
    if wanted != AUTO and wanted in model.languages:
        return wanted, 1.0
    longest = sorted(parts, key=lambda part: part[0] - part[1])[:SAMPLED]
    return model.language([_cut(sound, start, end) for start, end in longest])


def _heard(
    model: Transcriber, sound: Sound, parts: Sequence[tuple[float, float]], voice: Sequence[Span], code: str, beam: int
) -> Generator[Step, None, list[Heard]]:
    """Write down the pieces, some at a time; returns the stretches that are believed."""
    out: list[Heard] = []
    total = len(sound) / RATE
    for at in range(0, len(parts), model.batch):
        some = parts[at : at + model.batch]
        cuts = [_cut(sound, start, end) for start, end in some]
        written = model.write(cuts, code, beam=beam)
        for (start, _), cut, stretches in zip(some, cuts, written, strict=True):
            out += _believed(model, cut, start, stretches, voice, code, beam)
        yield Step(some[-1][1], total, tr("writing down what is said"))
    return out


def _believed(
    model: Transcriber, cut: Sound, start: float, stretches: Sequence[Heard], voice: Sequence[Span], code: str,
    beam: int,
) -> list[Heard]:  # fmt: skip
    """The stretches of a piece that pass the guards, with times of the whole recording."""
    verdicts = [judge(_moved(one, start), voice) for one in stretches]
    if any(one.doubt is Doubt.LOOP for one in verdicts):
        (again,) = model.write([cut], code, beam=beam, careful=True)
        verdicts = [judge(without_loops(_moved(one, start)), voice) for one in again]
    return [one.heard for one in verdicts if one.doubt is Doubt.NONE]


def _cut(sound: Sound, start: float, end: float) -> Sound:
    return sound[int(start * RATE) : int(end * RATE)]


def _moved(heard: Heard, by: float) -> Heard:
    words = tuple(
        Word(round(one.start + by, 3), round(one.end + by, 3), one.text, one.score) for one in heard.words
    )  # fmt: skip
    return Heard(
        round(heard.start + by, 3), round(heard.end + by, 3), heard.text, words, heard.confidence, heard.silence,
        heard.squeeze,
    )  # fmt: skip


def _speaker(talk: Talk, word: Word) -> int:
    return talk.speaker_at((word.start + word.end) / 2)


def _finding(sentence: Sentence, code: str) -> Finding:
    words = [[one.start, one.end, one.text.strip(), one.score] for one in sentence.words]
    data: dict[str, Any] = {"words": words, "language": code}
    if sentence.speaker:
        data["speaker"] = sentence.speaker
    moment = Moment(start=sentence.start, end=sentence.end)
    return Finding(
        FindingKind.TEXT, moment, text=sentence.text, label="speech", score=round(sentence.score, 4), data=data
    )


# --- subtitles -------------------------------------------------------------------------------------------------------


def _fitting(tracks: Sequence[Track], voice: Sequence[Span], seconds: float, spoken: str) -> Track | None:
    """The first track that fits; `spoken` is the language that is heard, empty when that is not sure."""
    for track in tracks:
        if not track.forced and fits(track, voice, seconds) and _is_spoken(track, spoken):
            return track
    return None


def fits(track: Track, voice: Sequence[Span], seconds: float) -> bool:
    """Say whether subtitles belong to this very recording, all of it, as the class says."""
    times = sorted((one.start or 0.0, one.end or 0.0) for one in track.cues)
    late = sum(end > seconds + LATE for _, end in times)
    if not times or late > MOST_LATE * len(times):
        return False
    joint: list[tuple[float, float]] = []
    for start, end in times:
        if joint and start <= joint[-1][1]:
            joint[-1] = joint[-1][0], max(joint[-1][1], end)
        else:
            joint.append((start, end))
    shown = sum(end - start for start, end in joint)
    if shown <= 0:
        return False
    spoken = sum(voiced(start, end, voice) * (end - start) for start, end in joint if end > start)
    total = sum(end - start for start, end, _ in voice)
    under = sum(max(0.0, min(end, two) - max(start, one)) for one, two, _ in voice for start, end in joint)
    return spoken >= SPOKEN * shown and under >= COVERED * total


def _is_spoken(track: Track, spoken: str) -> bool:
    own = track.language or (language_of(_words(track)) or ("",))[0]
    return not spoken or not own or own == spoken


def _words(track: Track) -> str:
    return " ".join(one.text for one in track.cues)[:SAMPLE]


def _told(track: Track, code: str, sure: float) -> tuple[str, float]:
    found = language_of(_words(track))
    if track.language:
        return track.language, 1.0
    return found if found is not None and sure < KNOWN else (code, sure)


def _shown(track: Track, talk: Talk, seconds: float) -> Iterator[Finding]:
    for one in track.cues:
        start = min(one.start or 0.0, seconds)
        end = min(max(one.end or start, start), seconds)
        data: dict[str, Any] = {"file": track.name}
        if track.language:
            data["language"] = track.language
        if talk.turns:
            data["speaker"] = talk.speaker_at((start + end) / 2)
        moment = Moment(start=start, end=end)
        yield Finding(FindingKind.TEXT, moment, text=" ".join(one.text.split()), label="subtitle", data=data)


# --- speakers --------------------------------------------------------------------------------------------------------


def _speaker_findings(talk: Talk, pack: str) -> Iterator[Finding]:
    """One finding for each speaker: all turns, and the longest as the moment."""
    for number, vector in enumerate(talk.vectors, 1):
        own = [turn for turn in talk.turns if turn.speaker == number]
        longest = max(own, key=lambda turn: turn.end - turn.start)
        yield Finding(
            FindingKind.SPEAKER,
            Moment(start=longest.start, end=longest.end),
            label=str(number),
            data={
                "spans": [[turn.start, turn.end] for turn in own],
                "seconds": round(sum(turn.end - turn.start for turn in own), 2),
            },
            vector=fp16(vector),
            space=pack,
        )
