"""What the fault tests share: a small folder to read, runs of the real program, and what a library says in the end."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli.samples import draw

PROJECT = Path(__file__).resolve().parent.parent.parent
MAIN = PROJECT / "main.py"


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The set that the program draws, with a few more pictures, so that there is something to interrupt."""
    from PIL import Image

    folder = draw(tmp_path_factory.mktemp("samples") / "set")
    for number in range(24):
        Image.new("RGB", (320 + number, 240), (number * 10, 90, 255 - number * 10)).save(
            folder / f"plain {number:02}.png"
        )
    return folder


def program(*arguments: str | Path, env: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start the program as a user would."""
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **(env or {})}
    return subprocess.Popen(
        [sys.executable, str(MAIN), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=surroundings,
    )


def finish(process: "subprocess.Popen[bytes]", timeout: float = 240) -> tuple[int, str, str]:
    """Wait for a run; return its exit code and what it printed."""
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def said(library: Path) -> dict[str, list[str]]:
    """Everything that a library knows, free of ids and times, to be compared with another one."""
    connection = sqlite3.connect(f"file:{library / 'kinora.db'}?mode=ro", uri=True)
    try:
        return {name: sorted(json.dumps(row) for row in connection.execute(sql)) for name, sql in WHAT.items()}
    finally:
        connection.close()


WHAT = {
    "assets": """SELECT content, kind, mime, width, height, duration, pages, taken, safety, language, error_code
        FROM asset""",
    "files": "SELECT f.shown, a.content, f.state FROM file f JOIN asset a ON a.id = f.asset_id",
    "jobs": """SELECT a.content, j.analyzer, j.version, j.state, j.error_code
        FROM job j JOIN asset a ON a.id = j.asset_id""",
    "findings": """SELECT a.content, f.analyzer, f.version, f.kind, f.text, f.label, round(f.score, 3),
        m.start, m."end", m.page, round(m.x, 3), round(m.y, 3)
        FROM finding f JOIN asset a ON a.id = f.asset_id JOIN moment m ON m.id = f.moment_id""",
    "words": "SELECT term, doc, cnt FROM vocabulary",
}


def integrity(library: Path) -> str:
    """SQLite's own verdict on the library's file."""
    connection = sqlite3.connect(library / "kinora.db")
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture(scope="session")
def undisturbed(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What a run that nothing disturbs says of the samples."""
    library = tmp_path_factory.mktemp("undisturbed") / "library"
    code, _, err = finish(program("--library", library, "add", samples, "--wait", "--no-watch"))
    assert code == 0, err
    return said(library)


@pytest.fixture
def run() -> Callable[..., "subprocess.Popen[bytes]"]:
    """Start the program as a user would."""
    return program
