"""Every analyzer that travels finds on a parcel what it finds on the original; nothing else goes with it."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers import ANALYZERS, BY_NAME, Analyzer
from engine.hosts.ordering import order_of
from engine.hosts.packer import wanted
from engine.jobs import wire
from engine.jobs.orders import Part
from engine.media.parcel import MIME, PARTS, write_manifest
from engine.media.parcelcut import cut
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Box, Finding, FindingKind, Kind
from engine.packs.shelf import chosen
from engine.settings import defaults
from tests.conftest import _shared

TRAVELLERS = tuple(one for one in ANALYZERS if one.travels)
AT_HOME = {"probe", "look", "documents", "scenes"}
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "safety": ("people/pose/squat.bmp", "video_made/rotated_meta.mp4"),
    "faces": ("people/groups/family1_beach.jpg", "video/asl_yes.mkv"),
    "objects": ("people/pose/squat.bmp", "video/asl_yes.mkv"),
    "pose": ("people/pose/squat.bmp", "video/asl_yes.mkv"),
    "meaning": ("photos/coffee.png", "video/flower.mp4",
                "documents/RECEIPT-2024-TXN-98765_retail_purchase.pdf"),
    "tags": ("photos/coffee.png", "video/asl_yes.mkv"),
    "voice": ("audio/en_test.wav", "video_made/cuts_and_jfk.mp4"),
    "ocr": ("text/plate_ak.jpg",),
    "titles": ("text/plate_ak.jpg",),
    "speech": ("audio/en_jfk.flac", "video_made/cuts_and_jfk.mp4"),
    "sounds": ("audio/guitar.ogg", "audio/voices-around-a-fire.mp3"),
}  # fmt: skip
AGREE = {"meaning": 0.8, "sounds": 0.8}  # share of findings: passages may be parted and spans end a little elsewhere


pytestmark = [
    pytest.mark.usefixtures("packs"),
    pytest.mark.skipif(_shared("models") is None, reason="no folder of small models"),
]


def start_of(path: Path, analyzer: type[Analyzer], source: Source) -> wire.Start:
    options = {**defaults(), "packs": chosen({})}
    told = path.stat()
    return wire.Start(
        1, os.fsencode(path), source.kind, source.mime, "0" * 64, told.st_size, told.st_mtime_ns,
        (wire.Task(1, 1, analyzer.name, options),), source.facts,
    )  # fmt: skip


def both(analyzer: type[Analyzer], path: Path, folder: Path) -> tuple[list[Finding], list[Finding], int]:
    """What it finds on the original, and on the parcel with what an order tells; and the bytes that travelled."""
    raw = os.fsencode(path)
    told = sniff(raw)
    with Source(raw, told.kind, told.mime) as source:
        source.probe()
        start = start_of(path, analyzer, source)
        here = findings(analyzer, source, start.tasks[0].options)
        parts = tuple(one for one in cut(source, wanted(start), folder) if isinstance(one, Part))
    order = order_of(start, parts)
    manifest = write_manifest(order.parts, folder, folder / "manifest.json")
    with Source(os.fsencode(manifest), order.kind, MIME, facts=order.facts) as parcel:
        there = findings(analyzer, parcel, order.tasks[0].options)
    return here, there, sum(part.size for part in parts)


@cache
def instance(analyzer: type[Analyzer]) -> Analyzer:
    lacking = analyzer.lacking(chosen({}))
    if lacking:
        pytest.skip(lacking)
    return analyzer()


def findings(analyzer: type[Analyzer], source: Source, options: Mapping[str, Any]) -> list[Finding]:
    return [one for one in instance(analyzer).analyze(source, options) if isinstance(one, Finding)]


def shared(one: Box, other: Box) -> float:
    wide = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    high = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    inside = max(wide, 0.0) * max(high, 0.0)
    return inside / max(one.w * one.h + other.w * other.h - inside, 1e-12)


def cosine(one: Finding, other: Finding) -> float:
    a, b = (np.frombuffer(vector, np.float16).astype(np.float64) for vector in (one.vector, other.vector) if vector)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def words(found: list[Finding]) -> list[str]:
    said = sorted((one for one in found if one.kind is FindingKind.TEXT), key=lambda one: one.moment.start or 0.0)
    return " ".join(one.text for one in said).split()


def pairs(here: list[Finding], there: list[Finding]) -> list[tuple[Finding, Finding]]:
    """Findings of one kind, label and place on both sides."""
    left, out = list(there), []
    for one in here:
        like = [two for two in left if (two.kind, two.label, two.space) == (one.kind, one.label, one.space)
                and two.moment.page == one.moment.page
                and abs((two.moment.start or 0.0) - (one.moment.start or 0.0)) <= 0.5
                and (one.moment.box is None or (two.moment.box and shared(one.moment.box, two.moment.box) > 0.6))
                ]  # fmt: skip
        if like:
            best = max(like, key=lambda two: nearness(one, two))
            left.remove(best)
            out.append((one, best))
    return out


def nearness(one: Finding, other: Finding) -> float:
    if one.moment.box and other.moment.box:
        return shared(one.moment.box, other.moment.box)
    return -abs((one.moment.start or 0.0) - (other.moment.start or 0.0))


def test_what_needs_the_original_stays() -> None:
    assert {one.name for one in ANALYZERS if not one.travels} == AT_HOME
    assert all(set(one.travels) <= PARTS.keys() for one in ANALYZERS)
    for one in TRAVELLERS:
        for kind in one.kinds - {Kind.OTHER}:
            assert any(kind in PARTS[name] for name in one.travels), f"{one.name} has nothing of a {kind}"


@pytest.mark.parametrize("analyzer", TRAVELLERS, ids=lambda one: one.name)
def test_it_finds_the_same_on_the_parcel(analyzer: type[Analyzer], media: Path, tmp_path: Path) -> None:
    for name in SAMPLES.get(analyzer.name, ()):
        here, there, size = both(analyzer, media / name, tmp_path)
        assert size > 0
        assert here, f"{name} says nothing about {analyzer.name}"
        assert {one.kind for one in there} == {one.kind for one in here}
        assert {one.space for one in there} == {one.space for one in here}
        close = pairs([one for one in here if one.kind is not FindingKind.TEXT],
                      [one for one in there if one.kind is not FindingKind.TEXT])  # fmt: skip
        count = max(sum(one.kind is not FindingKind.TEXT for one in side) for side in (here, there))
        assert len(close) >= AGREE.get(analyzer.name, 0.99) * count, f"{name}: {here} against {there}"
        assert all(
            cosine(*two) > (0.9 if two[0].kind is FindingKind.REGION else 0.98) for two in close if two[0].vector
        )
        assert all(abs((one.score or 0.0) - (two.score or 0.0)) < 0.25 for one, two in close)
        assert distance(words(here), words(there)) <= 0.1 * len(words(here))


def distance(here: list[str], there: list[str]) -> int:
    """Words that must be changed, put in or left out."""
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(here, there))


def test_a_worker_runs_a_whole_order_over_one_parcel(media: Path, tmp_path: Path) -> None:
    """As a node does: all tasks of an order in one bundle, over the manifest, with what the order tells."""
    import io

    from engine.jobs.worker import Worker

    path = media / "people/groups/family1_beach.jpg"
    told = sniff(os.fsencode(path))
    names = [one.name for one in TRAVELLERS if Kind.PHOTO in one.kinds and not one.lacking(chosen({}))]
    with Source(os.fsencode(path), told.kind, told.mime) as source:
        source.probe()
        start = start_of(path, BY_NAME[names[0]], source)
        options = start.tasks[0].options
        start = replace(start, tasks=tuple(wire.Task(number, 0, name, options) for number, name in enumerate(names)))
        parts = tuple(one for one in cut(source, wanted(start), tmp_path) if isinstance(one, Part))
    assert [part.name for part in parts] == ["picture"]  # one for all of them
    order = order_of(start, parts)
    manifest = write_manifest(order.parts, tmp_path, tmp_path / "manifest.json")
    now = manifest.stat()
    tasks = tuple(wire.Task(number, 0, task.analyzer, task.options) for number, task in enumerate(order.tasks))
    sink = io.BytesIO()
    Worker(io.BytesIO(), sink).run(wire.Start(
        1, os.fsencode(manifest), order.kind, MIME, order.id, now.st_size, now.st_mtime_ns, tasks, order.facts
    ))  # fmt: skip
    said = [wire.decode(line) for line in sink.getvalue().splitlines()]
    assert [one for one in said if isinstance(one, wire.Failed)] == []
    done = {one.job: one for one in said if isinstance(one, wire.Done)}
    assert len(done) == len(names)
    assert sum(one.kind is FindingKind.FACE for one in done[names.index("faces")].findings) == 4
