"""What a pack is: its description, read from the catalogue or from the `pack.json` beside its files.

The words of the description are in docs/packs.md. A pack serves one or more *tasks*; each task names the model file,
the adapter that knows its inputs and outputs, and the numbers that the adapter needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import PackInvalid
from engine.jobs.orders import NAMED
from engine.language import mark, tr

MANIFEST = "pack.json"
LARGEST = 8 << 20  # bytes of a description: lists of labels are what is long in it
LONGEST = 2000  # characters of a text that people are shown
MOST_VERSION = 1_000_000_000
OWN_FILES = frozenset({MANIFEST, "installed.json"})  # written here, never brought along


@dataclass(frozen=True, slots=True)
class Task:
    """Something that a pack can do: its name in descriptions, its words for people, what its speed counts."""

    name: str
    title: str
    help: str
    unit: str = mark("pictures")
    biometric: bool = False


TASKS: tuple[Task, ...] = (
    Task("face-detection", mark("Finding faces"), mark("Finds faces and their five points."), biometric=True),
    Task(
        "face-embedding",
        mark("Telling faces apart"),
        mark("Turns a face into numbers that are alike for one person."),
        mark("faces"),
        biometric=True,
    ),
    Task("pose", mark("Body postures"), mark("Finds the joints of a body.")),
    Task("objects", mark("Things in pictures"), mark("Finds things and where they are.")),
    Task("tags", mark("Naming pictures"), mark("Names what a picture shows as a whole.")),
    Task(
        "image-text",
        mark("Search by meaning"),
        mark("Puts pictures and words into one space, so that words find pictures."),
    ),
    Task(
        "picture-embedding",
        mark("Pictures that look alike"),
        mark("Turns a picture into numbers that are alike for like ones."),
    ),
    Task(
        "text-embedding",
        mark("Search text by meaning"),
        mark("Turns text into numbers that are alike for like meaning."),
        mark("texts"),
    ),
    Task("safety", mark("Second opinion on safety"), mark("Judges how safe a picture is to show.")),
    Task("speech", mark("Speech to text"), mark("Writes down what is said."), mark("seconds of sound")),
    Task(
        "speaker-embedding",
        mark("Telling voices apart"),
        mark("Turns a voice into numbers that are alike for one speaker."),
        mark("seconds of sound"),
        biometric=True,
    ),
    Task(
        "sounds",
        mark("Naming sounds"),
        mark("Names what is heard: music, applause, an alarm."),
        mark("seconds of sound"),
    ),
    Task("language-model", mark("Describing and talking"), mark("Writes captions and answers."), mark("words")),
)
TASK_BY_NAME: Mapping[str, Task] = {task.name: task for task in TASKS}
IDENTIFIER = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?")  # no dot at the end: Windows drops it


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack; `sha256` is empty until somebody has verified a download."""

    name: str  # relative to the pack's folder, with forward slashes
    size: int = 0  # bytes, 0 = not known
    sha256: str = ""
    urls: tuple[str, ...] = ()  # where it is, mirrors after the first


@dataclass(frozen=True, slots=True)
class Licence:
    """What the makers allow, in plain words."""

    name: str = "unknown"
    spdx: str = ""
    commercial: bool = False
    terms: str = ""  # a sentence or two for people
    url: str = ""
    consent: bool = False  # must be agreed to before it is installed; never a default


