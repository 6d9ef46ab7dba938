"""Questions worth asking about people: who may be one, whose face or voice this may be; never what was denied."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.model import PersonRow, Suggestion
from engine.people import voices
from engine.people.calibrate import Scale, scale
from engine.people.cluster import NOBODY, Faces, means
from engine.people.refresh import faces_of
from engine.store import galleries, portraits
from engine.store.db import Database
from engine.store.galleries import Gallery

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BELOW = 1.2  # spreads below the threshold down to which a question is asked
MOST = 300  # questions that are kept ready
WEEK = 7 * 86400.0  # seconds: use older than this counts little


@dataclass(frozen=True, slots=True)
class Question:
    """Is `person` also `other`, or this appearance? `score` is 0..1."""

    person: int
    other: int | None
    appearance: int | None
    score: float


class Suggester:
    """Keeps the questions of one library ready."""

    def __init__(self, database: Database, settings: Callable[[], Mapping[str, Any]]) -> None:
        self._database = database
        self._settings = settings
        self._lock = threading.Lock()
        self._seen: tuple[Any, ...] | None = None
        self._questions: dict[int | None, list[Question]] = {}

    def suggestions(self, person_id: int | None, limit: int) -> list[Suggestion]:
        """The best questions about one person, or about all: people in use first, then the most alike."""
        offset = float(self._settings()["people.threshold"])
        with self._lock, self._database.read() as connection:
            seen = (*galleries.stamp(connection), offset)
            if seen != self._seen:
                self._questions, self._seen = {}, seen
            if person_id not in self._questions:
                self._questions[person_id] = self._ask(connection, person_id, offset)
            used, now = portraits.used(connection), time.time()
            rows = {row.id: row for row in portraits.listing(connection, hidden=False, unnamed=True)}

            def rank(question: Question) -> float:
                recent = math.exp(-(now - used[question.person]) / WEEK) if question.person in used else 0.0
                return question.score * (1.0 + recent) + (0.5 if rows[question.person].named else 0.0)

            known = [q for q in self._questions[person_id] if q.person in rows and (q.other is None or q.other in rows)]
            known = [q for q in known if q.other is None or rows[q.person].pet == rows[q.other].pet]
            known.sort(key=lambda question: (-rank(question), question.person, question.appearance or 0))
            return [_shown(connection, question, rows) for question in known[:limit]]

    def _ask(self, connection: Any, person_id: int | None, offset: float) -> list[Question]:
        rules = galleries.rules(connection)
        found: list[Question] = []
        for sort in ("face", "voice"):
            for gallery in galleries.load(connection, sort):
                faces = faces_of(gallery, rules, sort)
                found += _of_space(gallery, faces, scale(faces.vectors, faces.apart, offset), person_id)
        found += [
            Question(face, voice, appearance, score)
            for face, voice, appearance, score in voices.pairs(portraits.talkers(connection))
            if person_id in (None, face, voice)
        ]
        denied, never = portraits.denied(connection)
        never |= portraits.parted(connection)
        best: dict[tuple[int, int | None, int | None], Question] = {}
        for question in found:
            pair = None
            if question.other is not None:
                pair = min(question.person, question.other), max(question.person, question.other)
            if pair in never or (question.appearance, question.person) in denied:
                continue
            key = (*pair, None) if pair else (question.person, None, question.appearance)
            if key not in best or best[key].score < question.score:
                best[key] = question
        return sorted(best.values(), key=lambda question: -question.score)[:MOST]


def _shown(connection: Any, question: Question, rows: Mapping[int, PersonRow]) -> Suggestion:
    other = None if question.other is None else rows[question.other]
    face = None if question.appearance is None else portraits.appearance(connection, question.appearance)
    return Suggestion(rows[question.person], other, face, round(question.score, 4))


def _of_space(gallery: Gallery, faces: Faces, known: Scale, person_id: int | None) -> list[Question]:
    """What the vectors of one space ask."""
    import numpy as np

    ids, direction = means(faces, faces.person)
    if not len(ids):
        return []
    direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
    least = known.threshold - BELOW * known.spread
    asked = np.arange(len(ids)) if person_id is None else np.flatnonzero(ids == person_id)
    found = []
    together = _seen_together(faces)
    for row in asked:
        cosines = direction @ direction[row]
        for near in np.flatnonzero(cosines >= least):
            pair = (min(ids[row], ids[near]), max(ids[row], ids[near]))
            if near == row or (int(pair[0]), int(pair[1])) in together or (person_id is None and near < row):
                continue
            one, other = _turned(faces, int(ids[row]), int(ids[near]))
            found.append(Question(one, other, None, known.share(float(cosines[near]))))
    found += _singles(gallery, faces, known, ids[asked], direction[asked], least)
    return found


def _turned(faces: Faces, one: int, other: int) -> tuple[int, int]:
    """The one whom the user knows first."""
    return (other, one) if other in faces.touched and one not in faces.touched else (one, other)


def _singles(
    gallery: Gallery, faces: Faces, known: Scale, ids: NDArray[np.int64], direction: NDArray[np.float32], least: float
) -> list[Question]:
    import numpy as np

    found = []
    rows = np.flatnonzero(faces.person == NOBODY)
    for begin in range(0, len(rows), 4096):
        part = rows[begin : begin + 4096]
        cosines = faces.vectors[part] @ direction.T
        best = cosines.argmax(axis=1) if cosines.size else np.empty(0, np.int64)
        for at in np.flatnonzero(cosines.max(axis=1, initial=-1.0) >= least):
            cosine = float(cosines[at, best[at]])
            found.append(Question(int(ids[best[at]]), None, gallery.ids[int(part[at])], known.share(cosine)))
    return found


def _seen_together(faces: Faces) -> set[tuple[int, int]]:
    """People who were seen at the same time: they are two."""
    return set(_pairs((int(faces.person[a]), int(faces.person[b])) for a, b in faces.apart.tolist()))


def _pairs(pairs: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    return ((min(pair), max(pair)) for pair in pairs if NOBODY not in pair and pair[0] != pair[1])
