"""How an asset stands: which stage can show it, and what to say when none can."""

from dataclasses import dataclass

from desktop.views.parts.subject import Subject
from engine.language import tr
from engine.model import JobState, Kind

STAGES = {Kind.PHOTO: "photo", Kind.VIDEO: "film", Kind.AUDIO: "film", Kind.DOCUMENT: "paper"}


@dataclass(frozen=True, slots=True)
class Standing:
    """`stage` is photo, film, paper or empty; `text` and `hint` say what is wrong, if anything."""

    stage: str
    text: str = ""
    hint: str = ""
    retry: bool = False


def standing(subject: Subject, *, preview: bool) -> Standing:
    """Decide how to show an asset; `preview` says whether a small picture of it is stored."""
    row = subject.row
    states = {file.state for file in row.files}
    retry = any(job.state is JobState.FAILED for job in row.jobs) or bool(row.cell.error)
    if states and "present" not in states:
        text, hint = _absence(states)
        return Standing(_without_file(subject, preview), text, hint)
    if row.cell.kind is Kind.OTHER:
        text = row.cell.error or tr("Kinora does not read this kind of file.")
        return Standing("", text, row.hint or tr("It stays listed, untouched."), retry)
    if row.cell.state == "failed" and row.cell.error and not preview and not subject.lines:
        return Standing("", row.cell.error, row.hint, retry)
    return Standing(STAGES[row.cell.kind])


def differs(was: Subject, now: Subject) -> bool:
    """Whether an asset stands otherwise than before, so that its stage has to begin anew."""
    return _signature(was) != _signature(now)


def _without_file(subject: Subject, preview: bool) -> str:
    """Text is readable without the file, and a stored preview can be looked at."""
    if subject.row.cell.kind is Kind.DOCUMENT and subject.lines:
        return "paper"
    return "photo" if preview else ""


def _absence(states: set[str]) -> tuple[str, str]:
    if "offline" in states:
        return (
            tr("This file is on a drive that is not connected."),
            tr("Connect the drive; what Kinora knows of the file stays."),
        )
    return (
        tr("This file is not there any more."),
        tr("If it was moved, add the folder where it is now; what Kinora knows of it stays."),
    )


def _signature(subject: Subject) -> tuple[object, ...]:
    cell = subject.row.cell
    return (cell.kind, cell.state == "failed", tuple(file.state for file in subject.row.files))
