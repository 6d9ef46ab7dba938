"""The command `hosts`: list, add, test, switch and remove other machines, and mark what never leaves this one."""

import argparse
import getpass
import os
import sys
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from engine import control
from engine.asking import hosts_told, row_values, state_values
from engine.cli.commands import NOTHING, OK
from engine.cli.output import Output
from engine.cli.waiting import beside, by_owner, opened
from engine.errors import HostKeyChanged, HostKeyUnknown, HostRefused, KinoraError, LibraryBusy, NotFound
from engine.hosts import reach
from engine.hosts.pauses import WANTS
from engine.model import HostKind, Introduction, StayScope, Step

WORDS = {"list": (0, 0), "add": (1, 1), "test": (1, 1), "remove": (1, 1), "enable": (1, 1), "disable": (1, 1),
         "trust": (1, 1), "rename": (2, 2), "stay": (0, 2)}  # fmt: skip
DONE = {
    "remove": "{name} is removed.", "enable": "{name} gets work from now on.", "disable": "{name} gets no more work.",
    "trust": "{name} is asked again.", "rename": "It is called {name} now.",
}  # fmt: skip
SURE = "yes"
TYPES = 3  # times that a password is asked for
OPTIONS = {HostKind.SSH: ("python", "folder", "wheels", "identity", "known_hosts", "idle_exit"),
           HostKind.CLUSTER: ("ca", "cert", "key", "name"), HostKind.HTTP: ()}  # fmt: skip
FILES = frozenset(
    {"ca", "cert", "key", "identity", "known_hosts", "wheels"}
)  # options that name a place on this machine


