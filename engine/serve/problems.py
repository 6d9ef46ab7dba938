"""Errors as answers: a status, a code, a sentence and what to do; never more than a person may see."""

import http
import logging
import math
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from engine import errors
from engine.access import NotAllowed, TokenInvalid
from engine.errors import KinoraError
from engine.language import mark, tr

log = logging.getLogger(__name__)

# By the first that fits: which answer an error is.
STATUS: tuple[tuple[type[KinoraError], int], ...] = (
    (TokenInvalid, 401), (NotAllowed, 403), (errors.NotFound, 404), (errors.QueryError, 400),
    (errors.NameTaken, 409), (errors.SettingInvalid, 400), (errors.HostLimited, 429), (errors.HostSkew, 426),
    (errors.HostError, 502), (errors.FileMissing, 410), (errors.MediaError, 422), (errors.StorageFull, 507),
    (errors.LibraryBusy, 409), (errors.SearchUnanswered, 503), (errors.TookTooLong, 503),
    (errors.StoreError, 503), (errors.ConsentNeeded, 403),
    (errors.PackInvalid, 422),
)  # fmt: skip
PLAIN: Mapping[int, tuple[str, str]] = {
    404: ("not-found", mark("There is nothing here.")),
    405: ("method", mark("This address does not take such a request.")),
}


class RequestRefused(KinoraError):
    """A request that is not looked at any further; `status` is the answer's."""

    code = "request"

    def __init__(self, status: int, code: str, text: str, *, hint: str | None = None, after: float = 0.0) -> None:
        super().__init__(text, hint=hint)
        self.status = status
        self.code = code
        self.after = after


class Turned(HTTPException):
    """A request that is turned away before its route is asked; no route takes it for one of its own errors."""

    def __init__(self, error: KinoraError) -> None:
        super().__init__(status_of(error))
        self.error = error


def status_of(error: KinoraError) -> int:
    """The status of an error."""
    if isinstance(error, RequestRefused):
        return error.status
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


def problem(error: KinoraError) -> JSONResponse:
    """An error as an answer."""
    headers = {}
    status = status_of(error)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="kinora"'
    after = getattr(error, "after", 0.0)
    if after:
        headers["Retry-After"] = str(math.ceil(after))
    return answer(error, status, headers)


def answer(error: KinoraError, status: int, headers: Mapping[str, str]) -> JSONResponse:
    """An error in the form that all have: its code, its sentence and what to do."""
    told: dict[str, object] = {
        "code": error.code, "text": error.text, "hint": error.hint, "retry": error.retry.value,
    }  # fmt: skip
    if isinstance(error, errors.QueryError):
        told.update(start=error.start, end=error.end)
    return JSONResponse({"error": told}, status, headers)


def unexpected(error: BaseException, path: str) -> JSONResponse:
    """A bug of ours: its traceback goes to the log, and nothing of it to the other side."""
    log.error("a request for %s failed", path, exc_info=error)
    return problem(RequestRefused(500, "internal", tr("Kinora could not do this."), hint=tr("Details are in its log.")))


def explain_errors(app: FastAPI) -> None:
    """Let every error of the app be told in the same form."""

    @app.exception_handler(KinoraError)
    async def expected(_: Request, error: KinoraError) -> JSONResponse:
        return problem(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":  # its place is that of a sign
            return problem(RequestRefused(422, "invalid", tr("The body is no JSON that can be read.")))
        place = ".".join(str(one) for one in first["loc"])[:100]
        return problem(RequestRefused(422, "invalid", tr("{place}: {what}.", place=place, what=first["msg"])))

    @app.exception_handler(HTTPException)
    async def plain(_: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error, Turned):
            return problem(error.error)
        code, text = PLAIN.get(error.status_code, ("request", mark("This request cannot be answered.")))
        if error.status_code not in PLAIN:
            log.info("answered %d: %s", error.status_code, http.HTTPStatus(error.status_code).phrase)
        return problem(RequestRefused(error.status_code, code, tr(text)))
