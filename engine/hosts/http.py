"""A node that is reached over HTTP: over TLS with a pinned certificate, or on this machine's loopback."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import (
    HostError,
    HostLied,
    HostLost,
    HostRefused,
    HostSkew,
    KinoraError,
)
from engine.hosts import pinning
from engine.hosts.replies import Reply, drink, failure
from engine.jobs.orders import LONGEST_ANSWER, PROTOCOL, Answer, Capabilities, Order, OrderInvalid
from engine.language import tr
from engine.model import HostKind, Introduction

if TYPE_CHECKING:
    import ssl

    import httpx2

log = logging.getLogger(__name__)

SMALL = 4 << 20  # bytes of an answer without results
ANSWERS = LONGEST_ANSWER + (16 << 20)
NAMES = 5000  # blobs or keys in one request
ORDERS = 64  # in one request
PIECE = 256 << 10  # bytes that are read and sent at once
LARGE = 1 << 20  # bytes from which an upload asks first how much is there
TRIES = 4  # of an upload that is cut
UPLOADS = 6  # at a time
INSTALL = 1800.0  # seconds for a pack, once its files are there: each of its models is tried
TOKEN = re.compile(r"[\x21-\x7e]{0,512}")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for a connection, for a byte to come or go, for a whole answer; and bytes a second of an upload."""

    connect: float = 10.0
    silence: float = 20.0
    whole: float = 60.0
    slowest: float = 16_384.0


