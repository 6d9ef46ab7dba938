"""Logging in: the key is checked first, and what goes wrong is said in a sentence."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import (
    HostError,
    HostKeyChanged,
    HostKeyUnknown,
    HostLost,
    HostPassphrase,
    HostPassword,
    HostRefused,
)
from engine.hosts.ssh import keys
from engine.hosts.ssh.address import Address, parse
from engine.hosts.ssh.keys import Belief
from engine.hosts.ssh.troubles import lost
from engine.hosts.ssh.typed import Typed
from engine.hosts.ssh.unlocking import agent_with
from engine.language import both, tr
from engine.model import HostKind, Introduction

if TYPE_CHECKING:
    import asyncssh

log = logging.getLogger(__name__)

CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com")
NAMES = ("id_ed25519_sk", "id_ecdsa_sk", "id_ed448", "id_ed25519", "id_ecdsa", "id_rsa")  # keys that are tried
KINDS = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
)  # fmt: skip
JUMPS = 4  # machines in between, at most

Secret = Callable[[], str | None]  # what is kept to be typed, see `Typed`


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds. A link that is frozen is noticed after `pulse * (beats + 1)`."""

    connect: float = 15.0
    login: float = 30.0
    pulse: float = 5.0
    beats: int = 2


@dataclass(frozen=True, slots=True)
class Door:
    """How to get into a machine: its address, the key that was pinned, the file of one's own key, what is typed."""

    address: Address
    pinned: str = ""
    identity: str = ""
    known_hosts: tuple[str, ...] = ()  # files; empty: the usual ones
    patience: Patience = Patience()
    secret: Secret | None = None

    @classmethod
    def of(cls, address: str, pinned: str = "", options: Mapping[str, Any] | None = None) -> "Door":
        """A door as a host's row describes it."""
        found, given = parse(address), options or {}
        files = given.get("known_hosts", ())
        return cls(
            found, pinned, str(given.get("identity", "")) or found.identity,
            (files,) if isinstance(files, str) else tuple(map(str, files)),
        )  # fmt: skip


class Link:
    """A connection that was let in, with those to the machines in between."""

    def __init__(self, connection: "asyncssh.SSHClientConnection", between: "Link | None") -> None:
        self.connection = connection
        self.between = between

    async def close(self) -> None:
        """Close them all; a far side that says nothing any more is not waited for."""
        self.connection.close()
        try:
            await asyncio.wait_for(self.connection.wait_closed(), 2)
        except (TimeoutError, OSError):
            self.connection.abort()
        if self.between is not None:
            await self.between.close()


async def log_in(door: Door) -> Link:
    """Connect and log in.

    Raises:
        HostKeyUnknown, HostKeyChanged: its key is not the one that is believed; nothing was sent.
        HostPassword, HostPassphrase: it would, if somebody typed one.
        HostRefused: it lets us not in.
        HostLost: nobody answers.
    """
    belief, typed = Belief(door.pinned, door.known_hosts), Typed(door.secret)
    try:
        return await _enter(door, belief, typed)
    except HostPassphrase:
        passphrase = await asyncio.to_thread(typed.passphrase)
        if passphrase is None:
            raise
    async with agent_with(typed.locked, passphrase) as agent:
        return await _enter(door, belief, typed, agent)


async def _enter(door: Door, belief: Belief, typed: Typed, agent: str = "") -> Link:
    """Log in, with what an agent has that is not the user's own one."""
    with _explained(door, belief, typed):
        settings = await _settings(door, belief, typed, agent)
        between = await _between(door, settings)
        try:
            return Link(await _connect(door, settings, between), between)
        except BaseException:
            await _shut(between)
            raise


async def introduce(address: str, options: Mapping[str, Any] | None = None) -> Introduction:
    """Say who answers at an address, without logging in or believing anything.

    Raises:
        HostLost: nobody answers.
        HostError: the address is none, or what answers speaks no SSH that is safe enough.
    """
    door = Door.of(address, "", options)
    belief, typed = Belief("", door.known_hosts), Typed()
    with _explained(door, belief, typed):
        settings = await _settings(door, belief, typed)
        between = await _between(door, settings)
        try:
            key = await _shown(door, settings, between)
        finally:
            await _shut(between)
    trusted, _, revoked = _known(door, settings)
    if key in revoked or (trusted and key not in trusted):
        raise _changed(door, key)
    known = key in trusted
    found = door.address
    notes = (tr("known_hosts has this key already."),) if known else ()
    return Introduction(
        HostKind.SSH, found.name, found.text, keys.spelled(key), keys.fingerprint(key), known, notes=notes
    )


