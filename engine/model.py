"""The words of Kinora as frozen dataclasses that every layer shares.

Units, everywhere: times in seconds, pages from 1, boxes as fractions 0..1 of the *upright* picture or page (left, top,
width, height), scores 0..1, bytes in bytes, dates as local ISO 8601 text beside a sortable number.
"""

import base64
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self


class Kind(StrEnum):
    """What an asset is."""

    PHOTO = "photo"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    OTHER = "other"  # known by its bytes, but nothing that Kinora reads


class Box(NamedTuple):
    """A rectangle as fractions of the upright picture or page: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A place inside an asset; all None is the whole of it."""

    start: float | None = None
    end: float | None = None
    page: int | None = None
    box: Box | None = None

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if self.start is not None:
            out["start"] = round(self.start, 3)
        if self.end is not None:
            out["end"] = round(self.end, 3)
        if self.page is not None:
            out["page"] = self.page
        if self.box is not None:
            out["box"] = [round(v, 5) for v in self.box]
        return out

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        box = raw.get("box")
        return cls(raw.get("start"), raw.get("end"), raw.get("page"), Box(*box) if box else None)


WHOLE = Moment()


class FindingKind(StrEnum):
    """What sort of thing an analyzer says."""

    TEXT = "text"  # words: `text`, with `label` naming the source (ocr, document, subtitle, speech)
    LABEL = "label"  # a class: `label`, `score`
    LEVEL = "level"  # a safety level: `label` in safe|suggestive|explicit
    PART = "part"  # a part of a body or thing in a box: `label`, `score`
    CUT = "cut"  # a hard change of shot at `moment.start`
    KEYFRAME = "keyframe"  # a representative frame at `moment.start`
    SHOT = "shot"  # a span between two cuts
    VOICE = "voice"  # somebody speaks in this span
    HASH = "hash"  # a perceptual hash: `data["bits"]` hex, `label` the method
    COLOUR = "colour"  # a dominant colour: `label` name, `data["rgb"]`, `score` its share
    QUALITY = "quality"  # a measure: `label` its name (sharpness, exposure, ...), `score`
    LANGUAGE = "language"  # `label` ISO 639-1 code of the text, `score`
    NOTICE = "notice"  # something a person should know about the file: `text`


