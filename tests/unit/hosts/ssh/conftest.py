"""A real sshd, and a program small enough to be put on "another machine" in no time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.hosts.ssh import bootstrap, files
from tests.sshd import Sshd, far, running

SMALL = """
import json, os, socket, sys, threading, time
print("a line that is no announcement would be refused", file=sys.stderr)
if os.environ.get("TEST_FAILS"):
    sys.exit("ModuleNotFoundError: No module named 'fastapi'")
server = socket.create_server(("127.0.0.1", 0))
said = {"port": server.getsockname()[1], "token": "t" * 40, "protocol": 1, "version": "0", "pid": os.getpid(),
        "arguments": sys.argv[1:]}
print(json.dumps(said), flush=True)
threading.Timer(300, os._exit, (0,)).start()
while True:
    server.accept()[0].close()
"""


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server for all tests that leave it as it is."""
    with running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def own_sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A server for one test, which may break it."""
    with running(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Path]:
    """The folder of the node; what was started from it is ended."""
    with far(tmp_path) as folder:
        yield folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources of a program that announces itself and does nothing else: what is sent in place of Kinora."""
    place = tmp_path / "home"
    (place / "resources").mkdir(parents=True)
    (place / "main.py").write_text(SMALL)
    for name in ("node.lock", "node-gpu.lock"):
        (place / "resources" / name).write_text("")
    monkeypatch.setattr(bootstrap, "cargo", lambda: files.cargo(place))
    return place
