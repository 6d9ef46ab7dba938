"""Talks to language models: a server that speaks as OpenAI's does, or a GGUF file in this very process."""

from __future__ import annotations

import importlib.util
import json
import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from engine.errors import NeedsPack, ServerAway
from engine.language import mark, tr
from engine.packs.chat import Message, Server, local_server
from engine.packs.models import Model

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

CONNECT = 5.0  # seconds
ANSWER = 110.0  # seconds; a worker may be silent for two minutes
LARGEST = 1 << 20  # bytes of an answer
CALM = 0.1  # temperature: captions are to be the same tomorrow
CONTEXT = 4096  # tokens
AWAY = frozenset({408, 425, 429, 500, 502, 503, 504})  # answers of a server that may answer later
BACK = mark("Start it; Kinora tries again by itself. Its address is the setting model.url.")


class HttpModel:
    """A model behind `/chat/completions` (llama-server, Ollama, LM Studio, vLLM, OpenAI itself).

    One connection to one address: no redirects are followed, no proxies taken from the environment, and the key is
    sent as a header and said nowhere else.
    """

    def __init__(self, model: Model) -> None:
        self._begin(local_server(model.description))

    @classmethod
    def at(cls, server: Server) -> Self:
        """Make it for a server of the settings."""
        made = cls.__new__(cls)
        made._begin(server)
        return made

    def _begin(self, server: Server) -> None:
        self._server = server
        self._url = server.url.rstrip("/")
        self.name = server.name or _first(self._url, server.key_file)
        self.vision = server.vision

    def chat(self, messages: Sequence[Message], *, most: int, schema: Mapping[str, Any] | None = None) -> str:
        """Ask, and return the whole answer.

        Raises:
            ServerAway: the server does not answer, or not now, or not with an answer.
        """
        body = self._body(messages, most)
        if schema is not None:
            body["response_format"] = {
                "type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema},
            }  # fmt: skip
        return _content(self._ask(body))

    def stream(self, messages: Sequence[Message], *, most: int) -> Iterator[str]:
        """Ask, and yield the answer as it comes.

        Raises:
            ServerAway: as `chat`.
        """
        import httpx2

        body = {**self._body(messages, most), "stream": True}
        try:
            with (
                _client(self._server) as client,
                client.stream("POST", f"{self._url}/chat/completions", json=body) as answer,
            ):
                _checked(answer)
                size = 0
                for line in answer.iter_lines():
                    size += len(line)
                    if size > LARGEST or line.strip() == "data: [DONE]":
                        return
                    if line.startswith("data:") and (part := _delta(line[5:])):
                        yield part
        except httpx2.HTTPError as error:
            raise ServerAway(
                tr("The language model at {address} does not answer.", address=self._server.address[0]), hint=tr(BACK)
            ) from error

    def _body(self, messages: Sequence[Message], most: int) -> dict[str, Any]:
        return {
            "model": self.name, "messages": [one.to_json() for one in messages], "max_tokens": most,
            "temperature": CALM,
        }  # fmt: skip

    def _ask(self, body: Mapping[str, Any]) -> Any:
        import httpx2

        try:
            with (
                _client(self._server) as client,
                client.stream("POST", f"{self._url}/chat/completions", json=body) as answer,
            ):
                _checked(answer)
                return _json(answer)
        except httpx2.HTTPError as error:
            raise ServerAway(
                tr("The language model at {address} does not answer.", address=self._server.address[0]), hint=tr(BACK)
            ) from error