@dataclass(frozen=True, slots=True)
class Finding:
    """What an analyzer says about a moment."""

    kind: FindingKind
    moment: Moment = WHOLE
    text: str = ""
    label: str = ""
    score: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    vector: bytes | None = None  # little-endian fp16
    space: str = ""  # the pack and version that made the vector

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": self.kind.value}
        if self.moment != WHOLE:
            out["moment"] = self.moment.to_json()
        for name in ("text", "label", "score", "data", "space"):
            value = getattr(self, name)
            if value is not None and value != "" and value != {}:
                out[name] = dict(value) if name == "data" else value
        if self.vector is not None:
            out["vector"] = base64.b64encode(self.vector).decode("ascii")
        return out

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        vector = raw.get("vector")
        return cls(
            kind=FindingKind(raw["kind"]),
            moment=Moment.from_json(raw.get("moment", {})),
            text=raw.get("text", ""),
            label=raw.get("label", ""),
            score=raw.get("score"),
            data=raw.get("data", {}),
            vector=base64.b64decode(vector) if vector else None,
            space=raw.get("space", ""),
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What the file itself says: size, length, and the metadata of its container (EXIF, XMP, IPTC, tags)."""

    mime: str = ""
    format: str = ""  # "JPEG", "H.264 in MP4", ...: for people
    width: int | None = None  # of the upright picture, pixels
    height: int | None = None
    duration: float | None = None  # seconds
    pages: int | None = None
    frames: int | None = None  # of an animation
    fps: float | None = None
    has_audio: bool | None = None
    taken: str | None = None  # local ISO 8601, with offset when it is known
    taken_from: str = ""  # which tag said so
    latitude: float | None = None  # degrees, WGS 84
    longitude: float | None = None
    altitude: float | None = None  # metres
    place: str = ""  # "Arezzo, Tuscany, Italy"
    place_words: str = ""  # other names of it, for search
    country: str = ""  # ISO 3166-1 alpha-2
    camera: str = ""
    lens: str = ""
    rating: int | None = None  # 0..5
    title: str = ""
    description: str = ""
    creator: str = ""
    album: str = ""
    keywords: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)  # shown in the viewer, not searched

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if value is None or value == "" or value == () or value == {}:
                continue
            out[name] = list(value) if name == "keywords" else dict(value) if name == "extra" else value
        return out

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        known = {name: raw[name] for name in cls.__slots__ if name in raw}
        known["keywords"] = tuple(raw.get("keywords", ()))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture that stands for an asset: `jpeg` bytes, its longest side in pixels."""

    side: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of an analyzer or of a long call: `done` of `total` (0 = unknown), with a word on what it is at."""

    done: float = 0
    total: float = 0
    text: str = ""


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Hold:
    """Why a waiting job may not start: a bit mask."""

    USER = 1
    OFFLINE = 2
    PACK = 4
    SPACE = 8


class Priority:
    """Who goes first; higher first."""

    INTERACTIVE = 100  # somebody waits for this one
    VISIBLE = 50  # on the screen now
    FACTS = 20  # facts and previews of new files
    IMPORT = 10  # everything else of new files
    BACKFILL = 0  # old assets for a new version of an analyzer


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit changed: views decide from it what to refresh."""

    topics: frozenset[str]  # of: assets, files, findings, jobs, settings, decisions, roots, health
    assets: frozenset[int] = frozenset()  # touched assets; empty with a topic = many

    def merge(self, other: "Change") -> "Change":
        return Change(self.topics | other.topics, self.assets | other.assets)


# --- what the library answers (rows for the fronts) --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileRow:
    """One place on disk of an asset."""

    id: int
    path: str  # for the eye; undecodable bytes shown as the replacement character
    raw: bytes  # as the file system spells it
    state: str  # present, missing, offline
    size: int
    mtime_ns: int
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What the grid draws of one asset."""

    id: int
    kind: Kind
    name: str
    taken: str
    duration: float | None
    pages: int | None
    width: int | None
    height: int | None
    rating: int | None
    safety: str  # "", safe, suggestive, explicit
    state: str  # waiting, running, done, failed
    error: str
    offline: bool
    preview: bool  # a preview is stored
    content: str


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset with all that the viewer shows beside it."""

    cell: Cell
    facts: Facts
    format: str
    size: int
    added: str
    files: tuple[FileRow, ...]
    tags: tuple[tuple[str, str], ...]  # name, provenance (file, you)
    jobs: tuple["JobRow", ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A stored finding with its provenance."""

    id: int
    analyzer: str
    version: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class MomentHit:
    """One moment that matched: why, its words with the matches marked, its score."""

    moment: Moment
    why: str  # "text in the picture", "page text", "file name", ...
    snippet: str
    marks: tuple[tuple[int, int], ...]  # character spans of the snippet that matched
    score: float  # higher is better, 0..1 within one result


@dataclass(frozen=True, slots=True)
class Hit:
    """One asset that matched, with its moments, best first."""

    asset: Cell
    path: str
    score: float
    moments: tuple[MomentHit, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found."""

    hits: tuple[Hit, ...]
    total: int
    over: bool  # there are more than `total`: counting was stopped
    note: str = ""  # "Showing results for ..." after a typo, ...
    took: float = 0.0  # seconds


@dataclass(frozen=True, slots=True)
class Listing:
    """The assets of a query in order, for a grid of any length."""

    ids: "array[int]"
    sections: tuple[tuple[str, int], ...]  # heading ("March 2024") and the index where it begins; empty by relevance
    note: str = ""
    over: bool = False
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class Completion:
    """One proposal for the search box: put `text` in place of start..end."""

    text: str
    shown: str
    help: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as the jobs view shows it."""

    id: int
    asset: int
    name: str  # of the asset's file
    analyzer: str
    state: JobState
    hold: int
    priority: int
    attempts: int
    error_code: str
    error: str
    hint: str
    updated: float  # unix seconds
    progress: float = 0.0  # 0..1 of a running one


@dataclass(frozen=True, slots=True)
class Rate:
    """How one analyzer gets on."""

    analyzer: str
    title: str
    waiting: int
    running: int
    done: int
    failed: int
    cancelled: int
    held: int
    reason: str  # why held or missing, for people
    per_second: float  # measured over the last attempts
    left: float | None  # seconds, None = not known yet


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The queue at a glance."""

    waiting: int
    running: int
    done: int
    failed: int
    cancelled: int
    held: int
    paused: bool
    per_second: float  # assets per second
    left: float | None  # seconds to the end, from measured rates
    rates: tuple[Rate, ...]
    trouble: str = ""  # a sentence, when work stands still


@dataclass(frozen=True, slots=True)
class Twin:
    """One member of a group of duplicates."""

    asset: AssetRow
    distance: int  # differing bits from the one to keep, 0 for exact copies
    keep: bool
    reason: str  # why it is the one to keep, or is not


@dataclass(frozen=True, slots=True)
class TwinGroup:
    """Files with the same content, or assets that look nearly the same."""

    key: str
    exact: bool
    members: tuple[Twin, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """A folder (or single file) that the user added."""

    id: int
    path: str
    raw: bytes
    watch: bool
    online: bool
    files: int


@dataclass(frozen=True, slots=True)
class AddReport:
    """What adding did."""

    seen: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    missing: int = 0
    left_out: int = 0
    failed: int = 0
