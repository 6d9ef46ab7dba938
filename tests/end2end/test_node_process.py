"""`kinora serve --node` as it is started on another machine: takes an order, ends when nobody comes, leaves nothing."""

import asyncio
import json
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.hosts.http import HttpNode
from engine.jobs import wire
from engine.jobs.orders import Order, OrderTask, Part, key_of
from engine.media import parcel
from engine.model import Facts, Kind
from tests import nodes
from tests.faults.conftest import program


def announced(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """What a node says of itself when it listens."""
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


@pytest.mark.slow
def test_it_takes_an_order_ends_by_itself_and_leaves_nothing(
    models: Path, real_shelf: Path, media: Path, tmp_path: Path
) -> None:
    from PIL import Image

    there = tmp_path / "there"
    process = program(
        "--library", there / "library", "serve", "--node", "--port", "0", "--announce", "--idle-exit", "3", "--wipe",
        env={"KINORA_PACKS": str(there / "packs")},
    )  # fmt: skip
    try:
        told = announced(process)
        picture = tmp_path / "picture.jpg"
        with Image.open(media / "people" / "groups" / "family1_beach.jpg") as image:
            image.convert("RGB").save(picture)
        content = picture.read_bytes()
        part = Part(parcel.PICTURE, sha256(content).hexdigest(), len(content))
        options = {"packs": {"objects": "yolox-nano@1"}}
        key = key_of((part,), "objects", nodes.VERSION, options)
        task = OrderTask(key, "objects", nodes.VERSION, options)
        order = Order("a" * 32, Kind.PHOTO, Facts(width=10, height=10), (part,), (task,))

        async def run() -> None:
            node = HttpNode(f"http://127.0.0.1:{told['port']}", told["token"])
            assert (await node.capabilities()).packs == ()
            await node.install(real_shelf / "yolox-nano")
            assert (await node.capabilities()).packs == ("yolox-nano@1",)
            await nodes.give(node, order, {part.sha256: picture})
            found = await nodes.collect(node, {key}, 60)
            await node.close()
            message = found[key].message
            assert isinstance(message, wire.Done), message
            assert "person" in {finding.label for finding in message.findings}

        asyncio.run(run())
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()
    assert not (there / "library" / "node").exists()
