"""What an editor decides: tags, ratings, albums; each can be undone in the window."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from engine.model.access import Principal, Scope
from engine.serve.front import front_of, who
from engine.serve.shapes import ERRORS, Album, Count, Number

MOST = 1000
Reader = Annotated[Principal, who(Scope.READ)]
Writer = Annotated[Principal, who(Scope.WRITE)]
Numbers = Annotated[list[Annotated[int, Field(ge=1, lt=1 << 62)]], Field(min_length=1, max_length=MOST)]


class Tagging(BaseModel):
    """Assets, tags that they get and tags that they lose."""

    assets: Numbers
    add: list[Annotated[str, Field(min_length=1, max_length=200)]] = []
    remove: list[Annotated[str, Field(min_length=1, max_length=200)]] = []


class Rating(BaseModel):
    """Assets and their stars; none takes them away."""

    assets: Numbers
    rating: Annotated[int, Field(ge=0, le=5)] | None


class Named(BaseModel):
    """An album and what is in it at first."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    assets: Annotated[list[Annotated[int, Field(ge=1, lt=1 << 62)]], Field(max_length=MOST)] = []


class Members(BaseModel):
    """Assets."""

    assets: Numbers


class Tag(BaseModel):
    """A tag with the number of its assets."""

    name: str
    count: int


def router() -> APIRouter:
    """The routes of decisions."""
    routes = APIRouter(prefix="/v1", tags=["Decisions"], responses=ERRORS)

    @routes.get("/tags", summary="Every tag in use")
    def tags(request: Request, who: Reader) -> list[Tag]:
        return [Tag(name=name, count=count) for name, count in front_of(request).searched(who).tags()]

    @routes.post("/tags", summary="Give and take tags")
    def tag(request: Request, who: Writer, given: Tagging) -> Count:
        library = front_of(request).library
        for asset in given.assets:
            library.asset(asset)
        for name in given.add:
            library.tag(given.assets, name)
        for name in given.remove:
            library.untag(given.assets, name)
        return Count(count=len(given.assets))

    @routes.post("/rating", summary="Give stars")
    def rate(request: Request, who: Writer, given: Rating) -> Count:
        library = front_of(request).library
        for asset in given.assets:
            library.asset(asset)
        library.rate(given.assets, given.rating)
        return Count(count=len(given.assets))

    _albums(routes)
    return routes


def _albums(routes: APIRouter) -> None:
    @routes.get("/albums", summary="The albums")
    def listing(request: Request, who: Reader) -> list[Album]:
        found = front_of(request).library.albums.listing()
        return [Album(id=one.id, name=one.name, count=one.count) for one in found]

    @routes.post("/albums", summary="Make an album", status_code=201)
    def make(request: Request, who: Writer, given: Named) -> Album:
        library = front_of(request).library
        for asset in given.assets:
            library.asset(asset)
        number = library.albums.make(given.name, given.assets)
        made = next(one for one in library.albums.listing() if one.id == number)
        return Album(id=made.id, name=made.name, count=made.count)

    @routes.post("/albums/{album}/assets", summary="Put assets into an album")
    def add(request: Request, who: Writer, album: Number, given: Members) -> Count:
        return Count(count=front_of(request).library.albums.add(album, given.assets))

    @routes.delete("/albums/{album}/assets", summary="Take assets out of an album")
    def remove(request: Request, who: Writer, album: Number, given: Members) -> Count:
        return Count(count=front_of(request).library.albums.remove(album, given.assets))

    @routes.delete("/albums/{album}", summary="Delete an album; its assets stay")
    def delete(request: Request, who: Writer, album: Number) -> Count:
        front_of(request).library.albums.delete(album)
        return Count(count=1)
