"""What the library answers: rows that the window, the command line and every other front draw."""

from array import array
from dataclasses import dataclass, field, replace
from typing import Self

from engine.model.words import Facts, Finding, JobState, Kind, Moment


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
    favourite: bool = False
    stack: int = 0  # the stack that it stands in, 0 for none
    stacked: int = 0  # how many of that stack are shown


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
    note: str = ""
    albums: tuple[tuple[int, str], ...] = ()  # number, name
    names: frozenset[str] = frozenset()  # those of its tags that say who is in it

    def nameless(self) -> Self:
        """The same asset in a library that knows nobody's name."""
        known = {name.casefold() for name in self.names}
        words = tuple(one for one in self.facts.keywords if " ".join(one.split()).casefold() not in known)
        return replace(self, facts=replace(self.facts, keywords=words), names=frozenset(),
                       tags=tuple(one for one in self.tags if one[0] not in self.names))  # fmt: skip


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
    better: float | None = None  # share of the library, 0..1, that it is better than; None where nothing is measured
    parts: tuple["Contribution", ...] = ()  # what each part of the query gave it, the largest first
    sort: str = ""  # where the words stand: speech, subtitle, ocr, page, ...; empty where there are none
    speaker: str = ""  # of a line of speech, where the voice has a name


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one part of a query contributes to a hit."""

    part: str  # as it was typed
    why: str  # "meaning of the picture", "words", "person", ...
    rank: int | None = None  # its place in that part's own list, from 1
    score: float | None = None  # in that part's own measure
    better: float | None = None  # share of the library, 0..1, that it is better than
    share: float = 0.0  # of the hit's score, 0..1


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
    missing: str = ""  # "12 videos have no transcript: install a speech pack", when that may be why


@dataclass(frozen=True, slots=True)
class Listing:
    """The assets of a query in order, for a grid of any length."""

    ids: "array[int]"
    sections: tuple[tuple[str, int], ...]  # heading ("March 2024") and the index where it begins; empty by relevance
    note: str = ""
    over: bool = False
    took: float = 0.0
    under: "array[int]" = field(default_factory=lambda: array("q"))  # found too, but behind another one of a stack
    front: "array[int]" = field(default_factory=lambda: array("q"))  # of each of these the row in front, ascending


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
    host: str = ""  # which has a running one; empty: this machine


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
    resting: str = ""  # a sentence, while it pauses by itself (on battery, ...)
    slowed: bool = False  # it goes on one at a time instead; `resting` says why


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


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value by which a result can be narrowed; `query` is the search that does it."""

    value: str
    shown: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A property with its most frequent values within a result."""

    name: str  # of the filter: type, person, year, place, shows, sound, ...
    title: str
    values: tuple[FacetValue, ...]
    about: bool = False  # its counts are estimated


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that the user keeps."""

    id: int
    name: str
    query: str
    sort: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person, named or not."""

    id: int
    name: str  # empty while nobody said
    hidden: bool
    faces: int
    voices: int
    assets: int
    cover: int | None  # the appearance that stands for the person
    named: bool = False
    pet: bool = False


@dataclass(frozen=True, slots=True)
class AppearanceRow:
    """A face in a picture or film, or a voice in a recording: where a person appears."""

    id: int
    sort: str  # face, voice
    asset: int
    moment: Moment
    quality: float  # 0..1
    person: int | None
    name: str  # of the person
    how: str  # "" nobody's, auto, you, file
    score: float | None = None  # likeness to the person it is offered for, 0..1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question worth asking: is this person (or this appearance) that one?"""

    person: PersonRow
    other: PersonRow | None  # a cluster that may be the same person
    appearance: AppearanceRow | None  # or a single appearance
    score: float  # likeness, 0..1


@dataclass(frozen=True, slots=True)
class Erased:
    """The proof of an erasure: what was counted before, and after it (all zero)."""

    before: dict[str, int]
    after: dict[str, int]


@dataclass(frozen=True, slots=True)
class PackRow:
    """A pack as the packs view shows it."""

    id: str
    version: int
    title: str
    tasks: tuple[str, ...]
    summary: str
    size: int  # bytes
    licence: str  # its name
    terms: str  # in plain words
    commercial: bool
    consent: bool  # must be asked for before it is installed
    languages: tuple[str, ...]
    source: str  # where it comes from, for people
    state: str  # available, installed, bundled, damaged
    chosen_for: tuple[str, ...] = ()  # tasks that it serves now
    speed: float | None = None  # units a second on this machine
    unit: str = ""  # what the speed counts: pictures, seconds of sound, texts
    problem: str = ""  # why it is damaged or cannot be used here
    hint: str = ""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task that packs serve, and what stands still without one."""

    task: str
    title: str  # "Speech to text"
    help: str
    pack: str  # the one that serves it now, empty while none does
    packs: tuple[str, ...]  # installed ones that could
    analyzers: tuple[str, ...]  # titles of what needs it
    waiting: int  # jobs that wait for it
    note: str  # "12 videos have no transcript: install a speech pack", empty when all is well
