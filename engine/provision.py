"""The packs of a library: what there is, what serves which task, what stands still without one, and changing that."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.analyzers import ANALYZERS, Analyzer
from engine.errors import KinoraError, NotFound, PackInvalid
from engine.home import packs_folder
from engine.language import both, mark, tr, trn
from engine.model import PackRow, Step, TaskRow
from engine.packs import catalogue, placing, shelf
from engine.packs import install as packing
from engine.packs.pack import TASK_BY_NAME, TASKS, Pack
from engine.store import queue
from engine.store.db import Database

log = logging.getLogger(__name__)

FRESH = 3.0  # seconds that the counts of waiting jobs are kept
# What is said of one asset and of several whose jobs wait for a task, and how it is mended.
LACK: Mapping[str, tuple[str, str, str]] = {
    "face-detection": (mark("{files} was not searched for faces"), mark("{files} were not searched for faces"),
                       mark("install a pack that finds faces")),
    "face-embedding": (mark("{files} was not searched for people"), mark("{files} were not searched for people"),
                       mark("install a pack that tells faces apart")),
    "pose": (mark("{files} has no body postures"), mark("{files} have no body postures"), mark("install a pose pack")),
    "objects": (mark("{files} was not searched for things"), mark("{files} were not searched for things"),
                mark("install an objects pack")),
    "tags": (mark("{files} has no tags"), mark("{files} have no tags"), mark("install a tags pack")),
    "image-text": (mark("{files} is not found by meaning"), mark("{files} are not found by meaning"),
                   mark("install a pack for search by meaning")),
    "picture-embedding": (mark("{files} is not compared by looks"), mark("{files} are not compared by looks"),
                          mark("install a pack for alike pictures")),
    "text-embedding": (mark("{files} has text that is not found by meaning"),
                       mark("{files} have text that is not found by meaning"),
                       mark("install a pack for the meaning of text")),
    "safety": (mark("{files} has no second opinion on safety"), mark("{files} have no second opinion on safety"),
               mark("install a safety pack")),
    "speech": (mark("{files} has no transcript"), mark("{files} have no transcript"), mark("install a speech pack")),
    "speaker-embedding": (mark("{files} has speakers that are not told apart"),
                          mark("{files} have speakers that are not told apart"), mark("install a pack for voices")),
    "sounds": (mark("{files} has sounds without names"), mark("{files} have sounds without names"),
               mark("install a sounds pack")),
    "language-model": (mark("{files} has no caption"), mark("{files} have no caption"),
                       mark("install a language model")),
}  # fmt: skip
NO_SUM = mark("No checksum is known for all of its files: that of the first copy was recorded.")


class Packs:
    """What the window and the command line do with packs; changes reach the jobs of this library at once."""

    def __init__(
        self,
        database: Database,
        settings: Callable[[], dict[str, Any]],
        put: Callable[[str, Any], Any],
        changed: Callable[[], None],
    ) -> None:
        self._database = database
        self._settings = settings
        self._put = put
        self._changed = changed
        self._held: tuple[float, dict[str, Counter[str]]] = (0.0, {})
        self._seen: object = None  # the shelf when the jobs last followed it

    # --- reading ------------------------------------------------------------------------------------------------------

    def listing(self) -> list[PackRow]:
        """Every pack: installed ones first, then those of the catalogue, then models that came with Kinora."""
        have = shelf.installed()
        serves: dict[str, list[str]] = {}
        for task, ref in shelf.chosen(self._settings()).items():
            serves.setdefault(ref, []).append(task)
        known = catalogue.packs()
        rows = [self._installed(pack, serves.get(pack.ref, ()), known.get(pack.id)) for pack in have.values()]
        rows += [_unreadable(name) for name in shelf.unreadable(have)]
        rows += [_row(pack, "available") for pack in known.values() if pack.id not in have]
        return [*rows, *(_bundled(one) for one in catalogue.bundled() if _present(one["package"]))]

    def tasks(self) -> list[TaskRow]:
        """Every task with the pack that serves it, and what stands still without one."""
        settings = self._settings()
        chosen, have = shelf.chosen(settings), shelf.installed()
        held = self._waiting()
        rows = []
        for task in TASKS:
            needs = [one for one in ANALYZERS if task.name in (*one.tasks, *_waited_for(one, chosen, settings))]
            helped = [one for one in ANALYZERS if task.name in one.helped_by and one not in needs]
            ready = task.name in chosen
            waiting = 0 if ready else sum(sum(held.get(one.name, Counter()).values()) for one in needs)
            rows.append(
                TaskRow(
                    task=task.name,
                    title=tr(task.title),
                    help=tr(task.help),
                    pack=chosen.get(task.name, "").partition("@")[0],
                    packs=tuple(pack.id for pack in have.values() if task.name in pack.models),
                    analyzers=tuple(tr(one.title) for one in (*needs, *helped)),
                    waiting=waiting,
                    note="" if ready else self._note(task.name, needs, held, settings),
                )
            )
        return rows

    def offers(self) -> list[PackRow]:
        """What is recommended for a start: the usual pack of each ability that is free also for money.

        Only the catalogue on this machine is read.
        """
        usual = {pack.id for pack in catalogue.packs().values() if pack.default}
        rows = [row for row in self.listing() if row.id in usual and row.commercial and not row.consent]
        order = [task.name for task in TASKS]
        return sorted(rows, key=lambda row: min(map(order.index, row.tasks), default=len(order)))

    def missing(self) -> list[str]:
        """Sentences on what waits for a pack: “12 videos have no transcript: install a speech pack”."""
        settings = self._settings()
        chosen, held = shelf.chosen(settings), self._waiting()
        said = []
        for analyzer in ANALYZERS:
            task = next(iter(_waited_for(analyzer, chosen, settings)), "")
            if task and held.get(analyzer.name) and (sentence := self._note(task, [analyzer], held, settings)):
                said.append(sentence)
        return list(dict.fromkeys(said))

    def settle(self) -> None:
        """Clear up after an installation that was killed; never fails."""
        with contextlib.suppress(KinoraError):
            placing.settle(packs_folder())
        self._seen = shelf.mark()

    def look(self) -> None:
        """See whether another Kinora, which has another library open, changed the packs; let the jobs follow."""
        if not placing.replacing(packs_folder()) and shelf.mark() != self._seen:
            self._tell()

    # --- changing -----------------------------------------------------------------------------------------------------

    def install(self, pack_id: str, consent: bool = False) -> Iterator[Step]:
        """Download, check and measure a pack of the catalogue; closing the generator stops, and it can go on later.

        Raises:
            NotFound: the catalogue has none of that name.
            ConsentNeeded, DownloadFailed, PackInvalid, StorageFull, PacksBusy: see their sentences.
        """
        pack = catalogue.packs().get(pack_id)
        if pack is None:
            raise NotFound(
                tr("The catalogue has no pack “{pack_id}”.", pack_id=pack_id), hint="`kinora packs` lists them."
            )
        yield from packing.install(pack, self._terms(consent))
        self._tell()

    def import_(self, path: Path, consent: bool = False) -> Iterator[Step]:
        """Install a pack from a folder or a zip file.

        Raises:
            NotFound, ConsentNeeded, PackInvalid, StorageFull, PacksBusy: see their sentences.
        """
        yield from packing.bring_in(path, self._terms(consent), catalogue.packs())
        self._tell()

    def remove(self, pack_id: str) -> None:
        """Take a pack away; what it found stays. Raises NotFound."""
        packing.remove(pack_id, packs_folder())
        self._tell()

    def choose(self, task: str, pack_id: str) -> None:
        """Let a pack serve a task; an empty name leaves it to Kinora.

        Raises:
            NotFound: there is no such task, or no such pack is installed.
            PackInvalid: the pack does not do this.
        """
        if task not in TASK_BY_NAME:
            raise NotFound(
                tr("There is no task “{task}”.", task=task), hint=tr("Tasks are {list}.", list=", ".join(TASK_BY_NAME))
            )
        if pack_id:
            pack = shelf.installed().get(pack_id)
            if pack is None:
                raise NotFound(
                    tr("There is no installed pack “{pack_id}”.", pack_id=pack_id), hint="`kinora packs` lists them."
                )
            if task not in pack.models:
                raise PackInvalid(
                    tr("{title} does not do this ({task}).", title=pack.title, task=task),
                    hint=tr("It does: {list}.", list=", ".join(pack.tasks)),
                )
        self._put(f"packs.{task}", pack_id)
        self._tell()

    def check(self, pack_id: str) -> Iterator[Step]:
        """Verify the files of an installed pack, compare its golden answers and measure it.

        Raises:
            NotFound: it is not installed.
            PackInvalid: something is wrong with it; the listing says so from now on.
        """
        yield from packing.check(pack_id, self._terms(consent=True))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        self._seen = shelf.mark()
        self._changed()

    def _terms(self, consent: bool) -> packing.Terms:
        settings = self._settings()
        return packing.Terms(
            packs_folder(), consent, settings["net.offline"], settings["packs.mirror"], settings["packs.device"]
        )

    def _installed(self, pack: Pack, serves: Any, newest: Pack | None) -> PackRow:
        folder = packs_folder() / pack.id
        note = packing.noted(folder)
        problem = packing.damage(pack, folder)
        waits = "; ".join(dict.fromkeys(dict(note.get("waits") or {}).values()))
        hint = tr(NO_SUM) if note.get("first_use") else ""
        if newest is not None and newest.version > pack.version:
            hint = tr("A newer version is there: kinora packs install {id}", id=pack.id)
        if problem:
            hint = tr("Remove it and install it again: kinora packs remove {id}", id=pack.id)
        return _row(pack, "damaged" if problem else "installed", tuple(serves), dict(note.get("speed") or {}),
                    problem or waits, hint)  # fmt: skip

    def _waiting(self) -> dict[str, Counter[str]]:
        """Waiting assets by analyzer and kind; kept for a moment, for a large library takes time to count."""
        at, held = self._held
        if time.monotonic() - at > FRESH or not at:
            held = {}
            with self._database.read() as connection:
                for analyzer, kind, count in queue.waiting_for_packs(connection):
                    held.setdefault(analyzer, Counter())[kind] += count
            self._held = time.monotonic(), held
        return held

    @staticmethod
    def _note(
        task: str, needs: list[type[Analyzer]], held: Mapping[str, Counter[str]], settings: Mapping[str, Any]
    ) -> str:
        """The sentence on what waits for a task, empty when nothing does."""
        if TASK_BY_NAME[task].biometric and not settings["people.biometrics"]:
            return ""
        kinds: Counter[str] = Counter()
        for analyzer in needs:
            kinds |= held.get(analyzer.name, Counter())  # of two analyzers the same files wait
        if not kinds:
            return ""
        one, several, mend = LACK[task]
        lack = tr(one if sum(kinds.values()) == 1 else several, files=_count(kinds))
        able = [found.title for found in shelf.installed().values() if task in found.models]
        return f"{lack}: {tr('choose {pack} for it', pack=able[0]) if able else tr(mend)}"


def _waited_for(analyzer: type[Analyzer], chosen: Mapping[str, str], settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The tasks whose packs an analyzer stands still without; where any of several is enough, the first of them."""
    if analyzer.missing() or not analyzer.lacking(chosen, settings):
        return ()
    return tuple(task for task in analyzer.tasks if task not in chosen) or (*analyzer.any_of, *analyzer.helped_by)[:1]


