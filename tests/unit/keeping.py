"""A library of six small pictures, for tests of what a person keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from engine.library import Library


@contextmanager
def kept(folder: Path, count: int = 6) -> Iterator[Library]:
    """Assets 1..count, none read by an analyzer."""
    pictures = folder / "in"
    pictures.mkdir()
    for number in range(count):
        Image.new("RGB", (50 + number, 40), (number * 40, 9, 9)).save(pictures / f"{number}.png")
    with Library.open(folder / "library", work=False) as opened:
        for _ in opened.add([pictures], watch=False):
            pass
        yield opened


def found(library: Library, query: str, sort: str = "name") -> list[int]:
    """The assets of a query."""
    return list(library.listing(query, sort).ids)
