"""The commands of the front on the network: `serve` and `token`."""

import argparse
import time
from dataclasses import fields
from typing import Any

from engine import control
from engine.cli.output import Output
from engine.cli.waiting import by_owner
from engine.errors import KinoraError, LibraryBusy
from engine.model.access import Quota, Role, Scope

OK, BROKEN = 0, 1
MOST_PORT = 65535
QUOTAS = tuple(one.name for one in fields(Quota))


def serve(given: argparse.Namespace, out: Output) -> int:
    """Serve the library until a signal ends it."""
    from engine.serve.listening import Wish, announce
    from engine.serve.listening import serve as listen

    wish = Wish(
        given.host, given.port, given.node, given.tls, given.cert, given.key, Role(given.pair) if given.pair else None,
        given.announce, given.idle_exit, tuple(given.name or ()), given.wipe, given.cluster,
        {name: str(getattr(given, f"cluster_{name}") or "") for name in ("ca", "cert", "key")},
    )  # fmt: skip

    def say(told: dict[str, Any]) -> None:
        if given.announce:
            announce(told)
        elif out.as_json:
            out.json(told)
        else:
            _tell(told, out)

    listen(given.library, wish, say)
    return OK


def _tell(told: dict[str, Any], out: Output) -> None:
    out.text(f"Kinora listens on {told['address']}")
    for address in told.get("reached", ()):
        out.text(f"From other machines: {address}")
    if "fingerprint" in told:
        out.text(f"Its certificate: {told['fingerprint']}")
    if "code" in told:
        out.text(f"Pairing code, for five minutes and one machine: {told['code']}")


def token(given: argparse.Namespace, out: Output) -> int:
    """Make, list, revoke and look at tokens, and read the log."""
    return ACTIONS[given.action](given, out)


def _new(given: argparse.Namespace, out: Output) -> int:
    quota = {name: getattr(given, name) for name in QUOTAS}
    told = _ask(given, act="new", role=given.role, label=given.label, days=given.days, extra=given.scope or [],
                quota=quota)  # fmt: skip
    if out.as_json:
        out.json(told)
    else:
        out.text(told["token"])
        out.text("It is shown this once. Send it as `Authorization: Bearer ...`.")
    return OK


def _list(given: argparse.Namespace, out: Output) -> int:
    rows = _ask(given, act="list")
    if out.as_json:
        out.json(rows)
        return OK
    out.table(
        ("id", "role", "label", "made", "expires", "last used", "from", ""),
        [(row["id"], row["role"], row["label"], day(row["created"]), day(row["expires"]), day(row["used"]),
          row["address"], state(row)) for row in rows],
    )  # fmt: skip
    return OK


def _usage(given: argparse.Namespace, out: Output) -> int:
    rows = _ask(given, act="list")
    if out.as_json:
        out.json([{"id": row["id"], "usage": row["usage"], "quota": row["quota"]} for row in rows])
        return OK
    names = ("requests", "jobs", "bytes", "gpu")
    out.table(
        ("id", "label", *(f"{name} {span}" for name in names for span in ("today", "in all"))),
        [(row["id"], row["label"], *(_amount(row, part) for name in names for part in (f"{name}_day", name)))
         for row in rows],
    )  # fmt: skip
    return OK


def _amount(row: dict[str, Any], part: str) -> str:
    most = row["quota"].get(part, 0)
    return f"{row['usage'][part]:,.0f}" + (f" of {most:,.0f}" if most else "")


def _revoke(given: argparse.Namespace, out: Output) -> int:
    if not given.id:
        raise KinoraError("Which token?", hint="`kinora token list` names them.")
    _ask(given, act="revoke", token_id=given.id)
    out.text(f"The token {given.id} counts no longer.")
    return OK


def _pair(given: argparse.Namespace, out: Output) -> int:
    try:
        code = control.ask(given.library, "pair", role=given.role)
    except LibraryBusy as error:
        raise KinoraError(
            "Nothing serves this library now.", hint="`kinora serve --pair` starts it and shows a code."
        ) from error
    out.json({"code": code}) if out.as_json else out.text(f"Pairing code, for five minutes and one machine: {code}")
    return OK


