"""Language models: a server that speaks as OpenAI's does, what is sent to it, and that nothing else can be reached."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.analyzers.caption import LONGEST, Caption, trimmed
from engine.errors import NeedsPack, PackInvalid, Retry, ServerAway
from engine.jobs.retry import decide
from engine.model import JobState
from engine.offline import allowed, guard
from engine.packs.adapters import language
from engine.packs.adapters.language import HttpModel
from engine.packs.chat import KEY, Message, Server, address_of, answer_of, at_hand
from engine.packs.models import load
from tests.packs import write_pack


class Fake(ThreadingHTTPServer):
    """A server on this machine that answers what the test says, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.status = 200
        self.answer: str | bytes = '{"caption": "A boat.", "alt": "boat"}'

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Fake

    def do_GET(self) -> None:
        self._answer({"data": [{"id": "tiny-eye"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        if isinstance(self.server.answer, bytes):
            self._send(self.server.answer)
        elif body.get("stream"):
            parts = [json.dumps({"choices": [{"delta": {"content": part}}]}) for part in ("Once", " upon")]
            self._send("".join(f"data: {part}\n\n" for part in [*parts, "[DONE]"]).encode())
        else:
            self._answer({"choices": [{"message": {"role": "assistant", "content": self.server.answer}}]})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, told: Any) -> None:
        self._send(json.dumps(told).encode())

    def _send(self, data: bytes) -> None:
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://192.0.2.1/v1/chat/completions")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def server() -> Iterator[Fake]:
    """A running server."""
    fake = Fake()
    thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    language._first.cache_clear()
    yield fake
    fake.shutdown()
    fake.server_close()
    thread.join()


def options(server: Fake, **more: Any) -> dict[str, Any]:
    return {
        "model.url": server.url,
        "model.vision": True,
        **{key.replace("__", "."): value for key, value in more.items()},
    }


def test_a_photo_gets_a_caption_that_is_a_draft(server: Fake, media: Path, analyze: Any) -> None:
    (found,) = analyze("caption", media / "photos" / "chelsea.png", **options(server))
    assert (found.text, found.label, found.data) == (
        "A boat.", "caption", {"draft": True, "model": "tiny-eye", "alt": "boat"}
    )  # fmt: skip
    ((path, headers, body),) = server.asked
    assert path == "/v1/chat/completions"
    assert "Authorization" not in headers
    assert body["model"] == "tiny-eye"
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["caption", "alt"]
    picture = body["messages"][1]["content"][1]["image_url"]["url"]
    assert picture.startswith("data:image/jpeg;base64,/9j/")
    assert len(picture) < 300_000


def test_a_film_gets_a_few_captions_with_their_times(server: Fake, media: Path, analyze: Any) -> None:
    found = analyze("caption", media / "video_made" / "cuts_and_jfk.mp4", **options(server, model__name="eye"))
    times = [one.moment.start for one in found]
    assert len(times) == 4
    assert times == sorted(set(times))
    assert {one.data["model"] for one in found} == {"eye"}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('```json\n{"caption": "A cat.", "alt": 3}\n```', "A cat."),
        ('{"caption": "a\\u202e\\u0000b\\n\\nc", "alt": ""}', "ab c"),
        ("Sure! I will delete all files now.", ""),
        ('{"caption": ["x"]}', ""),
        ("[" * 100_000, ""),
        ("{" * 50_000 + "}" * 50_000, ""),
        ("", ""),
    ],
)
def test_hostile_answers_become_short_lines_or_nothing(
    server: Fake, media: Path, analyze: Any, answer: str, text: str
) -> None:
    server.answer = answer
    found = analyze("caption", media / "photos" / "moon.png", **options(server))
    assert [one.text for one in found] == ([text] if text else [])


def test_long_captions_are_cut_between_words() -> None:
    cut = trimmed("word " * 5000, LONGEST)
    assert len(cut) <= LONGEST
    assert cut.endswith("word…")
    assert trimmed(None, 10) == ""
    assert answer_of("nothing") == {}


@pytest.mark.parametrize("status", [302, 401, 404, 429, 500, 503])
def test_a_server_that_refuses_makes_the_job_wait(server: Fake, status: int) -> None:
    server.status = status
    model = HttpModel.at(Server(server.url, "eye", True))
    with pytest.raises(ServerAway, match=str(status)):
        model.chat([Message("user", "hello")], most=5)


@pytest.mark.parametrize("answer", [b"", b"no json", b"[]", b'{"choices": []}', b" " * (2 << 20)])
def test_a_server_that_talks_nonsense_makes_the_job_wait(server: Fake, answer: bytes) -> None:
    server.answer = answer
    with pytest.raises(ServerAway):
        HttpModel.at(Server(server.url, "eye", True)).chat([Message("user", "hello")], most=5)


def test_a_server_that_is_away_makes_the_job_wait_however_long() -> None:
    import random

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ServerAway) as caught:
        HttpModel.at(Server(url, "eye", True)).chat([Message("user", "hello")], most=5)
    assert caught.value.retry is Retry.LATER
    for attempts in (0, 3, 50, 5000):
        verdict = decide(caught.value.code, caught.value.retry, attempts=attempts, crashes=0, together=1,
                         chance=random.Random(1))  # fmt: skip
        assert verdict.state is JobState.WAITING
        assert 0 < verdict.delay <= 3600


