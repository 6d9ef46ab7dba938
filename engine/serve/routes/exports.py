"""Exports: what is known of the assets of a query as JSON or CSV, what is said in a film as subtitles."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from engine.errors import NotFound
from engine.model import AssetRow
from engine.model.access import Principal, Scope
from engine.serve.asking import SECONDS, allowed
from engine.serve.front import Front, front_of, who
from engine.serve.shapes import ERRORS, Number
from engine.store.limits import limited
from engine.tabling import as_csv, as_json

TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "srt": "application/x-subrip; charset=utf-8",
         "vtt": "text/vtt; charset=utf-8"}  # fmt: skip
Reader = Annotated[Principal, who(Scope.READ)]


class Table(StrEnum):
    """Forms of a list of assets."""

    JSON = "json"
    CSV = "csv"


class Said(StrEnum):
    """Forms of what is said."""

    SRT = "srt"
    VTT = "vtt"


def router() -> APIRouter:
    """The routes of exports."""
    routes = APIRouter(prefix="/v1", tags=["Exports"], responses=ERRORS)

    @routes.get("/export", summary="What is known of the assets of a query", response_class=StreamingResponse,
                responses={200: {"content": {"application/json": {}, "text/csv": {}}}})  # fmt: skip
    def export(
        request: Request, who: Reader, q: Annotated[str, Query(max_length=2000)] = "", form: Table = Table.JSON
    ) -> StreamingResponse:
        front = front_of(request)
        with limited(SECONDS):
            ids = front.searched(who).listing(allowed(q, who)).ids.tolist()
        front.record(who, "export", f"{form.value} of {len(ids)}: {q}", Scope.READ)
        paths = who.may(Scope.PATHS)
        lines = as_csv if form is Table.CSV else as_json
        name = f'attachment; filename="kinora.{form.value}"'
        return StreamingResponse(lines(_rows(front, who, ids), paths=paths), media_type=TYPES[form.value],
                                 headers={"content-disposition": name})  # fmt: skip

    @routes.get("/assets/{asset}/subtitles", summary="What is said in a film or recording", response_class=Response,
                responses={200: {"content": {"text/vtt": {}, "application/x-subrip": {}}}})  # fmt: skip
    def subtitles(request: Request, who: Reader, asset: Number, form: Said = Said.VTT) -> Response:
        front = front_of(request)
        # Who speaks is told from voices: without the scope nobody is named.
        speakers = None if who.may(Scope.PEOPLE) else False
        text = front.library.exports.said(asset, form.value, speakers=speakers)
        front.record(who, "export", f"{form.value} of #{asset}", Scope.READ)
        return Response(text, media_type=TYPES[form.value])

    return routes


def _rows(front: Front, who: Principal, ids: list[int]) -> Iterator[AssetRow]:
    for one in ids:
        try:
            yield front.asset(who, one)
        except NotFound:  # it went while the list was written
            continue
