"""Packs, people, saved searches and logos in memory, with the facades of the engine, for tests of the window."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ConsentNeeded, KinoraError, NotFound
from engine.language import tr
from engine.model import (
    AppearanceRow,
    Box,
    Contribution,
    Erased,
    Facet,
    FacetValue,
    Moment,
    MomentHit,
    PackRow,
    PersonRow,
    SavedSearch,
    SidecarReport,
    Step,
    Suggestion,
    TaskRow,
)

if TYPE_CHECKING:
    from tests.desktop.standin import Standin


def pack(identifier: str, task: str, **changes: Any) -> PackRow:
    """A pack as the engine would list it."""
    values: dict[str, Any] = {
        "id": identifier, "version": 1, "title": identifier.replace("-", " ").title(), "tasks": (task,),
        "summary": "Does what it says.", "size": 13_000_000, "licence": "Apache-2.0",
        "terms": "Free to use, also for money.", "commercial": True, "consent": False, "languages": (),
        "source": "example.org", "state": "available",
    }  # fmt: skip
    return PackRow(**(values | changes))


TASKS = (
    ("face-detection", "Finding faces", "Finds faces and their five points.", ("Faces",)),
    ("speech", "Speech to text", "Writes down what is said.", ("Speech",)),
    ("image-text", "Search by meaning", "Puts pictures and words into one space.", ("Meaning",)),
)


class StandinPacks:
    """Three packs for three tasks; `fail` makes the next install fail."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.rows = {
            one.id: one
            for one in (
                pack("small-faces", "face-detection", state="installed", chosen_for=("face-detection",), speed=42.0),
                pack("big-faces", "face-detection", licence="InsightFace", commercial=False, consent=True,
                     terms="Only for research that earns no money.", size=180_000_000),
                pack("whisper-base", "speech", languages=("en", "de", "fr", "it", "ja"), size=145_000_000),
            )
        }  # fmt: skip
        self.error: KinoraError | None = None
        self.gate: threading.Event | None = None  # while it is not set, an installation stands after its first part

    def listing(self) -> list[PackRow]:
        return list(self.rows.values())

    def tasks(self) -> list[TaskRow]:
        found = []
        for name, title, help_, analyzers in TASKS:
            fitting = [row for row in self.rows.values() if name in row.tasks]
            ready = tuple(row.id for row in fitting if row.state in ("installed", "bundled"))
            now = next((row.id for row in fitting if name in row.chosen_for), "")
            note = "" if now or name != "speech" else "12 videos have no transcript: install a speech pack"
            found.append(TaskRow(name, title, help_, now, ready, analyzers, 12 if note else 0, note))
        return found

    def install(self, pack_id: str, consent: bool = False) -> Iterator[Step]:
        self.library.calls.append(("install", pack_id, consent))
        row = self.rows[pack_id]
        for part in range(1, 6):
            if part > 1 and self.gate is not None:
                self.gate.wait(60)
            yield Step(row.size * part / 5, row.size, "weights")
            if self.error is not None and part == 2:
                raise self.error
        self.rows[pack_id] = replace(row, state="installed", chosen_for=row.tasks)
        self.library.tell("settings", "jobs")

    def import_(self, path: Path, consent: bool = False) -> Iterator[Step]:
        self.library.calls.append(("import", path, consent))
        yield Step(1, 2, "Looking")
        if "strict" in path.name and not consent:
            raise ConsentNeeded("This pack is only for research.")
        self.rows[path.stem] = pack(path.stem, "image-text", state="installed", chosen_for=("image-text",))
        self.library.tell("settings")

    def remove(self, pack_id: str) -> None:
        self.library.calls.append(("remove", pack_id))
        self.rows[pack_id] = replace(self.rows[pack_id], state="available", chosen_for=())

    def choose(self, task: str, pack_id: str) -> None:
        self.library.calls.append(("choose", task, pack_id))
        self.library.given[f"packs.{task}"] = pack_id

    def check(self, pack_id: str) -> Iterator[Step]:
        self.library.calls.append(("check", pack_id))
        yield Step(1, 3, "Reading")
        if self.error is not None:
            raise self.error

    def offers(self) -> list[PackRow]:
        return [row for row in self.rows.values() if row.commercial and not row.consent]

    def missing(self) -> list[str]:
        return [task.note for task in self.tasks() if task.note]


def person(number: int, name: str = "", **changes: Any) -> PersonRow:
    """A person as the engine would list one."""
    values: dict[str, Any] = {
        "id": number, "name": name, "hidden": False, "faces": 8, "voices": 1 if name else 0, "assets": 6,
        "cover": number * 100, "named": bool(name),
    }  # fmt: skip
    return PersonRow(**(values | changes))


