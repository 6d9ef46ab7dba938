"""What a file of a pack is, told by its content: formats that carry numbers are taken, what may carry code is not."""

from __future__ import annotations

import json
import os
import stat
import struct
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.errors import PackInvalid
from engine.language import mark, tr
from engine.packs import onnxfile

# By the end of the name: the formats that the content may then turn out to be.
ALLOWED: dict[str, tuple[str, ...]] = {
    ".onnx": ("onnx",),
    ".safetensors": ("safetensors",),
    ".gguf": ("gguf",),
    ".bin": ("ctranslate2",),
    ".model": ("sentencepiece",),
    ".json": ("json",),
    ".txt": ("text",),
    ".md": ("text",),
    ".tiktoken": ("text",),
    ".csv": ("text",),
}
LICENCE_NAMES = frozenset({"license", "licence", "notice", "copying", "model.license"})
MOST_TEXT = 256 << 20  # bytes of a text file: the largest tokenizers have 35 MB
MOST_HEADER = 100 << 20  # bytes, the limit that the makers of safetensors set
CT2 = mark("CTranslate2 model")
MOST_ENTRIES = 1_000_000  # tensors and keys that a file may declare
HINT = mark("Kinora takes ONNX, safetensors, GGUF and CTranslate2 models; none of them can bring a program with it.")

# The beginnings of what is refused by name, so that the sentence can say what it is.
REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", mark("a program or a library for Linux")),
    (b"MZ", mark("a program or a library for Windows")),
    (b"\xcf\xfa\xed\xfe", mark("a program or a library for macOS")),
    (b"\xce\xfa\xed\xfe", mark("a program or a library for macOS")),
    (b"\xca\xfe\xba\xbe", mark("a program or a library")),
    (b"\x00asm", mark("a program")),
    (b"#!", mark("a script")),
    (b"PK\x03\x04", mark("an archive, as PyTorch writes its pickles")),
    (b"PK\x05\x06", mark("an archive")),
    (b"\x93NUMPY", mark("a NumPy array, which may hold a pickle")),
    (b"\x89HDF", mark("an HDF5 file")),
    (b"\x1f\x8b", mark("a compressed file")),
    (b"BZh", mark("a compressed file")),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a file is: its format, and of a model what it needs beside it and how exact its numbers are."""

    format: str
    beside: tuple[str, ...] = ()  # files with weights that it names
    half: bool = False  # most of its numbers are fp16


def allowed_name(name: str) -> bool:
    """Whether a file of this name can belong to a pack at all."""
    last = name.rpartition("/")[2].lower()
    return Path(last).suffix in ALLOWED or last in LICENCE_NAMES


def inspect(path: Path, weights: Collection[str] = ()) -> Told:
    """Read what a file is and refuse what a pack may not have; `weights` are names that a model beside it wants.

    Raises:
        PackInvalid: it is of another kind, it lies, or it is no plain file.
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise PackInvalid(
            tr("{name} is a link or no file.", name=path.name), hint=tr("Packs are made of plain files only.")
        )
    if path.name in weights:
        return Told("weights")
    wanted = ALLOWED.get(path.suffix.lower(), ("text",) if path.name.lower() in LICENCE_NAMES else ())
    if not wanted:
        raise PackInvalid(tr("{name} is of a kind that packs may not have.", name=path.name), hint=tr(HINT))
    with path.open("rb") as stream:
        head = stream.read(64)
    if reason := dangerous(head):
        raise PackInvalid(
            tr("{name} is not what its name says: it is {reason}.", name=path.name, reason=tr(reason)), hint=tr(HINT)
        )
    return {
        "onnx": _onnx, "safetensors": _safetensors, "gguf": _gguf, "ctranslate2": _ctranslate2,
        "sentencepiece": _sentencepiece, "json": _json, "text": _text,
    }[wanted[0]](path)  # fmt: skip


def dangerous(head: bytes) -> str:
    """What the beginning of a file gives away, empty when it is nothing that is refused."""
    for magic, words in REFUSED:
        if head.startswith(magic):
            return words
    # A pickle of protocol 2 and up: PROTO, the number, and then a FRAME, an empty container or a global.
    if len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return tr("a Python pickle, which can run programs")
    if head.startswith((b"(dp", b"(lp", b"cos\n", b"cposix\n", b"cbuiltins\n", b"c__builtin__\n", b"ccopy_reg")):
        return tr("a Python pickle, which can run programs")
    return ""


def _onnx(path: Path) -> Told:
    found = onnxfile.read(path)
    return Told("onnx", found.beside, found.half)


