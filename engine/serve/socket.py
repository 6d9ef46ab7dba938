"""WebSockets (RFC 6455) as far as the front needs them: it tells, and listens to pings and goodbyes alone."""

import asyncio
import base64
import binascii
import hashlib
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
LONGEST = 4096  # bytes of a frame of the other side
PROTOCOL_ERROR, TOO_BIG, GOING_AWAY = 1002, 1009, 1001


class Socket(asyncio.Protocol):
    """What uvicorn makes of a connection that asks to become a WebSocket."""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        self._app = config.loaded_app
        self._root = config.root_path
        self._state = app_state
        self._connections = server_state.connections
        self._tasks = server_state.tasks
        self._loop = _loop or asyncio.get_running_loop()
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: Any = None
        self._buffer = bytearray()
        self._key = b""
        self._open = self._closing = self._answered = False

    def connection_made(self, transport: Any) -> None:
        """Uvicorn hands the connection over."""
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._connections.discard(self)
        self._writable.set()
        self._heard.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def eof_received(self) -> None:
        """The other side says no more: that is the end."""

    def pause_writing(self) -> None:
        """The other side reads too slowly."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable.set()

    def shutdown(self) -> None:
        """The server ends."""
        if self._open:
            self._close(GOING_AWAY)
        elif not self._answered:
            self._refuse(503)

    def data_received(self, data: bytes) -> None:
        """The request first, then frames."""
        self._buffer += data
        if not self._key:
            self._begin()
        if self._open and not self._closing:
            self._frames()
        elif len(self._buffer) > 4 * LONGEST:  # it talks before it is let in, or after the goodbye
            self._transport.abort()

    # --- the request --------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not found:
            return
        self._buffer = bytearray(rest)
        first, *lines = head.split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
        told = dict(headers)
        self._key = told.get(b"sec-websocket-key", b"") or b"?"
        if method != b"GET" or told.get(b"sec-websocket-version") != b"13" or not _is_key(self._key):
            self._refuse(400)
            return
        path, _, query = target.partition(b"?")
        scope = {
            "type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "scheme": "wss" if is_ssl(self._transport) else "ws", "server": get_local_addr(self._transport),
            "client": get_remote_addr(self._transport), "root_path": self._root, "path": unquote(path.decode("ascii")),
            "raw_path": path, "query_string": query, "headers": headers, "subprotocols": [],
            "state": self._state.copy(), "extensions": {},
        }  # fmt: skip
        self._heard.put_nowait({"type": "websocket.connect"})
        task = self._loop.create_task(self._run(scope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, scope: dict[str, Any]) -> None:
        try:
            await self._app(scope, self._heard.get, self._say)
        finally:
            if not self._answered:
                self._refuse(500)
            elif self._open and not self._closing:
                self._close(1011)

    async def _say(self, message: Any) -> None:
        """What the app wants to be sent. Raises OSError: the other side has gone."""
        kind = message["type"]
        if kind == "websocket.accept":
            self._accept()
        elif kind == "websocket.close":
            self._close(message.get("code", 1000)) if self._open else self._refuse(403)
        elif kind == "websocket.send":
            text = message.get("text")
            await self._writable.wait()
            if self._closing or self._transport.is_closing():
                raise OSError("the other side has gone")
            self._write(TEXT if text is not None else BINARY, (text or "").encode() or message.get("bytes") or b"")
            await self._writable.wait()

    def _accept(self) -> None:
        digest = base64.b64encode(hashlib.sha1(self._key + MAGIC).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"
        )
        self._open = self._answered = True
        self._frames()

    def _refuse(self, status: int) -> None:
        self._answered = True
        if not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 %d Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status)
            self._transport.close()

    # --- frames -------------------------------------------------------------------------------------------------------

    def _frames(self) -> None:
        while self._open and not self._closing and len(self._buffer) >= 2:
            code, size = self._buffer[0] & 0x0F, self._buffer[1] & 0x7F
            at = 4 if size == 126 else 2
            if size == 127 or not self._buffer[1] & 0x80 or self._buffer[0] & 0x70 or (code >= CLOSE and size > 125):
                self._close(TOO_BIG if size == 127 else PROTOCOL_ERROR)
                return
            if len(self._buffer) < at:
                return
            size = struct.unpack_from(">H", self._buffer, 2)[0] if size == 126 else size
            if size > LONGEST:
                self._close(TOO_BIG)
                return
            if len(self._buffer) < at + 4 + size:
                return
            mask, body = self._buffer[at : at + 4], self._buffer[at + 4 : at + 4 + size]
            del self._buffer[: at + 4 + size]
            self._frame(code, bytes(one ^ mask[place % 4] for place, one in enumerate(body)))

    def _frame(self, code: int, body: bytes) -> None:
        """A whole frame; words are not listened to."""
        if code == PING and self._writable.is_set():  # who sends and does not read gets no more of them
            self._write(PONG, body)
        elif code == CLOSE:
            self._close(struct.unpack_from(">H", body)[0] if len(body) >= 2 else 1000)

    def _write(self, code: int, body: bytes) -> None:
        size = len(body)
        if size < 126:
            head = struct.pack(">BB", 0x80 | code, size)
        else:
            short = size < 1 << 16
            head = struct.pack(">BBH" if short else ">BBQ", 0x80 | code, 126 if short else 127, size)
        self._transport.write(head + body)

    def _close(self, code: int) -> None:
        """Say goodbye, and go."""
        if self._closing:
            return
        self._closing = True
        if not self._transport.is_closing():
            self._write(CLOSE, struct.pack(">H", code))
            close: Callable[[], None] = self._transport.close
            self._loop.call_soon(close)
        self._heard.put_nowait({"type": "websocket.disconnect", "code": code})


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False
