"""Reads lines of text with Tesseract, where the system has it: one process for all lines of a picture."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Generator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.model import Step
from engine.packs.scripts import LANGUAGES, SCRIPT_OF, spaceless

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

OFF = "off"
LINE = 48  # pixels of height that every line is brought to: letters of 30 to 40, which the models were trained on
TOUCH = 16  # pixels between two parts that it tells apart: in scripts without spaces they are one
SPACE = 28  # white pixels around and between lines
WIDEST = 4000  # pixels
DEADLINE = 60.0  # seconds for one process
LOOK = 0.2  # seconds between two looks whether it has ended: then a cancel is honoured too
DARK = 110  # mean grey below which a line is taken for white letters on black, and turned round
BLOCK, SINGLE = "6", "7"  # ways of reading a page: one block of text, one line

# Of several languages in one script the one that is tried first, before their likes.
FIRST = ("ara", "heb", "rus", "hin", "ben", "tha", "kor", "tam", "tel", "kan", "mal", "guj", "pan", "ell", "kat", "hye")


class Tesseract:
    """The program, if it is there, and the languages that it has; both are asked once for each place."""

    name = "tesseract"

    def __init__(self, program: str = "", data: str = "") -> None:
        self._program = "" if program == OFF else (shutil.which(program or "tesseract") or "")
        self._data = data

    def choices(self) -> list[tuple[str, str]]:
        """The languages that it can read and the script of each, the commonest of each script before the others."""
        known = [name for name in _languages(self._program, self._data) if name in SCRIPT_OF]
        known.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
        return [(name, SCRIPT_OF[name]) for name in known]

    @staticmethod
    def languages(codes: Sequence[str]) -> list[str]:
        """Its names of languages that are given by their ISO 639-1 codes."""
        return [LANGUAGES[code][0] for code in codes if code in LANGUAGES]

    def read(self, lines: Sequence[Pixels], language: str) -> Generator[Step, None, list[tuple[str, float]]]:
        """Read lines (BGR); returns the text and the confidence 0..1 of each, in order.

        Between the steps a cancel ends the process.
        """
        sheet, rows = _sheet(lines)
        told = yield from self._run(sheet, language, SINGLE if len(lines) == 1 else BLOCK)
        return _lines(told, rows)

    def _run(self, sheet: bytes, language: str, mode: str) -> Generator[Step, None, str]:
        command = [self._program, "stdin", "stdout", *_folder(self._data), "-l", language, "--psm", mode,
                   "-c", "tessedit_create_tsv=1"]  # fmt: skip
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        end = time.monotonic() + DEADLINE
        given: bytes | None = sheet
        try:
            while time.monotonic() < end:
                try:
                    out, _ = process.communicate(given, timeout=LOOK)
                except subprocess.TimeoutExpired:
                    given = None
                    yield Step(0, 0, f"reading {language}")
                    continue
                return out.decode("utf-8", "replace") if process.returncode == 0 else ""
            return ""
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


@lru_cache(maxsize=8)
def _languages(program: str, data: str) -> tuple[str, ...]:
    if not program:
        return ()
    try:
        done = subprocess.run(
            [program, *_folder(data), "--list-langs"], capture_output=True, timeout=20, check=False, env=_environment()
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return tuple(sorted(line.strip() for line in lines[1:] if line.strip())) if done.returncode == 0 else ()


def _folder(data: str) -> list[str]:
    return ["--tessdata-dir", data] if data else []


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}  # one process for each core: its own threads would only wait


def _sheet(lines: Sequence[Pixels]) -> tuple[bytes, list[tuple[int, int]]]:
    """Write lines one below the other, black on white; the picture as PNG, and the rows that each line takes."""
    import cv2
    import numpy as np

    drawn = [_drawn(line) for line in lines]
    width = max(one.shape[1] for one in drawn) + 2 * SPACE
    sheet = np.full((sum(one.shape[0] + SPACE for one in drawn) + SPACE, width), 255, np.uint8)
    rows, top = [], SPACE
    for one in drawn:
        sheet[top : top + one.shape[0], SPACE : SPACE + one.shape[1]] = one
        rows.append((top, top + one.shape[0]))
        top += one.shape[0] + SPACE
    return cv2.imencode(".png", sheet)[1].tobytes(), rows


def _drawn(line: Pixels) -> Pixels:
    import cv2
    import numpy as np

    grey = cv2.cvtColor(line, cv2.COLOR_BGR2GRAY)
    width = min(max(round(grey.shape[1] * LINE / max(grey.shape[0], 1)), 8), WIDEST)
    how = cv2.INTER_AREA if grey.shape[0] > LINE else cv2.INTER_CUBIC
    grey = cv2.resize(grey, (width, LINE), interpolation=how)
    grey = 255 - grey if float(grey.mean()) < DARK else grey
    return np.asarray(cv2.normalize(grey, None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]


def _lines(told: str, rows: Sequence[tuple[int, int]]) -> list[tuple[str, float]]:
    """Sort the words of Tesseract's table (TSV) into the rows that they lie in."""
    words: list[list[tuple[str, float]]] = [[] for _ in rows]
    ends = [0] * len(rows)
    for line in told.splitlines()[1:]:
        cells = line.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        middle = int(cells[7]) + int(cells[9]) / 2
        at = min(range(len(rows)), key=lambda row: abs(sum(rows[row]) / 2 - middle))
        text, left = cells[11].strip(), int(cells[6])
        close = left - ends[at] < TOUCH and spaceless(text)
        words[at].append((text if close or not words[at] else f" {text}", max(float(cells[10]), 0.0) / 100))
        ends[at] = left + int(cells[8])
    out = []
    for row in words:
        letters = sum(len(text) for text, _ in row)
        score = sum(len(text) * sure for text, sure in row) / letters if letters else 0.0
        out.append(("".join(text for text, _ in row), round(min(score, 1.0), 4)))
    return out
