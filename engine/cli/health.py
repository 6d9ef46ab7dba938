"""The command `health`: how the parts of a library are, and a report for whoever helps."""

import argparse
from typing import Any

from engine import control
from engine.care import save_report
from engine.cli.output import Output
from engine.cli.waiting import opened
from engine.errors import LibraryBusy
from engine.language import tr
from engine.model.health import State

OK, LOOK = 0, 1
SIGNS = {State.FINE: "ok", State.BUSY: "...", State.OFF: "off", State.LOOK: "LOOK", State.BROKEN: "BROKEN"}


def health(given: argparse.Namespace, out: Output) -> int:
    """Show the parts (1 when one needs a look), or write the report."""
    if given.report is not None:
        save_report(_asked(given, "report"), given.report)
        out.json({"report": str(given.report)}) if out.as_json else out.text(
            tr("The report is in {path}. Look at it before you pass it on.", path=given.report)
        )
        return OK
    told = _asked(given, "health")
    if out.as_json:
        out.json(told)
    else:
        out.table(
            (tr("part"), "", tr("what"), tr("what to do")),
            [(part["title"], SIGNS[State(part["state"])], part["text"], part["hint"]) for part in told["parts"]],
        )
        failures = [(one["title"], one["code"], one["count"], one["text"]) for one in told["troubles"]]
        if failures:
            out.table((tr("analyzer"), tr("code"), tr("failures"), tr("the latest")), failures)
    states = {part["state"] for part in told["parts"]}
    return LOOK if states & {State.LOOK, State.BROKEN} else OK


def _asked(given: argparse.Namespace, what: str) -> Any:
    """What the Kinora that has the library open says; without one the library is opened for a look."""
    try:
        return control.ask(given.library, what)
    except LibraryBusy:  # nobody has it open
        with opened(given.library) as library:
            return library.care.report() if what == "report" else library.health().to_json()
