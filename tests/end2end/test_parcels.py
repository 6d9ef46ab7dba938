"""A film and a photo go from their originals to a node process and come back as what is found here."""

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.analyzers import BY_NAME
from engine.hosts.checking import checked
from engine.hosts.http import HttpNode
from engine.hosts.packer import Packer, order_of
from engine.jobs import wire
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Finding
from engine.settings import defaults
from tests import nodes
from tests.faults.conftest import program
from tests.packs import write_pack
from tests.seeing import projector

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


def start_of(path: Path, number: int, *analyzers: str, packs: Mapping[str, str] = PACKS) -> wire.Start:
    told, now = sniff(os.fsencode(path)), path.stat()
    with Source(os.fsencode(path), told.kind, told.mime) as source:
        facts = source.probe()
    options = {**defaults(), "packs": packs}
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


@pytest.mark.slow
def test_a_caption_is_written_there(models: Path, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real language model behind eyes of random weights: pack and glance go there, a draft comes back."""
    pytest.importorskip("xllamacpp")
    name, packs = "people/groups/family1_beach.jpg", {"language-model": "stories@1"}
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "shelf"))
    described = {"adapter": "llm-gguf", "file": "stories260K.gguf", "projector": "eyes.gguf", "vision": True,
                 "context": 512}  # fmt: skip
    files = {"stories260K.gguf": models / "llm" / "stories260K.gguf", "eyes.gguf": projector(tmp_path / "eyes.gguf")}
    licence = {"id": "MIT", "consent": False}
    listed = [{"name": one, "sha256": sha256(place.read_bytes()).hexdigest(), "size": place.stat().st_size}
              for one, place in files.items()]  # fmt: skip
    pack = write_pack(
        tmp_path / "shelf",
        {"id": "stories", "version": 1, "title": "Stories", "licence": licence, "files": listed,
         "models": {"language-model": described}},
        files,
    )  # fmt: skip
    packer = Packer(tmp_path / "parcels", workers=1, memory=2048)
    process: subprocess.Popen[bytes] = program(
        "--library", tmp_path / "there", "serve", "--node", "--port", "0", "--announce", "--idle-exit", "30",
        env={"KINORA_PACKS": str(tmp_path / "packs")},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        start = start_of(media / name, 1, "caption", packs=packs)

        async def there() -> Any:
            node = HttpNode(f"http://127.0.0.1:{told['port']}", told["token"])
            await node.install(pack)
            order = order_of(start, await packer.pack(start))
            assert [part.name for part in order.parts] == ["glance"]
            await nodes.give(node, order, {part.sha256: packer.path_of(part) for part in order.parts})
            answers = await nodes.collect(node, {task.key for task in order.tasks}, 120)
            await node.close()
            return checked(answers[order.tasks[0].key].message, 1, start.tasks[0])

        message = asyncio.run(there())
        assert isinstance(message, wire.Done), message
        (finding,) = message.findings
        assert finding.text
        assert (finding.label, finding.data["draft"], finding.data["model"]) == ("caption", True, "stories@1")
    finally:
        packer.stop()
        process.kill()
        process.communicate()
