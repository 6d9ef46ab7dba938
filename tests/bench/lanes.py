"""What another machine costs: the same analyzers over the same photos here, over HTTP and over SSH on loopback."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.analyzers import BY_NAME
from engine.analyzers.objects import Objects
from engine.cli.samples import draw
from engine.hosts.base import Host, Opener
from engine.hosts.http import HttpNode
from engine.hosts.local import LocalHost
from engine.hosts.loop import Loop
from engine.hosts.packer import Packer, order_of
from engine.hosts.remote import RemoteHost
from engine.jobs import wire
from engine.library import Library
from engine.media.source import Source
from engine.model import Finding, FindingKind, HostKind, HostRow, Kind, Step
from tests.bench.rows import row

ANALYZERS = ("safety", "ocr")  # those that need no pack
MARKS = 1024  # the first number of a photo of the second measurement
PAUSE = 0.2  # seconds of a job on the simulated graphics card
ROOT = Path(__file__).resolve().parents[2]


class Waits(Objects):
    """Stands in for a graphics card: a job takes its time and none of this machine's."""

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Any]:
        """Read the picture, wait, say something."""
        source.picture(64)
        yield Step(0, 1)
        time.sleep(PAUSE)
        yield Finding(FindingKind.OBJECT, label="waited", score=0.5)


def run(quick: bool) -> list[dict[str, Any]]:
    """The lanes one after the other, each with as many workers as there are cores, in one run.

    On loopback cutting and sending take their time from the very cores that the analyzers use: with a machine that is
    really another one they do not.
    """
    with tempfile.TemporaryDirectory(prefix="kinora-lanes-") as name:
        room = Path(name)
        with contextlib.ExitStack() as stack:
            rates = _rounds(stack, room, 4 if quick else 12, 1 if quick else 3)
        rows = [
            row("P10", f"photos x {len(ANALYZERS)} analyzers, {name} lane against this machine",
                f"{rate:.2f}/s", f"{rates['here']:.2f}/s here", rate / rates["here"], ">= 0.9")
            for name, rate in rates.items()
            if name != "here"
        ]  # fmt: skip
        return rows + _two(room, 10 if quick else 60)


def _rounds(stack: contextlib.ExitStack, room: Path, count: int, rounds: int) -> dict[str, float]:
    """Photos a second of each lane; the lanes take turns, so that a noisy machine is noisy to all of them."""
    from tests import sshd
    from tests.bench import ssh

    here = LocalHost()
    here.start(_Heard.shared.put)
    stack.callback(here.stop)
    lanes: dict[str, Host] = {"here": here}
    cutter = Packer(room / "cut", workers=1, memory=2048, log_path=None)
    stack.callback(cutter.stop)
    lanes["HTTP"] = stack.enter_context(_joined("http", stack.enter_context(_node(room / "node")), cutter))
    if sshd.PROGRAM:
        lanes["SSH"] = stack.enter_context(_joined("ssh", stack.enter_context(ssh.lane()).opener(), cutter))
    took = dict.fromkeys(lanes, 0.0)
    for turn in range(rounds + 1):  # the first one loads the models
        for at, (name, host) in enumerate(lanes.items()):
            number = turn * len(lanes) + at
            photos = _photos(room, count, number * count, turn * count)  # to all lanes the same ones
            seconds = _through([host], _starts(photos, ANALYZERS, first=number * 10_000 + 1))
            took[name] += seconds if turn else 0.0
    return {name: count * rounds / seconds for name, seconds in took.items()}


def _two(room: Path, count: int) -> list[dict[str, Any]]:
    """One and two hosts whose jobs wait as a graphics card lets them wait."""
    photos = _photos(room, count * 2 + 4, MARKS, side=640)
    environment = {"KINORA_TEST_ANALYZER": "objects=tests.bench.lanes:Waits", "PYTHONPATH": str(ROOT)}
    with contextlib.ExitStack() as stack:
        openers = [stack.enter_context(_node(room / f"gpu-{number}", 1, **environment)) for number in (1, 2)]
        cutter = Packer(room / "cut-gpu", workers=1, memory=2048, log_path=None)
        stack.callback(cutter.stop)
        hosts = [stack.enter_context(_joined(f"gpu-{at}", opener, cutter)) for at, opener in enumerate(openers)]
        _through(hosts, _starts(photos[-4:], ("objects",), first=1_000_000))
        one = count / _through([hosts[0]], _starts(photos[:count], ("objects",)))
        two = count / _through(hosts, _starts(photos[count : count * 2], ("objects",), first=10_000))
    return [row("P10", f"two hosts of {1 / PAUSE:.0f} jobs/s each against one", f"{two:.2f}/s", f"{one:.2f}/s",
                two / one, "nearly 2")]  # fmt: skip


