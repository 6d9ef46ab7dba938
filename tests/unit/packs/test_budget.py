"""Memory of models: measured, bounded, given back; devices by a table with reasons."""

import gc
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.packs import budget, devices, runtime
from engine.packs.budget import Loaded, Peak, batch_size, in_batches
from engine.packs.devices import CPU, choose
from engine.packs.models import Model, load, loaded
from engine.packs.pack import Pack
from engine.settings import BY_KEY
from tests.unit.packs.test_formats import model, written

MB = 1 << 20


class Process:
    """A process whose memory and clock the test moves."""

    def __init__(self) -> None:
        self.memory = 100 * MB
        self.now = 1000.0
        self.made: list[str] = []

    def model(self, name: str, size: int) -> Any:
        def make() -> str:
            self.made.append(name)
            self.memory += size
            return name

        return make

    def loaded(self) -> Loaded:
        return Loaded(resident=lambda: self.memory, clock=lambda: self.now)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setenv(devices.MEMORY, "500")
    monkeypatch.setenv(devices.IDLE, "60")
    return Process()


def test_the_longest_unused_goes_when_another_does_not_fit(process: Process) -> None:
    models = process.loaded()
    for name in "ab":
        assert models.get(name, process.model(name, 200 * MB)) == name
    models.get("a", process.model("a", 0))
    models.get("c", process.model("c", 200 * MB))
    assert list(models.sizes()) == ["a", "c"]
    models.get("huge", process.model("huge", 900 * MB))
    assert list(models.sizes()) == ["huge"], "what alone is too much is loaded all the same, alone"
    assert process.made == ["a", "b", "c", "huge"]


def test_what_a_model_takes_in_its_first_run_counts(process: Process) -> None:
    models = process.loaded()
    models.get("lazy", process.model("lazy", 1 * MB))
    process.memory += 450 * MB  # its first run loaded the file
    models.get("b", process.model("b", 100 * MB))
    assert models.sizes() == {"b": 100 * MB}


def test_the_unused_goes_after_a_while(process: Process) -> None:
    models = process.loaded()
    models.get("a", process.model("a", MB))
    process.now += 50
    models.get("b", process.model("b", MB))
    process.now += 20
    models.tidy()
    assert list(models.sizes()) == ["b"]
    models.forget()
    assert models.sizes() == {}


def test_batches_by_the_peak_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.MEMORY, "400")
    assert batch_size(10 * MB) == 10
    assert batch_size(0) == budget.MOST
    assert batch_size(900 * MB) == 1
    sizes: list[int] = []

    def run(part: Any) -> list[int]:
        sizes.append(len(part))
        room = np.ones(len(part) * 20 * MB, np.uint8)
        return [int(room[0]) + one for one in part]

    assert in_batches(range(9), run) == [one + 1 for one in range(9)]
    assert sizes[0] == 1
    assert sum(sizes) == 9
    assert max(sizes) <= 6, "20 MB for each and a quarter of 400 MB: about five, never all eight"
    assert in_batches([], run) == []


def test_a_peak_is_seen_after_it_passed() -> None:
    gc.collect()  # what earlier tests left would otherwise be given back in between
    budget.trim()
    with Peak() as peak:
        np.ones(60 * MB, np.uint8)
    assert peak.bytes > 40 * MB
    budget.trim()


@pytest.mark.slow
def test_a_loaded_model_is_kept_and_a_removed_pack_is_not_served(with_packs: dict[str, str]) -> None:
    loaded.forget()
    first = load("tags", with_packs["tags"])
    assert load("tags", with_packs["tags"]) is first
    assert [key for key in loaded.sizes() if key == ("tags", with_packs["tags"])]
    loaded.forget()


def test_the_settings_offer_the_devices_of_the_table() -> None:
    assert sorted(BY_KEY["packs.device"].choices) == sorted(devices.CHOICES)
    assert BY_KEY["packs.memory"].default == budget.USUAL_MEMORY
    assert BY_KEY["packs.idle"].default == budget.USUAL_IDLE


def test_devices_by_the_table() -> None:
    cuda, web = "CUDAExecutionProvider", "WebGpuExecutionProvider"
    large, small = 100 * MB, MB
    assert choose("auto", [CPU.name], large) == CPU
    assert choose("auto", [cuda, web, CPU.name], large).name == cuda
    assert choose("auto", [web, CPU.name], large).name == web
    assert choose("auto", [cuda, CPU.name], small).name == CPU.name
    assert "small" in choose("auto", [cuda, CPU.name], small).reason
    assert choose("cuda", [cuda, CPU.name], small).name == cuda, "who asks for it gets it"
    assert choose("auto", ["TensorrtExecutionProvider", "CoreMLExecutionProvider", CPU.name], large) == CPU
    assert choose("tensorrt", ["TensorrtExecutionProvider", CPU.name]).name == "TensorrtExecutionProvider"
    assert "not in this build" in choose("openvino", [CPU.name]).reason


def test_precision_fits_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, half = tmp_path / "m.onnx", tmp_path / "m_fp16.onnx"
    half.write_bytes(b"x")
    assert devices.variant(whole, half, "CUDAExecutionProvider")[0] == half
    assert devices.variant(whole, half, CPU.name)[0] == whole
    assert devices.variant(whole, tmp_path / "none.onnx", "CUDAExecutionProvider")[0] == whole
    whole.write_bytes(bytes(5 * MB))
    both = Model(Pack("p", 1, "P", {}), tmp_path, "tags", {"file": whole.name, "file_fp16": half.name})
    assert both.file() == whole
    monkeypatch.setattr(runtime, "available", lambda: frozenset({"CUDAExecutionProvider"}))
    assert both.file() == half
    assert "fp32" in devices.doubt(CPU.name, True)
    assert devices.doubt("CUDAExecutionProvider", True) == ""
    assert runtime.is_half(written(tmp_path / "h.onnx", model(half=True)))
    assert not runtime.is_half(half)


def test_a_device_that_fails_leaves_the_model_to_the_processor(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = runtime.bundled("faster_whisper", "assets", "silero_vad_v6.onnx")
    monkeypatch.setattr(runtime, "available", lambda: frozenset({"CUDAExecutionProvider", CPU.name}))
    made = runtime._make

    def broken(where: Path, threads: int, provider: str) -> Any:
        if provider != CPU.name:
            raise RuntimeError("no driver")
        return made(where, threads, provider)

    monkeypatch.setattr(runtime, "_make", broken)
    session = runtime.session(path, device="cuda")
    assert session.get_providers() == [CPU.name]
    assert "no driver" in caplog.text


def test_settings_reach_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (devices.WANTED, devices.MEMORY, devices.IDLE):
        monkeypatch.setenv(name, "")
    devices.announce({"packs.device": "cpu", "packs.memory": 300, "packs.idle": 5})
    assert (devices.wanted(), budget.budget(), budget.idle()) == ("cpu", 300 * MB, 5.0)
    assert os.environ[devices.WANTED] == "cpu"
