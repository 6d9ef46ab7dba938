"""The command `health`: how the parts of a library are, and a report for whoever helps."""

import argparse
from pathlib import Path
from typing import Any

from engine import control
from engine.care import report_file
from engine.cli.output import Output
from engine.cli.waiting import opened
from engine.errors import KinoraError, LibraryBusy
from engine.language import tr
from engine.model.health import State
from engine.observe.doctor import Line

OK, LOOK = 0, 1
SIGNS = {State.FINE: "ok", State.BUSY: "...", State.OFF: "off", State.LOOK: "LOOK", State.BROKEN: "BROKEN"}


def health(given: argparse.Namespace, out: Output) -> int:
    """Show the parts (1 when one needs a look), or write the report."""
    if given.report is not None:
        body = report_file(asked(given.library, "report"), given.report.suffix)
        with opened(given.library) as library:
            library.exports.write(given.report, body)
        out.json({"report": str(given.report)}) if out.as_json else out.text(
            tr("The report is in {path}. Look at it before you pass it on.", path=given.report)
        )
        return OK
    told = asked(given.library, "health")
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


def asked(library: Path, what: str) -> Any:
    """What the Kinora that has the library open says; without one the library is opened for a look."""
    try:
        return control.ask(library, what)
    except LibraryBusy:  # nobody has it open
        with opened(library) as found:
            return found.care.report() if what == "report" else found.health().to_json()


def of_library(library: Path) -> list[Line]:
    """The parts of a library as lines of `kinora doctor`; one that cannot be opened is a line as well."""
    try:
        told = asked(library, "health")
    except KinoraError as error:
        return [Line(tr("Library"), False, error.text, error.hint)]
    bad = (State.LOOK, State.BROKEN)
    return [Line(part["title"], State(part["state"]) not in bad, part["text"], part["hint"]) for part in told["parts"]]
