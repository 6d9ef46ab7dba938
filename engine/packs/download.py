"""Fetching one file: goes on where it stopped, tries mirrors in order, counts and hashes while it writes."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from engine.errors import DownloadFailed, KinoraError, StorageFull, not_written
from engine.language import digits, tr
from engine.model import Step

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

TRIES = 4  # of each place, with a pause that doubles
PAUSE = 0.5  # seconds before the second try
CHUNK = 1 << 18
HOPS = 6  # redirects that are followed
LARGEST = 16 << 30  # bytes of a file whose size nobody knows
SPARE = 256 << 20  # bytes that stay free on the disk
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # answers that may be another one soon


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch: what it is called, where it is, and what is known of it (0 and "" = not known)."""

    name: str
    urls: tuple[str, ...]
    size: int = 0
    sha256: str = ""


class _Broken(Exception):
    """The connection broke, or the server has a bad moment: try again from where it stopped."""


class _Useless(Exception):
    """This place does not have the file: go to the next one."""


def fetch(wanted: Wanted, target: Path, *, mirror: str = "", pause: float = PAUSE) -> Iterator[Step]:
    """Fetch a file to `target`; until it is whole it is `target`.part, which a later call goes on with.

    Yields `Step`s in bytes. Closing the generator stops; what arrived stays for the next time.

    Raises:
        DownloadFailed: no place gave it; the sentence says why for the last one.
        StorageFull: it does not fit on the disk.
    """
    if target.exists() and _fits(target, wanted):
        yield Step(wanted.size, wanted.size, wanted.name)
        return
    part = target.with_name(target.name + ".part")
    reasons = []
    with _client() as client:
        for url in places(wanted.urls, mirror):
            try:
                yield from _from_place(client, url, wanted, part, pause)
                _whole(wanted, part)
            except _Useless as error:
                log.warning("%s from %s: %s", wanted.name, url, error)
                reasons.append(f"{urlsplit(url).hostname}: {error}")
            else:
                part.replace(target)
                _mark(part).unlink(missing_ok=True)
                return
    said = "; ".join(reasons) or tr("the catalogue names no place for it")
    raise DownloadFailed(tr("{name} could not be downloaded ({said}).", name=wanted.name, said=said))


def places(urls: Sequence[str], mirror: str) -> list[str]:
    """Where to look, in order: the user's mirror first (it keeps host and path of the original), then the makers'."""
    found = []
    for url in urls:
        parts = urlsplit(url)
        if mirror and parts.hostname:
            found.append(f"{mirror.rstrip('/')}/{parts.hostname}{quote(parts.path, safe='/%+@')}")
    return [*found, *urls]


def safe(url: str) -> bool:
    """Whether a place may be asked: encrypted, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _client() -> httpx2.Client:
    import httpx2

    # No compression on the way: ranges count the bytes of the file.
    return httpx2.Client(
        timeout=httpx2.Timeout(30.0, connect=15.0), follow_redirects=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "Kinora"},
    )  # fmt: skip


def _from_place(client: Any, url: str, wanted: Wanted, part: Path, pause: float) -> Iterator[Step]:
    """Fetch from one place, with some tries."""
    for number in range(TRIES):
        if number:
            time.sleep(pause * 2 ** (number - 1))
        try:
            yield from _once(client, url, wanted, part)
        except _Broken as error:
            log.info("%s: %s (try %d of %d)", wanted.name, error, number + 1, TRIES)
            last = str(error)
        else:
            return
    raise _Useless(last)


def _once(client: Any, url: str, wanted: Wanted, part: Path) -> Iterator[Step]:
    import httpx2

    have = part.stat().st_size if part.exists() else 0
    tag = _mark(part).read_text(encoding="utf-8") if have and _mark(part).exists() else ""
    if wanted.size and have >= wanted.size:
        if have == wanted.size:
            return
        have = 0  # it grew beyond what is right: from the beginning
    headers = {"Range": f"bytes={have}-"} if have else {}
    if have and tag:
        headers["If-Range"] = tag
    try:
        with contextlib.ExitStack() as stack:
            response = _follow(client, url, headers, stack)
            begin = _begin(response, have, part)
            if begin is None:
                return
            total = _total(response, begin, wanted)
            _room(part, total - begin)
            yield from _write(response, part, begin, total, wanted)
    except (httpx2.TransportError, httpx2.StreamError) as error:
        raise _Broken(str(error) or type(error).__name__) from error
    except httpx2.InvalidURL as error:
        raise _Useless(tr("the address is wrong")) from error
    except PermissionError as error:  # the guard of `net.offline`
        raise DownloadFailed(
            tr("Kinora is offline."), hint=tr("Switch `net.offline` off, or import the pack.")
        ) from error


def _follow(client: Any, url: str, headers: dict[str, str], stack: contextlib.ExitStack) -> Any:
    """Ask, following redirects to other encrypted places only."""
    for _ in range(HOPS):
        if not safe(url):
            raise _Useless(tr("the connection would not be encrypted"))
        response = stack.enter_context(client.stream("GET", url, headers=headers))
        if response.status_code not in (301, 302, 303, 307, 308):
            return response
        url = urljoin(url, response.headers.get("location", ""))
    raise _Useless(tr("it sends in circles"))


def _begin(response: Any, have: int, part: Path) -> int | None:
    """Where the answer's bytes belong; None when nothing is left to fetch."""
    status = response.status_code
    if status in PASSING:
        raise _Broken(tr("the server answers {status}", status=status))
    if status == 416 and have:  # nothing behind what we have, or another file by now
        if response.headers.get("content-range", "").rpartition("/")[2] == str(have):
            return None
        part.unlink(missing_ok=True)
        raise _Broken(tr("the file there is another one now"))
    if status == 206:
        span = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
        if span != str(have):
            part.unlink(missing_ok=True)
            raise _Broken(tr("the server sent another part than was asked for"))
        return have
    if status != 200:
        raise _Useless(tr("the server answers {status}", status=status))
    return 0  # it ignores ranges, or the file changed: from the beginning


