"""TLS to machines that no authority vouches for: one certificate is pinned by its SHA-256, and looked at before use."""

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from engine.errors import HostError, HostKeyChanged, HostKeyUnknown, HostLost, HostRefused
from engine.language import tr

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
PATIENCE = 10.0  # seconds for a connection


class OtherCertificate(ssl.SSLError):
    """The machine shows another certificate than the pinned one; `key` is its SHA-256 in hex."""

    def __init__(self, key: str) -> None:
        super().__init__("another certificate than the pinned one")
        self.key = key


def place(url: str) -> SplitResult:
    """An address of a node, taken apart: https, or http on this machine alone; nothing but host and port.

    Raises:
        HostRefused: the connection would not be encrypted.
        HostError: it is no such address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if not parts.hostname or parts.username or parts.path.strip("/") or parts.query or port == 0:
        raise HostError(
            tr("{url!r} is no address of a node.", url=url[:200]), hint=tr("It looks like https://box:8765.")
        )
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in HERE):
        raise HostRefused(
            tr("The connection to {name} would not be encrypted.", name=parts.hostname),
            hint=tr("Use an address that begins with https://, or reach the machine over SSH."),
        )
    return parts


def pinned(key: str) -> ssl.SSLContext:
    """A context that takes one certificate, whoever signed it and whatever it says of names and times.

    It is compared when the handshake ends: before anything is sent, a token least of all.
    """

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            shown = key_of(self.getpeercert(True))
            if shown != key.lower():
                raise OtherCertificate(shown)

    context = _unchecked()
    context.sslobject_class = Pinned  # documented for just this
    return context


def trusted() -> ssl.SSLContext:
    """A context that takes what the system's authorities vouch for."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def key_of(der: bytes | None) -> str:
    """What identifies a certificate: SHA-256 of its DER bytes, in hex."""
    return hashlib.sha256(der or b"").hexdigest()


def fingerprint(key: str) -> str:
    """A key for the eye: pairs of hex digits."""
    pairs = (key[at : at + 2].upper() for at in range(0, len(key), 2))
    return "SHA256:" + ":".join(pairs)


async def shown(parts: SplitResult) -> str:
    """The key of the certificate that a machine shows now; nothing is sent to it. Raises HostLost."""
    return key_of(await _meet(parts, _unchecked()))


async def vouched(parts: SplitResult) -> bool:
    """Whether the system's authorities vouch for a machine's certificate. Raises HostLost."""
    try:
        await _meet(parts, trusted())
    except HostLost as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            return False
        raise
    return True


async def explained(error: Exception, parts: SplitResult) -> HostError:
    """What kept us from an answer of a machine, in words."""
    name, chain = str(parts.hostname), list(_chain(error))
    other = next((one for one in chain if isinstance(one, OtherCertificate)), None)
    if other is not None:
        return HostKeyChanged(
            tr(
                "{name} shows another certificate than the one that was confirmed ({fingerprint}).",
                name=name, fingerprint=fingerprint(other.key),
            )
        )  # fmt: skip
    untrusted = next((one for one in chain if isinstance(one, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        return await _unknown(parts, untrusted.verify_message or str(untrusted))
    if any(isinstance(one, PermissionError) for one in chain):
        hint = tr("Switch Offline off in the settings.")
        return HostLost(tr("Offline is on: no connection leaves this computer."), hint=hint)
    why = next((one.strerror for one in chain if isinstance(one, OSError) and one.strerror), "")
    why = (why or str(error) or type(error).__name__).rstrip(".")
    return HostLost(tr("{name} cannot be reached: {why}.", name=name, why=why))


async def _unknown(parts: SplitResult, why: str) -> HostError:
    """Nobody vouches for its certificate (or its dates and this clock do not agree)."""
    try:
        key = await shown(parts)
    except HostLost as error:
        return error
    text = tr("Nobody vouches for the certificate of {name} ({why}): {fingerprint}", name=str(parts.hostname),
              why=why, fingerprint=fingerprint(key))  # fmt: skip
    return HostKeyUnknown(text, key=key, fingerprint=fingerprint(key))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


async def _meet(parts: SplitResult, context: ssl.SSLContext) -> bytes | None:
    host, port = str(parts.hostname), parts.port or 443
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    except TimeoutError as error:
        raise HostLost(tr("{name} does not answer.", name=host)) from error
    except OSError as error:
        raise HostLost(
            tr("{name} cannot be reached: {why}.", name=host, why=error.strerror or type(error).__name__)
        ) from error
    try:
        connection: Any = writer.get_extra_info("ssl_object")
        found: bytes | None = connection.getpeercert(True)
        return found
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                await writer.wait_closed()


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
