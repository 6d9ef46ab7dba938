"""Nodes for tests: a service on a folder, a server on loopback, certificates, orders, an analyzer without a model."""

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.analyzers.objects import Objects
from engine.hosts.http import HttpNode
from engine.jobs.orders import Answer, Order, OrderTask, Part, key_of
from engine.media.source import Source
from engine.model import Facts, Finding, FindingKind, Kind, Step
from engine.settings import defaults

ANALYZER = "objects"
VERSION = Objects.version
TOKENS = {"first": "anna", "second": "bert"}  # token: whose


class Reads(Objects):
    """Says what its parts hold; a part that begins with `exit`, `hang` or `slow` makes it do that."""

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Any]:
        for path in json.loads(Path(os.fsdecode(source.path)).read_text()):
            text = Path(path).read_bytes()
            if text.startswith(b"exit"):
                os._exit(139)
            if text.startswith(b"hang"):
                time.sleep(600)
            if text.startswith(b"slow"):
                for number in range(400):
                    time.sleep(0.05)
                    yield Step(number, 400)
            yield Finding(FindingKind.OBJECT, label=text[:40].decode("ascii", "replace"), score=0.5)


def listed(order: Order, blobs: Path, target: Path) -> None:
    """A manifest that `Reads` reads."""
    target.write_text(json.dumps([str(blobs / part.sha256) for part in order.parts]))


def use_reads(monkeypatch: Any) -> None:
    """Let workers load `Reads` in place of an analyzer, and let that one travel."""
    monkeypatch.setenv("KINORA_TEST_ANALYZER", f"{ANALYZER}=tests.nodes:Reads")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    monkeypatch.setattr(Objects, "travels", ("picture",), raising=False)


def settings(**changed: Any) -> Callable[[], dict[str, Any]]:
    """Settings of a node."""
    found = {**defaults(), "jobs.workers": 1, **{key.replace("_", ".", 1): value for key, value in changed.items()}}
    return lambda: found


def order_of(
    *contents: bytes, identity: str = "", version: int = VERSION, options: Mapping[str, Any] | None = None
) -> tuple[Order, dict[str, bytes]]:
    """An order over parts with these contents, and the blobs."""
    blobs = {sha256(one).hexdigest(): one for one in contents}
    parts = tuple(Part(f"part{n}", sha256(one).hexdigest(), len(one)) for n, one in enumerate(contents))
    key = key_of(parts, ANALYZER, version, options or {})
    task = OrderTask(key, ANALYZER, version, options or {})
    identity = identity or sha256(key.encode() + os.urandom(4)).hexdigest()[:32]
    return Order(identity, Kind.PHOTO, Facts(width=4, height=3), parts, (task,), 30.0), blobs


def files(folder: Path, blobs: Mapping[str, bytes]) -> dict[str, Path]:
    """The blobs as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in blobs.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in blobs}


def labels(answer: Answer) -> list[str]:
    """What `Reads` read."""
    return [finding.label for finding in answer.message.findings]  # type: ignore[union-attr]


def certificate(folder: Path, name: str = "node") -> tuple[Path, Path, str]:
    """A self-signed certificate, its key, and what would be pinned."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=400))
        .not_valid_after(now - timedelta(days=200)).sign(key, hashes.SHA256())  # out of date: a pin does not care
    )  # fmt: skip
    cert_path, key_path = folder / f"{name}.crt", folder / f"{name}.key"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return cert_path, key_path, sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


def guard(scope: str) -> Any:
    """Lets in who has one of `TOKENS`."""
    from fastapi import Depends, HTTPException, Request

    async def check(request: Request) -> str:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in TOKENS:
            raise HTTPException(401, "This token is not known here; it may have been revoked.")
        return TOKENS[token]

    return Depends(check)


@dataclass
class Serving:
    """A server that runs on a thread."""

    url: str
    pinned: str
    server: Any

    def node(self, token: str = "first") -> HttpNode:
        """A client of it."""
        return HttpNode(self.url, token, pinned=self.pinned)


@contextlib.contextmanager
def served(app: Any, *, tls: tuple[Path, Path, str] | None = None, port: int = 0) -> Iterator[Serving]:
    """Serve an app on a free port of loopback; as in the program, who waits for answers is let go first."""
    import uvicorn

    release = getattr(getattr(app, "state", None), "release", lambda: None)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: no delay (Nagle)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    keys = {"ssl_certfile": str(tls[0]), "ssl_keyfile": str(tls[1])} if tls else {}
    config = uvicorn.Config(app, log_config=None, ws="none", lifespan="off", timeout_graceful_shutdown=1, **keys)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), name="test-server")
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        scheme = "https" if tls else "http"
        yield Serving(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", tls[2] if tls else "", server)
    finally:
        release()
        server.should_exit = True
        thread.join(20)
        listener.close()


@contextlib.contextmanager
def node_service(folder: Path, **options: Any) -> Iterator[Any]:
    """A node on a folder, started."""
    from engine.serve.orders import NodeService
    from engine.store.db import Database

    folder.mkdir(parents=True, exist_ok=True)
    database = Database(folder / "kinora.db", own=True)
    database.open()
    options.setdefault("settings", settings())
    options.setdefault("write_manifest", listed)
    wipe = options.pop("wipe", False)
    service = NodeService(database, folder, options.pop("settings"), **options)
    service.start()
    try:
        yield service
    finally:
        service.stop(wipe=wipe)
        database.close()


def app_of(service: Any) -> Any:
    """An app with the routes of a node alone."""
    from fastapi import FastAPI

    from engine.serve.node import router

    app = FastAPI()
    app.state.release = service.release
    app.include_router(router(service, guard))
    return app


async def give(node: Any, order: Order, blobs: Mapping[str, Path]) -> None:
    """Send an order as a host does: ask what is missing, send it, submit."""
    for name in await node.missing([part.sha256 for part in order.parts]):
        await node.put(name, blobs[name])
    await node.submit([order])


async def collect(node: Any, keys: set[str], timeout: float = 40.0) -> dict[str, Answer]:
    """Wait for the answers of these keys, and acknowledge them."""
    found: dict[str, Answer] = {}
    async with asyncio.timeout(timeout):
        while not keys <= found.keys():
            for answer in await node.answers(5.0):
                found[answer.key] = answer
    await node.acknowledge(list(found))
    return found