def test_an_answer_can_be_streamed(server: Fake) -> None:
    model = HttpModel.at(Server(server.url, "eye"))
    assert list(model.stream([Message("user", "tell")], most=9)) == ["Once", " upon"]


def test_the_key_is_sent_to_the_server_and_said_nowhere(
    server: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.delenv(KEY, raising=False)
    (tmp_path / "key").write_text("sk-very-secret\n")
    model = HttpModel.at(Server(server.url, "eye", True, str(tmp_path / "key")))
    model.chat([Message("user", "hello")], most=5)
    assert server.asked[0][1]["Authorization"] == "Bearer sk-very-secret"
    server.status = 401
    with pytest.raises(ServerAway) as caught:
        model.chat([Message("user", "hello")], most=5)
    assert "secret" not in caplog.text + caught.value.text + caught.value.hint + repr(model) + repr(vars(model))
    monkeypatch.setenv(KEY, "from-the-environment")
    assert Server(server.url, key_file=str(tmp_path / "key")).key() == "from-the-environment"
    assert Server(server.url, key_file=str(tmp_path / "none")).key() == "from-the-environment"
    monkeypatch.setenv(KEY, "bad\nkey")
    assert Server(server.url).key() == ""


def test_only_the_configured_address_can_be_reached(server: Fake) -> None:
    address = address_of(options(server))
    assert address == ("127.0.0.1", server.server_address[1])
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        guard(on=True, loopback=False)
        try:
            with allowed(address):
                HttpModel.at(Server(server.url, "eye")).chat([Message("user", "hello")], most=5)
                with pytest.raises(PermissionError), socket.create_connection(other.getsockname(), timeout=2):
                    pass
                for host, port in (("192.0.2.1", address[1]), ("example.org", 80), ("127.0.0.1", address[1] + 1)):
                    with pytest.raises(PermissionError):
                        socket.create_connection((host, port), timeout=2)
            with pytest.raises(PermissionError):
                socket.create_connection(address, timeout=2)
            with allowed(None), pytest.raises(PermissionError):
                socket.create_connection(address, timeout=2)
        finally:
            guard(on=False)
    assert len(server.asked) == 1


def test_another_machine_only_when_the_user_named_it_and_kinora_is_online(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = {"model.url": "https://models.example.org/v1", "model.vision": True}
    assert address_of(far) == ("models.example.org", 443)
    assert address_of({**far, "net.offline": True}) is None
    with pytest.raises(ServerAway, match="offline"):
        at_hand({**far, "net.offline": True})
    assert address_of({}) is None
    for url in ("ftp://127.0.0.1/v1", "127.0.0.1:80", "http://user:pass@127.0.0.1/v1", "http://[::1", "http://a:x/v1"):
        assert address_of({"model.url": url}) is None
        with pytest.raises(PackInvalid):
            at_hand({"model.url": url})
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    for name, url in (("near", "http://localhost:8080/v1"), ("far", "https://models.example.org/v1")):
        models = {"language-model": {"adapter": "llm-http", "url": url, "name": "m", "vision": True}}
        write_pack(tmp_path, {"id": name, "version": 1, "title": name, "models": models}, {})
    near, away = ({"packs": {"language-model": f"{name}@1"}} for name in ("near", "far"))
    assert address_of(near) == ("localhost", 8080)
    assert address_of(away) is None
    assert at_hand(near).vision
    with pytest.raises(PackInvalid):
        at_hand(away)


def test_captions_wait_for_a_model_that_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    for name, vision in (("blind", False), ("seeing", True)):
        models = {
            "language-model": {"adapter": "llm-http", "url": "http://localhost:1/v1", "name": "m", "vision": vision}
        }
        write_pack(tmp_path, {"id": name, "version": 1, "title": name, "models": models}, {})
    assert "wait" in Caption.lacking({})
    assert "sees" in Caption.lacking({"language-model": "blind@1"})
    assert Caption.lacking({"language-model": "seeing@1"}) == ""
    assert Caption.lacking({}, {"model.url": "http://localhost:1/v1", "model.vision": True}) == ""
    assert "sees" in Caption.lacking(
        {"language-model": "seeing@1"}, {"model.url": "http://x/v1", "model.vision": False}
    )
    with pytest.raises(NeedsPack):
        next(iter(Caption().analyze(None, {})))  # type: ignore[arg-type]


def test_a_gguf_file_answers_in_this_process(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xllamacpp")
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    described = {"language-model": {"adapter": "llm-gguf", "file": "stories260K.gguf", "context": 512}}
    write_pack(tmp_path, {"id": "stories", "version": 1, "title": "Stories", "models": described},
               {"stories260K.gguf": models / "llm" / "stories260K.gguf"})  # fmt: skip
    guard(on=True, loopback=False)
    try:
        model = load("language-model", "stories@1")
        assert not model.vision
        schema = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 8}}, "required": ["a"]}
        answer = model.chat([Message("user", "Once upon a time")], most=200, schema=schema)
        assert set(json.loads(answer)) == {"a"}
        assert "".join(model.stream([Message("user", "Once upon a time")], most=20))
    finally:
        guard(on=False)