def _total(response: Any, begin: int, wanted: Wanted) -> int:
    """Bytes that the whole file must have."""
    told = response.headers.get("content-length", "")
    total = begin + int(told) if told.isdigit() else 0
    if wanted.size:
        if total and total != wanted.size:
            raise _Useless(
                tr("the file there has {total} bytes instead of {size}", total=digits(total), size=digits(wanted.size))
            )
        return wanted.size
    if total > LARGEST:
        raise _Useless(tr("the file there is larger than any pack"))
    return total


def _room(part: Path, more: int) -> None:
    if more > 0 and shutil.disk_usage(part.parent).free < more + SPARE:
        raise StorageFull(
            tr("The disk is too full for {more:,.0f} MB.", more=more / 1000000.0),
            hint=tr("Free some space and try again."),
        )


def _write(response: Any, part: Path, begin: int, total: int, wanted: Wanted) -> Iterator[Step]:
    if begin == 0:
        # An ETag that is only alike ("weak") does not tell that two parts belong together.
        tag = response.headers.get("etag", "")
        _mark(part).write_text("" if tag.startswith("W/") else tag, encoding="utf-8")
    done = begin
    most = total or LARGEST
    try:
        with part.open("r+b" if begin else "wb") as stream:
            stream.seek(begin)
            told = begin
            for piece in response.iter_raw():  # as it comes: what a break cuts off of a larger piece would be lost
                if done + len(piece) > most:
                    raise _Useless(tr("the server sends more than the file has"))
                stream.write(piece)
                done += len(piece)
                if done - told >= CHUNK or done == total:
                    told = done
                    yield Step(done, total, wanted.name)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise not_written(error, tr("store {name}", name=wanted.name)) from error
    if total and done < total:
        raise _Broken(tr("the connection broke"))


def _whole(wanted: Wanted, part: Path) -> None:
    """Check the whole file; a wrong one is thrown away, for going on with it would never help."""
    size = part.stat().st_size
    problem = ""
    if wanted.size and size != wanted.size:
        problem = tr("it has {size} bytes instead of {size2}", size=digits(size), size2=digits(wanted.size))
    elif wanted.sha256 and digest(part) != wanted.sha256:
        problem = tr("its content is not what the catalogue names")
    if problem:
        part.unlink()
        _mark(part).unlink(missing_ok=True)
        raise _Useless(problem)


def _fits(path: Path, wanted: Wanted) -> bool:
    if wanted.size and path.stat().st_size != wanted.size:
        return False
    return not wanted.sha256 or digest(path) == wanted.sha256


def _mark(part: Path) -> Path:
    """Where the ETag of an unfinished file is kept."""
    return part.with_name(part.name + ".tag")


def digest(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        KinoraError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise KinoraError(
            tr("{name} cannot be read: {strerror}.", name=path.name, strerror=error.strerror or error)
        ) from error