def _count(kinds: Counter[str]) -> str:
    """How many of each kind: `2 photos, 1 video and 3 documents`."""
    counted = [_of_kind(kind, n) for kind, n in kinds.items() if n]
    return both(counted)


def _of_kind(kind: str, n: int) -> str:
    if kind == "photo":
        return trn("{n} photo", "{n} photos", n)
    if kind == "video":
        return trn("{n} video", "{n} videos", n)
    if kind == "audio":
        return trn("{n} sound file", "{n} sound files", n)
    return trn("{n} document", "{n} documents", n) if kind == "document" else trn("{n} file", "{n} files", n)


def _row(
    pack: Pack, state: str, serves: tuple[str, ...] = (), speed: Mapping[str, float] | None = None,
    problem: str = "", hint: str = "",
) -> PackRow:  # fmt: skip
    first = next((task for task in pack.tasks if speed and task in speed), "")
    return PackRow(
        id=pack.id, version=pack.version, title=pack.title, tasks=pack.tasks, summary=tr(pack.summary),
        size=_known_size(pack),
        licence=pack.licence.name, terms=tr(pack.licence.terms), commercial=pack.licence.commercial,
        consent=pack.licence.consent, languages=pack.languages, source=pack.source, state=state, chosen_for=serves,
        speed=speed[first] if speed and first else None, unit=TASK_BY_NAME[first].unit if first else "",
        problem=problem, hint=hint,
    )  # fmt: skip


def _unreadable(name: str) -> PackRow:
    return PackRow(
        id=name, version=0, title=name, tasks=(), summary="", size=0, licence="", terms="", commercial=False,
        consent=False, languages=(), source="", state="damaged", problem=tr("Its description cannot be read."),
        hint=tr("Remove it: kinora packs remove {name}", name=name),
    )  # fmt: skip


def _known_size(pack: Pack) -> int:
    return pack.size if all(file.size for file in pack.files) else 0


def _bundled(one: Mapping[str, Any]) -> PackRow:
    return PackRow(
        id=one["id"], version=1, title=one["title"], tasks=(), summary=tr(one["summary"]), size=int(one.get("size", 0)),
        licence=one["licence"], terms=tr(one["terms"]), commercial=bool(one["commercial"]), consent=False,
        languages=tuple(one.get("languages", ())), source=one["source"], state="bundled",
    )  # fmt: skip


def _present(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
