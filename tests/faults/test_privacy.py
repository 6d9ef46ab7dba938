"""Nothing leaves the machine or is written outside the library, originals are not touched: watched from outside."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.offline import guard

PROJECT = Path(__file__).resolve().parent.parent.parent
KINORA = (sys.executable, str(PROJECT / "main.py"))

# Loaded by every Python process of a run: it writes down whatever asks for another machine.
SPY = """
import os, sys
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        where = arguments[0] if event.startswith("socket.get") else arguments[1]
        if isinstance(where, (str, bytes)) and event in ("socket.connect", "socket.sendto"):
            return  # a socket in the file system
        with open(os.environ["SPY_NOTES"], "a") as notes:
            notes.write(f"{os.getpid()} {event} {where}\\n")
sys.addaudithook(watch)
"""


def surroundings(tmp_path: Path) -> dict[str, str]:
    """An empty home, and the spy in every process."""
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "spy").mkdir(exist_ok=True)
    (tmp_path / "spy" / "sitecustomize.py").write_text(SPY)
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LD_LIBRARY_PATH") if key in os.environ}
    places = {"HOME": "home", "PYTHONPATH": "spy", "SPY_NOTES": "notes"}
    return {**kept, **{key: str(tmp_path / name) for key, name in places.items()}}


def test_a_whole_run_asks_for_no_other_machine_and_leaves_nothing_at_home(samples: Path, tmp_path: Path) -> None:
    command = [*KINORA, "--library", str(tmp_path / "library"), "add", str(samples), "--wait"]
    done = subprocess.run(command, env=surroundings(tmp_path), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "notes").exists() or (tmp_path / "notes").read_text() == ""
    assert [str(place) for place in (tmp_path / "home").rglob("*")] == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_everything_works_without_any_network(samples: Path, undisturbed: dict[str, list[str]], tmp_path: Path) -> None:
    from tests.faults.conftest import said

    probe = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("this system does not let us take the network away")
    command = ["unshare", "-rn", *KINORA, "--library", str(tmp_path / "library"), "add", str(samples), "--wait"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert said(tmp_path / "library") == undisturbed


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_originals_are_opened_for_reading_only(samples: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(samples, tmp_path / "in")
    notes = tmp_path / "trace"
    command = [
        "strace", "-f", "-qq", "-o", str(notes), "-e",
        "trace=openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,truncate,"
        "ftruncate,utimensat,chmod,fchmodat,link,symlink,setxattr",
        *KINORA, "--library", str(tmp_path / "library"), "add", str(folder), "--wait",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    if done.returncode and "ptrace" in done.stderr:
        pytest.skip("this system does not let us trace")
    assert done.returncode == 0, done.stderr
    lines = [line for line in notes.read_text(errors="replace").splitlines() if f'"{folder}/' in line]
    assert lines
    reading = ("O_RDONLY",)
    assert [line for line in lines if not any(flag in line for flag in reading) and "ENOENT" not in line] == []


def test_the_guard_refuses_other_machines_and_lets_this_one_be() -> None:
    import socket

    guard(on=True)
    try:
        with pytest.raises(PermissionError, match="offline"):
            socket.getaddrinfo("example.org", 80)
        with socket.socket() as one, pytest.raises(PermissionError, match="offline"):
            one.connect(("192.0.2.1", 9))
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            with socket.create_connection(server.getsockname(), timeout=5):
                pass
        guard(on=True, loopback=False)
        with pytest.raises(PermissionError):
            socket.getaddrinfo("localhost", 80)
    finally:
        guard(on=False)
    socket.getaddrinfo("localhost", 80)
