"""Search by meaning and by example: questions for the models, and the vectors that answer them, weighed and cut."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import KinoraError, QueryError
from engine.language import mark, tr
from engine.model import Box
from engine.packs import drawn, shelf
from engine.packs.marks import overlap
from engine.packs.postures import SPACE as BODIES
from engine.packs.postures import descriptor_of
from engine.search import calibrate, logos
from engine.search.calibrate import ANCHORS, Background, Sigmoid
from engine.search.resembling import ONLY_LOOK, Place, file_of, place_of, resembling
from engine.search.spaces import Near, Spaces
from engine.store import spaces
from engine.store.db import Database
from engine.store.plan import ALWAYS, Branch, Condition, Group, Like, Plan
from engine.store.spaces import Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.encoding import Encoding

    Floats = NDArray[np.float32]

log = logging.getLogger(__name__)

WORDS_TO = {"image-text": mark("meaning of the picture"), "text-embedding": mark("meaning of the text")}
SHOWS_TO = {"image-text": mark("what it shows")}
EXAMPLES = ("picture-embedding", "image-text")  # the first of them that has vectors compares pictures
MOST = 300  # vectors that one question may bring
MOST_LEFT_OUT = 10_000  # vectors that one may take away: what stays must not show what was not wanted
SAME_BODY = 0.3  # overlap of a drawn part with a body from which that body is meant
LIKE_POSTURE = 0.85  # cosine of bodies whose bones differ by 32 degrees in the mean
DRAWN = mark("a drawn posture")
NO_SPACE = Space(0, "", 0, 0, 0, 0)  # of what is compared in another way
WAYS = 6  # of asking, when alternatives stand side by side


@dataclass(frozen=True, slots=True)
class Unit:
    """Words of a branch whose meaning is asked for as one."""

    groups: tuple[Group, ...]

    @property
    def scope(self) -> str:
        """What they have to stand in, as words."""
        return self.groups[0].scope

    @property
    def part(self) -> str:
        """As it was typed."""
        text = " ".join(" OR ".join(term.typed for term in group.meant) for group in self.groups)
        return f"{self.scope}:{text}" if self.scope else text

    @property
    def texts(self) -> tuple[str, ...]:
        """The ways to ask it."""
        ways = itertools.product(*(group.meant for group in self.groups))
        return tuple(" ".join(term.typed for term in way) for way in itertools.islice(ways, WAYS))

    @property
    def weight(self) -> float:
        """How much its meaning counts: the mean of its words."""
        weights = [max(term.weight for term in group.meant) for group in self.groups]
        return sum(weights) / len(weights)

    @property
    def heavy(self) -> dict[str, float]:
        """Its words that count more or less than others."""
        found = {term.typed: term.weight for group in self.groups for term in group.meant}
        return found if len(set(found.values())) > 1 else {}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one space: its vectors (M x dim), and how the answers are cut."""

    part: str
    why: str
    space: Space
    vectors: Floats
    weight: float = 1.0
    sigmoid: Sigmoid | None = None
    anchors: Callable[[], Floats] | None = None  # None: it is an example
    without: int = 0  # the asset that the example is
    least: float | None = None  # cosine that is asked for, where one means the same in every library
    bits: tuple[str, ...] = ()  # hashes of an example that no model compares


