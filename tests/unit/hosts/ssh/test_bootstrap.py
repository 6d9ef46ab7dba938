import asyncio
import contextlib
import json
import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostError, HostFull, HostLied, HostLost, HostRefused
from engine.hosts.ssh import bootstrap, far, files, sending, there, troubles
from engine.hosts.ssh.bootstrap import Bootstrap, Running, Wanted
from engine.hosts.ssh.connection import Door, Link, log_in
from engine.hosts.ssh.far import Far
from tests.sshd import Sshd, started
from tests.waiting import until


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@contextlib.asynccontextmanager
async def inside(sshd: Sshd, node: Path, **options: Any) -> AsyncIterator[tuple[Bootstrap, list[str]]]:
    """Logged in, having looked around."""
    said: list[str] = []
    given = sshd.options(node, **options)
    link = await log_in(Door.of(sshd.address, sshd.pinned, given))
    try:
        boot = Bootstrap(Far(link, "the box", str(node)), Wanted.of(given), said.append)
        boot.far.python = sys.executable
        yield boot, said
    finally:
        await link.close()


async def started_by(sshd: Sshd, node: Path, **options: Any) -> tuple[Running, list[str]]:
    async with inside(sshd, node, **options) as (boot, said):
        await boot.settle(await boot.far.look(sys.executable))
        return await boot.start(), said


def state_of(node: Path) -> tuple[Path, dict[str, Any]]:
    place = next(node.glob(f"*/own/{there.STATE}"))
    return place, json.loads(place.read_text())


def test_a_bare_machine_gets_a_node(sshd: Sshd, node: Path, home: Path) -> None:
    running, said = run(started_by(sshd, node))
    assert running.port
    assert running.token == "t" * 40
    assert not running.found
    assert any("sent" in sentence for sentence in said)
    place, state = state_of(node)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(node.stat().st_mode) == 0o700
    assert state["port"] == running.port
    command = Path(f"/proc/{state['pid']}/cmdline").read_bytes().decode().split("\0")
    assert command[2:] == [
        "--library", str(place.parent / "library"), "serve", "--node", "--port", "0", "--announce",
        "--idle-exit", "900", "",
    ]  # fmt: skip
    assert os.getsid(state["pid"]) == state["pid"], "it would end with the connection"


def test_a_node_that_still_runs_is_found_again(sshd: Sshd, node: Path, home: Path) -> None:
    first, _ = run(started_by(sshd, node))
    second, said = run(started_by(sshd, node))
    assert (second.port, second.token, second.found) == (first.port, first.token, True)
    assert not any("sent" in sentence for sentence in said)
    assert len(started(node)) == 1


def test_a_node_that_was_killed_is_started_anew(sshd: Sshd, node: Path, home: Path) -> None:
    run(started_by(sshd, node))
    os.kill(state_of(node)[1]["pid"], signal.SIGKILL)
    second, _ = run(started_by(sshd, node))
    assert not second.found
    assert len(started(node)) == 1


@pytest.mark.slow
def test_another_process_with_the_same_number_is_not_taken_for_the_node(sshd: Sshd, node: Path, home: Path) -> None:
    run(started_by(sshd, node))
    place, state = state_of(node)
    os.kill(state["pid"], signal.SIGKILL)
    place.write_text(json.dumps({**state, "pid": os.getpid(), "began": "1"}))
    assert not run(started_by(sshd, node))[0].found
    place.write_text("{")
    assert not run(started_by(sshd, node, folder=str(node)))[0].found


@pytest.mark.slow
def test_two_libraries_do_not_share_a_node(sshd: Sshd, node: Path, home: Path) -> None:
    async def both() -> None:
        async with inside(sshd, node) as (boot, _):
            await boot.settle(await boot.far.look(sys.executable))
            first = await boot.start()
            boot.wanted = Wanted.of(sshd.options(node), "other")
            assert (await boot.start()).port != first.port

    run(both())
    assert len(started(node)) == 2


@pytest.mark.slow
def test_another_build_has_its_own_folder_and_old_ones_go_when_they_are_idle(
    sshd: Sshd, node: Path, home: Path
) -> None:
    run(started_by(sshd, node))
    old = state_of(node)[0].parent.parent
    (home / "main.py").write_text((home / "main.py").read_text() + "# newer\n")
    run(started_by(sshd, node))
    assert old.exists(), "its node still runs"
    os.kill(json.loads((old / "own" / there.STATE).read_text())["pid"], signal.SIGKILL)
    run(started_by(sshd, node))
    assert not old.exists()


