"""The shapes of answers: what OpenAPI says, and nothing that a token may not see."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Annotated, Any, Self

from fastapi import Path
from pydantic import BaseModel, Field

from engine.language import tr
from engine.model import AppearanceRow, AssetRow, Cell, FoundRow, Hit, JobRow, Moment, MomentHit, PersonRow
from engine.model.access import Quota, Used
from engine.search.snippet import WHOLE

Number = Annotated[int, Path(ge=1, lt=1 << 62)]  # what things are named by: never by a path


class Problem(BaseModel):
    """Why something was not done, for people."""

    code: str
    text: str
    hint: str = ""
    retry: str = "never"
    start: int | None = Field(None, description="where in the query it is wrong: characters from its beginning")
    end: int | None = None


class Problems(BaseModel):
    """An error."""

    error: Problem


class Part(BaseModel):
    """How one part of the library is."""

    name: str
    title: str
    state: str = Field(description="fine, busy, off, look or broken")
    text: str = Field("", description="in words; only with the scope library:paths, for it may name folders")
    hint: str = ""
    figures: dict[str, float] = {}


class Amounts(BaseModel):
    """What was used, or may be used (0 = as much as it likes)."""

    jobs_day: int = 0
    jobs: int = 0
    bytes_day: int = 0
    bytes: int = 0
    gpu_day: float = 0.0
    gpu: float = 0.0
    requests_day: int = 0
    requests: int = 0

    @classmethod
    def of(cls, found: Used | Quota) -> Self:
        """The same numbers."""
        return cls(**asdict(found))


class Me(BaseModel):
    """A token: what it may do, what it has used."""

    id: str
    label: str
    role: str
    scopes: list[str]
    expires: float | None
    used: Amounts
    quota: Amounts


class Place(BaseModel):
    """A place in an asset; nothing given is the whole of it. Times in seconds, pages from 1, boxes as shares."""

    start: float | None = None
    end: float | None = None
    page: int | None = None
    box: list[float] | None = None

    @classmethod
    def of(cls, moment: Moment) -> Self:
        """The same place."""
        return cls(**moment.to_json())


class Asset(BaseModel):
    """An asset at a glance."""

    id: int
    kind: str
    name: str
    taken: str | None = None
    duration: float | None = None
    pages: int | None = None
    width: int | None = None
    height: int | None = None
    rating: int | None = None
    safety: str = ""
    state: str = ""
    error: str = ""
    offline: bool = False
    preview: bool = False
    content: str = Field("", description="BLAKE3 of its bytes")
    favourite: bool = False

    @classmethod
    def of(cls, cell: Cell) -> Self:
        """The same asset."""
        names = set(cls.model_fields) - {"kind"}
        return cls(kind=cell.kind.value, **{name: getattr(cell, name) for name in names if hasattr(cell, name)})


class Job(BaseModel):
    """One analyzer to run on one asset."""

    id: int
    asset: int
    name: str
    analyzer: str
    state: str
    attempts: int
    code: str = ""
    error: str = ""
    hint: str = ""
    updated: float
    progress: float = 0.0

    @classmethod
    def of(cls, row: JobRow) -> Self:
        """The same job."""
        return cls(id=row.id, asset=row.asset, name=row.name, analyzer=row.analyzer, state=row.state.value,
                   attempts=row.attempts, code=row.error_code, error=row.error, hint=row.hint, updated=row.updated,
                   progress=row.progress)  # fmt: skip


class Detail(Asset):
    """All that is known of an asset beside its findings."""

    format: str = ""
    size: int = 0
    added: str = ""
    note: str = ""
    tags: list[str] = []
    albums: dict[int, str] = {}
    facts: dict[str, Any] = {}
    jobs: list[Job] = []
    files: list[str] = Field([], description="where it lies; only with the scope library:paths")

    @classmethod
    def whole(cls, row: AssetRow, *, paths: bool) -> Self:
        """The same asset; where it lies only with `paths`."""
        facts = row.facts.to_json()
        facts.pop("extra", None)  # as the file says it: nobody has looked at what is in there
        return cls(
            **Asset.of(row.cell).model_dump(), format=row.format, size=row.size, added=row.added, note=row.note,
            tags=[name for name, _ in row.tags], albums=dict(row.albums), facts=facts,
            jobs=[Job.of(one) for one in row.jobs], files=[one.path for one in row.files] if paths else [],
        )  # fmt: skip


class Assets(BaseModel):
    """A page of a listing."""

    total: int
    assets: list[Asset]
    note: str = ""
    next: int | None = Field(None, description="the `offset` of the next page")


class Finding(BaseModel):
    """What an analyzer says of a moment."""

    id: int
    analyzer: str
    version: int
    kind: str
    moment: Place = Place()
    text: str = ""
    label: str = ""
    score: float | None = None
    data: dict[str, Any] = {}

    @classmethod
    def of(cls, row: FoundRow) -> Self:
        """The same finding, without its vector."""
        found = row.finding
        return cls(id=row.id, analyzer=row.analyzer, version=row.version, kind=found.kind.value,
                   moment=Place.of(found.moment), text=found.text, label=found.label, score=found.score,
                   data=dict(found.data))  # fmt: skip


class Match(BaseModel):
    """A moment that matched."""

    moment: Place
    why: str
    snippet: str = ""
    marks: list[tuple[int, int]] = []
    score: float
    better: float | None = None
    speaker: str = Field("", description="who speaks; only with the scope people:read")

    @classmethod
    def of(cls, hit: MomentHit, *, people: bool, hidden: Collection[str] = ()) -> Self:
        """The same moment; who speaks only with `people`, and no words of the asset that are `hidden` (labels)."""
        if hit.sort == "whole" and hit.why in {tr(WHOLE.get(label, label)) for label in hidden}:
            return cls(moment=Place.of(hit.moment), why="", score=hit.score, better=hit.better, speaker="")
        return cls(moment=Place.of(hit.moment), why=hit.why, snippet=hit.snippet, marks=list(hit.marks),
                   score=hit.score, better=hit.better, speaker=hit.speaker if people else "")  # fmt: skip


class Found(BaseModel):
    """An asset that matched, with its moments, best first."""

    asset: Asset
    score: float
    moments: list[Match]
    path: str = Field("", description="only with the scope library:paths")

    @classmethod
    def of(cls, hit: Hit, *, paths: bool, people: bool, hidden: Collection[str] = ()) -> Self:
        """The same hit."""
        return cls(asset=Asset.of(hit.asset), score=hit.score, path=hit.path if paths else "",
                   moments=[Match.of(one, people=people, hidden=hidden) for one in hit.moments])  # fmt: skip


class Answer(BaseModel):
    """What a search found."""

    total: int
    over: bool = Field(description="there are more: counting was stopped")
    took: float
    hits: list[Found]
    note: str = ""
    missing: str = ""


class Value(BaseModel):
    """One value by which a result can be narrowed."""

    value: str
    shown: str
    count: int
    query: str


class Narrowing(BaseModel):
    """A property with its most frequent values."""

    name: str
    title: str
    values: list[Value]
    about: bool = Field(description="the counts are estimated")


class Person(BaseModel):
    """A person, named or not."""

    id: int
    name: str
    named: bool
    pet: bool
    hidden: bool
    faces: int
    voices: int
    assets: int

    @classmethod
    def of(cls, row: PersonRow) -> Self:
        """The same person."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class Appearance(BaseModel):
    """Where a person appears."""

    id: int
    sort: str
    asset: int
    moment: Place
    quality: float
    person: int | None
    name: str
    how: str

    @classmethod
    def of(cls, row: AppearanceRow) -> Self:
        """The same appearance."""
        names = set(cls.model_fields) - {"moment"}
        return cls(moment=Place.of(row.moment), **{name: getattr(row, name) for name in names})


class Queue(BaseModel):
    """The queue at a glance."""

    waiting: int
    running: int
    done: int
    failed: int
    cancelled: int
    held: int
    paused: bool
    per_second: float
    left: float | None
    trouble: str = ""
    resting: str = ""


class Count(BaseModel):
    """How many things it was about."""

    count: int


class Album(BaseModel):
    """An album."""

    id: int
    name: str
    count: int


class Setting(BaseModel):
    """An option with its value; a value that tells where something lies or how to get in is left out."""

    key: str
    title: str
    help: str
    section: str
    value: Any = None
    default: Any = None


ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problems, "description": words}
    for code, words in (
        (400, "A query or value that cannot be read"), (401, "No token that counts"), (403, "The token may not do it"),
        (404, "There is no such thing"), (429, "Too often, or a quota is used up"),
    )
}  # fmt: skip