class HttpNode:
    """A node behind HTTP; nothing that it says is taken on trust.

    `pinned` is the SHA-256 (hex) of its certificate. Without it the system's authorities must vouch for the machine,
    or it is this one and `url` begins with http://. `name` is what people know it by, else the machine in `url`.

    Raises:
        HostRefused: the connection would not be encrypted, or that is no token.
        HostError: `url` is no address of a node.
    """

    def __init__(
        self, url: str, token: str, *, pinned: str = "", patience: Patience | None = None, name: str = ""
    ) -> None:
        if not TOKEN.fullmatch(token):
            raise HostRefused(tr("That is no token: it has letters that no token has."))
        self.sent = 0
        self.received = 0
        self._place = pinning.place(url)
        self._name = name or str(self._place.hostname)
        self._root = f"{self._place.scheme}://{self._place.netloc}/v1/node"
        self._pinned = pinned.lower()
        self._patience = patience or Patience()
        self._headers = {"Kinora-Protocol": str(PROTOCOL), "Accept-Encoding": "identity", "User-Agent": "Kinora"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._client: httpx2.AsyncClient | None = None
        self._uploads = asyncio.Semaphore(UPLOADS)
        self._after = 0  # the number of the last answer that came over this connection
        self._spool = ""
        self._closed = False

    async def capabilities(self) -> Capabilities:
        """What it is and can do. Raises HostSkew: it speaks another protocol."""
        raw = (await self._ask("GET", "/capabilities")).json(self._name)
        spoken, version = raw.get("protocol"), str(raw.get("version", "?"))[:64]
        if isinstance(spoken, int) and spoken not in (PROTOCOL, PROTOCOL - 1):
            from engine import __version__

            raise HostSkew(
                tr(
                    "{name} runs Kinora {theirs} (protocol {spoken}); this is Kinora {ours} (protocol {protocol}).",
                    name=self._name, theirs=version, spoken=spoken, ours=__version__, protocol=PROTOCOL,
                )
            )  # fmt: skip
        try:
            return Capabilities.from_json(raw)
        except OrderInvalid as error:
            raise HostLied(error.text) from error

    async def missing(self, names: Collection[str]) -> set[str]:
        """Which of these blobs it does not have; no more than was asked."""
        asked, found = list(names), set[str]()
        for at in range(0, len(asked), NAMES):
            part = asked[at : at + NAMES]
            told = await self._post("/missing", {"names": part})
            found |= self._among(told.get("missing"), part)
        return found

    async def put(self, name: str, path: Path) -> None:
        """Give it a blob, going on where an earlier try stopped."""
        async with self._uploads:
            size = await asyncio.to_thread(_size, path)
            offset: int | None = None if size >= LARGE else 0
            lost: HostError = HostLost(tr("{name} took nothing.", name=self._name))
            wrong = 0
            for _ in range(TRIES):
                try:
                    if offset is None:
                        offset, whole = await self._have(name, size)
                        if whole:
                            return
                    reply = await self._send(name, path, size, offset)
                except HostLost as error:
                    lost, offset = error, None
                    continue
                if reply.status == 409:
                    offset = None
                elif reply.status == 422:
                    wrong += 1
                    if wrong > 1:
                        raise HostLied(tr("{name} says that what was sent twice arrived otherwise.", name=self._name))
                    offset = 0
                elif reply.status != 200:
                    raise failure(reply, self._name)
                elif reply.json(self._name).get("whole") is True:
                    return
                else:
                    offset = None
            raise lost

    async def install(self, pack: Path) -> None:
        """Give it a pack: its description, and of its files those that it does not have."""
        raw, consent = await asyncio.to_thread(_description, pack)
        files = {str(file["sha256"]): pack / str(file["name"]) for file in raw["files"]}
        params = {"consent": "true" if consent else "false", "wait": "15"}
        path = f"/packs/{raw['id']}@{raw.get('version', 1)}"
        body, given = json.dumps(raw).encode(), set[str]()
        until = time.monotonic() + INSTALL
        while time.monotonic() < until:
            told = (await self._ask("POST", path, content=body, params=params, more=15.0)).json(self._name)
            if told.get("state") == "installed":
                return
            missing = self._among(told.get("missing"), files)
            if missing & given:
                raise HostLied(tr("{name} asks again for files that it took.", name=self._name))
            for name in sorted(missing):
                await self.put(name, files[name])
            given |= missing
            if missing:
                until = time.monotonic() + INSTALL
            else:
                await asyncio.sleep(0.2)
        raise HostLost(tr("{name} did not get ready with a pack in time.", name=self._name))

    async def submit(self, orders: Sequence[Order]) -> None:
        """Give it orders. Raises HostLost: it lost blobs meanwhile; asked and given anew, all will be well."""
        for at in range(0, len(orders), ORDERS):
            part = orders[at : at + ORDERS]
            told = await self._post("/orders", {"orders": [order.to_json() for order in part]})
            lacking = told.get("missing")
            if not isinstance(lacking, dict) or not lacking.keys() <= {order.id for order in part}:
                raise HostLied(tr("{name} answered with something that no node says.", name=self._name))
            if lacking:
                raise HostLost(tr("{name} no longer has what was sent to it; it is sent again.", name=self._name))

    async def answers(self, wait: float) -> list[Answer]:
        """Answers that are not acknowledged; each comes once over this connection, and again over the next one."""
        params = {"wait": f"{wait:.1f}", "after": str(self._after)}
        reply = await self._ask("GET", "/answers", params=params, most=ANSWERS, more=wait)
        raw = await asyncio.to_thread(reply.json, self._name) if len(reply.body) > LARGE else reply.json(self._name)
        spool, after, rows = raw.get("spool"), raw.get("next"), raw.get("answers")
        if (
            not isinstance(spool, str)
            or type(after) is not int
            or not 0 <= after < 1 << 62
            or not isinstance(rows, list)
        ):
            raise HostLied(tr("{name} answered with something that no node says.", name=self._name))
        if self._spool and spool != self._spool:
            raise HostLost(tr("{name} began anew; what it had is sent again.", name=self._name))
        try:
            found = [Answer.from_json(row) for row in rows]
        except OrderInvalid as error:
            raise HostLied(error.text) from error
        self._spool, self._after = spool, after
        return found

    async def acknowledge(self, keys: Collection[str]) -> None:
        """These answers are stored here: it may forget them."""
        listed = list(keys)
        for at in range(0, len(listed), NAMES):
            await self._post("/acknowledge", {"keys": listed[at : at + NAMES]})

    async def cancel(self, orders: Collection[str]) -> None:
        """Stop these orders and forget them."""
        await self._post("/cancel", {"orders": list(orders)})

    async def close(self) -> None:
        """Let go of the connection."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _among(self, told: Any, asked: Collection[str]) -> set[str]:
        """What it lacks. Raises HostLied: it names what was not asked for."""
        if not isinstance(told, list) or not all(isinstance(one, str) and one in asked for one in told):
            raise HostLied(tr("{name} asks for what was not offered.", name=self._name))
        return set(told)

    async def _have(self, name: str, size: int) -> tuple[int, bool]:
        """How many bytes of a blob are there, and whether that is all."""
        reply = await self._ask("HEAD", f"/blob/{name}")
        told = reply.headers.get("kinora-have", "")
        if not told.isdigit() or int(told[:20]) > size:
            raise HostLied(tr("{name} has more of a file than there is.", name=self._name))
        return int(told), reply.headers.get("kinora-whole") == "yes"

    async def _send(self, name: str, path: Path, size: int, offset: int) -> Reply:
        params = {"size": str(size), "offset": str(offset)}
        body = self._pieces(path, offset, size)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size - offset)}
        more = (size - offset) / self._patience.slowest
        try:
            return await self._reply("PUT", f"/blob/{name}", content=body, params=params, headers=headers, more=more)
        finally:
            await body.aclose()

    async def _pieces(self, path: Path, offset: int, size: int) -> AsyncGenerator[bytes, None]:
        with await asyncio.to_thread(path.open, "rb") as stream:
            stream.seek(offset)
            left = size - offset
            while left > 0 and (piece := await asyncio.to_thread(stream.read, min(PIECE, left))):
                left -= len(piece)
                self.sent += len(piece)
                yield piece

    async def _post(self, path: str, raw: dict[str, Any]) -> dict[str, Any]:
        return (await self._ask("POST", path, content=json.dumps(raw).encode())).json(self._name)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: dict[str, str] | None = None,
        most: int = SMALL,
        more: float = 0.0,
    ) -> Reply:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        reply = await self._reply(method, path, content=content, params=params, headers=headers, most=most, more=more)
        if not 200 <= reply.status < 300:
            raise failure(reply, self._name)
        self.sent += len(content or b"")
        return reply

    async def _reply(
        self,
        method: str,
        path: str,
        *,
        content: Any = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str],
        most: int = SMALL,
        more: float = 0.0,
    ) -> Reply:
        """Ask, and read the answer within bounds of size and time; `more` seconds are allowed for work there."""
        import httpx2

        if self._closed:
            raise HostLost(tr("The connection to {name} was closed.", name=self._name))
        client = self._client = self._client or self._connect()
        patience = self._patience
        silence = httpx2.Timeout(patience.silence, connect=patience.connect, read=patience.silence + more, pool=None)
        try:
            async with asyncio.timeout(patience.whole + more):
                request = client.build_request(
                    method, self._root + path, content=content, params=params, headers=headers, timeout=silence
                )
                response = await client.send(request, stream=True)
                try:
                    announced = "" if method == "HEAD" else response.headers.get("content-length", "")
                    body = await drink(response.aiter_raw(), announced, most, self._name)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise HostLost(tr("{name} did not finish its answer in time.", name=self._name)) from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError) as error:
            raise await pinning.explained(error, self._place) from error
        self.received += len(body)
        told = {key.lower(): value for key, value in response.headers.items()}
        return Reply(response.status_code, told, body)

    def _connect(self) -> httpx2.AsyncClient:
        import httpx2

        verify: ssl.SSLContext | bool = False
        if self._place.scheme == "https":
            verify = pinning.pinned(self._pinned) if self._pinned else pinning.trusted()
        limits = httpx2.Limits(max_connections=UPLOADS + 6, keepalive_expiry=3.0)  # servers let go after five
        return httpx2.AsyncClient(
            verify=verify, trust_env=False, follow_redirects=False, limits=limits, headers=self._headers
        )


async def introduce(url: str) -> Introduction:
    """Look who is at an address: what certificate it shows, and whether it asks for a token. Nothing is trusted.

    Raises:
        HostError: nobody answers, or it is no address.
    """
    parts = pinning.place(url)
    name, key, notes = str(parts.hostname), "", []
    if parts.scheme == "https" and not await pinning.vouched(parts):
        key = await pinning.shown(parts)
    node = HttpNode(url, "", pinned=key)
    token = False
    try:
        able = await node.capabilities()
        notes.append(tr("It runs Kinora {version}.", version=able.version))
    except HostRefused:
        token = True
    except (HostLost, HostSkew, HostLied) as error:
        notes.append(error.text)
    finally:
        await node.close()
    address = f"{parts.scheme}://{parts.netloc}"
    return Introduction(
        HostKind.HTTP, name, address, key, pinning.fingerprint(key) if key else "", token=token, notes=tuple(notes)
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise HostError(tr("What should travel is gone from this computer: {name}.", name=path.name)) from error


def _description(pack: Path) -> tuple[dict[str, Any], bool]:
    """A pack's description, and whether its terms were agreed to here (or ask for nothing)."""
    from engine.packs.install import noted
    from engine.packs.pack import read_pack

    try:
        found = read_pack(pack)
    except KinoraError as error:
        raise HostError(error.text, hint=error.hint) from error
    consent = not found.licence.consent or bool(noted(pack).get("agreed"))
    return dict(found.raw), consent
