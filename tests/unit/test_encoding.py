"""The worker that turns questions into vectors, with a tiny pack and a real process."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.encoding import Encoding
from engine.errors import DamagedFile, FileMissing, KinoraError, NeedsPack, SearchUnanswered
from engine.model import Kind
from engine.packs import shelf
from tests import tiny
from tests.waiting import until


@pytest.fixture
def encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Encoding]:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "packs"))
    tiny.image_text(tmp_path / "packs")
    made = Encoding(tmp_path / "workers.log", wait=30)
    yield made
    made.close()


def ask(encoding: Encoding, *texts: str) -> list[np.ndarray]:
    space, vectors = encoding.texts("tiny-clip@1", "image-text", texts)
    assert space == "tiny-clip@1"
    return vectors


def test_words_and_pictures_become_vectors_of_one_space(encoding: Encoding, tmp_path: Path) -> None:
    red, blue, again = ask(encoding, "red", "blue", "red")
    assert np.linalg.norm(red) == pytest.approx(1.0, abs=1e-2)
    assert np.array_equal(red, again)
    half = np.zeros((40, 80, 3), np.uint8)
    half[:, :40] = [int(255 * part) for part in tiny.COLOURS["red"]]
    half[:, 40:] = [int(255 * part) for part in tiny.COLOURS["blue"]]
    path = tmp_path / "näme half.png"
    Image.fromarray(half).save(path)

    def part(*box: float) -> np.ndarray:
        return encoding.picture("tiny-clip@1", "image-text", path, Kind.OTHER, "", box=box)[1]

    left, right = part(0, 0, 0.5, 1), part(0.5, 0, 0.5, 1)
    assert left @ red > left @ blue
    assert right @ blue > right @ red
    with pytest.raises(DamagedFile, match="too small"):
        part(0.5, 0.5, 0.001, 0.001)
    path.write_bytes(b"no picture")
    with pytest.raises(KinoraError):
        part(0, 0, 1, 1)
    with pytest.raises(NeedsPack):
        encoding.texts("other@1", "image-text", ["red"])


def test_what_was_asked_is_remembered_and_the_worker_goes_when_idle(encoding: Encoding) -> None:
    encoding._idle = 0.2
    first = ask(encoding, "green")[0]
    until(lambda: encoding._host is None)
    assert np.array_equal(ask(encoding, "green")[0], first)
    assert encoding._host is None  # it was not needed
    ask(encoding, "yellow")


def test_a_closed_library_answers_nothing(encoding: Encoding) -> None:
    encoding.close()
    with pytest.raises(SearchUnanswered):
        ask(encoding, "red")


def test_closing_ends_a_question_that_is_under_way(encoding: Encoding) -> None:
    errors: list[KinoraError] = []

    def asking() -> None:
        try:
            ask(encoding, "red")
        except KinoraError as error:
            errors.append(error)

    thread = threading.Thread(target=asking)
    thread.start()
    while not encoding._waiting and thread.is_alive():
        time.sleep(0.01)
    encoding.close()
    thread.join(10)
    assert not thread.is_alive()


def test_the_main_process_loads_no_runtime() -> None:
    code = (
        "import sys, engine.encoding, engine.searching\n"
        "print([name for name in ('onnxruntime', 'faiss', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
    assert shelf.installed(Path("/nowhere")) == {}


def test_an_example_that_is_gone_is_told_and_leaves_nothing_waiting(encoding: Encoding, tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        encoding.picture("tiny-clip@1", "image-text", tmp_path / "gone.png", Kind.PHOTO, "")
    assert not encoding._waiting