def _safetensors(path: Path) -> Told:
    """The format: a length (8 bytes), a JSON header of that length, and the tensors that it places."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(MOST_HEADER, size - 8):
            raise _wrong(path, tr("safetensors file"), tr("its header has no sensible length"))
        head = stream.read(length)
    try:
        header = json.loads(head)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, tr("safetensors file"), tr("its header is not JSON")) from error
    if not isinstance(header, dict) or len(header) > MOST_ENTRIES:
        raise _wrong(path, tr("safetensors file"), tr("its header is not a table"))
    room = size - 8 - length
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        places = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not (isinstance(places, list) and len(places) == 2 and all(type(one) is int for one in places)):
            raise _wrong(path, tr("safetensors file"), tr("the tensor {name!r} has no place", name=name[:60]))
        if not 0 <= places[0] <= places[1] <= room:
            raise _wrong(path, tr("safetensors file"), tr("the tensor {name!r} lies outside the file", name=name[:60]))
    return Told("safetensors")


class _Gguf:
    """Reads along a GGUF file within bounds (its format: the specification in the ggml repository, docs/gguf.md)."""

    SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    STRING, ARRAY = 8, 9

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self._path = path
        self._stream = stream
        self.size = path.stat().st_size

    def number(self, count: int) -> int:
        raw = self._stream.read(count)
        if len(raw) < count:
            raise _wrong(self._path, tr("GGUF file"), tr("it is cut off"))
        return int.from_bytes(raw, "little")

    def skip(self, count: int) -> None:
        if count < 0 or self._stream.tell() + count > self.size:
            raise _wrong(self._path, tr("GGUF file"), tr("it names more bytes than it has"))
        self._stream.seek(count, os.SEEK_CUR)

    def value(self, kind: int, depth: int = 0) -> None:
        if kind == self.STRING:
            self.skip(self.number(8))
        elif kind == self.ARRAY and depth < 4:
            inner, count = self.number(4), self.number(8)
            if count > self.size:
                raise _wrong(self._path, tr("GGUF file"), tr("it names more values than it has bytes"))
            if inner in self.SIZES:
                self.skip(self.SIZES[inner] * count)
                return
            for _ in range(count):
                self.value(inner, depth + 1)
        elif kind in self.SIZES:
            self.skip(self.SIZES[kind])
        else:
            raise _wrong(self._path, tr("GGUF file"), tr("it has a value of the unknown kind {kind}", kind=kind))


def _gguf(path: Path) -> Told:
    with path.open("rb") as stream:
        reader = _Gguf(path, stream)
        if stream.read(4) != b"GGUF":
            raise _wrong(path, tr("GGUF file"), tr("it does not begin like one"))
        if reader.number(4) not in (2, 3):
            raise _wrong(path, tr("GGUF file"), tr("it is of a version that is not known"))
        tensors, keys = reader.number(8), reader.number(8)
        if max(tensors, keys) > MOST_ENTRIES:
            raise _wrong(path, tr("GGUF file"), tr("it names too many entries"))
        for _ in range(keys):
            reader.skip(reader.number(8))
            reader.value(reader.number(4))
        for _ in range(tensors):
            reader.skip(reader.number(8))
            dimensions = reader.number(4)
            if dimensions > 8:
                raise _wrong(path, tr("GGUF file"), tr("a tensor has too many dimensions"))
            reader.skip(8 * dimensions + 4)
            if reader.number(8) > reader.size:
                raise _wrong(path, tr("GGUF file"), tr("a tensor lies outside the file"))
    return Told("gguf")


def _ctranslate2(path: Path) -> Told:
    """Walk all variables (the format is that of ctranslate2.specs.model_spec): what follows them is the end."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if not 2 <= _number(path, stream, "I") <= 16 or not _name(path, stream).endswith(b"Spec"):
            raise _wrong(path, tr(CT2), tr("it does not begin like one"))
        _number(path, stream, "I")
        variables = _number(path, stream, "I")
        if variables > MOST_ENTRIES:
            raise _wrong(path, tr(CT2), tr("it names too many variables"))
        for _ in range(variables):
            _name(path, stream)
            stream.seek(4 * _number(path, stream, "B") + 1, os.SEEK_CUR)
            stream.seek(_number(path, stream, "I"), os.SEEK_CUR)
            if stream.tell() > size:
                raise _wrong(path, tr(CT2), tr("a variable lies outside the file"))
        for _ in range(min(_number(path, stream, "I"), MOST_ENTRIES)):
            _name(path, stream)
            _name(path, stream)
        if stream.tell() != size:
            raise _wrong(path, tr(CT2), tr("something stands behind its end"))
    return Told("ctranslate2")


def _number(path: Path, stream: BinaryIO, kind: str) -> int:
    raw = stream.read(struct.calcsize(f"<{kind}"))
    if len(raw) < struct.calcsize(f"<{kind}"):
        raise _wrong(path, tr(CT2), tr("it is cut off"))
    return int(struct.unpack(f"<{kind}", raw)[0])


def _name(path: Path, stream: BinaryIO) -> bytes:
    raw = stream.read(_number(path, stream, "H"))
    if not raw.endswith(b"\0") or not raw[:-1].isascii():
        raise _wrong(path, tr(CT2), tr("a name in it is not one"))
    return raw[:-1]


def _sentencepiece(path: Path) -> Told:
    """A message whose first field is a piece: a message with a text."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if path.stat().st_size > MOST_TEXT or len(head) < 4 or head[0] != 0x0A or head[2] != 0x0A:
        raise _wrong(path, tr("SentencePiece vocabulary"), tr("it does not begin like one"))
    return Told("sentencepiece")


def _json(path: Path) -> Told:
    try:
        json.loads(_utf8(path))
    except (ValueError, RecursionError) as error:
        raise _wrong(path, tr("JSON file"), tr("it cannot be read")) from error
    return Told("json")


def _text(path: Path) -> Told:
    _utf8(path)
    return Told("text")


def _utf8(path: Path) -> str:
    if path.stat().st_size > MOST_TEXT:
        raise _wrong(path, tr("text file"), tr("it is too long"))
    raw = path.read_bytes()
    if b"\0" in raw:
        raise _wrong(path, tr("text file"), tr("it holds binary data"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(path, tr("text file"), tr("it is not written in UTF-8")) from error


def _wrong(path: Path, what: str, why: str) -> PackInvalid:
    return PackInvalid(tr("{name} is no sound {what}: {why}.", name=path.name, what=what, why=why), hint=tr(HINT))