def _photos(room: Path, count: int, mark: int, first: int = 0, side: int = 6000) -> list[Path]:
    """So many photos: a real one (or a drawn one) each, from the `first` on; from `mark` on each has its own corner.

    With other marks the same photos are other bytes and cost the same work.
    """
    from PIL import Image

    from tests.conftest import _shared

    media = _shared("media")
    folder = media / "photos" if media is not None else draw(room / "samples")
    found = sorted(path for path in folder.rglob("*.jp*g") if path.stat().st_size > 50_000)
    (room / "photos").mkdir(exist_ok=True)
    made = []
    for number in range(count):
        with Image.open(found[(first + number) % len(found)]) as image:
            picture = image.convert("RGB")
        picture.thumbnail((side, side))
        corner = mark + number
        picture.paste((corner % 16 * 16, corner // 16 % 16 * 16, corner // 256 * 16), (0, 0, 32, 32))
        made.append(room / "photos" / f"{corner}.jpg")
        picture.save(made[-1], quality=92)
    return made


def _starts(paths: list[Path], analyzers: tuple[str, ...], first: int = 1) -> list[wire.Start]:
    found = []
    for number, path in enumerate(paths, first):
        told = path.stat()
        tasks = tuple(
            wire.Task(number * 10 + at, 1, name, {"net.offline": False, **_options(name)})
            for at, name in enumerate(analyzers)
        )
        found.append(
            wire.Start(number, bytes(path), Kind.PHOTO, "image/jpeg", f"{number:064x}", told.st_size,
                       told.st_mtime_ns, tasks)
        )  # fmt: skip
    return found


def _options(name: str) -> dict[str, Any]:
    from engine.settings import defaults

    return {key: defaults()[key] for key in BY_NAME[name].options}


@contextlib.contextmanager
def _joined(name: str, opener: Opener, cutter: Packer) -> Iterator[RemoteHost]:
    loop = Loop(f"kinora-{name}")
    able = {one: BY_NAME[one].version for one in (*ANALYZERS, "objects")}
    host = RemoteHost(HostRow(1, HostKind.HTTP, name, ""), opener, cutter, loop, order_of=order_of,
                      travellers=lambda: able, pack_folder=Path)  # fmt: skip
    host.start(_Heard.shared.put)
    try:
        until = time.monotonic() + 60
        while not host.free():
            if time.monotonic() > until:
                raise AssertionError(host.state())
            time.sleep(0.05)
        yield host
    finally:
        host.stop()
        loop.close()


@contextlib.contextmanager
def _node(folder: Path, workers: int = 0, **environment: str) -> Iterator[Opener]:
    """A node in a process of its own; without `workers` with as many as this machine would use."""
    with Library.open(folder, work=False) as library:
        library.set("jobs.workers", workers)
    command = [sys.executable, str(ROOT / "main.py"), "--library", str(folder), "serve", "--node", "--port", "0",
               "--announce", "--idle-exit", "600"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=os.environ | environment)
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())

        async def connect() -> HttpNode:
            return HttpNode(f"http://127.0.0.1:{told['port']}", told["token"])

        yield connect
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


class _Heard:
    """What hosts say, for whoever waits."""

    shared: "_Heard"

    def __init__(self) -> None:
        self.ended: set[int] = set()
        self._new = threading.Condition()

    def put(self, message: Any) -> None:
        """A message of a host. Anything but a result is a reason to stop measuring."""
        if isinstance(message, (wire.Failed,)) or type(message).__name__ in ("Lost", "Returned"):
            print(f"  {message}", file=sys.stderr)
        if isinstance(message, wire.Ended):
            with self._new:
                self.ended.add(message.bundle)
                self._new.notify_all()

    def wait(self, true: Callable[[], bool], seconds: float) -> None:
        """Wait for it. Raises AssertionError."""
        with self._new:
            if not self._new.wait_for(true, seconds):
                raise AssertionError("the lane stands still")


_Heard.shared = _Heard()


def _through(hosts: list[Any], starts: list[wire.Start]) -> float:
    """Seconds for all of them."""
    heard = _Heard.shared
    heard.ended.clear()
    began, left = time.perf_counter(), deque(starts)
    while left:
        for host in hosts:
            if left and host.free() > 0:
                _send(host, left.popleft())
                break
        else:
            time.sleep(0.005)
    heard.wait(lambda: len(heard.ended) == len(starts), 600)
    return time.perf_counter() - began


def _send(host: Host, start: wire.Start) -> None:
    host.send(start, deadline=120)
