"""The contract of an analyzer: code that turns an asset into findings."""

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.media.source import Source
from engine.model import Facts, Finding, Kind, Preview, Priority, Step

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
    packs: ClassVar[tuple[str, ...]] = ()  # packs that can serve it
    options: ClassVar[tuple[str, ...]] = ()  # settings that change its findings
    priority: ClassVar[int] = Priority.IMPORT
    seconds: ClassVar[float] = 0.2  # a first guess per asset, until rates are measured

    @classmethod
    def missing(cls) -> str:
        """Say in a sentence what is not installed, or return an empty string. Imports nothing."""
        absent = [name for name in cls.needs if importlib.util.find_spec(name) is None]
        if not absent:
            return ""
        how = f"pip install 'kinora[{cls.extra}]'" if cls.extra else f"pip install {' '.join(absent)}"
        return f"{cls.title} waits for {', '.join(absent)}: {how}"

    @abstractmethod
    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield what is found, with a `Step` between units of work: at each yield a cancel is honoured.

        Raises:
            MediaError: the asset cannot be read; the sentence is shown on it.
        """
