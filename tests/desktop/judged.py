"""Corrections and judgements in memory, with the facades of the engine, for tests of the window."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import NotFound
from engine.model import Moment
from engine.model.lines import Line

if TYPE_CHECKING:
    from tests.desktop.standin import Standin


class StandinJudging:
    """Wrong things and levels of safety."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.levels: dict[int, str] = {}

    def wrong(self, finding_id: int) -> None:
        found = self.library.found
        if not any(one.id == finding_id for rows in found.values() for one in rows):
            raise NotFound("This is not there any more.")
        for asset, rows in found.items():
            found[asset] = [one for one in rows if one.id != finding_id]
        self._done("wrong", finding_id)

    def level(self, ids: Sequence[int], level: str) -> None:
        for number in ids:
            self.levels[number] = level
            self.library.changes.setdefault(number, {})["safety"] = level
        self._done("level", tuple(ids), level)
        self.library.tell("decisions", "assets", assets=ids)

    def level_of(self, asset_id: int) -> str:
        return self.levels.get(asset_id, "")

    def origin(self, appearance_id: int) -> tuple[int, str]:
        return appearance_id, self.library.changes.get(appearance_id, {}).get("safety", "")

    def packs(self, asset_id: int) -> dict[str, tuple[str, ...]]:
        return {"ocr": ("reader@1",), "objects": ("yolox-nano@1",)}

    def _done(self, name: str, *values: object) -> None:
        self.library.calls.append((name, *values))
        self.library.done.append(name)


class StandinCorrections:
    """Lines of text as they were read and corrected."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.originals: dict[str, str] = {}  # corrected text: what was read

    def lines(self, asset_id: int, analyzer: str = "speech") -> list[Line]:
        rows = [one.finding for one in self.library.found.get(asset_id, []) if one.finding.label == analyzer]
        return [
            Line(one.moment, one.text, label=analyzer, corrected=one.text in self.originals,
                 original=self.originals.get(one.text, ""))
            for one in rows
        ]  # fmt: skip

    def put(self, asset_id: int, moment: Moment, original: str, text: str) -> None:
        found = self.library.found
        self.originals[text] = original
        found[asset_id] = [
            one
            if one.finding.text != original
            else replace(one, finding=replace(one.finding, text=text, data={"correction": 1}))
            for one in found[asset_id]
            if text or one.finding.text != original
        ]
        self._done("correct", asset_id, moment, original, text)

    def revert(self, asset_id: int, moment: Moment, text: str) -> None:
        found = self.library.found
        original = self.originals.pop(text)
        found[asset_id] = [
            one if one.finding.text != text else replace(one, finding=replace(one.finding, text=original, data={}))
            for one in found[asset_id]
        ]
        self._done("revert", asset_id, moment, text)

    def _done(self, name: str, *values: object) -> None:
        self.library.calls.append((name, *values))
        self.library.done.append(name)
