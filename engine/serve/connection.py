"""A connection: HTTP with a time for the lines before a body."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from engine.serve.together import Together

HEAD = 15.0  # seconds for the first line and the headers of a request that has begun, or of a new connection


class Connection(H11Protocol):
    """Uvicorn's HTTP/1.1, that does not wait for ever for one who dribbles headers (slow loris)."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Somebody connects."""
        super().connection_made(Together(transport, self.loop))  # type: ignore[arg-type]  # it stands for one
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Bytes come: the time runs while a head is not whole."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
            self._arm()
        else:
            self._disarm()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD, self._too_slow)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport is not None and not self.transport.is_closing():
            self.transport.abort()
