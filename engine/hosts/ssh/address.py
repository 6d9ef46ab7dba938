"""Where a machine is reached over SSH: an address as it is kept, or as people paste it."""

import re
import shlex
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

from engine.errors import HostError
from engine.language import mark, tr

HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]+(?:%[A-Za-z0-9]+)?")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+\\-]{0,63}")
WITH_VALUE = frozenset("BbcDEeFIiJLlmOoPpQRSWw")  # flags of the ssh program that are followed by something
HINT = mark("It looks like user@box, user@box:2222, or the line with which you log in: ssh user@box -p 2222.")


@dataclass(frozen=True, slots=True)
class Address:
    """A machine, and where it says so the user, the port and the file of the key; the rest is ~/.ssh/config's."""

    host: str
    user: str = ""
    port: int = 0  # 0: what ~/.ssh/config says, else 22
    identity: str = ""

    @property
    def text(self) -> str:
        """As it is kept: ssh://user@box:22."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        more = f"?identity={quote(self.identity)}" if self.identity else ""
        return f"ssh://{user}{host}{port}{more}"

    @property
    def name(self) -> str:
        """For people: user@box, with the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host and self.port not in (0, 22) else self.host
        user = f"{self.user}@" if self.user else ""
        return f"{user}{host}" + (f":{self.port}" if self.port not in (0, 22) else "")

    @property
    def typed(self) -> str:
        """As programs of OpenSSH take it: -p 2222 user@box."""
        at = f"{self.user}@{self.host}" if self.user else self.host
        return f"-p {self.port} {at}" if self.port not in (0, 22) else at


def parse(text: str) -> Address:
    """Read an address.

    Raises:
        HostError: it is none.
    """
    text = text.strip()
    if text.startswith("ssh://"):
        return _checked(_of_url(text), text)
    if re.match(r"ssh\s", text):
        return _checked(_of_command(text), text)
    return _checked(_of_place(text), text)


def _of_url(text: str) -> Address:
    try:
        parts = urlsplit(text)
        port = parts.port or 0
        wanted = parse_qs(parts.query).get("identity", [""])[0]
    except ValueError as error:
        raise _none(text) from error
    if parts.path not in ("", "/") or parts.password is not None:
        raise _none(text)
    return Address(_host_of(parts.netloc), unquote(parts.username or ""), port, wanted)


def _host_of(place: str) -> str:
    """The machine in user@box:22, spelled as it stands there: names in ~/.ssh/config know large letters."""
    host = place.rsplit("@", 1)[-1]
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::\d+)?", host)
    return bracketed.group(1) if bracketed else re.sub(r":\d*$", "", host)


def _of_place(text: str) -> Address:
    user, _, host = text.rpartition("@")
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", host)
    if bracketed:
        return Address(bracketed.group(1), user, int(bracketed.group(2) or 0))
    if host.count(":") > 1:  # an address of IPv6 without a port
        return Address(host, user)
    host, _, port = host.partition(":")
    if port and not port.isdigit():
        raise _none(text)
    return Address(host, user, int(port or 0))


def _of_command(text: str) -> Address:
    """The line with which people log in. What else stands in it (forwards, options) is not followed."""
    try:
        words = shlex.split(text)[1:]
    except ValueError as error:
        raise _none(text) from error
    given, places = _sorted(words, text)
    if len(places) != 1:
        raise _none(text)
    if "J" in given:
        raise HostError(
            tr("Kinora does not read -J from a pasted line."),
            hint=tr("Write the machine in between into ~/.ssh/config (ProxyJump) and add the host by its name there."),
        )
    place = places[0]
    found = _of_url(place) if place.startswith("ssh://") else _of_place(place)
    port = given.get("p", "")
    if port and not port.isdigit():
        raise _none(text)
    return Address(found.host, given.get("l") or found.user, int(port or found.port), given.get("i", ""))


def _sorted(words: list[str], text: str) -> tuple[dict[str, str], list[str]]:
    """The flags that have a value, and the words that are none."""
    given: dict[str, str] = {}
    places: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if not word.startswith("-") or word == "-":
            places.append(word)
            continue
        for at, flag in enumerate(word[1:], start=1):
            if flag in WITH_VALUE:
                value = word[at + 1 :] or next(waiting, None)
                if value is None:
                    raise _none(text)
                given[flag] = value
                break
    return given, places


def _checked(found: Address, text: str) -> Address:
    """It goes into messages and into a connection: nothing else than a name and a number."""
    if (
        not HOST.fullmatch(found.host)
        or (found.user and not USER.fullmatch(found.user))
        or not 0 <= found.port < 65_536
        or any(not sign.isprintable() for sign in found.identity)
    ):
        raise _none(text)
    return found


def _none(text: str) -> HostError:
    return HostError(tr("“{text}” is no address of a machine.", text=text[:120]), hint=tr(HINT))
