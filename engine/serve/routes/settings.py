"""The settings, to be read; those that tell where something lies on the disk or how to get in are not told."""

from typing import Annotated

from fastapi import APIRouter, Request

from engine.language import tr
from engine.model.access import Principal, Scope
from engine.serve.front import front_of, who
from engine.serve.shapes import ERRORS, Setting
from engine.settings import OPTIONS

HIDDEN = frozenset({"model.url", "model.key_file", "ocr.tesseract", "ocr.tessdata", "ocr.easyocr", "packs.mirror"})


def router() -> APIRouter:
    """The route of the settings."""
    routes = APIRouter(prefix="/v1", tags=["Settings"], responses=ERRORS)

    @routes.get("/settings", summary="Every option with its value")
    def settings(request: Request, who: Annotated[Principal, who(Scope.ADMIN)]) -> list[Setting]:
        values = front_of(request).library.settings()
        return [
            Setting(key=one.key, title=tr(one.title), help=tr(one.help), section=tr(one.section), default=one.default,
                    value=None if one.key in HIDDEN else values[one.key])
            for one in OPTIONS
        ]  # fmt: skip

    return routes