class StandinPeople:
    """Anna and Ben with eight faces each, and four who have no name."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.rows = {1: person(1, "Anna"), 2: person(2, "Ben"), **{n: person(n) for n in range(3, 7)}}
        self.faces: dict[int, AppearanceRow] = {}
        for one in self.rows.values():
            for index in range(one.faces):
                self._face(one, one.id * 100 + index, index)
        self.questions: list[Suggestion] = []
        self.ignored: set[int] = set()
        self.pictures: dict[int, Path] = {}
        self.numbers = itertools.count(50)

    def _face(self, one: PersonRow, number: int, index: int) -> None:
        box = Box(0.2 + 0.1 * (one.id % 3), 0.2, 0.15, 0.2)
        sort = "voice" if one.named and index == 7 else "face"
        moment = Moment(start=4.0, end=9.0) if sort == "voice" else Moment(box=box)
        asset = 3 if sort == "voice" else index + 1
        self.faces[number] = AppearanceRow(number, sort, asset, moment, 0.9, one.id, one.name, "auto")

    def listing(self, hidden: bool = False, unnamed: bool = True) -> list[PersonRow]:
        return [one for one in self.rows.values() if (hidden or not one.hidden) and (unnamed or one.named)]

    def person(self, number: int) -> PersonRow:
        if number not in self.rows:
            raise NotFound("This person is not there any more.")
        return self.rows[number]

    def appearances(self, person_id: int | None, offset: int = 0, limit: int = 500) -> list[AppearanceRow]:
        return [one for one in self.faces.values() if one.person == person_id][offset : offset + limit]

    def strangers(self, offset: int = 0, limit: int = 500) -> list[AppearanceRow]:
        ignored = self.ignored
        found = [one for one in self.faces.values() if one.person is None and one.id not in ignored]
        return found[offset : offset + limit]

    def count_strangers(self) -> int:
        return len(self.strangers(0, 10**6))

    def pet(self, ids: Sequence[int], on: bool = True) -> None:
        self._did(("pet", tuple(ids), on), "a pet")
        for number in ids:
            self.rows[number] = replace(self.rows[number], pet=on)
        self._tell()

    def pet_of(self, appearance_ids: Sequence[int]) -> int:
        made = self.assign(appearance_ids, None)
        self.pet([made])
        return made

    def ignore(self, appearance_ids: Sequence[int] | None = None, on: bool = True) -> int:
        ids = [one.id for one in self.strangers()] if appearance_ids is None else list(appearance_ids)
        self._did(("ignore", tuple(ids), on), "ignoring")
        self.ignored = self.ignored | set(ids) if on else self.ignored - set(ids)
        self._tell()
        return len(ids)

    def of_asset(self, asset_id: int) -> list[AppearanceRow]:
        return [one for one in self.faces.values() if one.asset == asset_id]

    def suggestions(self, person_id: int | None = None, limit: int = 20) -> list[Suggestion]:
        return [one for one in self.questions if person_id in (None, one.person.id)][:limit]

    def name(self, person_id: int, name: str) -> int:
        self._did(("name", person_id, name), f"the name {name}")
        same = next((one.id for one in self.rows.values() if one.name.casefold() == name.casefold()), None)
        if same is not None and same != person_id:
            return self._join([same, person_id])
        self.rows[person_id] = replace(self.rows[person_id], name=name, named=bool(name))
        self._tell()
        return person_id

    def assign(self, appearance_ids: Sequence[int], person_id: int | None) -> int:
        self._did(("assign", tuple(appearance_ids), person_id), "moving faces")
        target = person_id
        if target is None:
            target = next(self.numbers)
            self.rows[target] = person(target, faces=len(appearance_ids), cover=appearance_ids[0])
        for number in appearance_ids:
            self.faces[number] = replace(self.faces[number], person=target, name=self.rows[target].name, how="you")
        self._tell()
        return target

    def confirm(self, appearance_ids: Sequence[int]) -> None:
        self._did(("confirm", tuple(appearance_ids)), "a confirmation")

    def deny(self, appearance_ids: Sequence[int], person_id: int) -> None:
        self._did(("deny", tuple(appearance_ids), person_id), "“not this person”")
        gone = set(appearance_ids)
        self.questions = [one for one in self.questions if one.appearance is None or one.appearance.id not in gone]
        for number in appearance_ids:
            self.faces[number] = replace(self.faces[number], person=None, name="", how="")
        self._tell()

    def never(self, person_id: int, other_id: int) -> None:
        self._did(("never", person_id, other_id), "“never the same”")
        self.questions = [one for one in self.questions if one.other is None or one.other.id != other_id]
        self._tell()

    def merge(self, ids: Sequence[int]) -> int:
        self._did(("merge", tuple(ids)), "a merge")
        return self._join(ids)

    def _join(self, ids: Sequence[int]) -> int:
        first, *others = ids
        for number, one in list(self.faces.items()):
            if one.person in others:
                self.faces[number] = replace(one, person=first, name=self.rows[first].name)
        for other in others:
            self.rows.pop(other)
        self.questions = [one for one in self.questions if one.other is None or one.other.id not in others]
        self.rows[first] = replace(self.rows[first], faces=len(self.appearances(first)))
        self._tell()
        return first

    def split(self, appearance_ids: Sequence[int]) -> int:
        return self.assign(appearance_ids, None)

    def hide(self, ids: Sequence[int], on: bool = True) -> None:
        self._did(("hide", tuple(ids), on), "hiding")
        for number in ids:
            self.rows[number] = replace(self.rows[number], hidden=on)
        self._tell()

    def cover(self, person_id: int, appearance_id: int) -> None:
        self._did(("cover", person_id, appearance_id), "a cover")
        self.rows[person_id] = replace(self.rows[person_id], cover=appearance_id)
        self._tell()

    def erase(self, person_id: int) -> Erased:
        self.library.calls.append(("erase", person_id))
        before = {"faces": len(self.appearances(person_id)), "vectors": 8, "names": 1}
        self.rows.pop(person_id)
        self.faces = {number: one for number, one in self.faces.items() if one.person != person_id}
        self._tell()
        return Erased(before, dict.fromkeys(before, 0))

    def erase_all(self) -> Erased:
        self.library.calls.append(("erase_all",))
        before = {"people": len(self.rows), "faces": len(self.faces)}
        self.rows, self.faces, self.questions = {}, {}, []
        self._tell()
        return Erased(before, dict.fromkeys(before, 0))

    def export(self, target: Path) -> Path:
        target.write_text("{}", encoding="utf-8")
        return target

    def refresh(self) -> Iterator[Step]:
        self.library.calls.append(("refresh",))
        yield Step(1, 1)

    def import_regions(self) -> Iterator[Step]:
        self.library.calls.append(("import",))
        yield Step(1, 2, "1 face in 1 file")
        yield Step(2, 2, "2 faces in 1 file, 2 people.")

    def picture(self, appearance_id: int, side: int = 160) -> Path:
        found = self.pictures.get(appearance_id) or self.pictures.get(0)
        if found is None:
            raise NotFound("There is no picture of this face.")
        return found

    def _did(self, call: tuple[Any, ...], words: str) -> None:
        self.library.calls.append(call)
        self.library.done.append(words)

    def _tell(self) -> None:
        self.library.tell("people")


class StandinSidecars:
    """Writes nothing, and says what it would have done."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.report = SidecarReport()
        self.error: KinoraError | None = None

    def export(
        self, what: str | Sequence[int], folder: Path | None, style: str = "long", *, sure: bool = False
    ) -> Iterator[Step]:
        named = what if isinstance(what, str) else tuple(what)
        self.library.calls.append(("sidecars", named, folder, style, sure))
        yield Step(1, 2, "1 sidecar written")
        if self.error is not None:
            raise self.error
        self.report = SidecarReport(
            written=2, refused=1, reasons=[("/pictures/a.jpg.xmp", "This XMP file is damaged.")]
        )
        yield Step(2, 2, "2 sidecars written. 1 was left alone; the log says why.")

    def take(self, wanted: Sequence[str] = ()) -> Iterator[Step]:
        self.library.calls.append(("take", tuple(wanted)))
        self.library.done.append("taking over")
        yield Step(1, 1, "1 rating, 2 keywords, 0 faces in 1 file.")