@dataclass(frozen=True, slots=True)
class Pack:
    """A described pack. `models` has for each task the adapter's own description (adapter, file, input, output ...)."""

    id: str
    version: int
    title: str
    models: Mapping[str, Mapping[str, Any]]
    files: tuple[PackFile, ...] = ()
    summary: str = ""
    source: str = ""
    revision: str = ""
    licence: Licence = field(default_factory=Licence)
    languages: tuple[str, ...] = ()
    memory: int = 0  # MB that it needs to run, 0 = not known
    default: bool = False  # chosen before others for its tasks when several are installed
    golden: Mapping[str, Any] = field(default_factory=dict)  # task: recorded answer to the generated input
    raw: Mapping[str, Any] = field(default_factory=dict)  # as it was written

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that it serves, in the order of `TASKS`."""
        return tuple(task.name for task in TASKS if task.name in self.models)

    @property
    def ref(self) -> str:
        """What jobs, settings and embedding spaces call it: id@version."""
        return f"{self.id}@{self.version}"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def brought(raw: Any) -> Pack:
    """Read the description of a pack that another machine brings: each of its files is named by size and SHA-256.

    Raises:
        PackInvalid: it is none, or does not say what its files are.
    """
    if not isinstance(raw, dict):
        raise PackInvalid(tr("This is no description of a pack."))
    pack = pack_of(raw)
    if not pack.files:
        raise PackInvalid(tr("The pack {id} names no files.", id=pack.id))
    if not all(file.size and NAMED.fullmatch(file.sha256) for file in pack.files):
        raise PackInvalid(tr("The pack {id} does not say what its files are: size and SHA-256.", id=pack.id))
    return pack


def pack_of(raw: Mapping[str, Any]) -> Pack:
    """Read a description.

    Raises:
        PackInvalid: it lacks something or names what does not exist; the sentence says what.
    """
    try:
        identifier = _text(raw["id"])
        models = {str(task): dict(model) for task, model in dict(raw["models"]).items()}
        found = Pack(
            id=identifier,
            version=int(raw.get("version", 1)),
            title=_text(raw.get("title") or identifier),
            models=models,
            files=tuple(_file(file) for file in raw.get("files", ())),
            summary=_text(raw.get("summary", "")),
            source=_text(raw.get("source", "")),
            revision=_text(raw.get("revision", "")),
            licence=_licence(raw.get("licence", {})),
            languages=tuple(_text(one) for one in raw.get("languages", ())),
            memory=int(raw.get("memory", 0)),
            default=bool(raw.get("default", False)),
            golden=dict(raw.get("golden", {})),
            raw=dict(raw),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise PackInvalid(tr("This pack's description cannot be read: {error}.", error=str(error)[:200])) from error
    _check(found)
    return found


def read_pack(folder: Path) -> Pack:
    """Read the description of the pack in a folder.

    Raises:
        PackInvalid: there is none, or it cannot be read.
    """
    try:
        with (folder / MANIFEST).open("rb") as stream:
            body = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise PackInvalid(
                tr("{MANIFEST} in {name} is too long for a description.", MANIFEST=MANIFEST, name=folder.name)
            )
        raw = json.loads(body)
    except OSError as error:
        raise PackInvalid(
            tr("There is no pack in {name}: {MANIFEST} is missing.", name=folder.name, MANIFEST=MANIFEST)
        ) from error
    except (ValueError, RecursionError) as error:
        raise PackInvalid(
            tr(
                "{MANIFEST} in {name} is not JSON: {error}.",
                MANIFEST=MANIFEST,
                name=folder.name,
                error=str(error)[:200],
            )
        ) from error
    if not isinstance(raw, dict):
        raise PackInvalid(
            tr("{MANIFEST} in {name} is not a description of a pack.", MANIFEST=MANIFEST, name=folder.name)
        )
    return pack_of(raw)


def _check(pack: Pack) -> None:
    if not IDENTIFIER.fullmatch(pack.id):
        raise PackInvalid(
            tr("“{id}” is no name for a pack.", id=pack.id), hint=tr("Use small letters, digits, dots and dashes.")
        )
    if not 1 <= pack.version <= MOST_VERSION:
        raise PackInvalid(
            tr("The pack {id} has no version.", id=pack.id), hint=tr("Versions are whole numbers from 1.")
        )
    if not pack.models:
        raise PackInvalid(tr("The pack {id} does not say what it can do.", id=pack.id))
    for task, model in pack.models.items():
        if task not in TASK_BY_NAME:
            raise PackInvalid(tr("The pack {id} is for “{task}”, which Kinora does not know.", id=pack.id, task=task),
                              hint=tr("Tasks are {list}.", list=', '.join(TASK_BY_NAME)))  # fmt: skip
        if not isinstance(model.get("adapter"), str):
            raise PackInvalid(tr("The pack {id} does not name an adapter for {task}.", id=pack.id, task=task))
    _check_files(pack)


def _check_files(pack: Pack) -> None:
    for file in pack.files:
        parts = file.name.split("/")
        if "\\" in file.name or ":" in file.name or not file.name.isprintable() or {"", ".", ".."} & set(parts):
            raise PackInvalid(
                tr("The pack {id} names a file outside its folder: “{name}”.", id=pack.id, name=file.name[:80])
            )
        if file.size < 0 or len(file.name) > 200:
            raise PackInvalid(
                tr("The pack {id} names a file that no folder can have: “{name}”.", id=pack.id, name=file.name[:80])
            )
    names = [file.name.casefold() for file in pack.files]
    if len(set(names)) < len(names) or OWN_FILES & set(names):
        raise PackInvalid(tr("The pack {id} names a file twice, or one that Kinora writes.", id=pack.id))


def _text(value: Any) -> str:
    """A text for people: of reasonable length, without what would disturb a line of text."""
    return "".join(letter if letter.isprintable() else " " for letter in str(value)[:LONGEST])


def _file(raw: Any) -> PackFile:
    if isinstance(raw, str):
        return PackFile(raw)
    return PackFile(
        str(raw["name"]), int(raw.get("size", 0)), str(raw.get("sha256", "")).lower(),
        tuple(str(url) for url in raw.get("urls", ())),
    )  # fmt: skip


def _licence(raw: Any) -> Licence:
    if isinstance(raw, str):
        return Licence(_text(raw))
    return Licence(
        _text(raw.get("name", "unknown")), _text(raw.get("spdx", "")), bool(raw.get("commercial", False)),
        _text(raw.get("terms", "")), _text(raw.get("url", "")), bool(raw.get("consent", False)),
    )  # fmt: skip