def test_wipe_ends_the_node_and_leaves_nothing(sshd: Sshd, node: Path, home: Path) -> None:
    from engine.hosts.ssh import wipe

    run(started_by(sshd, node))
    run(wipe(sshd.address, sshd.pinned, sshd.options(node)))
    assert not node.exists()
    assert started(node) == []
    run(wipe(sshd.address, sshd.pinned, sshd.options(node)))  # what is gone is gone


def test_a_folder_with_other_things_is_neither_used_nor_wiped(sshd: Sshd, node: Path, home: Path) -> None:
    from engine.hosts.ssh import wipe

    node.mkdir()
    (node / "letter.txt").write_text("keep me")
    for work in (started_by(sshd, node), wipe(sshd.address, sshd.pinned, sshd.options(node))):
        with pytest.raises(HostRefused) as raised:
            run(work)
        assert "other things" in raised.value.text
    assert (node / "letter.txt").read_text() == "keep me"


def test_a_folder_that_may_not_be_written_is_named(sshd: Sshd, node: Path, home: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(HostError) as raised:
        run(started_by(sshd, blocked / "node"))
    assert str(blocked) in raised.value.text
    refused = troubles.explained("rights", "[Errno 13] Permission denied", "box", "/opt/node")
    assert isinstance(refused, HostRefused)
    assert "/opt/node" in refused.text


def test_a_node_that_does_not_start_says_why(
    sshd: Sshd, node: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "main.py").write_text("raise SystemExit(\"ModuleNotFoundError: No module named 'fastapi'\")")
    with pytest.raises(HostError) as raised:
        run(started_by(sshd, node))
    assert "fastapi" in raised.value.text
    assert started(node) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["not json", '{"port": 1}', "[]", "x" * 9000, '{"port": "a", "token": "t", "protocol": 1, "version": "1"}'],
    ids=["text", "short", "list", "long", "types"],
)
def test_an_announcement_that_is_none_ends_the_node(sshd: Sshd, node: Path, home: Path, line: str) -> None:
    (home / "main.py").write_text(f"import time\nprint({line!r}, flush=True)\ntime.sleep(60)\n")
    with pytest.raises(HostError):
        run(started_by(sshd, node))
    assert started(node) == []


@pytest.mark.slow
def test_a_node_that_never_announces_itself_is_ended(
    sshd: Sshd, node: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "STARTING", 0.4)
    (home / "main.py").write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(HostError):
        run(started_by(sshd, node))
    assert started(node) == []


# --- sending ----------------------------------------------------------------------------------------------------------


def test_what_is_sent_is_always_the_same_and_tells_nothing_of_this_machine(tmp_path: Path) -> None:
    first, copy = files.cargo(), tmp_path / "copy"
    for name in ("engine", "resources", "main.py"):
        source = files.HOME / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    assert files.cargo(copy) == first
    (copy / "main.py").write_text("# changed")
    assert files.cargo(copy).build != first.build
    import io
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(first.data)) as tar:
        members = tar.getmembers()
    names = {member.name for member in members}
    assert {"main.py", "engine/hosts/ssh/there.py", "engine/serve/__init__.py", "resources/packs.json"} <= names
    assert not [name for name in names if name.startswith(("desktop", "tests", "/")) or "__pycache__" in name]
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}


