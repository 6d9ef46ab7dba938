"""What a rented machine does by itself: run for real under sh, with short times, against the fakes."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.hosts.rental import onstart
from engine.hosts.rental.onstart import Itself, Place, host_key_from, packed, script
from tests.fakes.boxes import HOST_KEY
from tests.fakes.provider import KEY
from tests.fakes.runpod import FakeRunPod
from tests.fakes.vast import FakeVast
from tests.waiting import until

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILXGDN/SclOozk1xsDztpmhGiKkkrfQB9SKoO8dSIQQZ me@example.com"
TOOLS = (
    "sh",
    "cut",
    "tr",
    "sed",
    "head",
    "cat",
    "grep",
    "mv",
    "rm",
    "mkdir",
    "sleep",
    "stat",
    "sort",
    "setsid",
    "nohup",
)

pytestmark = pytest.mark.skipif(not Path("/proc/uptime").exists(), reason="rented machines run Linux")


class Machine:
    """A rented machine in a folder: its own home, variables, uptime and log."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self.uptime = room / "uptime"
        self.log = room / "log"
        self.proc = room / "proc"  # without the sessions of whoever works on this computer
        self.proc.mkdir()
        (room / "host_ed25519.pub").write_text(f"{HOST_KEY} root@machine\n")
        self.place = Place(
            home=str(room / "home"), folder=str(room / "kinora"), environ=str(room / "environ"),
            uptime=str(self.uptime), proc=str(self.proc), log=str(self.log), host_keys=str(room / "host_*.pub"),
            tick=0.03, again=0.03, off=f"touch {room}/off", prepare=":",
        )  # fmt: skip
        self.path = os.environ["PATH"]
        self.up(1000)

    def up(self, seconds: float) -> None:
        """Set the uptime."""
        new = self.room / "uptime.new"
        new.write_text(f"{seconds:.2f} 99.00\n")
        new.replace(self.uptime)

    def given(self, **variables: str) -> None:
        """What the container was given."""
        told = "".join(f"{name}={value}\0" for name, value in {"HOME": "/root", **variables}.items())
        (self.room / "environ").write_text(told)

    def start(self, text: str) -> None:
        """Run the start script, as the provider does."""
        subprocess.run(
            ["sh", "-c", text], check=True, timeout=10, env={"PATH": self.path}, capture_output=True, cwd=self.room
        )

    def ticks(self) -> None:
        """Wait until it has looked twice."""
        for _ in range(2):
            before = self._looked()
            until(lambda: self._looked() != before)  # noqa: B023

    def _looked(self) -> int:
        place = self.room / "kinora" / "used"
        return place.stat().st_mtime_ns if place.exists() else 0

    @property
    def used(self) -> float:
        """Seconds that it counted."""
        try:
            return int((self.room / "kinora" / "used").read_text()) / 100
        except (OSError, ValueError):
            return -1.0

    def beat(self) -> None:
        """Say that somebody is there."""
        (self.room / "kinora" / "beat").touch()

    def kill(self) -> None:
        """The machine goes down."""
        place = self.room / "kinora" / "pid"
        if place.exists():
            number = int(place.read_text())
            try:
                os.killpg(number, signal.SIGKILL)
            except ProcessLookupError:
                return
            until(lambda: not Path(f"/proc/{number}").exists() or "Z" in Path(f"/proc/{number}/stat").read_text())


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    (tmp_path / "home").mkdir()
    found = Machine(tmp_path)
    yield found
    found.kill()


@pytest.fixture
def vast() -> Iterator[tuple[FakeVast, str, Itself]]:
    """A fake with one machine, its number, and the way to destroy it."""
    fake = FakeVast()
    fake.keys["scoped"] = {"instance_write"}
    box = fake._make(next(iter(fake.offers.values())), {"label": "kinora:x:1", "image": "i"}, None)
    with fake.serve() as url:
        yield fake, box.id, Itself("CONTAINER_ID", "CONTAINER_API_KEY", f"{url}/api/v0/instances/", "/")


def steps(machine: Machine, seconds: float) -> None:
    """Let the machine see an uptime that is further by so many seconds."""
    before = machine.used
    machine.up(float(machine.uptime.read_text().split()[0]) + seconds)
    until(lambda: machine.used >= before + seconds - 0.01)


