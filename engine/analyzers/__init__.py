"""THE registry of analyzers: a literal tuple, never discovery; the order is that within a bundle."""

from collections.abc import Mapping

from engine.analyzers.base import Analyzer
from engine.analyzers.caption import Caption
from engine.analyzers.documents import Documents
from engine.analyzers.faces import Faces
from engine.analyzers.look import Look
from engine.analyzers.meaning import Meaning
from engine.analyzers.objects import Objects
from engine.analyzers.ocr import Ocr
from engine.analyzers.pose import Pose
from engine.analyzers.probe import Probe
from engine.analyzers.safety import Safety
from engine.analyzers.scenes import Scenes
from engine.analyzers.sounds import Sounds
from engine.analyzers.speech import Speech
from engine.analyzers.tags import Tags
from engine.analyzers.titles import Titles
from engine.analyzers.voice import Voice

ANALYZERS: tuple[type[Analyzer], ...] = (
    Probe, Look, Documents, Scenes, Safety, Faces, Objects, Pose, Meaning, Tags, Voice, Ocr, Titles, Speech, Sounds,
    Caption,
)  # fmt: skip
BY_NAME: Mapping[str, type[Analyzer]] = {analyzer.name: analyzer for analyzer in ANALYZERS}

__all__ = ["ANALYZERS", "BY_NAME", "Analyzer"]
