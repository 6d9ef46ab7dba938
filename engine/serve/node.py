"""The routes of a node: what another Kinora asks of it; JSON and plain bytes, nothing that runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse

from engine import __version__
from engine.errors import (
    ConsentNeeded,
    HostError,
    HostLimited,
    HostLost,
    HostSkew,
    KinoraError,
    LibraryReadOnly,
    PackInvalid,
    PacksBusy,
    StorageFull,
)
from engine.hosts.replies import too_deep
from engine.jobs.orders import PROTOCOL, OrderInvalid
from engine.language import digits, tr
from engine.serve.blobs import owner_of
from engine.serve.front import COUNTED
from engine.serve.orders import LONGEST_WAIT, MOST_NAMES, NodeService
from engine.serve.problems import answer
from engine.serve.uploads import BlobElsewhere, BlobRefused

PREFIX = "/v1/node"
SCOPE = "jobs:run"
DEEPEST = 32  # levels of JSON
PIECE = 1 << 20  # bytes that are written at once
PATIENCE = 60.0  # seconds without a byte, after which an upload is broken off (it can go on)
LARGE, SMALL = 16 << 20, 4 << 20  # bytes of a body

# By the first that fits: which answer an error is.
STATUS: tuple[tuple[type[KinoraError], int], ...] = (
    (BlobElsewhere, 409), (BlobRefused, 422), (OrderInvalid, 422), (HostSkew, 426), (HostLimited, 429),
    (HostLost, 409), (StorageFull, 507), (LibraryReadOnly, 507), (PackInvalid, 422), (ConsentNeeded, 403),
    (PacksBusy, 409), (HostError, 502), (KinoraError, 400),
)  # fmt: skip


class TooMuch(KinoraError):
    """A body that is longer or deeper than is read."""

    code = "too-much"


class Unreadable(KinoraError):
    """A body that is not the JSON that was expected."""

    code = "unreadable"


class _Told(APIRoute):
    """A route whose errors are told as JSON, and which refuses who speaks another protocol."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                _same_protocol(request)
                return await handle(request)
            except KinoraError as error:
                return problem(error)
            except ClientDisconnect:
                return Response(status_code=400)

        return told


def router(service: NodeService, guard: Callable[[str], Any]) -> APIRouter:
    """The routes of a node. `guard(scope)` is a dependency that checks the token and returns its owner's name."""
    routes = APIRouter(prefix=PREFIX, route_class=_Told, tags=["Node"])
    asks = guard(SCOPE)
    _about(routes, service, asks)
    _blobs(routes, service, asks)
    _work(routes, service, asks)
    return routes


def problem(error: KinoraError) -> JSONResponse:
    """An error as an answer of a node."""
    status = 413 if isinstance(error, TooMuch) else next(code for kind, code in STATUS if isinstance(error, kind))
    headers = {"Kinora-Have": str(error.have)} if isinstance(error, BlobElsewhere) else {}
    if isinstance(error, HostLimited):
        headers["Retry-After"] = str(max(1, round(error.after)))
    return answer(error, status, headers)


def _same_protocol(request: Request) -> None:
    """A client speaks this protocol, or the next one and this one too."""
    told = request.headers.get("kinora-protocol", str(PROTOCOL))
    if told not in (str(PROTOCOL), str(PROTOCOL + 1)):
        raise HostSkew(
            tr(
                "This host runs Kinora {version} (protocol {protocol}); the other side speaks protocol {told}.",
                version=__version__, protocol=PROTOCOL, told=told[:16],
            )
        )  # fmt: skip


def _about(routes: APIRouter, service: NodeService, asks: Any) -> None:
    @routes.get("/capabilities", summary="What this node is and can do")
    async def capabilities(principal: str = asks) -> JSONResponse:
        service.heard()
        return JSONResponse((await service.capabilities()).to_json())

    @routes.post("/packs/{ref}", summary="Give it a pack", openapi_extra=_body("The description (pack.json)"))
    async def packs(
        ref: str, request: Request, consent: bool = False, wait: float = 0.0, principal: str = asks
    ) -> Response:
        service.heard()
        raw = await _json(request, LARGE)
        if ref != f"{raw.get('id')}@{raw.get('version', 1)}":
            raise PackInvalid(tr("The description is not that of the pack {ref}.", ref=ref[:80]))
        missing, done = await service.install(principal, raw, consent=consent, wait=wait)
        state = "installed" if done else "missing" if missing else "installing"
        return JSONResponse({"state": state, "missing": missing}, 202 if state == "installing" else 200)


