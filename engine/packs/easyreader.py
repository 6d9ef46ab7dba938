"""Reads lines of text with EasyOCR, where the extra is installed and its models are on this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.language import tr
from engine.model import Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

# Language, script and the file of its recogniser: easyocr/config.py and easyocr.py of release 1.7.2.
MODELS = (
    ("ar", "ARABIC", "arabic.pth"), ("fa", "ARABIC", "arabic.pth"), ("ur", "ARABIC", "arabic.pth"),
    ("ru", "CYRILLIC", "cyrillic_g2.pth"), ("uk", "CYRILLIC", "cyrillic_g2.pth"), ("be", "CYRILLIC", "cyrillic_g2.pth"),
    ("bg", "CYRILLIC", "cyrillic_g2.pth"), ("rs_cyrillic", "CYRILLIC", "cyrillic_g2.pth"),
    ("hi", "DEVANAGARI", "devanagari.pth"), ("mr", "DEVANAGARI", "devanagari.pth"),
    ("ne", "DEVANAGARI", "devanagari.pth"), ("bn", "BENGALI", "bengali.pth"), ("th", "THAI", "thai.pth"),
    ("ko", "HANGUL", "korean_g2.pth"), ("ta", "TAMIL", "tamil.pth"), ("te", "TELUGU", "telugu.pth"),
    ("kn", "KANNADA", "kannada.pth"),
)  # fmt: skip
OWN = {"sr": "rs_cyrillic"}  # its names that are not the ISO code


class EasyReader:
    """The readers of a folder of models. The library checks their MD5 against its list and, so asked, fetches nothing.

    Its model files are pickles, which no pack may be: they are used only from a folder that the user named, and only
    where they are the very files that the library knows.
    """

    name = "easyocr"

    def __init__(self, folder: str = "") -> None:
        there = bool(folder) and importlib.util.find_spec("easyocr") is not None
        self._folder = Path(folder) if there else None

    def choices(self) -> list[tuple[str, str]]:
        """The languages whose model is in the folder, and the script of each."""
        if self._folder is None:
            return []
        return [(language, script) for language, script, file in MODELS if (self._folder / file).is_file()]

    @staticmethod
    def languages(codes: Sequence[str]) -> list[str]:
        """Its names of languages that are given by their ISO 639-1 codes."""
        return [OWN.get(code, code) for code in codes]

    def read(self, lines: Sequence[Pixels], language: str) -> Generator[Step, None, list[tuple[str, float]]]:
        """Read lines (BGR); returns the text and the confidence 0..1 of each, in order."""
        import cv2

        out = []
        reader = _reader(str(self._folder), language)
        for count, line in enumerate(lines, 1):
            found = [] if reader is None else reader.recognize(cv2.cvtColor(line, cv2.COLOR_BGR2GRAY), detail=1)
            out.append(_joined(found))
            yield Step(count, len(lines), tr("reading {language}", language=language))
        return out


def _joined(found: Sequence[Any]) -> tuple[str, float]:
    """One line of what was found in it: (corners, text, confidence) each."""
    parts = [(str(text).strip(), float(sure)) for _, text, sure in found if str(text).strip()]
    letters = sum(len(text) for text, _ in parts)
    score = sum(len(text) * sure for text, sure in parts) / letters if letters else 0.0
    return " ".join(text for text, _ in parts), round(min(max(score, 0.0), 1.0), 4)


@cache
def _reader(folder: str, language: str) -> Any:
    """The library's reader without its detector, from this folder alone; None when its model is not what it knows."""
    mend_torchvision()
    import easyocr

    try:
        return easyocr.Reader(
            [language, "en"], gpu=False, detector=False, download_enabled=False, verbose=False,
            model_storage_directory=folder, user_network_directory=folder,
        )  # fmt: skip
    except (FileNotFoundError, ValueError):  # a missing or damaged model; a language that it does not know
        return None


@cache
def mend_torchvision() -> Any:
    """Let torchvision be imported beside a torch without CUDA.

    PyPI's torchvision for Linux is built against CUDA: its library cannot be loaded beside such a torch, and then its
    import stops at operators that nobody declared (pytorch/vision issue 8985). Declaring the two is enough for what
    EasyOCR uses. The library object must live on: it is returned, and kept by the cache.
    """
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if torch.version.cuda is not None or hasattr(torch.ops.torchvision, "nms"):
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library