def _audit(given: argparse.Namespace, out: Output) -> int:
    told = _ask(given, act="audit", limit=given.limit)
    chain = told["chain"]
    if out.as_json:
        out.json(told)
    else:
        out.table(
            ("", "when", "who", "what", "about", "scope", "from", "result"),
            [(row["number"], _second(row["at"]), row["who"], row["action"], row["object"], row["scope"],
              row["address"], row["result"]) for row in reversed(told["rows"])],
        )  # fmt: skip
        if chain["broken"] is None:
            out.text(f"All {chain['length']:,} lines are as they were written; the last one's hash is {chain['head']}.")
        else:
            out.text(f"The log was changed: line {chain['broken']:,} is not as it was written.")
    return OK if chain["broken"] is None else BROKEN


def _ask(given: argparse.Namespace, **what: Any) -> Any:
    from engine.access import Access

    return by_owner(given.library, "access", lambda library: Access(library.database).told, **what)


def day(at: float | None) -> str:
    """A moment as a day, "" for none."""
    return "" if at is None else time.strftime("%Y-%m-%d", time.localtime(at))


def _second(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _port(text: str) -> int:
    """A port; a greater number would be cut to another one without a word."""
    if not text.isascii() or not text.isdecimal() or int(text) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {MOST_PORT}, not {text!r}")
    return int(text)


def state(row: dict[str, Any]) -> str:
    """Whether a token counts."""
    if row["revoked"] is not None:
        return "revoked"
    return "expired" if row["expires"] is not None and row["expires"] <= time.time() else ""


ACTIONS = {"new": _new, "list": _list, "usage": _usage, "revoke": _revoke, "pair": _pair, "audit": _audit}


def arguments(group: Any, add: Any) -> None:
    """Add both commands to the parser."""
    from pathlib import Path

    command = add(group, "serve", "serve this library, or this machine as a node, over HTTP", serve)
    command.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="default: this computer alone")
    command.add_argument("--port", type=_port, default=8765, metavar="N", help="default 8765; 0 takes a free one")
    command.add_argument("--node", action="store_true", help="take jobs of other machines and do nothing else")
    command.add_argument("--tls", action="store_true", help="encrypt on this computer too (elsewhere it always is)")
    command.add_argument("--cert", type=Path, metavar="FILE", help="a certificate (PEM) instead of the library's own")
    command.add_argument("--key", type=Path, metavar="FILE", help="its key (PEM)")
    command.add_argument("--name", action="append", metavar="NAME", help="a name by which others may ask for it")
    command.add_argument("--pair", nargs="?", const=Role.EDITOR.value, choices=[one.value for one in Role],
                         metavar="ROLE", help="show a pairing code (default: for an editor)")  # fmt: skip
    command.add_argument("--announce", action="store_true",
                         help="print one line of JSON (port, token ...) and go on without the terminal")  # fmt: skip
    command.add_argument("--idle-exit", type=float, default=0.0, metavar="S", help="end when nobody came for S seconds")
    command.add_argument("--wipe", action="store_true", help="at the end delete all that clients sent, and answers")
    command.add_argument("--cluster", default="", metavar="ADDRESS",
                         help="have orders done by a Dask cluster (tls://scheduler:8786)")  # fmt: skip
    for name, words in (("ca", "the authority of the cluster"), ("cert", "our certificate for it"), ("key", "its key")):
        command.add_argument(f"--cluster-{name}", type=Path, metavar="FILE", help=f"{words} (PEM)")
    command = add(group, "token", "make, list and revoke tokens; read the log of what was asked", token)
    command.add_argument("action", nargs="?", default="list", choices=tuple(ACTIONS))
    command.add_argument("id", nargs="?", default="", metavar="ID", help="revoke: which")
    command.add_argument("--role", default=Role.VIEWER.value, choices=[one.value for one in Role])
    command.add_argument("--scope", action="append", choices=[one.value for one in Scope], metavar="SCOPE",
                         help="new: one more thing that it may do, such as people:read")  # fmt: skip
    command.add_argument("--label", default="", metavar="L", help="new: what it is for")
    command.add_argument("--days", type=float, metavar="N", help="new: how long it counts (default: until revoked)")
    for name, words in (("jobs", "jobs"), ("bytes", "bytes sent and received"), ("gpu", "seconds of work")):
        command.add_argument(f"--{name}", type=int, default=0, metavar="N", help=f"new: {words} in total")
        command.add_argument(f"--{name}-day", type=int, default=0, metavar="N", help=f"new: {words} a day")
    command.add_argument("--limit", type=int, default=50, metavar="N", help="audit: lines (default 50)")