@dataclass(slots=True)
class Asked:
    """The questions of a plan, and what could not be asked."""

    units: dict[Unit, list[Question]] = field(default_factory=dict)
    likes: dict[Like, list[Question]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether vectors have a say."""
        return any(self.units.values()) or bool(self.likes)


@dataclass(frozen=True, slots=True)
class Answer:
    """The vectors that answer a question, best first, with the share of the library that each is better than."""

    question: Question
    found: tuple[tuple[Near, float], ...]


def units_of(branch: Branch) -> list[Unit]:
    """The words of a branch whose meaning does as well as they themselves: the free ones as one, each `shows:`."""
    free = tuple(group for group in branch.groups if group.loose and not group.scope)
    shows = [Unit((group,)) for group in branch.groups if group.loose and group.scope]
    return [*([Unit(free)] if free else []), *shows]


def denied(branch: Branch) -> list[Unit]:
    """What must not be shown, whose meaning is left out as well as its words."""
    groups = (Group((term,)) for term in branch.bans if term.scope)
    return [Unit((group,)) for group in groups if group.loose]


class Meaning:
    """Asks the models, and looks their answers up; every method may be called from any thread."""

    def __init__(
        self, database: Database, searched: Spaces, encoding: Encoding, settings: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._database = database
        self._spaces = searched
        self._encoding = encoding
        self._settings = settings

    def asked(self, plan: Plan) -> Asked:
        """Put the questions of a plan; words whose model does not answer stay words.

        Raises:
            KinoraError: an example cannot be read, or nothing compares pictures here.
        """
        found = Asked()
        units = [unit for branch in plan.branches for unit in (*units_of(branch), *denied(branch))]
        likes = [like for branch in plan.branches for like in (*branch.likes, *branch.unlike)]
        if not units and not likes:
            return found
        chosen = shelf.chosen(self._settings())
        with self._database.read() as connection:
            known = {
                task: [space for space in spaces.listing(connection) if space.name == ref]
                for task, ref in chosen.items()
                if task in (*WORDS_TO, *EXAMPLES)
            }
            bodies = f"{chosen.get('pose', '')}{BODIES}"
            known["pose"] = [space for space in spaces.listing(connection) if space.name == bodies]
        for unit in dict.fromkeys(units):
            found.units[unit] = self._of_words(unit, chosen, known, found.notes)
        for like in dict.fromkeys(likes):
            found.likes[like] = self._of_like(like, chosen, known)
            if any(question.bits for question in found.likes[like]):
                found.notes.append(tr(ONLY_LOOK))
        return found

    def answers(
        self, connection: Any, questions: Sequence[Question], where: Condition = ALWAYS, most: int = MOST
    ) -> list[Answer]:
        """What answers the questions among the assets under a condition."""
        return [self._answer(connection, question, where, most) for question in questions]

    def logo(self, connection: Any, like: Like, where: Condition) -> list[Answer]:
        """Where a taught logo is to be seen."""
        seen = logos.seen(self._spaces, connection, like.example, where)
        question = Question(f"logo:{like.example}", "logo", NO_SPACE, None, like.weight)  # type: ignore[arg-type]
        return [Answer(question, tuple((near, 1.0) for near in seen))]

    # --- questions ----------------------------------------------------------------------------------------------------

    def _of_words(
        self, unit: Unit, chosen: Mapping[str, str], known: Mapping[str, list[Space]], notes: list[str]
    ) -> list[Question]:
        found = []
        for task, told in (SHOWS_TO if unit.scope else WORDS_TO).items():
            why = tr(told)
            for space in known.get(task, ()):
                try:
                    vectors = self._vectors(chosen[task], task, unit)
                except KinoraError as error:
                    log.warning("no meaning of words from %s: %s", chosen[task], error.text)
                    notes.append(f"Found by words only: {error.text}")
                    continue
                if vectors.shape[1] != space.dim or not vectors.any():
                    continue  # no word of it is known to the model, or the space is another's
                found.append(
                    Question(unit.part, why, space, vectors, unit.weight, _sigmoid(chosen[task], task),
                             self._anchors(chosen[task], task))
                )  # fmt: skip
        return found

    def _vectors(self, ref: str, task: str, unit: Unit) -> Floats:
        """The ways to ask as vectors; a word that counts more draws the question to itself."""
        import numpy as np

        heavy = unit.heavy
        _, made = self._encoding.texts(ref, task, [*unit.texts, *heavy])
        vectors = np.stack(made[: len(unit.texts)])
        for text, vector in zip(heavy, made[len(unit.texts) :], strict=True):
            holds = np.array([text in way.split() or text == way for way in unit.texts], np.float32)
            vectors = vectors + (heavy[text] - 1.0) * holds[:, None] * vector
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 1e-6, lengths, 1.0), np.float32)

    def _anchors(self, ref: str, task: str) -> Callable[[], Floats]:
        def made() -> Floats:
            import numpy as np

            return np.stack(self._encoding.texts(ref, task, ANCHORS)[1])

        return made

    def _of_like(self, like: Like, chosen: Mapping[str, str], known: Mapping[str, list[Space]]) -> list[Question]:
        if like.sort == "logo":
            return []  # taught examples have their own answer
        return self._of_posture(like, known) if like.sort == "pose" else self._of_example(like, chosen, known)

    def _of_posture(self, like: Like, known: Mapping[str, list[Space]]) -> list[Question]:
        sketch = like.example.startswith(drawn.OPEN)
        if not known["pose"]:
            what = tr(DRAWN) if sketch else f"pose:{like.example}"
            raise QueryError(
                tr(
                    "No postures can be compared yet: {what} needs a pack for postures, and pictures that it has "
                    "looked at.",
                    what=what,
                ),
                start=0,
                end=0,
                hint="kinora packs",
            )
        (space,) = known["pose"]
        if sketch:
            return [_of_drawing(like, space)]
        place = place_of(self._database, like.example)
        with self._database.read() as connection:
            bodies = spaces.bodies(connection, place.asset, space.id)
        vectors = _meant_bodies(bodies, place)
        if vectors is None:
            raise QueryError(tr("Nobody whose posture was told is in {example}.", example=like.example), start=0, end=0,
                             hint=tr("Choose a body that is seen from the shoulders to the hips."))  # fmt: skip
        part = f"pose:{like.example}"
        why = tr("a posture like it")
        return [Question(part, why, space, vectors, like.weight, without=place.asset, least=LIKE_POSTURE)]

    def _of_example(self, like: Like, chosen: Mapping[str, str], known: Mapping[str, list[Space]]) -> list[Question]:
        task = next((task for task in EXAMPLES if known.get(task)), None)
        place = place_of(self._database, like.example)
        part, why = f"like:{like.example}", tr("looks like the example")
        if task is None:
            bits = self._encoding.looks(*file_of(self._database, place), **place.part)
            return [Question(part, why, NO_SPACE, None, like.weight, without=place.asset, bits=tuple(bits))]  # type: ignore[arg-type]
        space = known[task][0]
        vectors = self._stored(place.asset, place.time, space) if place.whole else None
        if vectors is None:
            file = file_of(self._database, place)
            vectors = self._encoding.picture(chosen[task], task, *file, **place.part)[1][None]
        return [Question(part, why, space, vectors, like.weight, without=place.asset)]

    def _stored(self, asset: int, time: float | None, space: Space) -> Floats | None:
        """The stored vectors of an asset: the one nearest to a second, else a few spread over all of them."""
        import numpy as np

        with self._database.read() as connection:
            rows = spaces.of_asset(connection, asset, space.id)
        if time is not None:
            timed = [row for row in rows if row[1] is not None]
            rows = sorted(timed or rows, key=lambda row: abs((row[1] or 0.0) - time))[:1]
        if not rows:
            return None
        rows = rows[:: max(1, len(rows) // WAYS)]
        return np.stack([np.frombuffer(row[2], "<f2").astype(np.float32) for row in rows])

    # --- answers ------------------------------------------------------------------------------------------------------

    def _answer(self, connection: Any, question: Question, where: Condition, most: int) -> Answer:
        if question.bits:
            return Answer(question, resembling(connection, question.bits, where, most, question.without))
        sample = self._spaces.sample(connection, question.space)
        held = calibrate.background(sample, question.vectors, question.space.count, question.sigmoid)
        if question.anchors is None:
            least = held.alike() if question.least is None else question.least
            near = self._spaces.find(connection, question.space, question.vectors, where, most, least)
            near = [one for one in near if one.asset != question.without]
        else:
            near = self._meant(connection, question, held, sample, where, most)
        better = held.better([one.score for one in near])
        return Answer(question, tuple(zip(near, better, strict=True)))

    def _meant(
        self, connection: Any, question: Question, held: Background, sample: Floats, where: Condition, most: int
    ) -> list[Near]:
        import numpy as np

        if held.enough:
            near, best = self._spaces.seek(connection, question.space, question.vectors, where, most, held.least())
            if held.stands_out(best):
                return near
        anchors = question.anchors() if question.anchors is not None else np.zeros((0, 0), np.float32)
        if held.enough and calibrate.described(sample, question.vectors, anchors).mean() < calibrate.COMMON:
            return []
        least = held.bounded(-1.0)
        near = self._spaces.find(connection, question.space, question.vectors, where, most, least)
        if not near:
            return []
        vectors = np.stack([np.frombuffer(one.fp16, "<f2").astype(np.float32) for one in near])
        kept = calibrate.described(vectors, question.vectors, anchors)
        return [one for one, keep in zip(near, kept.tolist(), strict=True) if keep]


def _of_drawing(like: Like, space: Space) -> Question:
    vector = descriptor_of(drawn.read(like.example))
    if vector is None or len(vector) != space.dim:
        raise QueryError(
            tr("A drawn posture cannot be compared with what the pack for postures found."),
            start=0,
            end=0,
            hint=tr("Look at the pictures again with another pack: kinora packs."),
        )
    return Question(tr(DRAWN), tr("a posture like the drawn one"), space, vector[None], like.weight, least=LIKE_POSTURE)


def _meant_bodies(bodies: Sequence[spaces.Body], place: Place) -> Floats | None:
    """The vectors of the bodies that an example means: the one at its part, or those of its second, or all."""
    import numpy as np

    if place.time is not None and bodies:
        second = min((body.start or 0.0 for body in bodies), key=lambda start: abs(start - (place.time or 0.0)))
        bodies = [body for body in bodies if (body.start or 0.0) == second]
    if place.box is not None:
        part = Box(*place.box)
        nearest = max(bodies, key=lambda body: overlap(body.box, part), default=None)
        bodies = [nearest] if nearest is not None and overlap(nearest.box, part) >= SAME_BODY else []
    if not bodies:
        return None
    return np.stack([np.frombuffer(body.fp16, "<f2").astype(np.float32) for body in bodies[:: len(bodies) // WAYS + 1]])


def _sigmoid(ref: str, task: str) -> Sigmoid | None:
    """The sigmoid of a pack, if its description tells one."""
    description = shelf.find(ref)[0].models[task]
    bias = description.get("logit_bias")
    return None if bias is None else Sigmoid(float(description.get("logit_scale", 100.0)), float(bias))
