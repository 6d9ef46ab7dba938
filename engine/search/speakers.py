"""Puts the names of who speaks to the lines of speech that a search found."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.model import Hit, MomentHit
from engine.store import who

LINE = 4.0  # seconds of a line whose end is not known


def with_speakers(connection: Any, found: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits, with a name on each line of speech during which mostly a named voice is heard."""
    hits = tuple(found)
    spoken = [hit.asset.id for hit in hits if any(moment.sort == "speech" for moment in hit.moments)]
    voices = who.speakers(connection, spoken) if spoken else {}
    if not voices:
        return hits
    return tuple(
        replace(hit, moments=tuple(spoken_by(moment, voices[hit.asset.id]) for moment in hit.moments))
        if hit.asset.id in voices
        else hit
        for hit in hits
    )


def spoken_by(hit: MomentHit, voices: Iterable[tuple[str, float, float]]) -> MomentHit:
    """The line with the name of the voice that is heard longest during it."""
    start = hit.moment.start
    if hit.sort != "speech" or start is None:
        return hit
    end = hit.moment.end if hit.moment.end is not None else start + LINE
    heard: dict[str, float] = {}
    for name, begin, until in voices:
        shared = min(end, until) - max(start, begin)
        if shared > 0:
            heard[name] = heard.get(name, 0.0) + shared
    return replace(hit, speaker=max(heard, key=lambda name: heard[name])) if heard else hit
