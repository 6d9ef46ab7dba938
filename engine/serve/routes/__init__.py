"""The routes that ask a library, one router for each of its parts."""

from collections.abc import Callable

from fastapi import APIRouter

from engine.serve.routes import albums, assets, exports, jobs, live, people, pictures, search, settings

ROUTERS: tuple[Callable[[], APIRouter], ...] = (
    assets.router,
    pictures.router,
    search.router,
    people.router,
    jobs.router,
    albums.router,
    exports.router,
    settings.router,
    live.router,
)