async def _settings(door: Door, belief: Belief, typed: Typed, agent: str = "") -> "asyncssh.SSHClientConnectionOptions":
    """Everything that decides about safety is said here: ~/.ssh/config adds to it, and cannot take any of it away."""
    import asyncssh

    class Client(asyncssh.SSHClient):
        """Answers what the connection asks."""

        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            return belief.refuse(key)

        async def password_auth_requested(self) -> str | None:
            return await asyncio.to_thread(typed.password)

        async def kbdint_auth_requested(self) -> str | None:
            return "" if await asyncio.to_thread(typed.has_password) else None

        async def kbdint_challenge_received(self, name: str, instructions: str, lang: str, prompts: Any) -> Any:
            if not prompts:
                return []
            word = await asyncio.to_thread(typed.password) if len(prompts) == 1 else None
            return None if word is None else [word]

    address, patience = door.address, door.patience
    more: dict[str, Any] = (
        {"client_keys": [keys.own(door.identity, address.name)]} if door.identity and not agent else {}
    )
    more |= {
        "config": (), "host": address.host, "port": address.port or (), "username": address.user or (),
        "known_hosts": belief, "client_factory": Client, "encryption_algs": list(CIPHERS), "x509_trusted_certs": None,
        "agent_forwarding": False, "x11_forwarding": False, "command": None, "gss_kex": False,
        "connect_timeout": patience.connect, "login_timeout": patience.login, "keepalive_interval": patience.pulse,
        "keepalive_count_max": patience.beats, "password_auth": True, "kbdint_auth": True,
    }  # fmt: skip
    construct = asyncssh.SSHClientConnectionOptions.construct
    settings: asyncssh.SSHClientConnectionOptions
    if agent:
        settings = await construct(client_keys=[], agent_path=agent, **more)
        return settings
    try:
        settings = await construct(passphrase=typed.lock, **more)
    except TypeError:  # a file of the old kind, whose public half is locked as well: asyncssh wants the words at once
        typed.lock(door.identity)
        settings = await construct(**more)
    return settings


async def _between(door: Door, settings: "asyncssh.SSHClientConnectionOptions") -> Link | None:
    """Log in to the machine that ~/.ssh/config puts in between (ProxyJump), under the same rules."""
    tunnel = settings.tunnel
    if not isinstance(tunnel, str) or not tunnel:
        if settings.proxy_command:
            _allowed_to_run(door)
        return None
    last: Link | None = None
    for place in tunnel.split(",")[:JUMPS]:
        jump = replace(door, address=parse(place.strip()), pinned="", identity="", secret=None)  # not its password
        try:
            last = await _jump(jump, last)
        except HostKeyUnknown as error:
            await _shut(last)
            raise HostRefused(
                tr("The key of {name}, the machine in between, is not known.", name=jump.address.name),
                hint=tr("Log in to it once with ssh, so that known_hosts has its key."),
            ) from error
        except HostPassword as error:
            await _shut(last)
            raise HostRefused(
                error.text, hint=tr("For a machine in between, Kinora uses your keys and your agent alone.")
            ) from error
        except BaseException:
            await _shut(last)
            raise
    return last


async def _jump(door: Door, through: Link | None) -> Link:
    belief, typed = Belief("", door.known_hosts), Typed()
    with _explained(door, belief, typed):
        settings = await _settings(door, belief, typed)
        return Link(await _connect(door, settings, through), through)


def _allowed_to_run(door: Door) -> None:
    """A program that connects for us (ProxyCommand) does not pass the guard on this process's own sockets."""
    from engine import offline

    if offline.is_on():
        raise HostError(
            tr("{name} is reached through another program, which offline forbids.", name=door.address.name),
            hint=tr("Switch offline off in the settings."),
        )


async def _connect(
    door: Door, settings: "asyncssh.SSHClientConnectionOptions", through: Link | None
) -> "asyncssh.SSHClientConnection":
    import asyncssh

    trusted, authorities = _expected(door, settings)
    kinds = _kinds(trusted)
    more = {} if authorities else {"server_host_key_algs": [*kinds, *_others(kinds)]}  # else certificates come first
    host, port = door.address.host, door.address.port or ()
    return await asyncssh.connect(host, port, options=settings, config=None, tunnel=_through(through), **more)


def _through(link: Link | None) -> Any:
    return link.connection if link is not None else ()


async def _shut(link: Link | None) -> None:
    if link is not None:
        await link.close()


async def _shown(
    door: Door, settings: "asyncssh.SSHClientConnectionOptions", between: Link | None
) -> "asyncssh.SSHKey":
    """The key that a machine shows; one that known_hosts has already is asked for first."""
    import asyncssh

    kinds = _kinds(_known(door, settings)[0])
    key = await asyncssh.get_server_host_key(
        door.address.host, door.address.port or (), options=settings, config=None, tunnel=_through(between),
        server_host_key_algs=[*kinds, *_others(kinds)],
    )  # fmt: skip
    if key is None:
        raise HostLost(tr("{name} showed no key.", name=door.address.name))
    return key


