"""The sessions of ONNX Runtime: what they are set to, and that nothing is reported to anybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import NeedsPack
from engine.packs.runtime import CPU, bundled, choose, session


def test_the_processor_is_the_default_and_the_fallback() -> None:
    have = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert choose("cpu", have) == CPU
    assert choose("cuda", have).name == "CUDAExecutionProvider"
    assert choose("coreml", have).name == CPU.name
    assert "no device is called" in choose("abacus", have).reason


def test_a_session_has_one_thread_that_does_not_spin() -> None:
    made = session(bundled("faster_whisper", "assets", "silero_vad_v6.onnx"))
    options = made.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert made.get_providers() == ["CPUExecutionProvider"]


def test_an_absent_or_damaged_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(NeedsPack, match="not installed"):
        bundled("faster_whisper", "assets", "none.onnx")
    with pytest.raises(NeedsPack, match="not installed"):
        bundled("no_such_package", "none.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(NeedsPack, match=r"broken\.onnx"):
        session(broken)
    with pytest.raises(NeedsPack, match=r"absent\.onnx"):
        session(tmp_path / "absent.onnx")


def test_nothing_is_written_home(tmp_path: Path) -> None:
    code = (
        "from engine.packs.runtime import session, bundled\n"
        "session(bundled('faster_whisper', 'assets', 'silero_vad_v6.onnx'))\n"
    )
    env = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    env |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, timeout=60)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
