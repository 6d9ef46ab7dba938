"""THE registry of analyzers: a literal tuple, never discovery; the order is that within a bundle."""

from collections.abc import Mapping

from engine.analyzers.base import Analyzer
from engine.analyzers.documents import Documents
from engine.analyzers.look import Look
from engine.analyzers.ocr import Ocr
from engine.analyzers.probe import Probe
from engine.analyzers.safety import Safety
from engine.analyzers.scenes import Scenes
from engine.analyzers.voice import Voice

ANALYZERS: tuple[type[Analyzer], ...] = (Probe, Look, Documents, Scenes, Safety, Voice, Ocr)
BY_NAME: Mapping[str, type[Analyzer]] = {analyzer.name: analyzer for analyzer in ANALYZERS}

__all__ = ["ANALYZERS", "BY_NAME", "Analyzer"]
