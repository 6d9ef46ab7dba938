"""The queue: its numbers, its jobs, and steering them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from engine.model import JobState
from engine.model.access import Principal, Scope
from engine.serve.front import Front, front_of, who
from engine.serve.shapes import ERRORS, Count, Job, Queue

MOST = 1000
Reader = Annotated[Principal, who(Scope.READ)]
Steerer = Annotated[Principal, who(Scope.STEER)]


class Which(BaseModel):
    """Jobs by number; without: all that it can be done to."""

    ids: Annotated[list[Annotated[int, Field(ge=1, lt=1 << 62)]], Field(max_length=MOST)] | None = None


def router() -> APIRouter:
    """The routes of the queue."""
    routes = APIRouter(prefix="/v1", tags=["Jobs"], responses=ERRORS)

    @routes.get("/queue", summary="The queue at a glance")
    def queue(request: Request, who: Reader) -> Queue:
        return numbers(front_of(request))

    @routes.get("/jobs", summary="Jobs in a state; without one, those at work and those that failed")
    def jobs(
        request: Request, who: Reader, state: JobState | None = None, limit: Annotated[int, Query(ge=1, le=MOST)] = 100
    ) -> list[Job]:
        return [Job.of(row) for row in front_of(request).library.jobs(state, limit)]

    @routes.post("/jobs/retry", summary="Try failed jobs again")
    def retry(request: Request, who: Steerer, which: Which) -> Count:
        return Count(count=front_of(request).library.retry(which.ids))

    @routes.post("/jobs/cancel", summary="Cancel waiting and running jobs")
    def cancel(request: Request, who: Steerer, which: Which) -> Count:
        return Count(count=front_of(request).library.cancel(which.ids))

    @routes.post("/queue/pause", summary="Start no more jobs until it is resumed")
    def pause(request: Request, who: Steerer) -> Queue:
        front_of(request).library.pause()
        return numbers(front_of(request))

    @routes.post("/queue/resume", summary="Go on")
    def resume(request: Request, who: Steerer) -> Queue:
        front_of(request).library.resume()
        return numbers(front_of(request))

    return routes


def numbers(front: Front) -> Queue:
    """The queue of a front's library."""
    status = front.library.queue()
    return Queue(**{name: getattr(status, name) for name in Queue.model_fields})