def _known(door: Door, settings: "asyncssh.SSHClientConnectionOptions") -> keys.Trusted:
    """What known_hosts says of the machine, under the name and port that it is looked for."""
    port = None if settings.port == 22 else settings.port
    return keys.known(door.known_hosts, settings.host_key_alias or settings.host, "", port)


def _expected(door: Door, settings: "asyncssh.SSHClientConnectionOptions") -> "tuple[list[asyncssh.SSHKey], bool]":
    """The keys that would be believed, and whether a CA may vouch for others."""
    if door.pinned:
        return [keys.read(door.pinned)], False
    trusted, authorities, _ = _known(door, settings)
    return trusted, bool(authorities)


def _kinds(trusted: "list[asyncssh.SSHKey]") -> list[str]:
    return [kind.decode("ascii") for key in trusted for kind in key.sig_algorithms]


def _others(kinds: list[str]) -> list[str]:
    """The kinds of keys that are asked for after those that are expected: a changed key is to be seen, not missed."""
    return [kind for kind in KINDS if kind not in kinds]


@contextlib.contextmanager
def _explained(door: Door, belief: Belief, typed: Typed) -> Any:
    """Turn what asyncssh and the system raise into sentences."""
    import asyncssh

    name = door.address.name
    try:
        yield
    except HostError:
        raise
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
        raise _not_believed(door, belief, error) from error
    except asyncssh.PermissionDenied as error:
        raise (typed.refusal(door.address) or _not_let_in(door)) from error
    except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError) as error:
        if (locked := typed.refusal(door.address)) is not None:
            raise locked from error
        raise HostRefused(
            tr("The key file for {name} cannot be used: {error}.", name=name, error=error),
            hint=tr("Is it protected by a passphrase? Give it to your agent: ssh-add {file}", file=door.identity),
        ) from error
    except asyncssh.ConfigParseError as error:
        raise HostError(
            tr("~/.ssh/config cannot be read: {error}.", error=error), hint=tr("Try `ssh {name}` first.", name=name)
        ) from error
    except ValueError as error:
        raise HostError(
            tr("SSH cannot be set up for {name}: {error}.", name=name, error=error),
            hint=tr("Look at the host's options and at ~/.ssh/config."),
        ) from error
    except (asyncssh.DisconnectError, asyncssh.ChannelOpenError, TimeoutError, OSError) as error:
        raise lost(name, error) from error


def _not_believed(door: Door, belief: Belief, error: Exception) -> HostError:
    """The right error for a key that was not believed."""
    import asyncssh

    name, key = door.address.name, belief.shown
    if key is None and isinstance(error, asyncssh.KeyExchangeFailed):
        return HostRefused(
            tr("{name} and Kinora have no cipher in common: {error}.", name=name, error=error),
            hint=tr("Kinora uses AES-GCM only; OpenSSH has it since 2013."),
        )
    if key is None and "revoked" in str(error):
        return HostKeyChanged(tr("The key of {name} was revoked.", name=name))
    if key is None:
        return HostKeyChanged(tr("{name} shows a certificate for which nobody vouches here.", name=name))
    if belief.trusted or belief.vouched:
        return _changed(door, key)
    return HostKeyUnknown(
        tr(
            "The key of {name} is not known yet: {fingerprint}.",
            name=name,
            fingerprint=keys.fingerprint(key),
        ),
        key=keys.spelled(key),
        fingerprint=keys.fingerprint(key),
    )


def _changed(door: Door, key: "asyncssh.SSHKey") -> HostKeyChanged:
    return HostKeyChanged(
        tr(
            "{name} shows another key than before: {fingerprint}.",
            name=door.address.name,
            fingerprint=keys.fingerprint(key),
        )
    )


def _not_let_in(door: Door) -> HostRefused:
    """What was tried, so that a person knows what to change."""
    files = [Path(door.identity)] if door.identity else [Path("~/.ssh").expanduser() / name for name in NAMES]
    tried = [file.name for file in files if file.expanduser().is_file()]
    if os.environ.get("SSH_AUTH_SOCK"):
        tried.append(tr("the keys of the agent"))
    name = door.address.name
    if not tried:
        return HostRefused(
            tr("{name} does not let you in, and there is no key to try.", name=name),
            hint=tr("Make one (ssh-keygen -t ed25519) and take it there: ssh-copy-id {name}", name=door.address.typed),
        )
    return HostRefused(
        tr("{name} does not let you in; tried: {what}.", name=name, what=both(tried)),
        hint=tr("Take your key there (ssh-copy-id {name}), or name another one as the host's identity.",
                name=door.address.typed),
    )  # fmt: skip
