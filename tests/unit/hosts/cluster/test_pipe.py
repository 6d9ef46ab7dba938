"""The process that holds the Dask client may say anything: what makes no sense ends the connection, no more."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostError, HostLied, HostLost
from engine.hosts.cluster import frames, pipe
from engine.hosts.cluster.books import Books
from engine.hosts.cluster.node import ClusterNode
from tests import nodes

WHERE = {"address": "tls://127.0.0.1:1", "host": "127.0.0.1", "port": 1, "ca": "", "cert": "", "key": ""}
HEAD = "import sys, json, os, time\n"
READ = """
def read():
    head = json.loads(sys.stdin.buffer.readline())
    for size in head["sizes"]:
        sys.stdin.buffer.read(size)
    return head
def say(head, *pieces):
    sys.stdout.buffer.write(json.dumps({**head, "sizes": [len(one) for one in pieces]}).encode() + b"\\n")
    for one in pieces:
        sys.stdout.buffer.write(one)
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a script of the test be the process."""

    def use(script: str) -> None:
        place = tmp_path / "lane.py"
        place.write_text(HEAD + READ + script)
        monkeypatch.setattr(pipe, "command", lambda: [sys.executable, str(place), "--worker"])

    return use


def opened() -> HostError:
    async def go() -> HostError:
        node = ClusterNode("the cluster", dict(WHERE), Books())
        try:
            with pytest.raises(HostError) as caught:
                await node.open()
            return caught.value
        finally:
            await node.close()

    return asyncio.run(go())


@pytest.mark.parametrize("script", [
    "sys.stdout.write('hello\\n'); sys.stdout.flush(); time.sleep(30)",
    "sys.stdout.write('{\"sizes\": [-1]}\\n'); sys.stdout.flush(); time.sleep(30)",
    "sys.stdout.write('{\"sizes\": [999999999999]}\\n'); sys.stdout.flush(); time.sleep(30)",
    "sys.stdout.write('[' * 100000 + '\\n'); sys.stdout.flush(); time.sleep(30)",
    "sys.stdout.write('x' * 6000000); sys.stdout.flush(); time.sleep(30)",
])  # fmt: skip
def test_what_is_no_frame_is_a_lie(lane: Callable[[str], None], script: str) -> None:
    lane(script)
    assert isinstance(opened(), HostLied)


def test_its_end_is_a_loss(lane: Callable[[str], None]) -> None:
    lane("read()")
    assert isinstance(opened(), HostLost)


def test_it_gets_no_secret_and_no_home(lane: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINORA_SECRETS_PASSPHRASE", "open sesame")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")
    lane(
        "read(); r = read(); names = ' '.join(os.environ) + ' home:' + os.environ['HOME']\n"
        "say({'re': r['re'], 'error': 'lost', 'why': names})"
    )
    told = opened().text
    assert "KINORA" not in told
    assert "SECRET" not in told
    assert "SSH" not in told
    assert "kinora-lane-" in told.partition("home:")[2]


def _answering(reply: str) -> str:
    """A process that answers each order with this expression over `key`."""
    from engine.hosts import offers
    from engine.hosts.cluster import about

    versions, said = json.dumps(about.versions()), json.dumps({
        "versions": about.versions(), "analyzers": offers.analyzers(), "packs": [], "devices": [], "space": 1
    })  # fmt: skip
    return f"""
read(); r = read(); say({{'re': r['re'], 'scheduler': {{'versions': {versions}, 'clock': 0}}}})
while True:
    line = sys.stdin.buffer.readline()
    if not line: break
    head = json.loads(line)
    bodies = [sys.stdin.buffer.read(size) for size in head['sizes']]
    row = {{'threads': 1, 'gpus': 0, 'silent': 0}}
    if head['do'] == 'workers': say({{'re': head['re'], 'workers': {{'tls://w': row}}}})
    if head['do'] == 'about': say({{'re': head['re'], 'about': {{'tls://w': {said}}}}})
    if head['do'] == 'join': say({{'re': head['re']}})
    if head['do'] == 'submit':
        key = json.loads(bodies[0])['keys'][0]
        {reply}
