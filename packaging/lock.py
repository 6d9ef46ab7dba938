"""Resolve the tested set of packages, with hashes: requirements.lock, and what a node on another machine needs of it.

What is locked stays at its version; `--upgrade` takes the newest of everything; `--nodes` writes those of nodes alone.
Torch and other heavy extras stay out.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
HEADER = (
    "# Tested together; made by packaging/lock.py from pyproject.toml (base and the test extra). Torch is not in it.\n"
)
NODE_HEADER = (
    "# What a node needs of requirements.lock; made by packaging/lock.py. Installed there with hashes and --no-deps.\n"
)
WINDOW = re.compile(r"pyside6|shiboken6|qasync")  # a node has no window
PROCESSOR = "onnxruntime"  # replaced by the build for graphics cards where there is one: both write the same folder
SHARED = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-emit-index-url",
)  # fmt: skip


def main() -> int:
    """Make one lock for all systems with uv in a throw-away environment, then those of the nodes."""
    with tempfile.TemporaryDirectory() as room:
        venv.create(room, with_pip=True)
        python = Path(room) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        if "--nodes" not in sys.argv:
            everything(python, Path(room))
        nodes(python, Path(room))
    return 0


def everything(python: Path, room: Path) -> None:
    """Write requirements.lock."""
    target = room / "lock.txt"
    if "--upgrade" not in sys.argv:
        target.write_bytes((PROJECT / "requirements.lock").read_bytes())
    compile_ = [python, "-m", "uv", "pip", "compile", *SHARED]
    subprocess.run(
        [*compile_, "--extra", "test", "--extra", "lock", "--output-file", target, "pyproject.toml"],
        check=True, cwd=PROJECT,
    )  # fmt: skip
    (PROJECT / "requirements.lock").write_text(HEADER + target.read_text(encoding="utf-8"), encoding="utf-8")


def nodes(python: Path, room: Path) -> None:
    """Write resources/node.lock and resources/node-gpu.lock: the same versions as in requirements.lock."""
    pins = room / "pins.txt"
    pins.write_text("\n".join(pinned((PROJECT / "requirements.lock").read_text(encoding="utf-8"))), encoding="utf-8")
    never = room / "never.txt"
    never.write_text(f"{PROCESSOR} ; sys_platform == 'never'\n", encoding="utf-8")
    card = ("--override", never, "--no-emit-package", PROCESSOR)
    for name, wanted, more in (("node", plain(), ()), ("node-gpu", with_card(pins), card)):
        asked, target = room / f"{name}.in", room / f"{name}.txt"
        asked.write_text("\n".join(wanted), encoding="utf-8")
        compile_ = [python, "-m", "uv", "pip", "compile", *SHARED, "--constraint", pins, *more]
        subprocess.run([*compile_, "--output-file", target, asked], check=True, cwd=room)
        text = NODE_HEADER + target.read_text(encoding="utf-8")
        (PROJECT / "resources" / f"{name}.lock").write_text(text, encoding="utf-8")


def pinned(lock: str) -> list[str]:
    """The lines `name==version ; marker` of a lock."""
    return [line.rstrip("\\ ") for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]


def plain() -> list[str]:
    """What pyproject.toml asks for, without the window."""
    with (PROJECT / "pyproject.toml").open("rb") as file:
        wanted: list[str] = tomllib.load(file)["project"]["dependencies"]
    return [line for line in wanted if not WINDOW.match(line)]


def with_card(pins: Path) -> list[str]:
    """The same with ONNX Runtime's build for graphics cards, and the libraries of CUDA that it asks for."""
    found = re.search(rf"^{PROCESSOR}==(\S+)", pins.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "requirements.lock has no ONNX Runtime"
    version = found.group(1)
    others = [line for line in plain() if not re.match(rf"{PROCESSOR}\b", line)]
    return [*others, f"{PROCESSOR}-gpu[cuda,cudnn]=={version}"]


if __name__ == "__main__":
    raise SystemExit(main())
