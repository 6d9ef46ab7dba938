"""The people of a library: the list, what the user says of them, questions worth asking, and erasing them."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from engine.decided import Decided
from engine.errors import KinoraError, NotFound
from engine.language import tr
from engine.model import AppearanceRow, Change, Erased, PersonRow, Step, Suggestion
from engine.people import beside, crops, erasure, exporting
from engine.people.refresh import Refresher
from engine.people.suggest import Suggester
from engine.store import audit, people, portraits
from engine.store.db import Database

T = TypeVar("T")
LOOKED = 60.0  # seconds: looking at somebody again sooner is no news
TOLD = (
    "name",
    "assign",
    "split",
    "deny",
    "merge",
    "hide",
    "pet",
    "ignore",
    "refresh",
    "erase",
    "erase_all",
    "export",
    "import",
)
Render = Callable[..., Path]


class People:
    """Everybody in one library. Every act of the user is a decision: undone by `library.undo`, never by a machine."""

    def __init__(
        self, database: Database, settings: Callable[[], Mapping[str, Any]], folder: Path, render: Render
    ) -> None:
        self._database = database
        self._folder = folder
        self._settings = settings
        self._decided = Decided(database)
        self._refresher = Refresher(database, settings)
        self._suggester = Suggester(database, settings)
        self._crops = crops.Crops(folder / "previews" / "faces", render)
        self._looked: dict[int, float] = {}
        self._lock = threading.Lock()

    # --- what is shown ------------------------------------------------------------------------------------------------

    def listing(self, hidden: bool = False, unnamed: bool = True) -> list[PersonRow]:
        """Everybody, those with a name first; `hidden` ones and those without a name when they are asked for."""
        with self._database.read() as connection:
            return portraits.listing(connection, hidden=hidden, unnamed=unnamed)

    def person(self, person_id: int) -> PersonRow:
        """One person. Raises NotFound."""
        with self._database.read() as connection:
            row = portraits.person(connection, person_id)
        self._look(person_id)
        return row

    def appearances(self, person_id: int | None, offset: int = 0, limit: int = 500) -> list[AppearanceRow]:
        """Where a person appears; None: faces and voices of nobody."""
        with self._database.read() as connection:
            return portraits.appearances(connection, person_id, offset, limit)

    def strangers(self, offset: int = 0, limit: int = 500) -> list[AppearanceRow]:
        """Faces of nobody that were not ignored, the clearest first."""
        with self._database.read() as connection:
            return portraits.strangers(connection, offset, limit)

    def count_strangers(self) -> int:
        """How many faces of nobody there are that were not ignored."""
        with self._database.read() as connection:
            return portraits.count_strangers(connection)

    def of_asset(self, asset_id: int) -> list[AppearanceRow]:
        """Who appears in an asset."""
        with self._database.read() as connection:
            return portraits.of_asset(connection, asset_id)

    def suggestions(self, person_id: int | None = None, limit: int = 20) -> list[Suggestion]:
        """Questions worth asking, about one person or about all; never one that was answered with no."""
        return self._suggester.suggestions(person_id, limit)

    def picture(self, appearance_id: int, side: int = 160) -> Path:
        """A JPEG of the face. Raises KinoraError (a voice has none)."""
        with self._database.read() as connection:
            row = portraits.appearance(connection, appearance_id)
            at = portraits.best_time(connection, appearance_id)
        if row.sort == "voice" or row.moment.box is None:
            raise NotFound(tr("A voice has no picture."), hint=tr("Play the recording from its moment instead."))
        return self._crops.picture(row, at, side)

    # --- what the user says -------------------------------------------------------------------------------------------

    def name(self, person_id: int, name: str) -> int:
        """Name a person; a name that somebody has already makes the two one. Return the person's id."""
        return self._decide(partial(people.name, person_id=person_id, text=name))

    def assign(self, appearance_ids: Sequence[int], person_id: int | None) -> int:
        """Say who these faces or voices are (None: somebody new); return the person's id."""
        return self._decide(partial(people.assign, ids=list(appearance_ids), person_id=person_id))

    def confirm(self, appearance_ids: Sequence[int]) -> None:
        """Say that these are who they are taken for."""
        self._decide(partial(people.confirm, ids=list(appearance_ids)))

    def deny(self, appearance_ids: Sequence[int], person_id: int) -> None:
        """Say that these are not that person."""
        self._decide(partial(people.deny, ids=list(appearance_ids), person_id=person_id))

    def never(self, person_id: int, other_id: int) -> None:
        """Say that these two are never one."""
        self._decide(partial(people.never, person_id=person_id, other_id=other_id))

    def merge(self, ids: Sequence[int]) -> int:
        """Make several people one; return the id that stays."""
        return self._decide(partial(people.merge, ids=list(ids)))

    def split(self, appearance_ids: Sequence[int]) -> int:
        """Make a person of their own of these; return the id."""
        return self._decide(partial(people.split, ids=list(appearance_ids)))

    def hide(self, ids: Sequence[int], on: bool = True) -> None:
        """Leave people out of the list, or take them in again."""
        self._decide(partial(people.hide, ids=list(ids), on=on))

    def pet(self, ids: Sequence[int], on: bool = True) -> None:
        """Say that these are pets (or that they are none): they stand apart, and are never asked about with people."""
        self._decide(partial(people.pet, ids=list(ids), on=on))

    def pet_of(self, appearance_ids: Sequence[int]) -> int:
        """Make one pet of these faces of nobody; return its number."""
        return self._decide(partial(people.pet_of, ids=list(appearance_ids)))

    def ignore(self, appearance_ids: Sequence[int] | None = None, on: bool = True) -> int:
        """Leave these faces of nobody alone (None: all of them), or show them again; return how many."""
        ids = None if appearance_ids is None else list(appearance_ids)
        return self._decide(partial(people.ignore, ids=ids, on=on))

    def cover(self, person_id: int, appearance_id: int) -> None:
        """Choose the face that stands for a person."""
        self._decide(partial(people.cover, person_id=person_id, appearance_id=appearance_id))

    def _decide(self, work: Callable[..., T]) -> T:
        return self._decided.record(work)

    def _look(self, person_id: int) -> None:
        now = time.time()
        with self._lock:
            if not self._database.own or now - self._looked.get(person_id, 0.0) < LOOKED:
                return
            self._looked[person_id] = now
        self._database.submit(partial(people.used, person_id=person_id, at=now))

    # --- care ---------------------------------------------------------------------------------------------------------

    def refresh(self) -> Iterator[Step]:
        """Find out who is who now."""
        yield from self._refresher.refresh(force=True)

    def erase(self, person_id: int) -> Erased:
        """Erase all that is known of a person: vectors, findings, names; return the counts before and after."""
        with self._refresher.resting():
            found = erasure.erase(self._database, self._folder, person_id, self._settings())
        self._log(f"#{person_id}")
        return found

    def erase_all(self) -> Erased:
        """Erase everybody: every vector, finding and name of faces and voices; return the counts before and after."""
        with self._refresher.resting():
            found = erasure.erase_all(self._database, self._folder)
        self._log("everybody")
        return found

    def _log(self, about: str) -> None:
        """Write an erasure into the log that stays: a number, never a name."""
        self._database.write(lambda connection: audit.append(connection, audit.Act("local", "people.erase", about)))

    def resume(self) -> None:
        """End an erasure that was interrupted."""
        with self._refresher.resting():
            erasure.resume(self._database, self._folder)

    def export(self, target: Path) -> Path:
        """Write all that is known of people into a new folder inside `target`; return it. Raises StoreError."""
        made = exporting.export(self._database, self._crops, target)
        if self._database.own:
            told = audit.Act("local", "export", "people")
            self._database.submit(lambda connection: audit.append(connection, told))
        return made

    def import_regions(self) -> Iterator[Step]:
        """Take over the faces that XMP files beside photos and videos name; the last step says how many."""
        yield from beside.take(self._database, self._folder / "logs" / "workers.log")

    def told(self, act: str, **given: Any) -> Any:
        """Do what another start of Kinora asks for; the answer is plain data. Raises KinoraError."""
        if act not in TOLD:
            raise KinoraError(tr("People cannot be told to {act}.", act=act))
        if act == "refresh":
            return sum(1 for _ in self.refresh())
        if act == "export":
            return str(self.export(Path(given["target"])))
        if act == "import":
            return deque((step.text for step in self.import_regions()), maxlen=1)[0]
        answer = getattr(self, act)(**given)
        return asdict(answer) if isinstance(answer, Erased) else answer

    def heard(self, change: Change) -> None:
        """The library changed: compare again soon when it was about people."""
        if "people" in change.topics and not change.topics.isdisjoint({"findings", "decisions"}):
            self._refresher.stale()

    def settle(self) -> None:
        """Bring who-is-who up to date before the answer."""
        self._refresher.settle()

    @property
    def busy(self) -> bool:
        """Whether faces and voices are compared now."""
        return self._refresher.busy

    def close(self) -> None:
        """Stop what runs in the background."""
        with contextlib.suppress(RuntimeError):
            self._refresher.close()
