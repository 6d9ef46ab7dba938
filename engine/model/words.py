"""The words of Kinora as frozen dataclasses that every layer shares.

Units, everywhere: times in seconds, pages from 1, boxes as fractions 0..1 of the *upright* picture or page (left, top,
width, height), scores 0..1, bytes in bytes, dates as local ISO 8601 text beside a sortable number.
"""

import base64
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
    FACE = "face"  # a face in a box, or a track of one over a time span: `score`, `data` points and quality, vector
    POSE = "pose"  # a body in a box: `label` its posture, `data["points"]`, vector
    OBJECT = "object"  # a thing in a box: `label`, `score`
    SOUND = "sound"  # what is heard in a span: `label`, `score`
    SPEAKER = "speaker"  # one voice in one recording: `label` its number, `data["spans"]`, vector
    VECTOR = "vector"  # an embedding of the moment alone: `label` what it is of (picture, text)
    ROLE = "role"  # what a text in a picture is: `label` in title|caption|credit|sign|screen|logo, `data["text"]`
    REGION = "region"  # a part of a picture that may be a logo: vector
    OPINION = "opinion"  # a second opinion on safety: `label` a level, `score`


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


ABOUT_ASSETS = frozenset({"assets", "files", "findings", "decisions"})


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit changed: views decide from it what to refresh."""

    # assets, files, findings, jobs, settings, decisions, roots, health, packs, people, searches, albums
    topics: frozenset[str]
    assets: frozenset[int] = frozenset()  # touched assets; empty with a topic = many

    @property
    def many(self) -> bool:
        """Whether it is about more assets than are listed."""
        return not self.assets and not self.topics.isdisjoint(ABOUT_ASSETS)

    def merge(self, other: "Change") -> "Change":
        """Both as one; what touched many assets goes on to do so."""
        assets = frozenset[int]() if self.many or other.many else self.assets | other.assets
        return Change(self.topics | other.topics, assets)