def _blobs(routes: APIRouter, service: NodeService, asks: Any) -> None:
    @routes.post("/missing", summary="Which blobs it does not have", openapi_extra=_body('{"names": [SHA-256, ...]}'))
    async def missing(request: Request, principal: str = asks) -> JSONResponse:
        service.heard()
        names = _words(await _json(request, SMALL), "names")
        return JSONResponse({"missing": await service.missing(principal, names)})

    @routes.head("/blob/{name}", summary="How many bytes of a blob are there")
    async def have(name: str, principal: str = asks) -> Response:
        service.heard()
        there = await asyncio.to_thread(service.blobs.have, owner_of(principal), name)
        return Response(headers={"Kinora-Have": str(there.size), "Kinora-Whole": "yes" if there.whole else "no"})

    @routes.get("/blob/{name}", summary="A blob's bytes", response_class=Response)
    async def get(name: str, principal: str = asks) -> Response:
        service.heard()
        there = await asyncio.to_thread(service.blobs.have, owner_of(principal), name)
        if not there.whole:
            return Response(status_code=404)
        return FileResponse(service.blobs.path(owner_of(principal), name), media_type="application/octet-stream")

    @routes.put("/blob/{name}", summary="Give it a blob, or go on from `offset`", openapi_extra=_bytes())
    async def put(name: str, request: Request, size: int, offset: int = 0, principal: str = asks) -> JSONResponse:
        service.heard()
        if int(request.headers.get("content-length", 0)) > max(0, size - offset):
            raise BlobRefused(tr("More bytes were announced than the blob has."))
        upload = await service.begin(principal, name, size, offset)
        request.scope[COUNTED] = size - offset
        try:
            async for piece in _pieces(request):
                service.heard()
                await asyncio.to_thread(upload.write, piece)
            there = await asyncio.to_thread(upload.finish)
        finally:
            upload.close()
        return JSONResponse({"have": there.size, "whole": there.whole})


def _work(routes: APIRouter, service: NodeService, asks: Any) -> None:
    @routes.post("/orders", summary="Give it orders", openapi_extra=_body('{"orders": [...]}'))
    async def orders(request: Request, principal: str = asks) -> JSONResponse:
        service.heard()
        raw = await _json(request, LARGE)
        if not isinstance(raw.get("orders"), list):
            raise Unreadable(tr("The body needs a list of “{name}”.", name="orders"))
        missing = await service.submit(principal, raw["orders"])
        return JSONResponse({"missing": missing}, 202)

    @routes.get("/answers", summary="Answers that are not acknowledged; waits for one")
    async def answers(wait: float = 0.0, after: int = 0, principal: str = asks) -> Response:
        service.heard()
        body = await service.answers(principal, min(wait, LONGEST_WAIT), max(0, after))
        return Response(body, media_type="application/json")

    @routes.post("/acknowledge", summary="These answers are stored", openapi_extra=_body('{"keys": [...]}'))
    async def acknowledge(request: Request, principal: str = asks) -> JSONResponse:
        service.heard()
        return JSONResponse(
            {"forgotten": await service.acknowledge(principal, _words(await _json(request, SMALL), "keys"))}
        )

    @routes.post("/cancel", summary="Stop orders and forget them", openapi_extra=_body('{"orders": [id, ...]}'))
    async def cancel(request: Request, principal: str = asks) -> JSONResponse:
        service.heard()
        await service.cancel(principal, _words(await _json(request, SMALL), "orders"))
        return JSONResponse({})


async def _json(request: Request, most: int) -> dict[str, Any]:
    """The body, an object within bounds. Raises TooMuch, Unreadable."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise TooMuch(tr("The body has more than {most} bytes.", most=digits(most)))
    try:
        raw = await asyncio.to_thread(json.loads, bytes(body)) if len(body) > PIECE else json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise Unreadable(tr("The body is not JSON.")) from error
    if not isinstance(raw, dict):
        raise Unreadable(tr("The body is not JSON."))
    if too_deep(raw, DEEPEST):
        raise TooMuch(tr("The body is nested too deeply."))
    return raw


def _words(raw: dict[str, Any], name: str) -> list[str]:
    """A list of short texts in a body. Raises TooMuch, Unreadable."""
    found = raw.get(name)
    if not isinstance(found, list) or not all(isinstance(one, str) and len(one) <= 128 for one in found):
        raise Unreadable(tr("The body needs a list of “{name}”.", name=name))
    if len(found) > MOST_NAMES:
        raise TooMuch(tr("More than {most} entries in one request.", most=digits(MOST_NAMES)))
    return found


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of a useful size; ends where the client went away or fell silent."""
    gathered = bytearray()
    stream = request.stream()
    with contextlib.suppress(ClientDisconnect, TimeoutError):
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    gathered += await anext(stream)
            except StopAsyncIteration:
                break
            if len(gathered) >= PIECE:
                yield bytes(gathered)
                gathered.clear()
    if gathered:
        yield bytes(gathered)


def _body(words: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object", "description": words}}}
    return {"requestBody": {"required": True, "content": content}}


def _bytes() -> dict[str, Any]:
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}
