"""People: biometric, and so behind a scope of its own."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from engine.model.access import Principal, Scope
from engine.serve.front import front_of, who
from engine.serve.routes.pictures import picture
from engine.serve.shapes import ERRORS, Appearance, Number, Person

LARGEST = 500
Reader = Annotated[Principal, who(Scope.PEOPLE)]


def router() -> APIRouter:
    """The routes of people."""
    routes = APIRouter(prefix="/v1/people", tags=["People"], responses=ERRORS)

    @routes.get("", summary="Everybody, those with a name first")
    def listing(request: Request, who: Reader, hidden: bool = False, unnamed: bool = True) -> list[Person]:
        return [Person.of(row) for row in front_of(request).library.people.listing(hidden, unnamed)]

    @routes.get("/{person}", summary="One person")
    def one(request: Request, who: Reader, person: Number) -> Person:
        return Person.of(front_of(request).library.people.person(person))

    @routes.get("/{person}/appearances", summary="Where a person appears")
    def appearances(
        request: Request, who: Reader, person: Number, offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=LARGEST)] = 100,
    ) -> list[Appearance]:  # fmt: skip
        people = front_of(request).library.people
        people.person(person)
        return [Appearance.of(row) for row in people.appearances(person, offset, limit)]

    @routes.get("/appearances/{appearance}/picture", summary="A face", response_class=Response,
                responses={200: {"content": {"image/jpeg": {}}}})  # fmt: skip
    def face(
        request: Request, who: Reader, appearance: Number, side: Annotated[int, Query(ge=16, le=640)] = 160
    ) -> Response:
        return picture(request, front_of(request).library.people.picture(appearance, side))

    return routes
