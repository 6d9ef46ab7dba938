"""Resolve the tested set of packages, with hashes, into requirements.lock (torch and other heavy extras stay out).

What is locked stays at its version; `--upgrade` takes the newest of everything.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
HEADER = (
    "# Tested together; made by packaging/lock.py from pyproject.toml (base and the test extra). Torch is not in it.\n"
)


def main() -> int:
    """Make one lock for all systems with uv in a throw-away environment."""
    with tempfile.TemporaryDirectory() as room:
        venv.create(room, with_pip=True)
        python = Path(room) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        target = Path(room) / "lock.txt"
        if "--upgrade" not in sys.argv:
            target.write_bytes((PROJECT / "requirements.lock").read_bytes())
        command = [
            python, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
            "--extra", "test", "--extra", "lock", "--generate-hashes", "--no-header", "--no-annotate",
            "--no-emit-index-url", "--output-file", str(target), "pyproject.toml",
        ]  # fmt: skip
        subprocess.run(command, check=True, cwd=PROJECT)
        (PROJECT / "requirements.lock").write_text(HEADER + target.read_text(encoding="utf-8"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
