"""A real SSH server on loopback for tests: its own keys and folders, nothing of the developer's is read or written."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

PROGRAM = shutil.which("sshd") or next((p for p in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if Path(p).exists()), "")


class Sshd:
    """A server that is run as the current user; `home` is where it lets nobody write by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free()
        self.process: subprocess.Popen[bytes] | None = None
        self.host_key = _key(folder / "host_key")
        self.own_key = _key(folder / "own_key")
        keys = folder / "authorized_keys"
        keys.write_text((folder / "own_key.pub").read_text())
        keys.chmod(0o600)

    @property
    def address(self) -> str:
        """Where it is, as it is kept."""
        import getpass

        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}"

    @property
    def pinned(self) -> str:
        """Its key, as it is pinned."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    def options(self, node: Path, **more: object) -> dict[str, object]:
        """What a host's row says of it: own key, own known_hosts, and the folder of the node."""
        import sys

        return {
            "identity": str(self.own_key), "known_hosts": str(self.folder / "known_hosts"), "folder": str(node),
            "python": sys.executable, **more,
        }  # fmt: skip

    def start(self, more: str = "") -> "Sshd":
        """Begin to listen; `more` stands in its configuration, too."""
        (self.folder / "sshd_config").write_text(
            f"""Port {self.port}
ListenAddress 127.0.0.1
HostKey {self.host_key}
AuthorizedKeysFile {self.folder / "authorized_keys"}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 100
LogLevel ERROR
Subsystem sftp internal-sftp
{more}
"""
        )
        with contextlib.suppress(OSError):  # where sshd drops its rights to
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-D", "-e", "-f", str(self.folder / "sshd_config")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                pytest.skip(f"sshd does not start here: {(self.folder / 'log').read_text()[:300]}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as there:
                there.recv(16)
                return self
            time.sleep(0.02)
        raise AssertionError("sshd does not listen")

    def new_host_key(self) -> None:
        """Show another key from now on, as a machine that was set up anew, or somebody in between."""
        self.stop()
        for file in self.folder.glob("host_key*"):
            file.unlink()
        _key(self.folder / "host_key")
        self.start()

    def sessions(self) -> list[psutil.Process]:
        """The server's processes that serve somebody who logged in."""
        if self.process is None:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children(recursive=True)
            return [child for child in children if "sshd" in _name(child)]
        return []

    def cut(self) -> int:
        """End every session, as a network that breaks; return how many there were."""
        return self._signal(signal.SIGKILL)

    def freeze(self) -> int:
        """Let every session stand still: connected, and silent."""
        return self._signal(signal.SIGSTOP)

    def thaw(self) -> int:
        """Let them go on."""
        return self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the server and its sessions."""
        self.thaw()
        self.cut()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _signal(self, number: signal.Signals) -> int:
        sessions = self.sessions()
        for one in sessions:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(number)
        return len(sessions)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Sshd]:
    """A server in a folder; the test is skipped where there is no sshd."""
    if not PROGRAM or not shutil.which("ssh-keygen"):
        pytest.skip("there is no sshd on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    server = Sshd(folder).start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def far(folder: Path) -> Iterator[Path]:
    """Where a node may be put; what was started from there is ended."""
    node = folder / "far" / "node"
    node.parent.mkdir()
    yield node
    assert ended(node) == []


def ended(node: Path, patience: float = 10.0) -> list[int]:
    """End what was started from a node's folder; return the processes that do not go."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        left = started(node)
        if not left:
            return []
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    return started(node)


def started(node: Path) -> list[int]:
    """The processes that were started from a node's folder and live, frozen ones included."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        words = process.info["cmdline"] or []
        if any(str(node) in word for word in words) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(int(process.info["pid"]))
    return found


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.name()
    return ""


def _key(place: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(place)], check=True)
    return place


def _free() -> int:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return int(there.getsockname()[1])
