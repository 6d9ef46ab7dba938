"""Language models as Kinora talks to them: messages, the protocol, and the one that is at hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from engine.errors import NeedsPack, PackInvalid, ServerAway
from engine.language import mark, tr
from engine.packs import shelf
from engine.packs.models import load

TASK = "language-model"
KEY = "KINORA_MODEL_KEY"  # a variable of the environment; never a setting: settings are kept in the library
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_KEY = 4096


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a talk: who says it (system, user, assistant), its words, and pictures as JPEG."""

    role: str
    text: str
    images: tuple[bytes, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The message as the chat completions of OpenAI have it."""
        import base64

        if not self.images:
            return {"role": self.role, "content": self.text}
        parts: list[dict[str, Any]] = [{"type": "text", "text": self.text}]
        for image in self.images:
            url = "data:image/jpeg;base64," + base64.b64encode(image).decode("ascii")
            parts.append({"type": "image_url", "image_url": {"url": url}})
        return {"role": self.role, "content": parts}


@runtime_checkable
class LanguageModel(Protocol):
    """Task language-model. `name` is kept beside what it writes; `vision` says that it understands pictures.

    `schema` is a JSON schema that the answer must follow; `most` is how many tokens it may have.
    """

    name: str
    vision: bool

    def chat(self, messages: Sequence[Message], *, most: int, schema: Mapping[str, Any] | None = None) -> str: ...

    def stream(self, messages: Sequence[Message], *, most: int) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is and which of its models is meant."""

    url: str
    name: str = ""
    vision: bool = False
    key_file: str = ""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port.

        Raises:
            PackInvalid: the address is none.
        """
        try:
            parts = urlsplit(self.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise PackInvalid(tr("“{url}” is no address.", url=self.url), hint=tr(HOW)) from error
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise PackInvalid(tr("“{url}” is no address of a language model.", url=self.url), hint=tr(HOW))
        return parts.hostname, port

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return self.address[0] in HERE

    def key(self) -> str:
        """The server's key: of the environment, or the content of the key file; empty without one."""
        found = os.environ.get(KEY, "")
        if not found and self.key_file:
            try:
                with open(self.key_file, encoding="ascii") as file:  # noqa: PTH123 - read no more than a key
                    found = file.read(LONGEST_KEY)
            except (OSError, ValueError):
                return ""
        key = found.strip()
        return key if key.isascii() and key.isprintable() else ""


HOW = mark("Write it like http://127.0.0.1:8080/v1 (setting model.url); a key goes into the file of model.key_file.")


def server_of(options: Mapping[str, Any]) -> Server | None:
    """The server that the settings name, or that a pack describes (then on this machine only); None without one.

    Raises:
        PackInvalid: the address is none, or a pack names another machine.
    """
    url = str(options.get("model.url", "")).strip()
    if url:
        found = Server(url, str(options.get("model.name", "")), bool(options.get("model.vision", False)),
                       str(options.get("model.key_file", "")))  # fmt: skip
        _ = found.address
        return found
    told = described(str(options.get("packs", {}).get(TASK, "")))
    if told.get("adapter") != "llm-http":
        return None
    return local_server(told)


def local_server(told: Mapping[str, Any]) -> Server:
    """The server that a pack describes.

    Raises:
        PackInvalid: it is not on this machine: only a person may send pictures elsewhere, by `model.url`.
    """
    server = Server(str(told.get("url", "")), str(told.get("name", "")), bool(told.get("vision", False)))
    if not server.is_here:
        raise PackInvalid(tr("A pack may name a language model on this machine only."), hint=tr(HOW))
    return server


def address_of(options: Mapping[str, Any]) -> tuple[str, int] | None:
    """The one address that a job with these options may connect to; None when there is none, or offline forbids it."""
    try:
        server = server_of(options)
    except (PackInvalid, NeedsPack):
        return None
    if server is None or (options.get("net.offline", False) and not server.is_here):
        return None
    return server.address


def at_hand(options: Mapping[str, Any]) -> LanguageModel:
    """The language model of the settings, else of the pack.

    Raises:
        NeedsPack: there is none.
        PackInvalid: its description is wrong.
        ServerAway: it is on another machine, and Kinora is set to be offline.
    """
    server = server_of(options)
    if server is not None:
        if options.get("net.offline", False) and not server.is_here:
            raise ServerAway(tr("The language model is on another machine, and Kinora is offline."),
                             hint=tr("Switch Offline off, or use a model on this machine."))  # fmt: skip
        from engine.packs.adapters.language import HttpModel

        return HttpModel.at(server)
    ref = str(options.get("packs", {}).get(TASK, ""))
    if not ref:
        raise NeedsPack(tr("No language model is at hand."), hint=tr("Set model.url, or install a pack: kinora packs"))
    found: LanguageModel = load(TASK, ref)
    return found


def described(ref: str) -> Mapping[str, Any]:
    """What a pack (id@version) says of its language model; nothing when it is not there."""
    if not ref:
        return {}
    try:
        return shelf.find(ref)[0].models.get(TASK, {})
    except NeedsPack:
        return {}


def sees(options: Mapping[str, Any], ref: str) -> bool:
    """Say whether the model at hand understands pictures; `options` are settings, `ref` is the pack."""
    if str(options.get("model.url", "")).strip():
        return bool(options.get("model.vision", False))
    return bool(described(ref).get("vision", False))


def answer_of(text: str) -> Mapping[str, Any]:
    """Read an answer that should be a JSON object, also one with a fence or words around it; {} when it is none."""
    first, last = text.find("{"), text.rfind("}")
    if first < 0 or last < first:
        return {}
    try:
        found = json.loads(text[first : last + 1])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