def test_a_transfer_that_was_cut_goes_on_where_a_whole_piece_ended(
    own_sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PIECE", 1 << 20)
    data, target = os.urandom((5 << 20) + 77), tmp_path / "there"

    async def work() -> int:
        way = Door.of(own_sshd.address, own_sshd.pinned, own_sshd.options(tmp_path))
        link = await log_in(way)
        done = 0

        def sent(count: int) -> None:
            nonlocal done
            done += count
            if done == 3 << 20:
                own_sshd.cut()

        with pytest.raises(HostLost):
            await sending.send(link, "box", sending.of_bytes(data), len(data), str(target), sent)
        await link.close()
        again = await log_in(way)
        try:
            return await sending.send(again, "box", sending.of_bytes(data), len(data), str(target))
        finally:
            await again.close()

    begun = run(work())
    assert 2 << 20 <= begun <= 4 << 20
    assert target.read_bytes() == data
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_machine_that_went_between_two_requests_is_lost_and_not_unwilling(
    own_sshd: Sshd, tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PIECE", 1 << 10)
    target = tmp_path / "there"

    async def work() -> None:
        link = await log_in(Door.of(own_sshd.address, own_sshd.pinned, own_sshd.options(tmp_path)))

        def read(start: int, length: int) -> bytes:
            if start:
                own_sshd.cut()
                until(link.connection.is_closed)
            return bytes(length)

        try:
            if when == "before":
                link.connection.abort()
                await link.connection.wait_closed()
            await sending.send(link, "box", read, 1 << 11, str(target))
        finally:
            await link.close()

    with pytest.raises(HostLost):
        run(work())


def test_a_longer_file_that_was_there_leaves_nothing_behind(sshd: Sshd, tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_bytes(b"x" * 1000)

    async def work() -> None:
        link = await log_in(Door.of(sshd.address, sshd.pinned, sshd.options(tmp_path)))
        try:
            await sending.send(link, "box", sending.of_bytes(b"short"), 5, str(target))
        finally:
            await link.close()

    run(work())
    assert target.read_bytes() == b"short"


Unpack = Callable[[Bootstrap, Link, bytes], Awaitable[None]]


@pytest.mark.slow
def test_what_arrives_damaged_is_sent_once_more_and_never_unpacked(
    sshd: Sshd, node: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, spoilt = sending.send, [True, False]

    async def spoiling(link: Link, name: str, read: Any, size: int, target: str) -> int:
        data = bytes(size) if spoilt.pop(0) else read(0, size)
        return await real(link, name, sending.of_bytes(data), size, target)

    monkeypatch.setattr(sending, "send", spoiling)
    assert run(started_by(sshd, node))[0].port
    assert spoilt == []
    (home / "main.py").write_text("# another build\n")
    spoilt[:] = [True, True]
    with pytest.raises(HostError) as raised:
        run(started_by(sshd, node))
    assert "damaged" in raised.value.text
    assert not list(node.glob("incoming/*"))


def hostile(tmp_path: Path, name: str, kind: str) -> tuple[bytes, str]:
    import hashlib
    import io
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        if kind == "file":
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
        else:
            member.type, member.linkname = tarfile.SYMTYPE, "/etc"
            tar.addfile(member)
    return out.getvalue(), hashlib.sha256(out.getvalue()).hexdigest()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../evil", "file"), ("/tmp/kinora-evil", "file"), ("a/../../evil", "file"), ("link", "link"), ("a//b", "file")],
)
def test_an_archive_with_tricks_is_refused_whole(tmp_path: Path, name: str, kind: str) -> None:
    folder = tmp_path / "node"
    there.look(folder)
    data, sha256 = hostile(tmp_path, name, kind)
    (folder / "incoming" / "x.tgz").write_bytes(data)
    with pytest.raises(there.Trouble) as raised:
        there.unpack(folder, archive="x.tgz", sha256=sha256, build="b" * 32)
    assert raised.value.code == "archive"
    assert not (tmp_path / "evil").exists()
    assert not Path("/tmp/kinora-evil").exists()
    assert sorted(entry.name for entry in folder.iterdir()) == [".kinora-node", ".lock", "incoming", "wheels"]


# --- what may be wrong with a machine ---------------------------------------------------------------------------------


def look(*lines: str) -> str:
    return "\n".join(["Welcome to the box!", *(f"{far.MARK}{line}" for line in lines)])


def test_a_machine_is_read_between_whatever_its_shell_prints() -> None:
    found = far.machine(
        look("system Linux x86_64", "python 3.10.12 /usr/bin/python3", "python 3.12.3 /opt/my python/bin/python3.12",
             "card GPU 0: NVIDIA RTX 4090 (UUID: GPU-1)", "card No devices were found"), "box"
    )  # fmt: skip
    assert (found.system, found.processor, found.python, found.version) == (
        "Linux", "x86_64", "/opt/my python/bin/python3.12", "3.12.3",
    )  # fmt: skip
    assert found.cards == ("GPU 0: NVIDIA RTX 4090 (UUID: GPU-1)",)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("", "runs no commands"),
        ("'sh' is not recognized", "runs no commands"),
        (look("system MINGW64_NT-10.0 x86_64"), "Windows"),
        (look("system FreeBSD amd64"), "FreeBSD"),
        (look("system Linux x86_64"), "no Python"),
        (look("system Linux x86_64", "python 3.9.2 /usr/bin/python3"), "3.9.2"),
        (look("system Linux x86_64", "python 3.15.0 /usr/bin/python3"), "3.15.0"),
        (look("system Linux x86_64", "python"), "no Python"),
    ],
)
def test_a_machine_that_will_not_do_is_refused_in_a_sentence(said: str, word: str) -> None:
    with pytest.raises(HostRefused) as raised:
        far.machine(said, "box")
    assert word in raised.value.text
    assert raised.value.hint


def test_windows_is_known_by_its_server() -> None:
    class Connection:
        def get_extra_info(self, name: str, default: object = None) -> str:
            return "SSH-2.0-OpenSSH_for_Windows_9.5"

    class Linked:
        connection = Connection()

    with pytest.raises(HostRefused) as raised:
        run(Far(Linked(), "box", "~").look())  # type: ignore[arg-type]
    assert "Windows" in raised.value.text
    assert "kinora serve" in raised.value.hint


def test_a_named_python_that_is_absent_is_named(sshd: Sshd, node: Path, home: Path) -> None:
    async def work() -> None:
        async with inside(sshd, node) as (boot, _):
            await boot.far.look("/nowhere/bin/python3")

    with pytest.raises(HostRefused) as raised:
        run(work())
    assert "/nowhere/bin/python3" in raised.value.text


@pytest.mark.slow
def test_words_with_blanks_and_quotes_do_not_reach_the_shell(sshd: Sshd, node: Path, home: Path) -> None:
    odd = node.parent / "it's; touch evil $(touch evil) node"
    running, _ = run(started_by(sshd, odd))
    assert running.port
    assert not list(node.parent.rglob("evil"))
    from tests.sshd import ended

    assert ended(odd) == []


def test_too_little_space_is_said_before_anything_is_sent(sshd: Sshd, node: Path, home: Path) -> None:
    async def work() -> None:
        async with inside(sshd, node) as (boot, _):
            boot._room(200_000_000, 300_000_000)

    with pytest.raises(HostFull) as raised:
        run(work())
    assert "0.2 GB" in raised.value.text


@pytest.mark.parametrize(
    ("code", "text", "kind", "word"),
    [
        ("full", "[Errno 28]", HostFull, "full"),
        ("venv", "ensurepip is not available", HostRefused, "environment"),
        ("venv", "OSError: No space left on device", HostFull, "full"),
        ("pip", "NewConnectionError: Temporary failure in name resolution\nERROR: No matching distribution found for x",
         HostRefused, "Internet"),
        ("pip", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", HostLied, "not the one"),
        ("pip", "ERROR: Could not install: [Errno 28] No space left on device", HostFull, "full"),
        ("pip", "ERROR: No matching distribution found for onnxruntime==1.31.1", HostRefused, "onnxruntime"),
        ("pip", "something else", HostError, "something else"),
        ("start", "Traceback\nKeyError: 'x'", HostError, "KeyError"),
        ("nonsense", "", HostError, "nonsense"),
    ],
)  # fmt: skip
def test_what_goes_wrong_there_is_a_sentence_here(code: str, text: str, kind: type[HostError], word: str) -> None:
    error = troubles.explained(code, text, "box", "~/.kinora-node")
    assert type(error) is kind
    assert word in error.text


def test_a_disk_that_fills_up_is_told_by_the_program_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import errno

    def full(**_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(there.WHAT, "look", full)  # type: ignore[arg-type]
    umask = os.umask(0o022)
    try:
        there.main(json.dumps({"do": "look", "folder": str(tmp_path)}))
    finally:
        os.umask(umask)
    assert far.read(capsys.readouterr().out, "box") == {
        "ok": False, "code": "full", "text": "[Errno 28] No space left on device",
    }  # fmt: skip


def test_an_answer_that_is_none_or_endless_is_refused(sshd: Sshd, node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HostError):
        far.read("bash: python3: command not found", "box")
    for answer in ("{", "[1]", "null", "[" * 5000):
        with pytest.raises(HostError):
            far.read(f"{far.MARK}{answer}", "box")

    async def work() -> None:
        async with inside(sshd, node) as (boot, _):
            await boot.far._said("yes", b"", 20)

    began = time.monotonic()
    with pytest.raises(HostLied):
        run(work())
    assert time.monotonic() - began < 10


def test_a_machine_that_says_nonsense_of_itself_is_not_believed(
    sshd: Sshd, node: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(part: str, **answer: Any) -> None:
        async with inside(sshd, node) as (boot, _):
            machine = await boot.far.look(sys.executable)

            async def do(what: str, **_: Any) -> dict[str, Any]:
                return {"ok": True, **answer}

            monkeypatch.setattr(boot.far, "do", do)
            if part == "settle":
                await boot.settle(machine)
            else:
                await boot.start()

    for part, answer in (
        ("settle", {}),
        ("settle", {"folder": "/x", "space": "much", "ready": []}),
        ("settle", {"folder": "/x", "space": 1 << 40, "ready": 7}),
        ("start", {"port": 70_000, "token": "t", "protocol": 1}),
        ("start", {"port": 22, "token": "t" * 600, "protocol": 1}),
        ("start", {"port": [], "token": "t", "protocol": 1}),
    ):
        with pytest.raises(HostLied):
            run(work(part, **answer))


# --- libraries --------------------------------------------------------------------------------------------------------


def wheel(folder: Path, name: str = "tiny") -> tuple[Path, str]:
    """A wheel that is real, and its SHA-256."""
    import hashlib
    import zipfile

    place = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(place, "w") as file:
        file.writestr(f"{name}.py", "value = 7\n")
        info = f"{name}-1.0.dist-info"
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return place, hashlib.sha256(place.read_bytes()).hexdigest()


@pytest.mark.slow
def test_libraries_are_installed_from_wheels_that_are_sent_and_kept_for_the_next_build(
    sshd: Sshd, node: Path, home: Path, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    _, sha256 = wheel(wheels)
    wheel(wheels, "stranger")
    (home / "resources" / "node.lock").write_text(f"tiny==1.0 \\\n    --hash=sha256:{sha256}\n")
    (home / "main.py").write_text("import tiny\nassert tiny.value == 7\n" + (home / "main.py").read_text())
    running, said = run(started_by(sshd, node, python="", wheels=str(wheels)))
    assert running.port
    assert "1 library is sent." in said
    assert not (node / "wheels").exists()
    (home / "main.py").write_text((home / "main.py").read_text() + "# newer\n")
    _, said = run(started_by(sshd, node, python="", wheels=str(wheels)))
    assert "1 library is sent." not in said


def test_wheels_that_nobody_tested_are_not_sent(tmp_path: Path) -> None:
    place, sha256 = wheel(tmp_path)
    assert bootstrap.fitting(tmp_path, f"tiny==1.0 --hash=sha256:{sha256}".encode()) == [place]
    place.write_bytes(place.read_bytes() + b"x")
    assert bootstrap.fitting(tmp_path, f"tiny==1.0 --hash=sha256:{sha256}".encode()) == []


def test_the_locks_of_nodes_agree_with_the_tested_set_and_bring_no_window() -> None:
    import re

    project = Path(__file__).resolve().parents[4]

    def pins(name: str) -> set[str]:
        text = (project / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9-]+==[^\s;\\]+)", text, re.MULTILINE))

    tested, plain, card = pins("requirements.lock"), pins("resources/node.lock"), pins("resources/node-gpu.lock")
    assert plain <= tested, "run packaging/lock.py --nodes"
    runtime = next(pin for pin in plain if pin.startswith("onnxruntime=="))
    assert plain - card == {runtime}
    assert runtime.replace("onnxruntime", "onnxruntime-gpu") in card
    assert all(name.startswith(("onnxruntime-gpu", "nvidia-")) for name in card - plain)
    assert not [pin for pin in card | plain if re.match(r"pyside6|shiboken6|qasync|pytest|nudenet|torch", pin)]
    asked = (project / "pyproject.toml").read_text(encoding="utf-8").split("dependencies = [")[1].split("\n]")[0]
    wanted = set(re.findall(r'^\s*"([a-z0-9-]+)', asked, re.MULTILINE))
    names = {pin.partition("==")[0] for pin in plain}
    assert wanted - names == {"pyside6-essentials", "pyside6-addons", "qasync"}


def test_what_a_machine_says_cannot_move_about_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Said:
        def __init__(self, *blocks: bytes) -> None:
            self.blocks = list(blocks)
            self.stdout = self

        async def read(self, most: int) -> bytes:
            return self.blocks.pop(0) if self.blocks else b""

    place = Far(None, "box", "~/x")  # type: ignore[arg-type]
    evil = "boom \x1b]0;owned\x07\x1b[2J‮ end"
    said = asyncio.run(place._read(Said(evil.encode(), b"\r\nmore\n")))
    assert said == "boom ]0;owned[2J end\nmore\n"

    async def answered(*given: Any) -> str:
        return far.MARK + json.dumps({"ok": False, "code": "odd", "text": evil})

    monkeypatch.setattr(place, "_said", answered)
    with pytest.raises(HostError) as told:
        asyncio.run(place.do("look"))
    assert told.value.text.isprintable()
