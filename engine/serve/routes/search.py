"""Search: moments, and what a result can be narrowed by."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from engine.model.access import Principal, Scope
from engine.serve.asking import OF_PLACES, SECONDS, allowed, untold
from engine.serve.front import front_of, who
from engine.serve.shapes import ERRORS, Answer, Found, Narrowing, Value
from engine.store.limits import limited

LARGEST = 200
Reader = Annotated[Principal, who(Scope.READ)]


def router() -> APIRouter:
    """The routes of search."""
    routes = APIRouter(prefix="/v1", tags=["Search"], responses=ERRORS)

    @routes.get("/search", summary="The best hits of a query with their moments")
    def search(
        request: Request, who: Reader, q: Annotated[str, Query(max_length=2000)],
        limit: Annotated[int, Query(ge=1, le=LARGEST)] = 20,
    ) -> Answer:  # fmt: skip
        with limited(SECONDS):
            found = front_of(request).searched(who).search(allowed(q, who), limit)
        paths, people, hidden = who.may(Scope.PATHS), who.may(Scope.PEOPLE), untold(who)
        return Answer(
            total=found.total, over=found.over, took=found.took, note=found.note, missing=found.missing,
            hits=[Found.of(hit, paths=paths, people=people, hidden=hidden) for hit in found.hits],
        )  # fmt: skip

    @routes.get("/facets", summary="What the result of a query can be narrowed by")
    def facets(request: Request, who: Reader, q: Annotated[str, Query(max_length=2000)] = "") -> list[Narrowing]:
        with limited(SECONDS):
            found = front_of(request).searched(who).facets(allowed(q, who))
        hidden = set() if who.may(Scope.PATHS) else OF_PLACES
        return [
            Narrowing(name=one.name, title=one.title, about=one.about,
                      values=[Value(value=v.value, shown=v.shown, count=v.count, query=v.query) for v in one.values])
            for one in found if one.name not in hidden
        ]  # fmt: skip

    return routes
