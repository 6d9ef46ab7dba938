"""Cut what may travel out of an original, on request of the packer, with the contract of an analyzer."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from engine.analyzers.base import Analyzer, Yield
from engine.language import mark
from engine.media.source import Source
from engine.model import Facts, Kind, Step

PARTS, FOLDER, MARK, PAGES = "parts", "folder", "mark", "meaning.max_pages"  # options


class Cut(Analyzer):
    """Writes the `parts` of an asset into the `folder`, and yields facts whose `extra["parts"]` lists them.

    Each as name, SHA-256 and size. The name of what is not whole yet begins with the `mark`. Not in the registry, so
    that no order from elsewhere can ask for it.
    """

    name: ClassVar[str] = "cut"
    version: ClassVar[int] = 1
    title: ClassVar[str] = mark("What travels")
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield steps, then one `Facts`.

        Raises:
            MediaError: the original cannot be read.
            StoreError: the folder cannot be written to.
        """
        from engine.media.parcelcut import cut

        rows = []
        folder, pages, sign = Path(options[FOLDER]), int(options.get(PAGES, 40)), str(options.get(MARK, ""))
        for one in cut(source, tuple(options[PARTS]), folder, pages=pages, mark=sign):
            if isinstance(one, Step):
                yield one
            else:
                rows.append([one.name, one.sha256, one.size])
        yield Facts(extra={"parts": rows})
