"""What is heard in audio and video beside words: music, applause, an alarm, an animal, with their times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark, tr
from engine.media.source import Source
from engine.model import Finding, FindingKind, Kind, Moment, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.packs.models import SoundTagger

RATE = 16_000
PORTION = 60.0  # seconds that are named between two steps
SMOOTH = 3  # windows of the running mean that takes single flickers away
GAP = 1.0  # seconds between two spans of one label that are still one
EASE = 0.6  # of the threshold: a span goes on above it once it has begun
MOST = 40  # labels of one recording, the clearest
QUIET = frozenset({"Silence"})
ROOM = ("Inside, ", "Outside, ")  # labels of AudioSet for where one is, not for what is heard
SPOKEN = frozenset({
    "Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue", "Male speech, man speaking",
    "Female speech, woman speaking", "Speech synthesizer", "Babbling", "Chatter", "Hubbub, speech noise, speech babble",
})  # fmt: skip

# Groups for people by words of AudioSet's labels (https://research.google.com/audioset/ontology); the first that has
# one wins, compared as whole words. The label itself is kept.
GROUPS: tuple[tuple[str, frozenset[str]], ...] = (
    ("alarm", frozenset({"alarm", "siren", "smoke detector", "fire alarm", "car alarm", "buzzer", "foghorn"})),
    ("applause", frozenset({"applause", "clapping", "cheering"})),
    ("laughter", frozenset({"laughter", "giggle", "chuckle", "snicker", "belly laugh"})),
    ("crying", frozenset({"crying", "sobbing", "whimper", "wail"})),
    ("shouting", frozenset({"shout", "yell", "screaming", "bellow", "whoop", "children shouting"})),
    ("singing", frozenset({"singing", "choir", "yodeling", "chant", "humming", "a capella", "vocal music"})),
    ("speech", frozenset({"speech", "conversation", "narration", "chatter", "whispering", "babbling", "hubbub"})),
    ("explosion", frozenset({"explosion", "gunshot", "fireworks", "firecracker", "gunfire", "artillery fire", "boom"})),
    ("bell", frozenset({"bell", "doorbell", "church bell", "jingle bell", "telephone", "ringtone", "chime", "gong"})),
    ("animal", frozenset({
        "animal", "dog", "bark", "howl", "growling", "cat", "purr", "meow", "horse", "cattle", "moo", "pig", "goat",
        "sheep", "fowl", "chicken", "rooster", "duck", "goose", "turkey", "bird", "crow", "owl", "pigeon", "insect",
        "cricket", "bee", "frog", "snake", "whale vocalization", "roaring cats", "roar", "wild animals", "mosquito",
        "livestock", "pets", "rodents", "bird vocalization", "chirp", "squawk", "bow-wow", "yip", "bleat", "neigh",
    })),
    ("vehicle", frozenset({
        "vehicle", "car", "truck", "bus", "motorcycle", "train", "rail transport", "aircraft", "helicopter", "boat",
        "ship", "engine", "airplane", "subway", "traffic noise", "skateboard", "bicycle", "emergency vehicle",
    })),
    ("water", frozenset({"water", "rain", "ocean", "waves", "stream", "waterfall", "splash", "liquid", "raindrop"})),
    ("weather", frozenset({"wind", "thunderstorm", "thunder", "rustling leaves"})),
    ("fire", frozenset({"fire", "crackle"})),
    ("music", frozenset({
        "music", "guitar", "piano", "drum", "violin", "orchestra", "song", "musical instrument", "organ", "flute",
        "saxophone", "trumpet", "harp", "cello", "bass guitar", "percussion", "synthesizer", "banjo", "ukulele",
        "plucked string instrument", "brass instrument", "keyboard", "strum", "accordion", "harmonica", "jazz",
        "hip hop music", "techno", "drum kit", "string section", "wind instrument", "mandolin", "sitar", "zither",
    })),
)  # fmt: skip


class Sounds(Analyzer):
    """Probabilities of every label, window by window, smoothed and merged into spans.

    A span begins where the running mean over `SMOOTH` windows reaches `sounds.min_score` and goes on down to `EASE` of
    it; its score is the highest of its windows. Silence and rooms are no findings. Speech is kept, but not put into the
    text index: where somebody speaks is what `voice` and `speech` say.
    """

    name = "sounds"
    version = 1
    title = mark("Sounds and music")
    kinds = frozenset({Kind.AUDIO, Kind.VIDEO})
    needs = ("onnxruntime",)
    tasks = ("sounds",)
    options = ("sounds.min_score",)
    travels = ("sound",)
    seconds = 2.0

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        import numpy as np

        model: SoundTagger = self.model(options, "sounds")
        sound = source.sound()
        if sound is None or not len(sound):
            return
        seconds = len(sound) / RATE
        hops = max(int(PORTION / model.hop), 1)
        step, window = round(model.hop * RATE), round(model.window * RATE)
        rows: list[NDArray[np.float32]] = []
        for at in range(0, len(sound), hops * step):
            found = model.tag(sound[at : at + (hops - 1) * step + window])
            rows.append(found[:hops])
            yield Step(min((at + hops * step) / RATE, seconds), seconds, tr("naming sounds"))
        if rows:
            chances = np.concatenate(rows)
            least = float(options.get("sounds.min_score", 0.3))
            yield from _findings(chances, model, least, seconds)


def _findings(chances: NDArray[np.float32], model: SoundTagger, least: float, seconds: float) -> Iterator[Finding]:
    import numpy as np

    smooth = running(chances)
    clear = [int(at) for at in np.argsort(-smooth.max(axis=0)) if smooth[:, at].max() >= least]
    named = [at for at in clear if model.labels[at] not in QUIET and not model.labels[at].startswith(ROOM)]
    out: list[Finding] = []
    for at in named[:MOST]:
        label = model.labels[at]
        for first, last in spans(smooth[:, at], least, max(int(GAP / model.hop), 1)):
            start, end = first * model.hop, min((last - 1) * model.hop + model.window, seconds)
            moment = Moment(start=round(min(start, end), 3), end=round(end, 3))
            score = round(float(chances[first:last, at].max()), 4)
            text = "" if label in SPOKEN else words(label)
            group = group_of(label)
            data = {"group": group} if group else {}
            out.append(Finding(FindingKind.SOUND, moment, text=text, label=label, score=score, data=data))
    yield from sorted(out, key=lambda one: (one.moment.start or 0.0, -(one.score or 0.0), one.label))


def running(chances: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over `SMOOTH` windows around each; at the ends over those that there are."""
    import numpy as np

    if len(chances) < 2:
        return chances
    half = SMOOTH // 2
    total = np.cumsum(np.pad(chances, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
    first = np.maximum(np.arange(len(chances)) - half, 0)
    last = np.minimum(np.arange(len(chances)) + half + 1, len(chances))
    return np.asarray((total[last] - total[first]) / (last - first)[:, None], np.float32)


def spans(chances: NDArray[np.float32], least: float, gap: int) -> list[tuple[int, int]]:
    """Runs of windows (first, one past the last) that reach `least`, held down to `EASE` of it, joined over `gap`."""
    out: list[tuple[int, int]] = []
    first, reached = -1, False
    for at, chance in enumerate([*chances.tolist(), 0.0]):
        if chance >= least * EASE:
            first = at if first < 0 else first
            reached = reached or chance >= least
            continue
        if reached:
            if out and first - out[-1][1] <= gap:
                out[-1] = out[-1][0], at
            else:
                out.append((first, at))
        first, reached = -1, False
    return out


def group_of(label: str) -> str:
    """The group for people that a label of AudioSet belongs to, empty for none."""
    plain = label.lower()
    parts = [part.strip() for part in plain.replace("(", ",").replace(")", ",").split(",")]
    single = {word for part in parts for word in part.split()}
    for name, known in GROUPS:
        if not known.isdisjoint(parts) or not known.isdisjoint(single):
            return name
    return ""


def words(label: str) -> str:
    """What a search finds a label by: its words and those of its group."""
    group = group_of(label)
    plain = " ".join(label.replace(",", " ").replace("(", " ").replace(")", " ").split()).lower()
    return plain if not group or group in plain.split() else f"{plain} {group}"
