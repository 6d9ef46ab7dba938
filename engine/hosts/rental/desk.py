"""How a provider is asked over HTTPS: within bounds, the key in one header only, never a second time by itself."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.errors import HostLimited, HostLost, HostRefused, RentalError
from engine.hosts.rental.clock import steady
from engine.hosts.replies import too_deep
from engine.language import tr

if TYPE_CHECKING:
    import httpx2

MOST = 8 << 20  # bytes of an answer
WORDS = 300  # characters of what a provider says is wrong
CONNECT = 10.0  # seconds for a connection
SILENCE = 30.0  # seconds for a byte to come
WHOLE = 60.0  # seconds for a whole answer
FIRST, LONGEST = 15.0, 120.0  # seconds of waiting after a 429 that names none: doubled each time
HOUR, DAY = 3600.0, 86_400.0  # the first is the longest pause that a provider may name
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Unanswered(HostLost):
    """It was asked and gave no answer, or one that says nothing: whether it did what was asked is not known."""


@dataclass(frozen=True)
class Said:
    """A whole answer of a provider; it is read once, however often it is looked at."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes

    @property
    def fine(self) -> bool:
        """Whether it did what it was asked, as far as the status goes."""
        return 200 <= self.status < 300

    @property
    def done(self) -> bool:
        """Whether it says that it did what it was asked: some say no with a fine status."""
        return self.fine and self.fields.get("success") is not False

    @cached_property
    def raw(self) -> Any:
        """The body as JSON, an object or a list; None where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict | list) and not too_deep(found) else None

    @property
    def fields(self) -> dict[str, Any]:
        """The body as an object, empty where it is none."""
        raw = self.raw
        return raw if isinstance(raw, dict) else {}

    @cached_property
    def words(self) -> str:
        """What it says, on one line: of an object what stands in its usual places, else the text."""
        raw = self.fields
        told = [raw[name] for name in ("error", "msg", "message", "title", "detail") if isinstance(raw.get(name), str)]
        text = ": ".join(dict.fromkeys(told)) or self.body[: 4 * WORDS].decode("utf-8", "replace")
        return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:WORDS]

    @property
    def clock(self) -> float | None:
        """What its own clock says: with it, times of its answers are told apart from a clock that is wrong."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None


