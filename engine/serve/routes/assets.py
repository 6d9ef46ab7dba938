"""Assets: the listing of a query, all that is known of one, its findings, its moments, its original."""

import os
import stat
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from engine.access import NotAllowed
from engine.errors import FileMissing
from engine.language import tr
from engine.model import FindingKind
from engine.model.access import Principal, Scope
from engine.serve.asking import BIOMETRIC, SECONDS, allowed, untold
from engine.serve.front import front_of, who
from engine.serve.shapes import ERRORS, Asset, Assets, Detail, Finding, Match, Number
from engine.store.limits import limited

PAGE, LARGEST_PAGE = 100, 500
Reader = Annotated[Principal, who(Scope.READ)]
Text = Annotated[str, Query(max_length=2000, description="as in the search box; empty: all")]


def router() -> APIRouter:
    """The routes of assets."""
    routes = APIRouter(prefix="/v1/assets", tags=["Assets"], responses=ERRORS)

    @routes.get("", summary="The assets of a query, a page at a time")
    def listing(
        request: Request, who: Reader, q: Text = "", sort: Annotated[str, Query(max_length=32)] = "taken",
        offset: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE,
    ) -> Assets:  # fmt: skip
        front = front_of(request)
        with limited(SECONDS):
            found = front.searched(who).listing(allowed(q, who), sort)
            cells = front.library.cells(found.ids[offset : offset + limit].tolist())
        end = offset + limit
        return Assets(total=len(found.ids), assets=[Asset.of(one) for one in cells], note=found.note,
                      next=end if end < len(found.ids) else None)  # fmt: skip

    @routes.get("/{asset}", summary="All that is known of one")
    def one(request: Request, who: Reader, asset: Number) -> Detail:
        return Detail.whole(front_of(request).asset(who, asset), paths=who.may(Scope.PATHS))

    @routes.get("/{asset}/findings", summary="What analyzers said of it; faces and voices only with people:read")
    def findings(
        request: Request, who: Reader, asset: Number, kind: Annotated[list[FindingKind] | None, Query()] = None
    ) -> list[Finding]:
        library = front_of(request).library
        library.asset(asset)
        people = who.may(Scope.PEOPLE)
        if kind and not people and BIOMETRIC & set(kind):
            raise NotAllowed(Scope.PEOPLE)
        wanted = set(kind or FindingKind) - (set() if people else BIOMETRIC)
        found = library.findings(asset, wanted)
        if not people:  # gaps between the numbers would tell how much more is known
            found = [replace(row, id=number) for number, row in enumerate(found, start=1)]
        return [Finding.of(row) for row in found]

    @routes.get("/{asset}/moments", summary="The moments of one asset that match a query")
    def moments(request: Request, who: Reader, asset: Number, q: Text) -> list[Match]:
        front = front_of(request)
        front.library.asset(asset)
        with limited(SECONDS):
            found = front.searched(who).moments(asset, allowed(q, who))
        hidden = untold(who)
        return [Match.of(one, people=who.may(Scope.PEOPLE), hidden=hidden) for one in found]

    _original(routes)
    return routes


def _original(routes: APIRouter) -> None:
    @routes.get("/{asset}/original", summary="The file itself, or a part of it (Range)", response_class=FileResponse,
                responses={200: {"content": {"application/octet-stream": {}}}})  # fmt: skip
    def original(request: Request, who: Annotated[Principal, who(Scope.ORIGINAL)], asset: Number) -> FileResponse:
        front = front_of(request)
        row = front.library.asset(asset)
        path = front.library.original(asset)
        told = os.stat(path)  # noqa: PTH116  as the file system spells it
        if not stat.S_ISREG(told.st_mode):
            raise FileMissing(tr("The file of “{name}” cannot be reached now.", name=row.cell.name))
        front.record(who, "original", asset, Scope.ORIGINAL)
        return FileResponse(
            path, media_type=row.facts.mime or "application/octet-stream", filename=row.cell.name, stat_result=told,
            content_disposition_type="attachment",
        )  # fmt: skip
