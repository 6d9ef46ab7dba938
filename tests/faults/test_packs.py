"""A pack that is being installed while the power goes: the old one or the new one is there, never a half one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import PROJECT
from tests.packs import real_packs


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_dying_at_every_change_of_the_disk(models: Path, tmp_path: Path) -> None:
    first = real_packs(models, tmp_path / "first", ["mobilenet-tags"]) / "mobilenet-tags"
    second = Path(shutil.copytree(first, tmp_path / "second" / "mobilenet-tags"))
    raw = json.loads((second / "pack.json").read_text())
    (second / "pack.json").write_text(json.dumps({**raw, "version": 2}))
    command = [sys.executable, "-m", "tests.faults.dying", str(first), str(second), str(tmp_path / "shelf")]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 10
