"""The routes that every front has: is it alive, is it ready, what can be asked, pairing, metrics, who am I."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from engine import __version__
from engine.errors import KinoraError
from engine.jobs.orders import PROTOCOL
from engine.language import tr
from engine.model.access import Principal, Scope
from engine.serve.front import address_of, everybody, front_of, limited, who
from engine.serve.problems import RequestRefused
from engine.serve.rates import place_of
from engine.serve.shapes import Amounts, Me, Part
from engine.store.audit import Act


class Alive(BaseModel):
    """The process answers."""

    alive: bool = True
    version: str = __version__
    protocol: int = PROTOCOL


class Ready(BaseModel):
    """Whether the library can be asked now."""

    ready: bool


class Paired(BaseModel):
    """A token, shown this once."""

    id: str
    token: str
    role: str
    scopes: list[str]
    expires: float | None = None


class Code(BaseModel):
    """A pairing code, and what the new token is called."""

    code: str = Field(max_length=32)
    label: str = Field(default="", max_length=80)


def router(app: FastAPI) -> APIRouter:
    """Routes without a library's secrets; those that everybody may ask tell nothing but that Kinora is here."""
    routes = APIRouter()
    _health(routes)
    _tokens(routes)

    @routes.get("/v1/openapi.json", tags=["About"], summary="This description", dependencies=[everybody()])
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    return routes


def _health(routes: APIRouter) -> None:
    @routes.get("/v1/health/live", tags=["Health"], summary="Is the process alive", dependencies=[everybody()])
    async def live() -> Alive:
        return Alive()

    @routes.get("/v1/health/ready", tags=["Health"], summary="Can it be asked", dependencies=[everybody()],
                responses={503: {"model": Ready}})  # fmt: skip
    def ready(request: Request) -> Any:
        try:
            with front_of(request).library.database.read():
                return Ready(ready=True)
        except KinoraError:
            return JSONResponse({"ready": False}, 503)

    @routes.get("/v1/health", tags=["Health"], summary="How each part is")
    def parts(request: Request, principal: Annotated[Principal, who(Scope.METRICS)]) -> list[Part]:
        found = front_of(request).library.health()
        words = principal.may(Scope.PATHS)  # they may name folders
        return [
            Part(name=one.name, title=one.title, state=one.state.value, text=one.text if words else "",
                 hint=one.hint if words else "", figures=dict(one.figures))
            for one in found.parts
        ]  # fmt: skip

    @routes.get("/v1/metrics", tags=["Health"], summary="Numbers for Prometheus", response_class=Response,
                responses={200: {"content": {"text/plain": {}}}})  # fmt: skip
    def metrics(request: Request, _: Annotated[Principal, who(Scope.METRICS)]) -> Response:
        return Response(front_of(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _tokens(routes: APIRouter) -> None:
    @routes.get("/v1/me", tags=["Tokens"], summary="What this token may do and has used")
    def me(request: Request, principal: Annotated[Principal, who(None)]) -> Me:
        access = front_of(request).access
        row = next(one for one in access.rows() if one.id == principal.id)
        return Me(
            id=row.id, label=row.label, role=row.role.value, scopes=sorted(row.scopes), expires=row.expires,
            used=Amounts.of(access.used(row.id)), quota=Amounts.of(row.quota),
        )  # fmt: skip

    @routes.post("/v1/pair", tags=["Tokens"], summary="Exchange a pairing code for a token",
                 dependencies=[Depends(_few), everybody()])  # fmt: skip
    def pair(request: Request, given: Code) -> Paired:
        front, address = front_of(request), address_of(request)
        if front.pairing is None:
            raise RequestRefused(404, "not-found", tr("There is nothing here."))
        try:
            row, secret = front.pairing.exchange(given.code, given.label, address)
        except KinoraError as error:
            front.rates.count(f"fail {place_of(address)}", front.limits.failures)
            front.access.record(Act("", "pair.refused", "", "", address, error.text))
            raise
        return Paired(id=row.id, token=secret, role=row.role.value, scopes=sorted(row.scopes), expires=row.expires)


async def _few(request: Request) -> None:
    """Only so many wrong codes come from one address. Raises HostLimited."""
    front = front_of(request)
    wait = front.rates.wait(f"fail {place_of(address_of(request))}", front.limits.failures)
    if wait:
        raise limited(tr("Too many wrong tokens came from this address."), wait)
