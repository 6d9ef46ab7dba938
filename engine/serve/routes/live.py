"""Live progress: as server-sent events, and over a WebSocket."""

import asyncio
import contextlib
from typing import Annotated

from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect

from engine.errors import KinoraError
from engine.model.access import Principal, Scope
from engine.serve.front import front_of, who
from engine.serve.live import SLOW, Ear, Events
from engine.serve.shapes import ERRORS


def router() -> APIRouter:
    """The routes of what goes on."""
    routes = APIRouter(prefix="/v1", tags=["Live"], responses=ERRORS)

    @routes.get("/events", summary="What goes on, as server-sent events", response_class=Events, status_code=200)
    async def events(request: Request, who: Annotated[Principal, who(Scope.READ)]) -> Events:
        return Events(front_of(request).live.join(who))

    @routes.websocket("/live")
    async def live(socket: WebSocket) -> None:
        front = front_of(socket)
        try:
            ear = front.live.join(front.admit(socket, Scope.READ))
        except KinoraError as error:
            await socket.close(1008, error.code)
            return
        await socket.accept()
        await _tell(socket, ear)

    return routes


async def _tell(socket: WebSocket, ear: Ear) -> None:
    """Send until the other side goes away, or reads too slowly; what it sends is not listened to."""
    telling = asyncio.ensure_future(_send(socket, ear))
    hearing = asyncio.ensure_future(_gone(socket))
    try:
        await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, hearing):
            task.cancel()
        await asyncio.gather(telling, hearing, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(1001)


async def _send(socket: WebSocket, ear: Ear) -> None:
    async with contextlib.aclosing(ear.messages()) as messages:
        async for message in messages:
            async with asyncio.timeout(SLOW):
                await socket.send_json({} if message is None else message)


async def _gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
