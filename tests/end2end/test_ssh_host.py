"""This very Kinora, put on "another machine" through a real SSH server, asked, left alone and taken away again."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import HostLost
from engine.hosts.ssh import SshOpener, check, wipe
from tests.sshd import Sshd, far, running, started
from tests.waiting import until


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    with running(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Path]:
    with far(tmp_path) as folder:
        yield folder


async def checked(sshd: Sshd, node: Path, **options: object) -> list[str]:
    return [line async for line in check(sshd.address, sshd.pinned, sshd.options(node, **options))]


def test_a_machine_is_set_up_asked_and_taken_away(sshd: Sshd, node: Path) -> None:
    said = asyncio.run(checked(sshd, node))
    assert "is ready" in said[-1]
    assert "can run" in said[-2]
    assert len(started(node)) >= 1
    asyncio.run(wipe(sshd.address, sshd.pinned, sshd.options(node)))
    assert started(node) == []
    assert not node.exists()


@pytest.mark.slow
def test_a_node_that_nobody_asks_ends_by_itself(sshd: Sshd, node: Path) -> None:
    asyncio.run(checked(sshd, node, idle_exit=2))
    until(lambda: not started(node), 60)
    assert "Its node was started." in asyncio.run(checked(sshd, node, idle_exit=60))


@pytest.mark.slow
def test_its_blobs_outlive_a_kill_and_a_broken_connection(sshd: Sshd, node: Path, tmp_path: Path) -> None:
    from hashlib import sha256

    data = os.urandom(3 << 20)
    blob, name = tmp_path / "blob", sha256(data).hexdigest()
    blob.write_bytes(data)

    async def work() -> None:
        connect = SshOpener(sshd.address, sshd.pinned, sshd.options(node))
        there = await connect()
        await there.put(name, blob)
        for pid in started(node):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(HostLost):
            await there.capabilities()
        await there.close()
        there = await connect()
        assert await there.missing([name]) == set(), "another node, the same folder and the same client"
        assert sshd.cut()
        with pytest.raises(HostLost):
            await there.answers(20)
        await there.close()
        there = await connect()
        assert await there.missing([name]) == set()
        await there.close()

    asyncio.run(work())


@pytest.mark.slow
def test_the_locked_libraries_are_all_that_a_node_needs(sshd: Sshd, node: Path) -> None:
    """Installs them from the package index, each with its hash; skipped where that cannot be reached."""
    from engine.errors import HostRefused

    try:
        said = asyncio.run(checked(sshd, node, python=""))
    except HostRefused as error:
        if "Internet" not in error.text:
            raise
        pytest.skip(error.text)
    assert "is ready" in said[-1]
