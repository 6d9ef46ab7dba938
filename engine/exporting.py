"""Files for other programs: subtitles and transcripts of an asset, and the list of clips. Never over an original."""

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.compose import cliplist, edl, fcpxml, subtitles, transcript
from engine.compose.pieces import Piece, Source
from engine.compose.timecode import rational
from engine.corrections import lines_of
from engine.errors import KinoraError, NotFound, StoreError, not_written
from engine.language import mark, tr
from engine.model import AssetRow, FindingKind, Kind
from engine.model.clips import Clip
from engine.model.lines import Line
from engine.pictures import write_whole
from engine.store import assets, audit, clips, files, findings
from engine.store.db import Database

T = TypeVar("T")
SPOKEN = ("srt", "vtt", "txt", "json")  # forms of what is said
LISTS = ("edl", "fcpxml", "csv")  # forms of the list of clips
NAMES = {
    "srt": mark("Subtitles (SRT)"), "vtt": mark("Subtitles for the web (WebVTT)"), "txt": mark("Plain text"),
    "json": mark("JSON with words and speakers"), "edl": mark("Edit decision list (CMX 3600)"),
    "fcpxml": mark("Final Cut Pro XML"), "csv": mark("Table (CSV)"),
}  # fmt: skip
USUAL_CHANNELS, USUAL_SAMPLES = 2, 48000  # of the sound of films, whose facts do not say


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said in one asset."""

    lines: Sequence[Line]
    language: str
    row: AssetRow


class Exports:
    """Writes what is known of films and recordings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def said(self, asset_id: int, form: str = "srt", *, speakers: bool | None = None) -> str:
        """What is said in an asset, in one of `SPOKEN`; `speakers` says who (None: as the form usually does).

        Raises:
            NotFound: there is no such asset, or nothing is said in it.
        """
        with self._database.read() as connection:
            spoken = _spoken(connection, asset_id)
        return _form(SPOKEN_BY, form)(spoken, speakers)

    def write_said(self, asset_id: int, target: Path, form: str | None = None, *, speakers: bool | None = None) -> Path:
        """Write what is said into a file, whole or not at all; without a form its ending tells it.

        Raises:
            NotFound: as for `said`.
            StoreError: it cannot be written, or is a file of the library.
        """
        chosen = form or target.suffix.lstrip(".").lower()
        body = self.said(asset_id, chosen, speakers=speakers).encode()
        self.write(target, body)
        return target

    def list(self, form: str = "edl", ids: Sequence[int] | None = None, *, title: str = "Kinora") -> bytes:
        """The list of clips (all, or those of `ids` in this order), in one of `LISTS`.

        Raises:
            NotFound: there are no clips.
            KinoraError: the form cannot hold them.
        """
        with self._database.read() as connection:
            chosen = _chosen(clips.listing(connection), ids)
            sources = {one: _source(assets.get(connection, one)) for one in dict.fromkeys(c.asset for c in chosen)}
        return _form(LISTED_BY, form)(chosen, sources, title)

    def write_list(
        self, target: Path, form: str | None = None, ids: Sequence[int] | None = None, *, title: str = ""
    ) -> Path:
        """Write the list of clips into a file, whole or not at all. Raises as `list` and `write_said` do."""
        chosen = form or target.suffix.lstrip(".").lower()
        self.write(target, self.list(chosen, ids, title=title or target.stem))
        return target

    def refuse(self, target: Path) -> None:
        """Let nothing be written over a file of the library. Raises StoreError."""
        with self._database.read() as connection:
            refuse_originals(connection, target)

    def write(self, target: Path, body: bytes) -> None:
        """Write a file for the user, whole or not at all: the one way in which anything leaves the library.

        Raises:
            StoreError: it cannot be written, or is a file of the library.
        """
        self.refuse(target)
        try:
            write_whole(target, body)
        except OSError as error:
            raise not_written(error, tr("write {target}", target=target)) from error
        if self._database.own:
            self.note(f"{target.suffix or '-'}, {len(body)} bytes")

    def note(self, what: str) -> None:
        """Write into the log that something left the library: its form and how much, for names may tell of people."""
        told = audit.Act("local", "export", what)
        self._database.submit(lambda connection: audit.append(connection, told))


def refuse_originals(connection: sqlite3.Connection, target: Path) -> None:
    """Let nothing be written over a file of the library, by whatever spelling.

    Raises:
        StoreError: the target is one.
    """
    spelled = os.path.abspath(target)  # noqa: PTH100  without following links
    for path in dict.fromkeys((spelled, os.path.realpath(spelled))):
        folder, name = os.path.split(os.fsencode(path))
        known = [one for one, row in files.known_in(connection, folder).items() if row.state != "trashed"]
        if name in known or any(_same(path, os.path.join(folder, one)) for one in known):  # noqa: PTH118  bytes
            raise StoreError(
                tr("{target} is a file of this library; Kinora never writes over an original.", target=target),
                hint=tr("Choose another name or folder."),
            )


