"""Whose voice it may be: who is the only one to be seen, again and again, while it speaks."""

from collections import defaultdict
from collections.abc import Iterable

from engine.store.places import Talker

AGAIN = 2  # separate spans (or recordings) in which the face is the only one to be seen
SECONDS = 3.0  # in all
SHARE = 0.6  # of the time in which this voice speaks to a single face


def pairs(talkers: Iterable[Talker]) -> list[tuple[int, int | None, int | None, float]]:
    """Questions: a person with a face, and the person or the single voice that may be theirs; with a score 0..1."""
    films: dict[int, list[Talker]] = defaultdict(list)
    for talker in talkers:
        films[talker.asset_id].append(talker)
    seconds: dict[tuple[str, int], dict[int, float]] = defaultdict(lambda: defaultdict(float))
    times: dict[tuple[str, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for members in films.values():
        faces = [one for one in members if one.sort == "face"]
        for voice in (one for one in members if one.sort == "voice"):
            key = ("person", voice.person_id) if voice.person_id is not None else ("voice", voice.id)
            for start, end in voice.spans:
                person, length = _alone(faces, start, end)
                if person is not None:
                    seconds[key][person] += length
                    times[key][person] += 1
    found: list[tuple[int, int | None, int | None, float]] = []
    for (kind, number), heard in seconds.items():
        person, longest = max(heard.items(), key=lambda entry: (entry[1], -entry[0]))
        share = longest / sum(heard.values())
        if longest < SECONDS or share < SHARE or times[kind, number][person] < AGAIN:
            continue
        if kind == "person" and number == person:
            continue
        score = share * longest / (longest + SECONDS)
        found.append((person, number if kind == "person" else None, None if kind == "person" else number, score))
    return found


def _alone(faces: Iterable[Talker], start: float, end: float) -> tuple[int | None, float]:
    """The person who is the only one to be seen while somebody speaks, and for how long; None when nobody is alone."""
    seen: dict[int, float] = {}
    for face in faces:
        shared = sum(max(0.0, min(end, b) - max(start, a)) for a, b in face.spans)
        if shared > 0.1:
            if face.person_id is None:
                return None, 0.0
            seen[face.person_id] = seen.get(face.person_id, 0.0) + shared
    if len(seen) != 1:
        return None, 0.0
    return next(iter(seen.items()))
