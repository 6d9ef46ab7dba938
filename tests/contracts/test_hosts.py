"""What every host must do for the scheduler, whatever it is: one set of tests for all kinds.

A bundle gets one `Done` or `Failed` for each of its tasks, under our own numbers, and then `Ended`; or it comes back.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.analyzers.objects import Objects
from engine.errors import AnalyzerFailed
from engine.hosts.base import Host, Lost, Returned
from engine.hosts.local import LocalHost
from engine.hosts.loop import Loop
from engine.hosts.packer import Packer, order_of
from engine.hosts.remote import RemoteHost
from engine.jobs import wire
from engine.media.source import Source
from engine.model import Finding, FindingKind, HostKind, HostRow, Kind, Step
from tests import nodes
from tests.sshd import Sshd
from tests.unit.hosts.afar import Heard
from tests.waiting import until

WIDTHS = {"well": 300, "crash": 310, "slow": 320, "bug": 330}  # the picture says what happens


class Tells(Objects):
    """Says how wide its picture is; some widths are trouble."""

    travels = ("picture",)

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Any]:
        import os

        width = source.picture(1600).shape[1]
        if width == WIDTHS["crash"]:
            os._exit(139)
        if width == WIDTHS["bug"]:
            raise AnalyzerFailed("It fell over.")
        if width == WIDTHS["slow"]:
            for number in range(600):
                time.sleep(0.05)
                yield Step(number, 600)
        yield Finding(FindingKind.OBJECT, label=f"{width} wide", score=0.5)


@dataclass
class Afar:
    """A host, what it said, and what is given to it."""

    host: Host
    heard: Heard
    folder: Path
    numbers: int = 0

    def send(self, what: str = "well", tasks: int = 1) -> wire.Start:
        """Give it a bundle whose picture nobody has seen before."""
        from PIL import Image

        self.numbers += 1
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{what}-{self.numbers}.png"
        shade = (self.numbers * 37 % 256, self.numbers * 91 % 256, 120)
        Image.new("RGB", (WIDTHS[what], 200 + self.numbers), shade).save(path)
        told = path.stat()
        given = tuple(wire.Task(self.numbers * 10 + at, 5, "objects", {}) for at in range(tasks))
        start = wire.Start(self.numbers, bytes(path), Kind.PHOTO, "image/png", f"{self.numbers:064x}", told.st_size,
                           told.st_mtime_ns, given)  # fmt: skip
        self.host.send(start, deadline=120)
        return start

    def ended(self, *starts: wire.Start, seconds: float = 120.0) -> None:
        """Wait until these bundles are through, or came back."""
        wanted = {start.bundle for start in starts}
        self.heard.wait(lambda messages: wanted <= {number for one in messages for number in over(one)}, seconds)

    def results(self, start: wire.Start) -> list[Any]:
        """What was said of the tasks of a bundle."""
        kinds = (wire.Done, wire.Failed)
        return [one for one in self.heard.messages if isinstance(one, kinds) and one.bundle == start.bundle]


def over(message: Any) -> tuple[int, ...]:
    """The bundles that a message ends."""
    if isinstance(message, wire.Ended):
        return (message.bundle,)
    return message.bundles if isinstance(message, (Lost, Returned)) else ()


@contextlib.contextmanager
def here(folder: Path) -> Iterator[Host]:
    """This machine."""
    yield LocalHost(workers=1, log_path=folder / "workers.log")


@contextlib.contextmanager
def over_http(folder: Path) -> Iterator[Host]:
    """A node over TLS with a pinned certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    tls = nodes.certificate(folder)
    with (
        nodes.node_service(folder / "node", write_manifest=None) as service,
        nodes.served(nodes.app_of(service), tls=tls) as server,
    ):

        async def connect() -> Any:
            return server.node()

        with remote(folder, connect) as host:
            yield host


@contextlib.contextmanager
def over_ssh(folder: Path) -> Iterator[Host]:
    """A node that is brought there and started over a real SSH server."""
    from tests.bench import ssh

    with ssh.lane() as lane, remote(folder, lane.opener()) as host:
        yield host


@contextlib.contextmanager
def of_a_cluster(folder: Path) -> Iterator[Host]:
    """A Dask scheduler with a worker."""
    from tests import clusters

    folder.mkdir(parents=True, exist_ok=True)
    with clusters.running(folder / "cluster") as cluster, remote(folder, cluster.opener()) as host:
        yield host


