"""A library in memory with the facade of `engine.library.Library`, for tests of the window."""

import threading
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine import settings
from engine.errors import FileMissing, NotFound, QueryError
from engine.model import (
    AddReport,
    AssetRow,
    Cell,
    Change,
    Completion,
    Facet,
    Facts,
    FileRow,
    FoundRow,
    Hit,
    JobRow,
    Kind,
    Listing,
    Moment,
    MomentHit,
    QueueStatus,
    Results,
    Root,
    Step,
    TwinGroup,
)
from engine.model.health import Health
from engine.model.start import Invitation
from tests.desktop import asked, caring, filmed, hosting, judged, keeping, senses

KINDS = (Kind.PHOTO, Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT, Kind.AUDIO, Kind.PHOTO)


def cell(number: int, **changes: Any) -> Cell:
    """A cell as the store would give it."""
    kind = KINDS[number % len(KINDS)]
    values: dict[str, Any] = {
        "id": number, "kind": kind, "name": f"{kind.value}-{number:05}.jpg", "taken": "2024-03-02T10:00:00",
        "duration": 72.0 if kind in (Kind.VIDEO, Kind.AUDIO) else None, "pages": 4 if kind is Kind.DOCUMENT else None,
        "width": 400, "height": 300, "rating": number % 6 or None, "safety": "", "state": "done", "error": "",
        "offline": False, "preview": False, "content": f"{number:064x}",
    }  # fmt: skip
    return Cell(**(values | changes))