def _same(path: str, other: bytes) -> bool:
    """Whether two names are one file, as on systems that do not tell capitals apart."""
    try:
        return Path(path).samefile(os.fsdecode(other))
    except OSError:
        return False


def _form(known: Mapping[str, T], form: str) -> T:
    if form not in known:
        raise KinoraError(
            tr("“{form}” is no form that this can be written in.", form=form),
            hint=tr("There are: {forms}.", forms=", ".join(known)),
        )
    return known[form]


# --- what is said ----------------------------------------------------------------------------------------------------


def _spoken(connection: sqlite3.Connection, asset_id: int) -> _Said:
    row = assets.get(connection, asset_id)
    lines = lines_of(connection, asset_id)
    if not lines:
        raise NotFound(
            tr("There is no transcript of “{name}”.", name=row.cell.name),
            hint=tr("Speech is written down where a pack for it is installed."),
        )
    told = findings.of_asset(connection, asset_id, [FindingKind.LANGUAGE])
    language = next((one.finding.label for one in told if one.analyzer == "speech"), "")
    return _Said(lines, language, row)


SPOKEN_BY: Mapping[str, Callable[[_Said, bool | None], str]] = {
    "srt": lambda one, who: subtitles.srt(subtitles.cues(one.lines, one.language), speakers=bool(who)),
    "vtt": lambda one, who: subtitles.vtt(subtitles.cues(one.lines, one.language), speakers=who is not False),
    "txt": lambda one, who: transcript.plain(one.lines),
    "json": lambda one, who: transcript.structured(one.lines, one.row.cell.name, one.row.cell.duration, one.language),
}


# --- the list of clips -----------------------------------------------------------------------------------------------


def _chosen(known: Sequence[Clip], ids: Sequence[int] | None) -> list[Clip]:
    by_id = {clip.id: clip for clip in known}
    chosen = list(known) if ids is None else [by_id[one] for one in ids if one in by_id]
    if not chosen:
        raise NotFound(
            tr("There are no clips."), hint=tr("Set an in point and an out point in a film, and add the clip.")
        )
    return chosen


def _source(row: AssetRow) -> Source:
    cell, facts = row.cell, row.facts
    film = cell.kind is Kind.VIDEO
    silent = film and facts.has_audio is False
    return Source(
        cell.id, cell.name, row.files[0].path if row.files else cell.name, cell.duration or facts.duration or 0.0,
        rational(facts.fps) if film else None, cell.width or 0, cell.height or 0,
        0 if silent else _number(facts.extra.get("channels"), USUAL_CHANNELS),
        _number(facts.extra.get("sample_rate"), USUAL_SAMPLES),
    )  # fmt: skip


def _number(value: object, usual: int) -> int:
    return value if isinstance(value, int) and value > 0 else usual


def _pieces(chosen: Sequence[Clip], sources: Mapping[int, Source]) -> list[Piece]:
    """The clips as pieces; marks belong to the clips in which they lie.

    Raises:
        NotFound: there are only marks.
    """
    marks = [clip for clip in chosen if clip.is_mark]
    found = []
    for clip in chosen:
        start, end = clip.moment.start or 0.0, clip.moment.end
        if end is None:
            continue
        inside = [(one.moment.start or 0.0, one.name) for one in marks if one.asset == clip.asset]
        own = tuple((second, name) for second, name in inside if start <= second < end)
        found.append(Piece(sources[clip.asset], start, end, clip.name, clip.note, own))
    if not found:
        raise NotFound(tr("There are only marks and no clips."), hint=tr("Marks alone can be written as CSV."))
    return found


def _entries(chosen: Sequence[Clip], sources: Mapping[int, Source]) -> list[cliplist.Entry]:
    return [
        cliplist.Entry(sources[clip.asset], clip.moment.start or 0.0, clip.moment.end, clip.name, clip.note)
        for clip in chosen
    ]


LISTED_BY: Mapping[str, Callable[[Sequence[Clip], Mapping[int, Source], str], bytes]] = {
    "edl": lambda chosen, sources, title: edl.edl(_pieces(chosen, sources), title).encode(),
    "fcpxml": lambda chosen, sources, title: fcpxml.fcpxml(_pieces(chosen, sources), title),
    "csv": lambda chosen, sources, title: cliplist.cliplist(_entries(chosen, sources)),
}
