"""The command `rent`: offers, what one would cost, renting, ending, the budget, the ledger, and keys of providers."""

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.commands import NOTHING, OK
from engine.cli.output import Output, span
from engine.cli.waiting import by_owner, opened
from engine.errors import KinoraError, OfferGone
from engine.model import Caps, Forecast, Need, Offer
from engine.model.contracts import OPEN
from engine.settings import BY_KEY

if TYPE_CHECKING:
    from engine.library import Library

CAPS = tuple(one.name for one in fields(Caps))
MOST_WORDS = {"forecast": 1, "start": 1, "stop": 1, "key": 1}  # behind the action; the others take none
GB = 1 << 30


def rent(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `rent` says; without one, list."""
    if len(given.words) > MOST_WORDS.get(given.action, 0):
        raise KinoraError(f"`kinora rent {given.action}` takes other words.", hint="kinora rent --help")
    return ACTIONS[given.action](given, out)


# --- before anybody says yes -----------------------------------------------------------------------------------------


def _offers(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        found = library.rentals.offers(_provider(given, library), _need(given, library))
    if out.as_json:
        out.json([asdict(one) for one in found])
    elif found:
        rows = [(one.id, _gpu(one), f"{one.gpu_memory / GB:.0f} GB", f"${one.price:.3f}", f"{one.reliability:.1%}",
                 f"{one.down:.0f}", one.place) for one in found]  # fmt: skip
        out.table(("offer", "gpu", "memory", "an hour", "reliable", "Mbit/s", "where"), rows)
    else:
        out.text("No machine fits. Ask for less memory, or allow a higher price (--memory, --price).")
    return OK if found else NOTHING


def _forecast(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        offer = _chosen(given, library)
        told = library.rentals.forecast(offer, _hours(given, library))
    if out.as_json:
        out.json({"offer": asdict(offer), "forecast": asdict(told)})
    else:
        _tell(offer, told, _hours(given, library), out)
    return OK if told.fits else NOTHING


def _tell(offer: Offer, told: Forecast, hours: float, out: Output) -> None:
    out.text(
        f"{_gpu(offer)} at ${offer.price:.3f} an hour, for at most {hours:g} h ({offer.place or 'place not known'})"
    )
    out.text(
        f"{told.jobs:,} jobs wait that may leave this computer: {span(told.here)} here, about {span(told.there)} there"
    )
    out.text(f"first results after about {span(told.boot)}; {told.upload / 1e6:,.0f} MB are sent")
    out.text(f"expected cost ${told.cost:.2f}; at most ${told.most:.2f}, which is reserved")
    if told.text:
        out.text(told.text)


# --- renting and ending ----------------------------------------------------------------------------------------------


def _start(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        offer, hours = _chosen(given, library), _hours(given, library)
        told = library.rentals.forecast(offer, hours)
    if not out.as_json:
        _tell(offer, told, hours, out)
    if not given.yes and not _asked(f"Rent it for at most ${told.most:.2f}?"):
        out.text("Nothing was rented.")
        return NOTHING
    row = _told(given, "rent", offer=asdict(offer), hours=hours)
    if out.as_json:
        out.json({"rental": row, "forecast": asdict(told)})
        return OK
    out.text(f"Rental {row['id']}: {_gpu(offer)} starts now; it ends by itself at {_clock(row['stops'])}.")
    out.text("Jobs are sent there while Kinora is open. A machine that nobody uses destroys itself after 15 minutes.")
    return OK


def _list(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        rows, alarms, halted = library.rentals.rows(), library.rentals.alarms(), library.rentals.spending().halted
    if out.as_json:
        out.json({"rentals": [asdict(one) for one in rows], "alarms": [asdict(one) for one in alarms],
                  "halted": halted})  # fmt: skip
    elif rows:
        shown = [(one.id, one.provider, one.gpu, one.state.value, f"${one.price:.3f}", f"${one.cost:.2f}",
                  f"${one.reserved:.2f}", _clock(one.ended or one.stops), one.text) for one in rows]  # fmt: skip
        out.table(("rental", "at", "gpu", "state", "an hour", "cost", "at most", "ends", ""), shown)
    else:
        out.text("Nothing was ever rented.")
    if halted and not out.as_json:
        out.text(halted)
    for one in alarms:
        out.error(f"Rental {one.id} needs a look: {one.text}", "", "rental")
    return OK if rows else NOTHING


def _stop(given: argparse.Namespace, out: Output) -> int:
    if not given.words or not given.words[0].isdigit():
        raise KinoraError("Say which rental: `kinora rent stop NUMBER`.", hint="`kinora rent list` names them.")
    _must_exist(given)
    _told(given, "stop", rental_id=int(given.words[0]))
    return _done(out, "stopped", int(given.words[0]), f"Rental {given.words[0]} is destroyed.")


def _stop_all(given: argparse.Namespace, out: Output) -> int:
    _must_exist(given)
    count = _told(given, "stop-all")
    with opened(given.library) as library:
        left = [one.id for one in library.rentals.rows() if one.state in OPEN]
    if left:
        names = ", ".join(map(str, left))
        raise KinoraError(
            f"{count} destroyed; {names} could not be destroyed yet.",
            hint="Kinora goes on trying while it is open. You can also destroy them at the provider.",
        )
    return _done(out, "stopped", count, f"Nothing is rented any more ({count} destroyed).")


# --- money and keys --------------------------------------------------------------------------------------------------


def _budget(given: argparse.Namespace, out: Output) -> int:
    wanted = {scope: getattr(given, scope) for scope in CAPS if getattr(given, scope) is not None}
    if wanted:
        with opened(given.library) as library:
            caps = library.rentals.spending().caps
        changed = replace(caps, **{scope: _money(value) for scope, value in wanted.items()})
        _told(given, "budget", **asdict(changed))
    with opened(given.library) as library:
        found = library.rentals.spending()
    if out.as_json:
        out.json(asdict(found))
        return OK
    used = {"job": None, "day": found.today, "month": found.month, "total": found.total}
    named = {"job": "one rental", "day": "today", "month": "this month", "total": "in all"}
    rows = [(named[scope], "" if used[scope] is None else f"${used[scope]:.2f}",
             "no cap" if getattr(found.caps, scope) is None else f"${getattr(found.caps, scope):.2f}")
            for scope in CAPS]  # fmt: skip
    out.table(("", "spent", "at most"), rows)
    out.text(f"${found.reserved:.2f} more is reserved for what is rented now.")
    if found.elsewhere:
        out.text(f"${found.elsewhere:.2f} of all this is spent or reserved by your other libraries; it counts, too.")
    if found.halted:
        out.text(found.halted)
    if found.caps == Caps():
        out.text("There is no cap yet, so nothing is rented: `kinora rent budget --day 5` sets one.")
    return OK


def _ledger(given: argparse.Namespace, out: Output) -> int:
    with opened(given.library) as library:
        if given.output is not None:
            library.exports.write(given.output, library.rentals.ledger_csv())
            return _done(out, "written", str(given.output), f"Written: {given.output}")
        rows = library.rentals.ledger(given.limit)
    if out.as_json:
        out.json([asdict(one) for one in rows])
    elif rows:
        out.table(("when", "rental", "at", "what", "amount", ""),
                  [(_clock(one.at), one.rental, one.provider, one.what, _signed(one.amount),
                    "measured" if one.estimated else "billed") for one in rows])  # fmt: skip
    else:
        out.text("Nothing was spent yet: what a rental cost is entered when it ends.")
    return OK if rows else NOTHING


def _key(given: argparse.Namespace, out: Output) -> int:
    """Read a key without showing it, or from the standard input; never from the command line, where others see it."""
    provider = given.words[0] if given.words else given.provider or "vast"
    if given.forget:
        key = ""
    elif sys.stdin.isatty():
        key = getpass.getpass(f"Key of {provider}: ")
    else:
        key = sys.stdin.readline()
    if not given.forget and not key.strip():
        raise KinoraError("No key was given.", hint="Paste the key, or `--forget` to forget it.")
    _told(given, "key", provider=provider, key=key.strip())
    return _done(out, "key", provider, "The key is forgotten." if given.forget else f"The key of {provider} is kept.")


# --- inside ----------------------------------------------------------------------------------------------------------


def _told(given: argparse.Namespace, act: str, **arguments: Any) -> Any:
    return by_owner(given.library, "rent", lambda library: library.rentals.told, act=act, **arguments)


def _must_exist(given: argparse.Namespace) -> None:
    """Raise NotFound for a mistyped library: in a new, empty one nothing would be rented, and nothing destroyed."""
    with opened(given.library):
        pass


def _done(out: Output, name: str, value: Any, text: str) -> int:
    if out.as_json:
        out.json({name: value})
    else:
        out.text(text)
    return OK


def _asked(question: str) -> bool:
    if not sys.stdin.isatty():
        raise KinoraError("Nothing was rented: nobody could be asked.", hint="`--yes` says yes in a script.")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _provider(given: argparse.Namespace, library: "Library") -> str:
    return str(given.provider or library.settings()["rent.provider"])


def _hours(given: argparse.Namespace, library: "Library") -> float:
    return float(given.hours or library.settings()["rent.hours"])


def _need(given: argparse.Namespace, library: "Library") -> Need:
    need = library.rentals.need()
    asked = {"gpu": given.gpu, "price": given.price, "disk": given.disk,
             "gpu_memory": None if given.memory is None else int(given.memory * GB)}  # fmt: skip
    return replace(need, **{name: value for name, value in asked.items() if value is not None})


def _chosen(given: argparse.Namespace, library: "Library") -> Offer:
    """The offer of that number as it is now, or the best one."""
    found = library.rentals.offers(_provider(given, library), _need(given, library))
    wanted = given.words[0] if given.words else None
    offer = next((one for one in found if wanted in (None, one.id)), None)
    if offer is None:
        raise OfferGone(f"The offer {wanted} is not there." if wanted else "No machine fits.",
                        hint="`kinora rent offers` lists what there is now.")  # fmt: skip
    return offer


def _signed(amount: float) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):.4f}"


def _money(value: str) -> float | None:
    if value.strip().lower() in ("none", "no", ""):
        return None
    try:
        return float(value.lstrip("$"))
    except ValueError as error:
        raise KinoraError(f"{value!r} is no amount of money.", hint="Write 5, 2.50, or none.") from error


def _gpu(offer: Offer) -> str:
    return f"{offer.gpus} x {offer.gpu}" if offer.gpus > 1 else offer.gpu


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M}" if at else ""


ACTIONS: dict[str, Callable[[argparse.Namespace, Output], int]] = {
    "list": _list, "offers": _offers, "forecast": _forecast, "start": _start, "stop": _stop, "stop-all": _stop_all,
    "budget": _budget, "ledger": _ledger, "key": _key,
}  # fmt: skip


def arguments(command: argparse.ArgumentParser) -> None:
    """What may stand behind `rent`."""
    command.add_argument("action", nargs="?", default="list", choices=tuple(ACTIONS))
    command.add_argument("words", nargs="*", metavar="WORD", help="forecast, start [OFFER]; stop RENTAL; key PROVIDER")
    command.add_argument(
        "--provider", choices=BY_KEY["rent.provider"].choices, help="default: the setting rent.provider"
    )
    command.add_argument("--hours", type=float, metavar="N", help="hard stop (default: the setting rent.hours)")
    command.add_argument("--memory", type=float, metavar="GB", help="memory that the GPU has at least")
    command.add_argument("--gpu", metavar="NAME", help="only this GPU")
    command.add_argument("--price", type=float, metavar="USD", help="most dollars an hour")
    command.add_argument("--disk", type=int, metavar="GB", help="room on its disk")
    command.add_argument("--yes", action="store_true", help="start: yes, spend the money")
    for scope in CAPS:
        command.add_argument(f"--{scope}", metavar="USD", help=f"budget: cap for the {scope}, or none")
    command.add_argument("--limit", type=int, default=1000, metavar="N", help="ledger: at most N lines")
    command.add_argument("--output", type=Path, metavar="FILE", help="ledger: write all of it as CSV")
    command.add_argument("--forget", action="store_true", help="key: forget it")
