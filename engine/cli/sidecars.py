"""The command `sidecars`: write XMP files for other programs, and take over what stands in theirs."""

import argparse
from collections import deque
from dataclasses import asdict
from pathlib import Path

from engine import control
from engine.cli.commands import NOTHING, OK
from engine.cli.output import Output
from engine.cli.waiting import noted, opened
from engine.errors import KinoraError, LibraryBusy
from engine.language import tr

LIMIT = 20  # reasons that are printed
WANTED = ("ratings", "keywords", "faces")


def sidecars(given: argparse.Namespace, out: Output) -> int:
    """Do what the first word behind `sidecars` says."""
    return _export(given, out) if given.action == "export" else _import(given, out)


def _export(given: argparse.Namespace, out: Output) -> int:
    if (given.to is None) == (not given.beside):
        raise KinoraError(
            tr("Say where to: --to FOLDER, or --beside for beside the originals."),
            hint=tr("Nothing is ever written into originals."),
        )
    folder = None if given.to is None else Path(given.to).absolute()
    with opened(given.library) as library, out.progress(tr("Writing sidecars")) as show:
        last = ""
        for step in library.sidecars.export(" ".join(given.query), folder, given.style, sure=given.confirmed):
            show(step)
            last = step.text
        report = library.sidecars.report
    noted(given.library, out, f"xmp of {report.written + report.merged}")
    if out.as_json:
        out.json(asdict(report))
    else:
        out.text(last)
        for path, why in report.reasons[:LIMIT]:
            out.text(f"{path}: {why}")
    return OK if report.written or report.merged or report.same else NOTHING


def _import(given: argparse.Namespace, out: Output) -> int:
    if given.query:
        raise KinoraError(tr("`kinora sidecars import` reads the sidecars of the whole library."), hint="--only faces")
    wanted = tuple(given.only.split(",")) if given.only else WANTED
    try:
        with opened(given.library, own=True) as library, out.progress(tr("Reading sidecars")) as show:
            texts: deque[str] = deque(maxlen=1)
            for step in library.sidecars.take(wanted):
                show(step)
                texts.append(step.text)
            library.people.settle()
        said = texts[0]
    except LibraryBusy:
        said = control.ask(given.library, "sidecars", wanted=list(wanted))
    if out.as_json:
        out.json({"import": said})
    else:
        out.text(said)
    return OK
