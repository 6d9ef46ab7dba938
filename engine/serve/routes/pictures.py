"""Pictures that stand for assets: the small preview, and a large one that is drawn on request."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from engine.errors import NotFound
from engine.language import tr
from engine.model.access import Principal, Scope
from engine.serve.front import front_of, who
from engine.serve.shapes import ERRORS, Number

KEPT = "private, max-age=86400"
Reader = Annotated[Principal, who(Scope.READ)]


def router() -> APIRouter:
    """The routes of pictures."""
    routes = APIRouter(prefix="/v1/assets/{asset}", tags=["Pictures"], responses=ERRORS)
    jpeg: dict[int | str, dict[str, Any]] = {
        200: {"content": {"image/jpeg": {}}},
        304: {"description": "It is the one that you have"},
    }

    @routes.get("/preview", summary="Its preview", response_class=Response, responses=jpeg)
    def preview(request: Request, who: Reader, asset: Number) -> Response:
        library = front_of(request).library
        path = library.preview(asset)
        if path is None:
            name = library.asset(asset).cell.name
            raise NotFound(tr("There is no preview of “{name}” yet.", name=name), hint=tr("Try again later."))
        return picture(request, path)

    @routes.get("/picture", summary="A large picture of it, of a page or of a second", response_class=Response,
                responses=jpeg)  # fmt: skip
    def large(
        request: Request, who: Reader, asset: Number, side: Annotated[int, Query(ge=16, le=4096)] = 1600,
        page: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
        time: Annotated[float | None, Query(ge=0, le=1e7, allow_inf_nan=False)] = None,
    ) -> Response:  # fmt: skip
        return picture(request, front_of(request).library.render(asset, side=side, page=page, time=time))

    return routes


def picture(request: Request, path: Path) -> Response:
    """A JPEG file, or word that the asker has it already."""
    told = path.stat()
    tag = f'"{told.st_mtime_ns:x}-{told.st_size:x}"'
    headers = {"etag": tag, "cache-control": KEPT}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(path.read_bytes(), media_type="image/jpeg", headers=headers)
