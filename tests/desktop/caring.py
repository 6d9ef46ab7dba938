"""The health of a library in memory, for tests of the window."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.model import Kind
from engine.model.health import Activity, Health, LogLine, Memory, Part, Room, State, Trouble
from engine.model.start import Estimate

if TYPE_CHECKING:
    from tests.desktop.standin import Standin


class StandinCare:
    """A library in order, but for its packs; `parts` may be changed."""

    def __init__(self, library: "Standin") -> None:
        self.library = library
        self.calls: list[tuple[Any, ...]] = []
        self.parts = [
            Part("database", "Library", State.FINE, "60 files are known.", fix="check"),
            Part("packs", "Packs", State.LOOK, "12 steps wait for a pack.", "The packs view says which.", "packs"),
            Part("network", "Network", State.OFF, "Offline: no connection leaves this machine.", fix="settings"),
        ]
        self.troubles = [Trouble("ocr", "Text in pictures", "damaged", 3, "The file is damaged.", "Copy it again.", 0)]
        self.lines = [
            LogLine("2026-11-28 10:00:00", "INFO", "engine.keeper", "2 jobs were interrupted and wait again"),
            LogLine("2026-11-28 10:00:05", "ERROR", "engine.queue", "the queue stumbled\nTraceback"),
        ]
        self.doing: list[Activity] = []
        self.memory = [Memory(float(n), (100 + n) << 20, n << 20, 2) for n in range(30)]

    def attend(self) -> None:
        self.calls.append(("attend",))

    def whole_screen(self, own: bool) -> None:
        self.calls.append(("whole_screen", own))

    def go_on(self) -> None:
        self.calls.append(("go_on",))

    def estimate(self, path: Path) -> Estimate:
        self.calls.append(("estimate", path))
        return Estimate({Kind.PHOTO: 1204, Kind.VIDEO: 1}, more=path.name == "Videos")

    def activities(self) -> tuple[Activity, ...]:
        return tuple(self.doing)

    def health(self) -> Health:
        rooms = (Room("database", "What is known", 12_000_000), Room("previews", "Previews", 48_000_000, True))
        return Health(
            tuple(self.parts), self.library.queue(), tuple(self.memory), rooms, 82_000_000_000, tuple(self.troubles),
            (("Kinora", "0.1.0"), ("Python", "3.11.7")),
        )  # fmt: skip

    def log(self, lines: int = 300, words: str = "", level: str = "") -> list[LogLine]:
        self.calls.append(("log", words, level))
        kept = [one for one in self.lines if not level or one.level == level or one.level == "CRITICAL"]
        return [one for one in kept if words.lower() in one.text.lower()][-lines:]

    def report(self, beside: Mapping[str, Any] | None = None) -> str:
        titles = "".join(f"\n== {title}\n" + "\n".join(lines) for title, lines in (beside or {}).items())
        return f"Kinora report\n== Versions\nKinora: 0.1.0{titles}\n"
