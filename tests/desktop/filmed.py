"""Clips, measures and exports in memory, with the facades of the engine, for tests of the window."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import NotFound, not_written
from engine.model import Moment, Step
from engine.model.clips import Clip
from engine.model.film import FrameTimes, Peaks

if TYPE_CHECKING:
    from tests.desktop.standin import Standin


class StandinClips:
    """A list of clips."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.known: list[Clip] = []
        self._next = 1

    def listing(self, asset_id: int | None = None) -> list[Clip]:
        return [clip for clip in self.known if asset_id in (None, clip.asset)]

    def add(self, asset_id: int, moment: Moment, name: str = "", note: str = "") -> int:
        return self.add_all([(asset_id, moment, name)], note)[0]

    def add_all(self, pieces: Sequence[tuple[int, Moment, str]], note: str = "") -> list[int]:
        made = []
        for asset, moment, name in pieces:
            named = self.library.cells([asset])[0].name
            self.known.append(Clip(self._next, asset, moment, name, note, named, "video", 72.0))
            made.append(self._next)
            self._next += 1
        self._done("clip", *made)
        return made

    def rename(self, clip_id: int, name: str) -> None:
        self._change(clip_id, name=name)

    def describe(self, clip_id: int, note: str) -> None:
        self._change(clip_id, note=note)

    def cut(self, clip_id: int, start: float, end: float | None) -> None:
        self._change(clip_id, moment=Moment(start, end))

    def order(self, ids: Sequence[int]) -> None:
        by_id = {clip.id: clip for clip in self.known}
        moved = iter(ids)
        self.known = [by_id[next(moved)] if clip.id in ids else clip for clip in self.known]
        self._done("order", *ids)

    def remove(self, ids: Sequence[int]) -> None:
        self.known = [clip for clip in self.known if clip.id not in ids]
        self._done("remove", *ids)

    def _change(self, clip_id: int, **values: object) -> None:
        self.known = [replace(clip, **values) if clip.id == clip_id else clip for clip in self.known]  # type: ignore[arg-type]
        self._done("clip", clip_id)

    def _done(self, name: str, *values: object) -> None:
        self.library.calls.append((name, *values))
        self.library.done.append(name)
        self.library.tell("decisions", "assets", assets=[clip.asset for clip in self.known])


class StandinMeasures:
    """What a test measures: `frame_times` and `waves`, by asset."""

    def __init__(self) -> None:
        self.frame_times: dict[int, FrameTimes] = {}
        self.waves: dict[int, Peaks] = {}
        self.made: list[tuple[int, str]] = []

    def make(self, asset_id: int, of: str) -> Iterator[Step]:
        self.made.append((asset_id, of))
        yield Step(1, 1)
        if asset_id not in (self.frame_times if of == "frames" else self.waves):
            raise NotFound("There is nothing to measure.")

    def frames(self, asset_id: int) -> FrameTimes | None:
        return self.frame_times.get(asset_id)

    def peaks(self, asset_id: int) -> Peaks | None:
        return self.waves.get(asset_id)


class StandinExports:
    """Writes down what was asked for."""

    def __init__(self, library: "Standin") -> None:
        self.library = library

    def write(self, target: Path, body: bytes) -> None:
        try:
            target.write_bytes(body)
        except OSError as error:
            raise not_written(error, f"write {target}") from error

    def write_said(self, asset_id: int, target: Path, form: str | None = None, *, speakers: bool | None = None) -> Path:
        self.library.calls.append(("write_said", asset_id, target, form, speakers))
        return target

    def write_list(
        self, target: Path, form: str | None = None, ids: Sequence[int] | None = None, *, title: str = ""
    ) -> Path:
        self.library.calls.append(("write_list", target, form, None if ids is None else list(ids)))
        return target
