"""What a node answers over HTTP, read within bounds; and what is made of an answer that is an error."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from engine import __version__
from engine.errors import HostError, HostFull, HostLied, HostLimited, HostLost, HostRefused, HostSkew
from engine.jobs.orders import PROTOCOL
from engine.language import digits, tr

DEEPEST = 48  # levels of JSON: data of a finding in an answer in a list
MOST_WORDS = 300  # characters of what a machine says is wrong
LONGEST_PAUSE = 3600.0  # seconds that a machine may ask us to wait


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes

    def json(self, name: str) -> dict[str, Any]:
        """The body, an object of reasonable depth. Raises HostLied."""
        try:
            found = json.loads(self.body, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise HostLied(tr("{name} answered with something that is not JSON.", name=name)) from error
        if not isinstance(found, dict) or too_deep(found):
            raise HostLied(tr("{name} answered with something that no node says.", name=name))
        return found


async def drink(pieces: AsyncIterator[bytes], announced: str, most: int, name: str) -> bytes:
    """Read a body as it comes, never more than `most` bytes of it. Raises HostLied."""
    told = int(announced) if announced.isdigit() and len(announced) < 20 else 0
    body = bytearray()
    if told <= most:
        async for piece in pieces:
            body += piece
            if len(body) > most:
                break
    if told > most or len(body) > most:
        raise HostLied(
            tr("{name} answered with more than {most} bytes; the rest was not read.", name=name, most=digits(most))
        )
    return bytes(body)


def too_deep(raw: Any, most: int = DEEPEST) -> bool:
    """Whether JSON has more levels than are read."""
    level: list[Any] = [raw]
    for _ in range(most):
        level = [
            one
            for box in level
            for one in (box.values() if isinstance(box, dict) else box)
            if isinstance(one, (dict, list))
        ]
        if not level:
            return False
    return True


def failure(reply: Reply, name: str) -> HostError:
    """What an answer that is no success means."""
    code, said, status = *_told(reply), reply.status
    if 300 <= status < 400:
        return HostLied(tr("{name} sends us to another place; Kinora does not follow.", name=name))
    if code == HostSkew.code or status == 426:
        return HostSkew(
            tr(
                "{name} does not fit this Kinora ({ours}, protocol {protocol}). It says: {said}",
                name=name, ours=__version__, protocol=PROTOCOL, said=said or str(status),
            )
        )  # fmt: skip
    if code == "order":
        return HostSkew(
            tr("{name} does not understand the orders of Kinora {ours}: {said}", name=name, ours=__version__, said=said)
        )
    if status in (401, 403) and code != "consent":
        return HostRefused(tr("{name} does not let us in: {said}", name=name, said=said or tr("no reason is given")))
    if status == 429:
        after = pause(reply.headers)
        return HostLimited(tr("{name} asks us to wait: {said}", name=name, said=said or str(status)), after=after)
    if status == 507:
        return HostFull(tr("{name} has no room left: {said}", name=name, said=said or tr("its disk is full")))
    if status == 404:
        return HostLost(
            tr("At {name} there is no node of Kinora.", name=name),
            hint=tr("Start it there with `kinora serve --node`."),
        )
    if code and status < 500:
        return HostError(tr("{name} refuses: {said}", name=name, said=said or str(status)))
    return HostLost(
        tr("{name} answered {status}: {said}", name=name, status=status, said=said or tr("no reason is given"))
    )


def pause(headers: Mapping[str, str], now: float | None = None) -> float:
    """How long a machine asks us to wait, 0 when it does not say; a date is measured by its own clock."""
    told = headers.get("retry-after", "").strip()
    if told.isdigit():
        return min(LONGEST_PAUSE, float(told[:9]))
    until = _moment(told)
    if until is None:
        return 0.0
    there = _moment(headers.get("date", ""))
    since = there if there is not None else time.time() if now is None else now
    return min(LONGEST_PAUSE, max(0.0, until - since))


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _told(reply: Reply) -> tuple[str, str]:
    """The code and the words of an error: ours, another server's JSON, or plain text."""
    try:
        raw = json.loads(reply.body)
    except (ValueError, RecursionError):
        return "", plain(reply.body.decode("utf-8", "replace"))
    error = raw.get("error", raw) if isinstance(raw, dict) else raw
    if not isinstance(error, dict):
        return "", plain(str(error))
    said = error.get("text") or error.get("detail") or error.get("message") or error.get("msg") or ""
    code = error.get("code")
    return code[:40] if isinstance(code, str) else "", plain(str(said))


def plain(words: str) -> str:
    """Words of another machine as one line that cannot disturb ours."""
    if words.lstrip().startswith("<"):
        return ""  # a page for browsers
    line = " ".join(words[: 4 * MOST_WORDS].split())
    return "".join(letter for letter in line if letter.isprintable())[:MOST_WORDS]


def _no_number(word: str) -> float:
    raise ValueError(word)
