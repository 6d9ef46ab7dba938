"""Examples of what is wanted held against examples of what is not, in one space of vectors.

Alone, `-like:` leaves out what is like its example. Beside `like:`, likeness is a matter of more or less: what is
nearer to the unwanted example than to the wanted one goes, and the rest is ordered by its likeness to the wanted one
less `WEIGHT` of that to the unwanted one (Rocchio's weighing of examples, 1971, with single vectors for means).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.store.plan import Like

if TYPE_CHECKING:
    from engine.search.meaning import Answer, Question
    from engine.search.spaces import Near

WEIGHT = 0.5

Against = dict[int, tuple[tuple[str, float], ...]]  # asset: what it was held against, and the cosine


def comparable(
    unwanted: Iterable[Like], wanted: Iterable[Like], questions: Mapping[Like, Sequence[Question]]
) -> list[Like]:
    """Those of the unwanted examples that are compared in the space of a wanted one."""
    spaces = {question.space.id for like in wanted for question in questions.get(like, ())}
    return [
        like
        for like in unwanted
        if questions.get(like) and all(question.space.id in spaces for question in questions[like])
    ]


def held(answers: Sequence[Answer], unwanted: Sequence[Question]) -> tuple[list[Answer], Against]:
    """The answers to a wanted example without what is nearer to an unwanted one, in the new order."""
    told: Against = {}
    kept = []
    for answer in answers:
        mine = [question for question in unwanted if question.space.id == answer.question.space.id]
        gone = {question.without for question in mine} - {0}
        scored: list[tuple[float, Near, float]] = []
        for near, better in answer.found:
            cosines = [(question.part, _cosine(near, question)) for question in mine]
            worst = max((cosine for _, cosine in cosines), default=-1.0)
            if near.asset in gone or (mine and worst >= near.score):
                continue
            scored.append((near.score - WEIGHT * max(0.0, worst), near, better))
            told.setdefault(near.asset, tuple((f"-{part}", round(cosine, 4)) for part, cosine in cosines))
        scored.sort(key=lambda one: -one[0])
        kept.append(replace(answer, found=tuple((near, better) for _, near, better in scored)))
    return kept, told


def _cosine(near: Near, question: Question) -> float:
    import numpy as np

    vector = np.frombuffer(near.fp16, "<f2").astype(np.float32)
    length = float(np.linalg.norm(vector)) or 1.0
    return float((question.vectors @ vector).max()) / length