class Standin:
    """Assets 1..count in sections of 600; the query `zzz` finds nothing, `(` is a mistake, words find the first ten."""

    def __init__(self, path: Path, count: int = 60, *, sections: int = 600) -> None:
        self.path = path
        self.owner = True
        self.count = count
        self.section = sections
        self.changes: dict[int, dict[str, Any]] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.given: dict[str, Any] = {}
        self.pictures: dict[int, Path] = {}
        self.steps: threading.Semaphore | None = None  # of an add that may be taken; None: all
        self.done: list[str] = []
        self.undone: list[str] = []
        self.tag_names: dict[int, list[str]] = {}
        self.known_roots: list[Root] = [Root(1, "/pictures", b"/pictures", True, True, count)] if count else []
        self.last_report = AddReport()
        self.status_now = QueueStatus(0, 0, count, 0, 0, 0, False, 0.0, None, ())
        self.listeners: list[Callable[[Change], None]] = []
        self.closed = False
        self.found: dict[int, list[FoundRow]] = {}
        self.rough = False  # counts of facets are estimated first
        self.lacks = ""  # what a search would say is missing
        self.care = caring.StandinCare(self)
        self.packs = senses.StandinPacks(self)
        self.people = senses.StandinPeople(self)
        self.sidecars = senses.StandinSidecars(self)
        self.searches = senses.StandinSearches(self)
        self.albums = keeping.StandinAlbums(self)
        self.keep = keeping.StandinKeep(self)
        self.logos = senses.StandinLogos(self)
        self.atlas = asked.StandinAtlas(self)
        self.history = asked.StandinHistory(self)
        self.pasted = asked.StandinPasted(self)
        self.judging = judged.StandinJudging(self)
        self.corrections = judged.StandinCorrections(self)
        self.clips = filmed.StandinClips(self)
        self.measures = filmed.StandinMeasures()
        self.exports = filmed.StandinExports(self)
        self.hosts = hosting.StandinHosts(self)
        self.rentals = hosting.StandinRentals(self)

    # --- life

    def close(self) -> None:
        self.closed = True

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def answer(self, command: str, handler: Callable[..., Any]) -> None:
        self.calls.append(("answer", command))

    def tell(self, *topics: str, assets: Collection[int] = ()) -> None:
        for listener in list(self.listeners):
            listener(Change(frozenset(topics), frozenset(assets)))

    # --- adding

    def add(self, paths: Sequence[Any], *, watch: bool | None = None) -> Iterator[Step]:
        self.calls.append(("add", [Path(path) for path in paths]))
        for number in range(1, 6):
            if self.steps is not None:
                self.steps.acquire(timeout=60)
            yield Step(number, 5, "reading")
        self.count += 5
        self.last_report = AddReport(seen=5, added=5)
        self.known_roots = [Root(1, str(paths[0]), b"x", True, True, self.count)]
        self.tell("assets", "files", "roots")

    def rescan(self) -> Iterator[Step]:
        self.calls.append(("rescan",))
        yield Step(1, 1)

    def roots(self) -> list[Root]:
        return self.known_roots

    def remove_root(self, number: int) -> None:
        self.known_roots = [root for root in self.known_roots if root.id != number]

    # --- reading

    def listing(self, text: str = "", sort: str = "taken", *, opened: Collection[int] | None = None) -> Listing:
        self.calls.append(("listing", text, sort))
        members = self.albums.of(text)
        if members is not None:
            return Listing(array("q", members), ())
        if "(" in text:
            at = text.index("(")
            raise QueryError("This bracket is not closed.", start=at, end=at + 1, hint="Write ) after the words.")
        count = 0 if "zzz" in text else 10 if text and ":" not in text else self.count // 2 if text else self.count
        ids = array("q", range(1, count + 1))
        months = ("March", "February", "January", "December")
        starts = range(0, count, self.section)
        sections = tuple((f"{months[n % 4]} {2024 - n // 4}", start) for n, start in enumerate(starts))
        found = Listing(ids, () if sort == "relevance" else sections, "", False, 0.004)
        return found if opened is None or not self.keep.stacks else self.keep.folded(found, opened)

    def cells(self, ids: Sequence[int]) -> list[Cell]:
        return [self._cell(number) for number in ids if number <= self.count]

    def _cell(self, number: int) -> Cell:
        changes = {"preview": number in self.pictures} | self.changes.get(number, {})
        return cell(number, **changes)

    def asset(self, number: int) -> AssetRow:
        if not 0 < number <= self.count:
            raise NotFound(f"There is no asset {number}.")
        row = self._cell(number)
        file = FileRow(number, f"/pictures/folder/{row.name}", b"x", "present", 123_456, 0)
        tags = (*((name, "you") for name in self.tag_names.get(number, ())), ("harbour", "file"))
        facts = Facts(width=4000, height=3000, camera="Nikon Z 6", place="Arezzo, Tuscany, Italy", title="A title")
        albums = tuple((one.id, one.name) for one in self.albums.listing() if number in self.albums.members[one.id])
        note = self.keep.notes.get(number, "")
        return AssetRow(row, facts, "JPEG", 123_456, "2026-01-02T03:04:05", (file,), tags, (), note=note, albums=albums)

    def findings(self, number: int, kinds: Any = None) -> list[FoundRow]:
        return [one for one in self.found.get(number, []) if kinds is None or one.finding.kind in kinds]

    def facets(self, text: str = "", exact: bool = False) -> list[Facet]:
        return [replace(one, about=self.rough and not exact) for one in senses.facets(text)]

    def explain(self, text: str, number: int) -> tuple[MomentHit, ...]:
        return senses.explained(text, self.moments(number, text))

    def search(self, text: str, limit: int = 50) -> Results:
        ids = self.listing(text, "relevance").ids[:limit]
        hits = tuple(Hit(self._cell(n), f"/pictures/folder/{n}.jpg", 1 / n, self.moments(n, text)) for n in ids)
        return Results(hits, len(ids), False, missing=self.lacks)

    def moments(self, number: int, text: str) -> tuple[MomentHit, ...]:
        snippet = "the quick brown fox jumps over the lazy harbour dog near the old town"
        return (
            MomentHit(Moment(start=12.5 + number), "text in the picture", snippet, ((4, 9), (16, 19)), 0.9),
            MomentHit(Moment(page=3), "page text", snippet, ((40, 47),), 0.5),
        )

    def invitations(self, most: int = 3) -> list[Invitation]:
        found = [Invitation("place:Rome", "Rome", "place", 12), Invitation("harbour", "harbour", "word", 3)]
        return found[:most] if self.count else []

    def complete(self, text: str, cursor: int) -> list[Completion]:
        word = text[:cursor].split(" ")[-1]
        start = cursor - len(word)
        if word.startswith("type:"):
            return [Completion(f"type:{kind} ", kind, "kind", start, cursor) for kind in ("photo", "video")]
        names = ("type:", "place:", "year:", "tag:")
        return [Completion(name, name, "a filter", start, cursor) for name in names if name.startswith(word)]

    def preview(self, number: int) -> Path | None:
        return self.pictures.get(number)

    def render(self, number: int, *, side: int, page: int | None = None, time: float | None = None) -> Path:
        if number not in self.pictures:
            raise FileMissing("The file cannot be reached now.")
        return self.pictures[number]

    def original(self, number: int) -> Path:
        if number not in self.pictures:
            raise FileMissing(f"The file of asset {number} cannot be reached now.")
        return self.pictures[number]

    # --- jobs

    def queue(self) -> QueueStatus:
        return self.status_now

    def jobs(self, state: Any = None, limit: int = 500) -> list[JobRow]:
        return []

    def retry(self, ids: Any = None) -> int:
        return 0

    def cancel(self, ids: Any = None) -> int:
        return 0

    def pause(self) -> None:
        self.calls.append(("pause",))

    def resume(self) -> None:
        self.calls.append(("resume",))

    def visible(self, ids: Sequence[int]) -> None:
        self.calls.append(("visible", tuple(ids)))

    # --- decisions

    def rate(self, ids: Sequence[int], stars: int | None) -> None:
        for number in ids:
            self.changes.setdefault(number, {})["rating"] = stars
        self.done.append(f"{stars} stars")
        self.calls.append(("rate", tuple(ids), stars))
        self.tell("decisions", "assets", assets=ids)

    def tag(self, ids: Sequence[int], name: str) -> None:
        for number in ids:
            self.tag_names.setdefault(number, []).append(name)
        self.done.append(f"tag {name}")
        self.calls.append(("tag", tuple(ids), name))
        self.tell("decisions", "assets", assets=ids)

    def untag(self, ids: Sequence[int], name: str) -> None:
        for number in ids:
            self.tag_names[number].remove(name)
        self.calls.append(("untag", tuple(ids), name))
        self.tell("decisions", "assets", assets=ids)

    def not_twins(self, ids: Sequence[int]) -> None:
        self.calls.append(("not_twins", tuple(ids)))

    def undo(self) -> str | None:
        if not self.done:
            return None
        self.undone.append(self.done.pop())
        return f"Undone: {self.undone[-1]}"

    def redo(self) -> str | None:
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return f"Done again: {self.done[-1]}"

    def tags(self) -> list[tuple[str, int]]:
        return [("harbour", 3), ("birthday", 1)]

    def duplicates(self, exact: bool | None = None) -> list[TwinGroup]:
        return []

    def file_trashed(self, number: int) -> None:
        self.calls.append(("trashed", number))

    # --- settings

    def settings(self) -> dict[str, Any]:
        return settings.defaults() | self.given

    def set(self, key: str, value: Any) -> Any:
        self.given[key] = settings.option(key).clean(value)
        self.calls.append(("set", key, value))
        self.tell("settings")
        return self.given[key]

    def health(self) -> Health:
        return self.care.health()

    def status(self) -> dict[str, Any]:
        return {"assets": self.count}
