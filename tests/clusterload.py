"""What test workers of a cluster load beside Kinora's own preload: analyzers without models, and some bad manners.

KINORA_TEST_CLUSTER names what else a process does: `skew` (says another Python), `evil` (returns an object that runs
code where it is unpickled), `ttl` (the scheduler gives up frozen workers after seconds).
"""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.hosts.cluster import about, body, preload
from engine.media.source import Source
from tests.nodes import Reads, listed

MANNERS = os.environ.get("KINORA_TEST_CLUSTER", "").split(",")
if "ttl" in MANNERS:
    preload.TTL = 3.0

# Runs where it is unpickled: tries what a thief would, and leaves word in the folder where it finds itself.
DEED = """
import os, socket, subprocess
told = {}
def tried(name, deed):
    try:
        told[name] = str(deed())
    except BaseException as error:
        told[name] = "no: " + type(error).__name__
tried("pid", os.getpid)
tried("read", lambda: open(SECRET).read())
tried("write", lambda: open(PLANT, "w").write(str(os.getpid())))
tried("run", lambda: subprocess.run(["/bin/true"], check=True))
tried("connect", lambda: socket.create_connection(("127.0.0.1", int(PORT)), 2))
tried("environ", lambda: open(f"/proc/{os.getppid()}/environ", "rb").read()[:9])
tried("signal", lambda: os.kill(os.getppid(), 0))
import json
open("ran.json", "w").write(json.dumps(told))
"""


class Wild(Reads):
    """Does what `Reads` does; `kill` ends the Dask worker, `wait` takes its time, `mark FILE` makes it and hangs."""

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Any]:
        for path in json.loads(Path(os.fsdecode(source.path)).read_text()):
            text = Path(path).read_bytes()
            if text.startswith(b"kill"):
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(600)
            if text.startswith(b"wait"):
                time.sleep(0.25)
            if text.startswith(b"mark "):
                Path(os.fsdecode(text[5:])).touch()
                time.sleep(600)
        yield from super().analyze(source, options)


class Evil:
    """An answer that is not bytes."""

    def __reduce__(self) -> tuple[Any, ...]:
        names = {key: os.environ[f"KINORA_TEST_{key}"] for key in ("SECRET", "PLANT", "PORT")}
        return exec, (DEED, names)


def evil(request: bytes, *pieces: bytes) -> Any:
    """What a hostile worker does in place of an order."""
    return Evil()


def dask_setup(server: Any) -> None:
    """Let orders be read by `Reads` or `Wild`."""
    from engine.analyzers.objects import Objects

    Objects.travels = ("picture",)
    if "skew" in MANNERS:
        about.versions()["python"] = "3.99"
    if "evil" in MANNERS and body.station is not None:
        body.run = evil
    if body.station is not None:
        body.station._write_manifest = listed