def hosts(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `hosts` says; without one, list."""
    least, most = WORDS[given.action]
    if not least <= len(given.words) <= most or (given.action == "stay" and len(given.words) == 1):
        raise KinoraError(f"`kinora hosts {given.action}` takes other words.", hint="kinora hosts --help")
    if given.action == "list":
        return _list(given, out)
    if given.action == "add":
        return _add(given, out)
    if given.action == "test":
        return _test(given, out, _find(given, given.words[0]))
    return _stay(given, out) if given.action == "stay" else _change(given, out)


def _list(given: argparse.Namespace, out: Output) -> int:
    try:
        states: list[dict[str, Any]] = control.ask(given.library, "hosts", act="states")
        live = True
    except LibraryBusy:  # nobody has it open
        with opened(given.library) as library:
            states, live = [state_values(state) for state in library.hosts.states()], False
    if out.as_json:
        out.json({"connected": live, "hosts": states})
        return OK
    table = [
        (one["row"]["name"], one["row"]["kind"], one["row"]["address"] or "-", _status(one, live),
         _load(one), f"{one['rate']:.1f}" if one["rate"] else "",
         ", ".join(device["name"] for device in one["devices"]))
        for one in states
    ]  # fmt: skip
    out.table(("host", "kind", "address", "status", "at work", "jobs/s", "devices"), table)
    for one in states:
        if one["text"] and live:
            out.text(f"{one['row']['name']}: {one['text']} {one['hint']}".strip() + _until(one))
        there, whole = one["way"]
        if whole >= 1e6:  # less is there before it is read
            out.text(f"{one['row']['name']}: {there / 1e6:.1f} of {whole / 1e6:.1f} MB are sent.")
    if not live and len(states) > 1:
        out.text("No Kinora has this library open, so none of them is connected now.")
    return OK


def _load(state: dict[str, Any]) -> str:
    """`3/8`, and how many it has beyond that to go on with."""
    running, slots = state["running"], state["slots"]
    if not slots:
        return ""
    return f"{min(running, slots)}/{slots}" + (f", {running - slots} next" if running > slots else "")


def _until(state: dict[str, Any]) -> str:
    until = state["aside_until"]
    return f" It is asked again at {datetime.fromtimestamp(until):%Y-%m-%d %H:%M}." if until else ""


def _status(state: dict[str, Any], live: bool) -> str:
    if live:
        return str(state["status"])
    return "here" if state["row"]["kind"] == HostKind.LOCAL else "on" if state["row"]["enabled"] else "off"


def _add(given: argparse.Namespace, out: Output) -> int:
    """Introduce, confirm the key, keep the token, add, and test."""
    options = _options(given)
    with beside(given.library) as library:  # looking at a key changes nothing
        met: Introduction = library.hosts.introduce(given.words[0])
    _show(met, out)
    _confirm(met, given, out)
    values = {"address": met.address, "pinned": met.key, "token": _token(met, given), "name": given.name or "",
              "options": options}  # fmt: skip
    row = _do(given, "add", **values)
    out.text(f"{row['name']} is added.")
    if given.no_test:
        if out.as_json:
            out.json({"added": row})
        return OK
    return _test_added(given, out, row)


def _show(met: Introduction, out: Output) -> None:
    out.text(f"{met.name}: {met.address}")
    for note in met.notes:
        out.text(f"  {note}")
    if met.fingerprint:
        out.text(f"  fingerprint {met.fingerprint}{' (known already)' if met.known else ''}")


def _confirm(met: Introduction, given: argparse.Namespace, out: Output) -> None:
    """Return when the key may be pinned. Raises HostKeyChanged, HostKeyUnknown."""
    if not met.key:
        return
    if given.fingerprint:
        if given.fingerprint.strip() != met.fingerprint:
            raise HostKeyChanged(
                f"{met.name} shows the fingerprint {met.fingerprint}, not the one that was given.",
                hint="Nothing was sent. Is it the right machine? Otherwise somebody stands in between.",
            )
        return
    if met.known:
        return
    unknown = HostKeyUnknown(
        f"{met.name} shows a key that nobody has confirmed: {met.fingerprint}",
        key=met.key, fingerprint=met.fingerprint,
        hint="Compare it on that machine (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, or what `kinora serve` "
             "wrote), then add it with --fingerprint.",
    )  # fmt: skip
    if out.as_json or not sys.stdin.isatty():
        raise unknown
    out.text("Compare the fingerprint with the one of that machine, every sign:")
    if met.kind is HostKind.SSH:
        out.text("  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
    if input(f"Is it the same? Type {SURE} to pin this key: ").strip().lower() != SURE:
        raise unknown


def _token(met: Introduction, given: argparse.Namespace) -> str:
    """The token, from a file or typed without being shown. Raises HostRefused."""
    if given.token_file is not None:
        try:
            lines = str(given.token_file.read_text(encoding="utf-8")).split("\n", 1)  # what `token new` wrote has two
            return lines[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise KinoraError(f"The token cannot be read from {given.token_file}.", hint=str(error)) from error
    if not met.token:
        return ""
    if sys.stdin.isatty():
        return getpass.getpass("Token: ").strip()
    raise HostRefused(f"{met.name} asks for a token.", hint="Give it with --token-file FILE.")


def _options(given: argparse.Namespace) -> dict[str, str]:
    pairs = [one.partition("=") for one in given.option or ()]
    wrong = next((key for key, sign, _ in pairs if not sign or not key), None)
    if wrong is not None:
        raise KinoraError(f"--option takes KEY=VALUE, not {wrong!r}.", hint="As in --option python=/usr/bin/python3.12")
    known = OPTIONS[reach.parse(given.words[0])[0]] if pairs else ()
    strange = next((key for key, *_ in pairs if key not in known), None)
    if strange is not None:
        hint = f"There are {', '.join(known)}." if known else "It takes none."
        raise KinoraError(f"A host at such an address has no option {strange!r}.", hint=hint)
    given_options = {key: _here(value) if key in FILES else value for key, _, value in pairs}
    if reach.parse(given.words[0])[0] is HostKind.CLUSTER and not {"ca", "cert", "key"} <= given_options.keys():
        raise HostRefused(
            "A cluster is reached with certificates: three PEM files.",
            hint="Name them: --option ca=ca.pem --option cert=member.pem --option key=member.key",
        )
    return given_options


def _here(path: str) -> str:
    """A file of this machine, whatever folder Kinora is started in the next time."""
    return str(Path(path).expanduser().absolute()) if path else ""


def _test(given: argparse.Namespace, out: Output, row: dict[str, Any]) -> int:
    """Test a host; what it wants to be typed is asked for."""
    text = _tried(given, out, row)
    if out.as_json:
        out.json({"host": row, "text": text})
    out.text(text)
    return OK


def _test_added(given: argparse.Namespace, out: Output, row: dict[str, Any]) -> int:
    """Test a host that was just added; one that does not work is kept unless somebody says otherwise."""
    try:
        text = _tried(given, out, row)
    except KinoraError as error:
        if out.as_json:
            out.json({"added": row, "text": error.text})
        said = f"{row['name']} is added, but it cannot be used yet: {error.text}"
        if not out.as_json and sys.stdin.isatty():
            out.text(f"{said} {error.hint}".strip())
            if input("Keep it all the same? [Y/n] ").strip().lower().startswith("n"):
                _do(given, "remove", host_id=row["id"])
                out.text(DONE["remove"].format(name=row["name"]))
                return NOTHING
            said = f"{row['name']} is kept."
        again = f"`kinora hosts test {row['name']}` tries it again, `kinora hosts remove {row['name']}` removes it."
        failed = KinoraError(said, hint=f"{error.hint} {again}".strip())
        failed.code = error.code
        raise failed from error
    if out.as_json:
        out.json({"added": row, "text": text})
    out.text(text)
    return OK


def _tried(given: argparse.Namespace, out: Output, row: dict[str, Any]) -> str:
    """Test a host until it works or nothing more is typed; return how it ended. Raises HostError."""
    typed = ""
    for left in range(TYPES, -1, -1):
        try:
            text = _test_once(given, out, row)
        except KinoraError as error:
            what = WANTS.get(error.code)
            if what is None or not left or out.as_json or not sys.stdin.isatty():
                raise
            out.text(error.text)
            secret = getpass.getpass(f"{what.capitalize()} (Enter alone: none): ")
            if not secret:
                raise
            _do(given, "unlock", host_id=row["id"], what=what, secret=secret)
            typed = what
            out.text("It is kept until the host is removed or wants another one.")
        else:
            if typed == "password":
                _offer_key(given, out, row)
            return text
    raise AssertionError


def _offer_key(given: argparse.Namespace, out: Output, row: dict[str, Any]) -> None:
    """Ask whether a key of Kinora's own is to open the host in place of the password."""
    if input("Use a key of Kinora's own from now on, and forget the password? [y/N] ").strip().lower().startswith("y"):
        try:
            _do(given, "use_key", host_id=row["id"])
            out.text("A key opens it from now on; the password is forgotten.")
        except KinoraError as error:  # the password still does
            out.text(f"{error.text} {error.hint}")


def _test_once(given: argparse.Namespace, out: Output, row: dict[str, Any]) -> str:
    """Test a host with progress; an owner does it for us, and tells the end."""
    text = ""
    try:
        with opened(given.library, own=True) as library, out.progress(f"Testing {row['name']}") as show:
            for step in library.hosts.test(row["id"]):
                show(step)
                text = step.text
    except LibraryBusy:
        with out.progress(f"Testing {row['name']}") as show:
            show(Step(0, 0, "by the Kinora that has the library open"))
            text = control.ask(given.library, "hosts", act="test", host_id=row["id"])
    return text


def _change(given: argparse.Namespace, out: Output) -> int:
    row = _find(given, given.words[0])
    action, name, number = given.action, row["name"], row["id"]
    if action in ("enable", "disable"):
        _do(given, "enable", host_id=number, on=action == "enable")
    elif action == "rename":
        name = given.words[1]
        _do(given, "rename", host_id=number, name=name)
    elif action == "remove":
        _do(given, "remove", host_id=number, wipe=given.wipe)
    else:
        _do(given, "trust", host_id=number)
    text = DONE[action].format(name=name)
    if out.as_json:
        out.json({"host": name, "done": action, "text": text})
    out.text(text)
    return OK


def _stay(given: argparse.Namespace, out: Output) -> int:
    """List the marks, set one, or take one away."""
    if not given.words:
        with opened(given.library) as library:
            stays = [asdict(stay) for stay in library.hosts.stays()]
        if out.as_json:
            out.json(stays)
        elif stays:
            out.table(("what", "name"), [(one["scope"], one["title"]) for one in stays])
        else:
            out.text("Nothing is marked as never leaving this computer.")
        return OK if stays else NOTHING
    scope, target = given.words
    if scope not in tuple(StayScope):
        raise KinoraError(f"{scope!r} cannot be marked.", hint="It is folder, album or analyzer.")
    if scope == StayScope.FOLDER:
        target = os.path.abspath(target)  # noqa: PTH100  # without following links, as folders are added
    elif scope == StayScope.ALBUM:
        with opened(given.library) as library:
            target = str(library.albums.named(target).id)
    _do(given, "stay", scope=scope, target=target, on=not given.off)
    named = target if scope == StayScope.FOLDER else given.words[1]
    text = f"{named} {'may be sent to hosts' if given.off else 'never leaves this computer'}."
    if out.as_json:
        out.json({"scope": scope, "target": target, "stays": not given.off})
    out.text(text)
    if scope == StayScope.FOLDER and not given.off and not Path(target).is_dir():
        out.text("There is no such folder now: is it spelled as it is on the disk?")
    return OK


def _find(given: argparse.Namespace, name: str) -> dict[str, Any]:
    """The host of a name or an address. Raises NotFound."""
    with opened(given.library) as library:
        rows = library.hosts.rows()
    found = [row for row in rows if name.casefold() in (row.name.casefold(), row.address.casefold())]
    if not found:
        raise NotFound(f"There is no host “{name}”.", hint="`kinora hosts` lists them.")
    return row_values(found[0])


def _do(given: argparse.Namespace, act: str, **values: Any) -> Any:
    return by_owner(given.library, "hosts", lambda library: partial(hosts_told, library.hosts), act=act, **values)


def arguments(command: argparse.ArgumentParser) -> None:
    """What may stand behind `hosts`."""
    command.add_argument("action", nargs="?", default="list", choices=tuple(WORDS))
    command.add_argument(
        "words", nargs="*", metavar="WORD", help="add ssh://user@box | https://box:8765 | tls://scheduler:8786; "
        "test|remove|enable|disable|trust HOST; rename HOST NEW; stay folder|album|analyzer NAME (no words: list)"
    )  # fmt: skip
    command.add_argument("--name", metavar="NAME", help="add: what it is called")
    command.add_argument("--fingerprint", metavar="SHA256:...", help="add: the key that it must show")
    command.add_argument("--token-file", type=Path, metavar="FILE", help="add: a file with the token of the host")
    command.add_argument("--option", action="append", metavar="KEY=VALUE", help="add: python, folder, identity ...")
    command.add_argument("--no-test", action="store_true", help="add: do not test it afterwards")
    command.add_argument("--wipe", action="store_true", help="remove: also delete what Kinora put there")
    command.add_argument("--off", action="store_true", help="stay: it may be sent again")
