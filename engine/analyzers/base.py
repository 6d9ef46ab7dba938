"""The contract of an analyzer: code that turns an asset into findings."""

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.errors import NeedsPack
from engine.language import both, either, tr
from engine.media.parcel import PARTS
from engine.media.source import Source
from engine.model import Facts, Finding, Kind, Preview, Priority, Step
from engine.packs.models import load
from engine.packs.pack import TASK_BY_NAME

Yield = Step | Finding | Facts | Preview


class Analyzer(ABC):
    """One sense. A subclass is one file and one line in the registry.

    Class attributes declare what it is; instances live in a worker process and may keep a loaded model. Raising
    `version` re-queues the assets whose findings are older.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    title: ClassVar[str]  # for people: "Text in pictures"
    kinds: ClassVar[frozenset[Kind]]
    needs: ClassVar[tuple[str, ...]] = ()  # import names that must be installed
    extra: ClassVar[str] = ""  # the extra of the package that brings them, if they are not in the base
    tasks: ClassVar[tuple[str, ...]] = ()  # of packs, each of which must be served
    helped_by: ClassVar[tuple[str, ...]] = ()  # tasks that make it better when a pack serves them
    any_of: ClassVar[tuple[str, ...]] = ()  # tasks of which at least one must be served; name them in `helped_by` too
    frames: ClassVar[float] = 0.0  # seconds between the frames of a video that it looks at beside keyframes
    options: ClassVar[tuple[str, ...]] = ()  # settings that change its findings
    travels: ClassVar[tuple[str, ...]] = ()  # parts (engine.media.parcel) that it can work on; () = only the original
    priority: ClassVar[int] = Priority.IMPORT
    seconds: ClassVar[float] = 0.2  # a first guess per asset, until rates are measured

    @classmethod
    def missing(cls) -> str:
        """Say in a sentence what is not installed, or return an empty string. Imports nothing."""
        absent = [name for name in cls.needs if importlib.util.find_spec(name) is None]
        if not absent:
            return ""
        how = f"pip install 'kinora[{cls.extra}]'" if cls.extra else f"pip install {' '.join(absent)}"
        return tr("{title} waits for {list}: {how}", title=tr(cls.title), list=", ".join(absent), how=how)

    @classmethod
    def lacking(cls, chosen: Mapping[str, str], settings: Mapping[str, Any] | None = None) -> str:
        """Say in a sentence what keeps it from running, packages or packs; `chosen` is the pack for each task.

        `settings` matter to analyzers that can do without a pack where a setting names something else.
        """
        absent = [task for task in cls.tasks if task not in chosen]
        choice = () if any(task in chosen for task in cls.any_of) else cls.any_of
        if cls.missing() or not (absent or choice):
            return cls.missing()
        what = both([tr(TASK_BY_NAME[task].title) for task in absent])
        any_of = either([tr(TASK_BY_NAME[task].title) for task in choice])
        return tr(
            "{title} waits for a pack ({list}): kinora packs",
            title=tr(cls.title),
            list=both([one for one in (what, any_of) if one]),
        )

    @classmethod
    def leaves(cls, options: Mapping[str, Any]) -> bool:
        """Whether a job with these options may run on another machine at all, if nothing is marked as staying."""
        return bool(cls.travels)

    @classmethod
    def needed(cls, kind: Kind, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The parts that a job with these options needs of an asset of this kind."""
        return tuple(name for name in cls.travels if kind in PARTS[name])

    @classmethod
    def reads(cls, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The words of an asset's facts ("title") that a job with these options reads, and that must travel with it."""
        return ()

    @staticmethod
    def pack(options: Mapping[str, Any], task: str) -> str:
        """The pack (id@version) that serves a task of this job, empty when none does."""
        return str(options.get("packs", {}).get(task, ""))

    @classmethod
    def model(cls, options: Mapping[str, Any], task: str) -> Any:
        """The loaded model of a task, as its protocol in `engine.packs.models` says.

        Raises:
            NeedsPack: no pack serves it.
        """
        ref = cls.pack(options, task)
        if not ref:
            raise NeedsPack(
                tr(
                    "{title} waits for a pack ({task}).",
                    title=tr(cls.title),
                    task=tr(TASK_BY_NAME[task].title),
                ),
                hint="kinora packs",
            )
        return load(task, ref)

    @abstractmethod
    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield what is found, with a `Step` between units of work: at each yield a cancel is honoured.

        Raises:
            MediaError: the asset cannot be read; the sentence is shown on it.
        """