class Desk:
    """Asks one provider with one key. `name` is what people call it, `url` where it is."""

    def __init__(
        self,
        name: str,
        url: str,
        key: str,
        *,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = steady,
    ) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self._key = key.strip()
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._pauses: dict[str, tuple[float, float]] = {}  # until when what is not asked, and the next pause
        self._ahead: float | None = None  # of our clock that nobody sets, by what it said last
        self._made: httpx2.Client | None = None
        if not safe(self.url):
            raise RentalError(tr("{name} is asked over https only.", name=name))
        if not self._key or not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise HostRefused(tr("That is no key of {name}.", name=name), hint=tr("Copy the key anew, whole."))

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        lane: str = "",
        urgent: bool = False,
        quiet: float = 0.0,
    ) -> Said:
        """Ask once. `lane` is what shares one limit of the provider; what is `urgent` is asked in a pause too.

        An answer that never ends is read until it was silent for `quiet` seconds.

        Raises:
            HostLost: it was not reached; nothing was asked.
            Unanswered: it was asked; the answer is lost, or is a failure of its own.
            HostLimited: asked too often, now or a moment ago.
            HostRefused: the key is not taken, or not for this.
            RentalError: it sends us elsewhere.
        """
        if not urgent:
            self._hold(lane)
        headers = {"Authorization": f"Bearer {self._key}"}
        said = self.fetch(method, self.url + path, params=params, body=body, headers=headers, quiet=quiet)
        if said.clock is not None:
            self._ahead = said.clock - self._clock()
        if said.status == 429:
            raise self._limited(said, lane)
        with self._lock:
            self._pauses.pop(lane, None)
        if said.status in (401, 403):
            raise HostRefused(
                tr("{name} does not take the key for this ({words}).", name=self.name, words=self.clean(said)),
                hint=tr("Check the key and what it is allowed to do: docs/renting.md lists it."),
            )
        if said.status >= 500:
            raise Unanswered(
                tr("{name} answers {status} ({words}).", name=self.name, status=said.status, words=self.clean(said))
            )
        if 300 <= said.status < 400:
            raise RentalError(tr("{name} sends us to another place; Kinora does not follow.", name=self.name))
        return said

    def fetch(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        most: int = MOST,
        quiet: float = 0.0,
    ) -> Said:
        """Send one request and read at most so many bytes and seconds of the answer; no key unless it is in `headers`.

        Raises:
            HostLost, Unanswered: as with `ask`.
        """
        import httpx2

        client, patience = self._client(), httpx2.Timeout(quiet or SILENCE, connect=CONNECT)
        try:
            with client.stream(method, url, params=params, json=body, headers=headers, timeout=patience) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                return Said(response.status_code, names, self._drink(response, most, quiet))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as error:
            raise HostLost(
                tr("{name} cannot be reached ({why}).", name=self.name, why=str(error)[:WORDS] or type(error).__name__),
                hint=tr("Are you connected to the Internet?"),
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise Unanswered(tr("{name} gave no answer ({why}).", name=self.name, why=type(error).__name__)) from error
        except PermissionError as error:  # the guard of `net.offline`
            raise HostLost(
                tr("Kinora is offline: {name} was not contacted.", name=self.name),
                hint=tr("Switch offline off in the settings."),
            ) from error

    def _drink(self, response: httpx2.Response, most: int, quiet: float) -> bytes:
        """Read the body as it comes. Raises Unanswered: it has no end, or is too long."""
        import httpx2

        read, begun = bytearray(), time.monotonic()
        try:
            for piece in response.iter_bytes():
                read += piece
                late = time.monotonic() - begun > WHOLE
                if quiet and (late or len(read) > most):
                    break
                if len(read) > most:
                    raise Unanswered(tr("{name} answered with too much; it was not read.", name=self.name))
                if late:
                    raise Unanswered(tr("{name} did not come to an end of its answer.", name=self.name))
        except httpx2.ReadTimeout:
            if not quiet:
                raise
        return bytes(read)

    @property
    def time(self) -> float | None:
        """What time it is by its clock, as it said last."""
        return None if self._ahead is None else self._clock() + self._ahead

    def sure(self, said: Said) -> Said:
        """The answer, if it is one that says something. Raises RentalError: it did not do what it was asked."""
        if not said.done:
            raise self.no(said)
        if said.raw is None:
            raise self.odd()
        return said

    def no(self, said: Said) -> RentalError:
        """The error of an answer that says no, in its own words."""
        return RentalError(tr("{name} says: {words}", name=self.name, words=self.clean(said)), hint="")

    def odd(self) -> RentalError:
        """The error of an answer that is none."""
        return RentalError(tr("{name} answered with something that says nothing.", name=self.name), hint="")

    def clean(self, said: Said) -> str:
        """The words of an answer, without the key if it repeats it."""
        return said.words.replace(self._key, "…") or str(said.status)

    def close(self) -> None:
        """Let go of what is open."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _client(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._made is None:
                # A connection that was kept may be dead when the next question is sent through it, and then nobody
                # knows whether it arrived: each question has its own.
                self._made = httpx2.Client(
                    trust_env=False, follow_redirects=False, transport=self._transport,
                    limits=httpx2.Limits(max_keepalive_connections=0),
                    headers={"Accept-Encoding": "identity", "User-Agent": "Kinora"},
                )  # fmt: skip
            return self._made

    def _hold(self, lane: str) -> None:
        with self._lock:
            until, _ = self._pauses.get(lane, (0.0, 0.0))
        left = until - self._clock()
        if left > 0:
            raise HostLimited(tr("{name} asked us to wait.", name=self.name), after=left)

    def _limited(self, said: Said, lane: str) -> HostLimited:
        """What a 429 means; most are plain text and name no time."""
        with self._lock:
            _, pause = self._pauses.get(lane, (0.0, FIRST))
            told = said.headers.get("retry-after", "")
            after = min(float(told), HOUR) if told.isdigit() and len(told) < 9 else pause
            if said.fields.get("error") == "search_quota_exceeded":
                after = min(DAY - time.time() % DAY, HOUR)  # it counts by the days of UTC
            self._pauses[lane] = self._clock() + after, min(LONGEST, 2 * pause)
        return HostLimited(
            tr("{name} was asked too often ({words}).", name=self.name, words=self.clean(said)), after=after
        )


def safe(url: str) -> bool:
    """Whether an address is encrypted, or on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and not parts.username and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    )  # fmt: skip


def numeric(value: Any, default: float = 0.0) -> float:
    """A number as providers send them: bare, as text, or missing; never one that is none."""
    if isinstance(value, bool):
        return default
    try:
        found = float(value)
    except (TypeError, ValueError):
        return default
    return found if abs(found) < 1e15 else default  # neither NaN nor infinity is smaller


def text(value: Any) -> str:
    """Text as providers send it: with spaces and line ends around it, or missing."""
    return " ".join(str(value).split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, none where it is none; one object alone is a list of one."""
    found = [value] if isinstance(value, dict) else value
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