class GgufModel:
    """A GGUF file (llama.cpp through xllamacpp), loaded into the worker; nothing of it is sent anywhere.

    The library opens a port on this machine that cannot be left out: it is locked by a random key that nobody has.
    The description says `file`, optionally `projector` (the file that makes it see), `context` and `gpu_layers`.
    """

    def __init__(self, model: Model) -> None:
        if importlib.util.find_spec("xllamacpp") is None:
            raise NeedsPack(tr("A language model in this form needs the extra llm."), hint="pip install 'kinora[llm]'")
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(model.file())
        if model.description.get("projector"):
            parameters.mmproj.path = str(model.file("projector"))
        parameters.n_ctx = int(model.description.get("context", CONTEXT))
        parameters.n_parallel = 1
        parameters.n_gpu_layers = int(model.description.get("gpu_layers", 0))
        parameters.cpuparams.n_threads = 1
        parameters.cpuparams_batch.n_threads = 1
        parameters.hostnames = ["127.0.0.1"]
        parameters.api_keys = [secrets.token_hex(32)]
        parameters.offline = True
        try:
            self._server = xllamacpp.Server(parameters)
        except (RuntimeError, ValueError) as error:
            raise NeedsPack(tr("The language model of {id} cannot be loaded.", id=model.pack.id),
                            hint=tr("Install the pack again.")) from error  # fmt: skip
        self.name = model.pack.ref
        self.vision = bool(model.description.get("vision", False)) and bool(model.description.get("projector"))

    def chat(self, messages: Sequence[Message], *, most: int, schema: Mapping[str, Any] | None = None) -> str:
        """Ask, and return the whole answer.

        Raises:
            ServerAway: it found no answer this time.
        """
        body: dict[str, Any] = {
            "messages": [one.to_json() for one in messages], "max_tokens": most, "temperature": CALM, "seed": 1,
        }  # fmt: skip
        if schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        try:
            return _content(self._server.handle_chat_completions(body))
        except (RuntimeError, ValueError) as error:
            raise ServerAway(
                tr("The language model did not answer."), hint=tr("Kinora tries again by itself.")
            ) from error

    def stream(self, messages: Sequence[Message], *, most: int) -> Iterator[str]:
        """Ask, and yield the answer, which comes in one piece."""
        yield self.chat(messages, most=most)


def _client(server: Server) -> httpx2.Client:
    import httpx2

    key = server.key()
    return httpx2.Client(
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx2.Timeout(ANSWER, connect=CONNECT),
        trust_env=False,
        follow_redirects=False,
    )


@lru_cache(maxsize=8)
def _first(url: str, key_file: str) -> str:
    """The name of the first model that a server has.

    Raises:
        ServerAway: it does not say.
    """
    import httpx2

    server = Server(url, key_file=key_file)
    try:
        with _client(server) as client, client.stream("GET", f"{url}/models") as answer:
            _checked(answer)
            told = _json(answer)
            return str(told["data"][0]["id"])[:200]
    except httpx2.HTTPError as error:
        raise ServerAway(
            tr("The language model at {address} does not answer.", address=server.address[0]), hint=tr(BACK)
        ) from error
    except (KeyError, IndexError, TypeError) as error:
        raise ServerAway(
            tr("The server names no language model."), hint=tr("Name one in the setting model.name.")
        ) from error


def _checked(answer: httpx2.Response) -> None:
    if answer.status_code == 200:
        return
    why = tr("The language model's server answered {status_code}.", status_code=answer.status_code)
    hint = tr(BACK) if answer.status_code in AWAY else tr("Check model.url, model.name and the key (model.key_file).")
    raise ServerAway(why, hint=hint)


def _json(answer: httpx2.Response) -> Any:
    data = bytearray()
    for part in answer.iter_bytes():
        data += part
        if len(data) > LARGEST:
            raise ServerAway(tr("The language model's server answers without end."), hint=tr(BACK))
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ServerAway(tr("The language model's server answers what is no JSON."), hint=tr(BACK)) from error


def _content(told: Any) -> str:
    try:
        return str(told["choices"][0]["message"]["content"] or "")
    except (KeyError, IndexError, TypeError) as error:
        raise ServerAway(tr("The language model's answer has no text."), hint=tr(BACK)) from error


def _delta(line: str) -> str:
    try:
        return str(json.loads(line)["choices"][0]["delta"].get("content") or "")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ""