def test_it_destroys_itself_at_its_hard_stop(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    fake, number, itself = vast
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    (machine.room / "home" / ".kinora-node").mkdir()
    machine.start(script(PUBLIC, 60, itself, idle=1e6, place=machine.place))
    until(lambda: machine.used == 0)
    steps(machine, 59)
    assert fake.alive()
    machine.up(1060)
    until(lambda: not fake.alive())
    call = fake.asked("destroy")[0]
    assert call.headers["authorization"] == "Bearer scoped"
    assert "scoped" not in call.path
    assert not call.query
    until(lambda: "KINORA-GONE" in machine.log.read_text())
    assert "its hard stop" in machine.log.read_text()
    assert not (machine.room / "home" / ".kinora-node").exists()  # nothing of the user's is left behind


def test_with_the_real_uptime_it_ends_after_real_seconds(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    fake, number, itself = vast
    machine.given(CONTAINER_ID=f"C.{number}", CONTAINER_API_KEY="scoped")
    begun = time.monotonic()
    machine.start(script(PUBLIC, 0.4, itself, place=replace(machine.place, uptime="/proc/uptime")))
    until(lambda: not fake.alive())
    assert time.monotonic() - begun >= 0.35


def test_a_restart_does_not_give_it_more_time(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    fake, number, itself = vast
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    text = script(PUBLIC, 60, itself, idle=1e6, place=machine.place)
    machine.start(text)
    until(lambda: machine.used == 0)
    steps(machine, 40)
    machine.kill()
    machine.up(3)  # the host was booted anew
    machine.start(text)
    machine.ticks()
    steps(machine, 15)
    assert fake.alive()
    machine.up(24)
    until(lambda: not fake.alive())


def test_a_machine_that_has_just_come_up_counts_too(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    fake, number, itself = vast
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    machine.up(0.0)
    machine.start(script(PUBLIC, 60, itself, idle=1e6, place=machine.place))
    for seconds in (0.08, 0.09, 1.08, 9.5):
        machine.ticks()
        machine.up(seconds)
    machine.ticks()
    assert 9 <= machine.used <= 10
    machine.up(70)
    until(lambda: not fake.alive())


def test_an_uptime_that_cannot_be_read_still_ends(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    fake, number, itself = vast
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    machine.uptime.unlink()
    machine.start(script(PUBLIC, 0.3, itself, idle=1e6, place=machine.place))
    until(lambda: not fake.alive())


def test_it_ends_when_nobody_is_there_and_not_before(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    fake, number, itself = vast
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    machine.start(script(PUBLIC, 1e6, itself, idle=100, place=machine.place))
    until(lambda: machine.used == 0)
    for _ in range(3):
        steps(machine, 60)
        machine.beat()
        machine.ticks()
    assert fake.alive()
    os.utime(machine.room / "kinora" / "beat", (1, 1))  # a clock that was set back changes it too
    machine.ticks()
    steps(machine, 90)
    assert fake.alive()
    steps(machine, 20)
    until(lambda: not fake.alive())
    assert "nobody was there" in machine.log.read_text()


def test_bytes_through_an_ssh_session_say_that_somebody_is_there(
    machine: Machine, vast: tuple[FakeVast, str, Itself]
) -> None:
    fake, number, itself = vast
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    cat = shutil.which("cat")
    assert cat
    session = subprocess.Popen(["sshd: root@notty"], executable=cat, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    (machine.proc / str(session.pid)).symlink_to(f"/proc/{session.pid}")
    try:
        assert session.stdin
        machine.start(script(PUBLIC, 1e6, itself, idle=100, place=machine.place))
        until(lambda: machine.used == 0)
        for _ in range(3):
            steps(machine, 60)
            session.stdin.write(b"keep-alive\n")
            session.stdin.flush()
            machine.ticks()
        assert fake.alive()
        steps(machine, 110)  # the session is still open, and silent: the laptop sleeps
        until(lambda: not fake.alive())
    finally:
        session.kill()
        session.communicate()


@pytest.mark.parametrize("tool", ["curl", "python3", "wget"])
def test_each_way_to_ask_works_alone(machine: Machine, vast: tuple[FakeVast, str, Itself], tool: str) -> None:
    fake, number, itself = vast
    program = shutil.which(tool) if tool != "python3" else os.path.realpath(os.sys.executable)  # type: ignore[attr-defined]
    if not program:
        pytest.skip(f"there is no {tool} here")
    folder = machine.room / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    (folder / tool).symlink_to(program)
    machine.path = str(folder)
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    machine.start(script(PUBLIC, 0, itself, place=machine.place))
    until(lambda: not fake.alive())


def test_what_fails_is_tried_again_and_the_machine_is_switched_off(
    machine: Machine, vast: tuple[FakeVast, str, Itself]
) -> None:
    fake, number, itself = vast
    fake.fault("destroy", status=503, text="later", times=9)
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    machine.start(script(PUBLIC, 0, itself, place=machine.place))
    until(lambda: (machine.room / "off").exists())
    until(lambda: not fake.alive())
    assert len(fake.asked("destroy")) >= 10


def test_without_a_key_it_switches_itself_off(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    machine.given()
    machine.start(script(PUBLIC, 0, vast[2], place=machine.place))
    until(lambda: (machine.room / "off").exists())
    assert vast[0].alive()


def test_a_pod_of_runpod_destroys_itself(machine: Machine) -> None:
    fake = FakeRunPod()
    pod = fake._make(fake.gpus[0], {"name": "kinora:x:1", "disk": 40, "image": "i", "ports": [], "env": {}})
    with fake.serve() as url:
        machine.given(RUNPOD_POD_ID=pod.id, RUNPOD_API_KEY=KEY)
        itself = Itself("RUNPOD_POD_ID", "RUNPOD_API_KEY", f"{url}/v2/pods/", otherwise='runpodctl remove pod "$i"')
        machine.start(script(PUBLIC, 0, itself, place=machine.place))
        until(lambda: not fake.alive())


def test_the_older_command_is_tried_where_asking_fails(machine: Machine) -> None:
    folder = machine.room / "more"
    folder.mkdir()
    (folder / "runpodctl").write_text(f'#!/bin/sh\necho "$@" >{machine.room}/told\n')
    (folder / "runpodctl").chmod(0o755)
    machine.path = f"{folder}:{machine.path}"
    machine.given(RUNPOD_POD_ID="pod7", RUNPOD_API_KEY="k")
    itself = Itself(
        "RUNPOD_POD_ID", "RUNPOD_API_KEY", "http://127.0.0.1:9/v2/pods/", otherwise='runpodctl remove pod "$i"'
    )
    machine.start(script(PUBLIC, 0, itself, place=machine.place))
    until(lambda: (machine.room / "told").exists())
    until(lambda: (machine.room / "told").read_text() == "remove pod pod7\n")


def test_it_lets_our_key_in_once_and_tells_its_own(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    text = script(PUBLIC, 1e6, vast[2], place=machine.place)
    (machine.room / "home" / ".ssh").mkdir()
    (machine.room / "home" / ".ssh" / "authorized_keys").write_text("ssh-rsa AAAA the-owner\n")
    machine.start(text)
    machine.start(text)  # the provider runs it at each start
    keys = (machine.room / "home" / ".ssh" / "authorized_keys").read_text().splitlines()
    assert keys == ["ssh-rsa AAAA the-owner", " ".join(PUBLIC.split()[:2])]
    until(lambda: machine.log.exists() and host_key_from(machine.log.read_text()) == HOST_KEY)
    (machine.room / "host_ed25519.pub").write_text(f"{other_key()} root@machine\n")  # its server made itself a new one
    until(lambda: host_key_from(machine.log.read_text()) == other_key())


def test_the_key_is_told_when_all_is_there(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    slow = replace(machine.place, prepare=f"while [ ! -f {machine.room}/go ]; do sleep 0.02; done; echo 'it''s'; false")
    machine.start(script(PUBLIC, 1e6, vast[2], place=slow))
    machine.ticks()
    machine.ticks()
    assert not machine.log.exists()
    (machine.room / "go").touch()
    until(lambda: machine.log.exists() and host_key_from(machine.log.read_text()) == HOST_KEY)


def other_key() -> str:
    return HOST_KEY.replace("K5XnJ0n9", "Aaaaaaa9")


def test_only_one_watches_after_a_second_start(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    text = script(PUBLIC, 1e6, vast[2], place=machine.place)
    machine.start(text)
    first = int((machine.room / "kinora" / "pid").read_text())
    until(lambda: b"kinora-watch" in Path(f"/proc/{first}/cmdline").read_bytes())
    machine.start(text)
    until(lambda: not Path(f"/proc/{first}/cmdline").exists() or not Path(f"/proc/{first}/cmdline").read_bytes())


def test_a_script_fits_where_few_characters_are_taken(machine: Machine, vast: tuple[FakeVast, str, Itself]) -> None:
    fake, number, itself = vast
    text = script(PUBLIC, 0, itself, place=machine.place)
    assert len(packed(script(PUBLIC, 3600, itself))) <= onstart.MOST
    assert len(script(PUBLIC, 3600, itself)) <= onstart.MOST
    long = text + "\n" + "# nothing more\n" * 300
    assert len(packed(long)) <= onstart.MOST < len(long)
    machine.given(CONTAINER_ID=number, CONTAINER_API_KEY="scoped")
    machine.start(packed(long))
    until(lambda: not fake.alive())
    with pytest.raises(ValueError, match="too long"):
        packed("".join(os.urandom(40).hex() for _ in range(200)))


@pytest.mark.parametrize("key", ["", "x", "ssh-ed25519", "ssh-ed25519 $(reboot)", "ssh-ed25519 AAAA'; reboot #"])
def test_nothing_but_a_key_gets_into_a_script(key: str) -> None:
    with pytest.raises(ValueError, match="no public SSH key"):
        script(key, 60, Itself("A", "B", "https://example.org/"))


def test_the_best_and_last_host_key_is_read() -> None:
    rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ=="
    assert host_key_from("") is None
    assert host_key_from("nothing KINORA-HOST-KEY\nKINORA-HOST-KEY ssh-ed25519 bm9uZQ==") is None
    assert host_key_from(f"2026-11-28 KINORA-HOST-KEY {rsa}\n") == rsa
    text = f"KINORA-HOST-KEY {HOST_KEY}\nKINORA-HOST-KEY {rsa}\nKINORA-HOST-KEY {other_key()}\n"
    assert host_key_from(text) == other_key()
