"""Texts as the numbers that a model reads, by the tokenizer.json of its pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import PackInvalid
from engine.language import tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_CHARACTERS = 20_000  # of one text: what is beyond would be cut off anyway, but only after it was read


@dataclass(frozen=True, slots=True)
class Rules:
    """How a model wants its tokens: see "text" in docs/packs.md. A model without a mask wants a fixed length."""

    length: int  # most tokens of a text
    pad: int = 0
    fixed: bool = False  # every text is padded to `length`, otherwise to the longest of the batch
    lower: bool = False
    eos: int | None = None  # ends every text, where the tokenizer does not add it
    bos: int | None = None
    prefix: str = ""  # put before each text ("query: ", "a photo of ")


class Tokens:
    """A loaded tokenizer."""

    def __init__(self, path: Path, rules: Rules) -> None:
        from tokenizers import Tokenizer

        self.rules = rules
        try:
            # From the text, not from the path: the library reads no name that is not UTF-8.
            self._made = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises bare exceptions
            raise PackInvalid(tr("The tokenizer {name} cannot be read.", name=path.name)) from error
        self._made.no_padding()
        self._made.no_truncation()

    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return ids and mask (1 where a token is), both N x L."""
        import numpy as np

        rows = [self._ids(text) for text in texts]
        rules = self.rules
        width = rules.length if rules.fixed else max((len(row) for row in rows), default=1)
        ids = np.full((len(rows), max(1, width)), rules.pad, np.int64)
        mask = np.zeros_like(ids)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        return ids, mask

    def _ids(self, text: str) -> list[int]:
        """The numbers of one text. When it is too long it is cut before its end mark."""
        rules = self.rules
        text = rules.prefix + text[:MOST_CHARACTERS]
        ids = list(self._made.encode(text.lower() if rules.lower else text).ids)
        if rules.bos is not None and ids[:1] != [rules.bos]:
            ids.insert(0, rules.bos)
        end = rules.eos
        if end is None:
            return [*ids[: rules.length - 1], ids[-1]] if len(ids) > rules.length else ids
        if ids[-1:] == [end]:
            ids.pop()
        return [*ids[: rules.length - 1], end]


def tokens_of(folder: Path, description: Mapping[str, Any]) -> Tokens:
    """Load the tokenizer that a description of texts names.

    Raises:
        PackInvalid: it cannot be read or the description lacks something.
    """
    try:
        name = str(description["tokenizer"])
        rules = _rules(description)
    except (KeyError, TypeError, ValueError) as error:
        raise PackInvalid(tr("The pack {name} does not say how its texts are read.", name=folder.name)) from error
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file() or rules.length < 2:
        raise PackInvalid(tr("The pack {name} has no tokenizer {name2}.", name=folder.name, name2=name))
    return Tokens(path, rules)


def _rules(description: Mapping[str, Any]) -> Rules:
    eos, bos = description.get("eos"), description.get("bos")
    return Rules(
        length=int(description["length"]),
        pad=int(description.get("pad", 0)),
        lower=bool(description.get("lower", False)),
        fixed=bool(description.get("fixed", not description.get("mask", True))),
        eos=None if eos is None else int(eos),
        bos=None if bos is None else int(bos),
        prefix=str(description.get("prefix", "")),
    )