@contextlib.contextmanager
def rented(folder: Path) -> Iterator[Host]:
    """A machine that is rented at the fake of a provider; its host key comes from the provider's log."""
    from engine.library import Library
    from tests.bench.renting import market

    openers: list[Any] = []
    with market() as one, Library.open(folder / "renter") as library:
        one.lend_to(library)
        meet = library.rentals._on_host
        library.rentals._on_host = lambda row, opener: openers.append(opener) or meet(row, None)
        one.rent(library)
        until(lambda: openers, 30)
        with remote(folder, openers[0]) as host:
            yield host
        library.rentals.destroy_all()


@contextlib.contextmanager
def remote(folder: Path, opener: Any) -> Iterator[Host]:
    loop, packer = Loop(), Packer(folder / "parcels", workers=1, memory=1024, log_path=None)
    host = RemoteHost(
        HostRow(1, HostKind.HTTP, "box", ""), opener, packer, loop, order_of=order_of,
        travellers=lambda: {"objects": Objects.version}, pack_folder=Path,
    )  # fmt: skip
    try:
        yield host
    finally:
        loop.close()
        packer.stop()


HOSTS: dict[str, Callable[[Path], Any]] = {
    "here": here, "http": over_http, "ssh": over_ssh, "cluster": of_a_cluster, "rental": rented,
}  # fmt: skip
SLOW = {"ssh", "cluster", "rental"}


@pytest.fixture(params=[pytest.param(one, marks=[pytest.mark.slow] * (one in SLOW)) for one in HOSTS])
def afar(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Afar]:
    if request.param == "rental":
        import getpass

        if getpass.getuser() != "root":
            pytest.skip("one logs in to rented machines as root")
    analyzer, root = "objects=tests.contracts.test_hosts:Tells", str(Path(__file__).resolve().parents[2])
    monkeypatch.setenv("KINORA_TEST_ANALYZER", analyzer)
    monkeypatch.setenv("PYTHONPATH", root)
    begin = Sshd.start  # who logs in gets no environment of ours but this
    into = f"SetEnv KINORA_TEST_ANALYZER={analyzer} PYTHONPATH={root}"
    monkeypatch.setattr(Sshd, "start", lambda self, more="": begin(self, f"{more}\n{into}"))
    monkeypatch.setattr(Objects, "tasks", ())
    with HOSTS[request.param](tmp_path / "host") as host:
        heard = Heard()
        host.start(heard)
        until(host.free, 60)
        made = Afar(host, heard, tmp_path / "in")
        yield made
        host.stop()
        said = len(heard.messages)
        time.sleep(0.1)
        assert len(heard.messages) == said, "it spoke after it was stopped"


def test_every_task_is_answered_once_under_our_own_numbers(afar: Afar) -> None:
    starts = [afar.send() for _ in range(3)]
    afar.ended(*starts)
    for start in starts:
        (done,) = afar.results(start)
        assert isinstance(done, wire.Done)
        assert (done.job, done.epoch) == (start.tasks[0].job, 5)
        assert [finding.label for finding in done.findings] == ["300 wide"]
        afar.host.landed(start.bundle, done.job)


def test_a_bug_is_told_and_the_next_bundle_is_not_hindered(afar: Afar) -> None:
    bad, good = afar.send("bug"), afar.send()
    afar.ended(bad, good)
    (failed,) = afar.results(bad)
    assert isinstance(failed, wire.Failed)
    assert failed.text == "It fell over."
    assert isinstance(afar.results(good)[0], wire.Done)


def test_a_crash_is_never_done_and_the_host_goes_on(afar: Afar) -> None:
    bad = afar.send("crash")
    afar.ended(bad)
    assert not any(isinstance(one, wire.Done) for one in afar.results(bad))
    until(afar.host.free, 60)
    good = afar.send()
    afar.ended(good)
    assert isinstance(afar.results(good)[0], wire.Done)


def test_a_cancelled_bundle_ends_soon_and_is_not_done(afar: Afar) -> None:
    slow = afar.send("slow")
    time.sleep(0.5)
    afar.host.cancel(slow.bundle)
    afar.ended(slow)
    assert [one.code for one in afar.results(slow)] == ["cancelled"]


def test_room_is_used_up_by_what_it_has_and_given_back(afar: Afar) -> None:
    before = afar.host.free()
    slow = afar.send("slow")
    assert afar.host.free() == before - 1
    afar.host.cancel(slow.bundle)
    afar.ended(slow)
    until(lambda: afar.host.free() == before)


def test_stopping_leaves_nothing_running(afar: Afar) -> None:
    afar.send("slow")
    time.sleep(0.3)
    afar.host.stop()
    assert not any(isinstance(one, wire.Done) for one in afar.heard.messages)