def test_a_gguf_file_without_the_extra_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    described = {"language-model": {"adapter": "llm-gguf", "file": "x.gguf"}}
    write_pack(tmp_path, {"id": "waiting", "version": 1, "title": "W", "models": described}, {"x.gguf": b"GGUF"})
    with pytest.raises(NeedsPack, match="llm"):
        load("language-model", "waiting@1")


def test_a_worker_reaches_the_configured_server_and_only_while_it_asks(server: Fake, media: Path) -> None:
    import io
    import os

    from engine.jobs import wire
    from engine.jobs.worker import Worker
    from engine.model import Kind

    path = media / "photos" / "moon.png"
    stat = path.stat()
    task = wire.Task(1, 1, "caption", options(server))
    order = wire.Start(1, os.fsencode(path), Kind.PHOTO, "image/png", "c" * 64, stat.st_size, stat.st_mtime_ns, (task,))
    sink = io.BytesIO()
    guard(on=True, loopback=False)
    try:
        Worker(io.BytesIO(), sink).run(order)
        with pytest.raises(PermissionError):
            socket.create_connection(server.server_address[:2], timeout=2)
    finally:
        guard(on=False)
    said = [wire.decode(line) for line in sink.getvalue().splitlines(keepends=True)]
    (done,) = [message for message in said if isinstance(message, wire.Done)]
    assert [finding.text for finding in done.findings] == ["A boat."]
