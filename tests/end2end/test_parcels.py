"""A film and a photo go from their originals to a node process and come back as what is found here."""

import asyncio
import json
import os
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.analyzers import BY_NAME
from engine.hosts.http import HttpNode
from engine.hosts.packer import Packer, order_of
from engine.jobs import wire
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Finding
from engine.settings import defaults
from tests import nodes
from tests.faults.conftest import program

PACKS = {"objects": "yolox-nano@1", "speech": "micro-whisper@1"}
WORK = {"video_made/cuts_and_jfk.mp4": ("voice", "speech"), "people/groups/family1_beach.jpg": ("objects",)}


def here(path: Path, start: wire.Start) -> dict[str, list[Finding]]:
    """What the analyzers of a bundle find on the original."""
    with Source(os.fsencode(path), start.kind, start.mime) as source:
        source.probe()
        return {
            task.analyzer: [one for one in BY_NAME[task.analyzer]().analyze(source, task.options)
                            if isinstance(one, Finding)]
            for task in start.tasks
        }  # fmt: skip


def start_of(path: Path, number: int, *analyzers: str) -> wire.Start:
    told, now = sniff(os.fsencode(path)), path.stat()
    with Source(os.fsencode(path), told.kind, told.mime) as source:
        facts = source.probe()
    options = {**defaults(), "packs": PACKS}
    return wire.Start(
        number, os.fsencode(path), told.kind, told.mime, sha256(path.read_bytes()).hexdigest(), now.st_size,
        now.st_mtime_ns, tuple(wire.Task(at, 1, name, options) for at, name in enumerate(analyzers)), facts,
    )  # fmt: skip


def said(found: list[Finding]) -> list[Any]:
    return sorted((one.kind.value, one.label, one.text) for one in found)


@pytest.mark.slow
def test_what_is_found_there_is_what_is_found_here(
    models: Path, real_shelf: Path, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(real_shelf))
    packer = Packer(tmp_path / "parcels", workers=1, memory=2048)
    process: subprocess.Popen[bytes] = program(
        "--library", tmp_path / "there", "serve", "--node", "--port", "0", "--announce", "--idle-exit", "30",
        env={"KINORA_PACKS": str(tmp_path / "packs")},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        starts = {name: start_of(media / name, at, *WORK[name]) for at, name in enumerate(WORK, 1)}

        async def there() -> dict[str, dict[str, Any]]:
            node = HttpNode(f"http://127.0.0.1:{told['port']}", told["token"])
            for pack in PACKS.values():
                await node.install(real_shelf / pack.partition("@")[0])
            found: dict[str, dict[str, Any]] = {}
            for name, start in starts.items():
                parts = await packer.pack(start)
                order = order_of(start, parts)
                await nodes.give(node, order, {part.sha256: packer.path_of(part) for part in parts})
                answers = await nodes.collect(node, {task.key for task in order.tasks}, 120)
                found[name] = {task.analyzer: answers[task.key].message for task in order.tasks}
            assert await node.missing([part.sha256 for part in parts]) == set()  # never twice
            await node.close()
            return found

        answers = asyncio.run(there())
        for name, start in starts.items():
            for analyzer, found in here(media / name, start).items():
                message = answers[name][analyzer]
                assert isinstance(message, wire.Done), message
                assert said(list(message.findings)) == said(found)
    finally:
        packer.stop()
        process.kill()
        process.communicate()