class StandinSearches:
    """Saved searches in a list."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.rows: list[SavedSearch] = []

    def listing(self) -> list[SavedSearch]:
        return list(self.rows)

    def save(self, name: str, query: str, sort: str = "") -> SavedSearch:
        made = SavedSearch(len(self.rows) + 1, name, query, sort)
        self.rows.append(made)
        self.library.tell("searches")
        return made

    def rename(self, number: int, name: str) -> None:
        self.rows = [replace(one, name=name) if one.id == number else one for one in self.rows]
        self.library.tell("searches")

    def delete(self, number: int) -> None:
        self.rows = [one for one in self.rows if one.id != number]
        self.library.tell("searches")


class StandinLogos:
    """Taught logos."""

    def __init__(self, library: "Standin") -> None:
        self.library = library

    def listing(self) -> list[tuple[int, str, int]]:
        return []

    def teach(self, name: str, asset_id: int, box: Box, time: float | None = None, page: int | None = None) -> int:
        self.library.calls.append(("teach", name, asset_id, box))
        return 1

    def forget(self, number: int) -> None:
        self.library.calls.append(("forget", number))


def facets(query: str) -> list[Facet]:
    """Two facets of any result."""

    def value(name: str, word: str, shown: str, count: int) -> FacetValue:
        return FacetValue(word, shown, count, f"{query} {name}:{word}".strip())

    return [
        Facet("type", tr("Type"), (value("type", "photo", "Photo", 40), value("type", "video", "Video", 12))),
        Facet("shows", tr("Shows"), (value("shows", "dog", "dog", 7),)),
    ]


def explained(query: str, moments: tuple[MomentHit, ...]) -> tuple[MomentHit, ...]:
    """The moments with what each word gave them."""
    parts = (
        Contribution(query, "meaning of the picture", 1, 0.31, 0.97, 0.7),
        Contribution(query, "words", 4, 2.5, None, 0.3),
    )
    return tuple(replace(one, better=0.97, parts=parts) for one in moments)