"""


@pytest.mark.parametrize(("reply", "kind"), [
    ("say({'task': head['task'], 'end': 'odd', 'why': 'Evil'})", HostLied),
    ("say({'task': head['task'], 'end': 'done'}, b'no json')", HostLied),
    ("say({'task': head['task'], 'end': 'done'}, b'[]')", HostLied),
    ("say({'task': head['task'], 'end': 'done'}, b'{\"answers\": [{\"key\": \"' + b'0' * 64 + b'\"}]}')", HostLied),
    ("say({'task': head['task'], 'end': 'done'}, b'{\"missing\": [\"x\"]}')", HostLied),
    ("say({'task': head['task'], 'end': 'done'}, json.dumps({'answers': [{'key': '0' * 64, 'message': {'t': 'done', "
     "'bundle': 0, 'job': 0, 'epoch': 0}}]}).encode())", HostLied),
    ("say({'gone': 'over'})", HostLost),
    ("say({'task': head['task'], 'end': 'taken'})", HostLost),
    ("os._exit(1)", HostLost),
])  # fmt: skip
def test_answers_that_cannot_be_true_end_the_connection(
    lane: Callable[[str], None], tmp_path: Path, reply: str, kind: type[HostError]
) -> None:
    lane(_answering(reply))

    async def go() -> None:
        books = Books()
        node = ClusterNode("the cluster", dict(WHERE), books)
        try:
            await node.open()
            order, blobs = nodes.order_of(b"a boat")
            await nodes.give(node, order, nodes.files(tmp_path / "here", blobs))
            with pytest.raises(kind):
                await node.answers(20.0)
            assert books.answers == {}
        finally:
            await node.close()

    asyncio.run(go())


def test_large_parts_are_sent_once_and_go_where_they_are(lane: Callable[[str], None], tmp_path: Path) -> None:
    lane(_answering(
        "say({'task': head['task'], 'end': 'done'}, json.dumps({'worker': 'tls://w', 'answers': [{'key': key, "
        "'message': {'t': 'failed', 'bundle': 0, 'job': 0, 'epoch': 0, 'code': 'x', "
        "'text': str(len(bodies))}}]}).encode())"
    ))  # fmt: skip

    async def go() -> list[str]:
        node = ClusterNode("the cluster", dict(WHERE), Books())
        told = []
        try:
            await node.open()
            for small in (b"one", b"two"):
                order, blobs = nodes.order_of(b"large " * 300_000, small)
                await nodes.give(node, order, nodes.files(tmp_path / "here", blobs))
                (found,) = (await nodes.collect(node, {order.tasks[0].key})).values()
                told.append(found.message.text)  # type: ignore[union-attr]
        finally:
            await node.close()
        return told

    assert asyncio.run(go()) == ["3", "2"]  # the request and two parts; the request and the small one


def test_a_part_that_is_gone_here_is_told_of_its_order_alone(lane: Callable[[str], None], tmp_path: Path) -> None:
    lane(_answering("pass"))

    async def go() -> Any:
        node = ClusterNode("the cluster", dict(WHERE), Books())
        try:
            await node.open()
            order, blobs = nodes.order_of(b"a boat")
            paths = nodes.files(tmp_path / "here", blobs)
            for name, path in paths.items():
                await node.put(name, path)
                path.write_bytes(b"other bytes")
            await node.submit([order])
            (answer,) = await node.answers(5.0)
            return answer.message
        finally:
            await node.close()

    assert asyncio.run(go()).code == "host-lost"


def test_frames_are_read_back_as_they_were_written() -> None:
    async def go() -> Any:
        stream = asyncio.StreamReader()
        stream.feed_data(b"".join(frames.frame({"a": 1}, [b"x\n", b"", b"y"])))
        stream.feed_eof()
        return await frames.read(stream), await frames.read(stream)

    assert asyncio.run(go()) == (({"a": 1}, [b"x\n", b"", b"y"]), None)
