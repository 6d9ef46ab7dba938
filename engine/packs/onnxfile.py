"""A walk along an ONNX file without loading it: which operators, which files beside it, and how exact its numbers are.

The numbers of the fields are those of onnx.proto in the ONNX repository. Large tensors are stepped over, so that a
gigabyte costs as little as a page; counts and depths are bounded, for the file may be made to hurt.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import PackInvalid
from engine.language import tr

# Operators of these families are part of ONNX Runtime; any other would need a library with a program in it.
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"})
# Operators that read other files or bring code for a device with them.
UNWANTED = frozenset({"EPContext", "PyOp", "PythonOp", "Snpe", "NnapiContext"})
MOST_FIELDS = 8_000_000
DEEPEST = 64
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FLOAT32, FLOAT16, BFLOAT16 = 1, 10, 16

# Message: field -> message below it that is walked. Fields that are not named are stepped over.
BELOW: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {},
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What an ONNX file says of itself."""

    beside: tuple[str, ...]  # names of files with its weights
    half: bool  # most of its bytes are fp16 or bf16


def read(path: Path) -> Facts:
    """Walk the file.

    Raises:
        PackInvalid: it is no ONNX model, or it wants what a pack may not have.
    """
    if path.stat().st_size < 8:
        raise PackInvalid(tr("{name} is no ONNX model: it is empty.", name=path.name))
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        walk = _Walk(path.name, data)
        walk.message("model", 0, len(data), 0)
    if not walk.has_graph:
        raise PackInvalid(tr("{name} is no ONNX model: it has no graph.", name=path.name))
    walk.check_domains()
    return Facts(tuple(sorted(walk.beside)), walk.half_bytes > walk.other_bytes)


class _Walk:
    def __init__(self, name: str, data: mmap.mmap) -> None:
        self.name = name
        self.beside: set[str] = set()
        self.has_graph = False
        self.half_bytes = 0
        self.other_bytes = 0
        self._data = data
        self._fields = 0
        self._used: set[str] = set()
        self._defined: set[str] = set()

    def message(self, kind: str, begin: int, end: int, depth: int) -> None:
        """Walk one message and those below it."""
        if depth > DEEPEST:
            raise self._wrong(tr("it is nested too deeply"))
        below = BELOW[kind]
        texts: dict[int, str] = {}
        numbers: dict[int, int] = {}
        weight = 0
        for field, wire, value, stop in self._fields_of(begin, end):
            if wire == BYTES and field in below:
                self.message(below[field], value, stop, depth + 1)
            elif wire == BYTES and stop - value <= 4096 and self._is_text(kind, field):
                texts[field] = self._data[value:stop].decode("utf-8", "replace")
            elif wire == VARINT:
                numbers[field] = value
            if kind == "tensor" and wire == BYTES:
                weight += stop - value
        self._note(kind, texts, numbers, weight)

    def check_domains(self) -> None:
        """Refuse operators that need a library: what the model defines itself is made of others and may be."""
        strange = self._used - DOMAINS - self._defined
        if strange:
            raise self._wrong(
                tr("it needs operators that only a further program has ({list})", list=", ".join(sorted(strange))[:80])
            )

    @staticmethod
    def _is_text(kind: str, field: int) -> bool:
        return (kind, field) in {("node", 4), ("node", 7), ("function", 10), ("entry", 1), ("entry", 2)}

    def _note(self, kind: str, texts: dict[int, str], numbers: dict[int, int], weight: int) -> None:
        if kind == "graph":
            self.has_graph = True
        elif kind == "node":
            self._used.add(texts.get(7, ""))
            if texts.get(4, "") in UNWANTED:
                raise self._wrong(tr("its operator {texts} brings code or other files with it", texts=texts[4]))
        elif kind == "function":
            self._defined.add(texts.get(10, ""))
        elif kind == "entry" and texts.get(1) == "location":
            self._note_location(texts.get(2, ""))
        elif kind == "tensor":
            if numbers.get(2) in (FLOAT16, BFLOAT16):
                self.half_bytes += weight
            else:
                self.other_bytes += weight

    def _note_location(self, place: str) -> None:
        # A plain name only: a path leads out, and ONNX Runtime takes some places for addresses in memory.
        if place in ("", ".", "..") or any(letter in place for letter in "/\\:*"):
            raise self._wrong(tr("it keeps its numbers in a file outside the pack (“{place}”)", place=place[:80]))
        self.beside.add(place)

    def _fields_of(self, begin: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Each field of a message: its number, wire type, and its value, or where its bytes begin and stop."""
        at = begin
        while at < end:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise self._wrong(tr("it has too many parts"))
            key, at = self._varint(at, end)
            field, wire = key >> 3, key & 7
            if field == 0:
                raise self._wrong(tr("it does not follow the format"))
            if wire == VARINT:
                value, at = self._varint(at, end)
                yield field, wire, value, at
            elif wire == BYTES:
                length, at = self._varint(at, end)
                if length > end - at:
                    raise self._wrong(tr("it is cut off"))
                yield field, wire, at, at + length
                at += length
            elif wire in (FIXED64, FIXED32):
                at += 8 if wire == FIXED64 else 4
                if at > end:
                    raise self._wrong(tr("it is cut off"))
            else:
                raise self._wrong(tr("it does not follow the format"))

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while at < end and shift < 70:
            byte = self._data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
        raise self._wrong(tr("it does not follow the format"))

    def _wrong(self, why: str) -> PackInvalid:
        return PackInvalid(
            tr("{name} cannot be taken as an ONNX model: {why}.", name=self.name, why=why),
            hint=tr("Export the model again as one file with standard operators."),
        )
