"""Makes an order out of a bundle: its parts and tasks, without a word that a host has no use for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from engine.analyzers import BY_NAME
from engine.analyzers.base import Analyzer
from engine.hosts.offers import OWN, PACKS
from engine.jobs import wire
from engine.jobs.orders import Order, OrderTask, Part, key_of
from engine.media import parcel
from engine.model import Facts

READING = frozenset({"media.max_megapixels", "media.max_text", "media.max_pages", "media.max_keyframes"})
DEADLINE = 120.0  # seconds without progress, and more for what is long


def order_of(start: wire.Start, parts: tuple[Part, ...]) -> Order:
    """The order for a bundle: sizes and lengths of its asset, and of each task what its analyzer reads.

    A task's key is made of what its answer depends on and of nothing else: the parts that it needs, its options, and
    what of the facts travels.
    """
    tasks = []
    told: dict[str, Any] = {}
    for task in start.tasks:
        analyzer = BY_NAME[task.analyzer]
        options = options_of(analyzer, task)
        words = {name: value for name in analyzer.reads(options) if (value := getattr(start.facts, name))}
        told |= words
        facts = _facts(start.facts, words).to_json()
        needed = _needed(analyzer, start, options, parts)
        key = key_of(needed, analyzer.name, analyzer.version, {**options, "facts": facts, "kind": start.kind.value})
        tasks.append(OrderTask(key, analyzer.name, analyzer.version, options))
    return Order(
        secrets.token_hex(16), start.kind, _facts(start.facts, told), parts, tuple(tasks),
        DEADLINE + (start.facts.duration or 0.0) * 0.5,
    )  # fmt: skip


def options_of(analyzer: type[Analyzer], task: wire.Task) -> dict[str, Any]:
    """What of a task's options travels: those that the analyzer reads, its packs, the limits of reading."""
    known = (READING | set(analyzer.options) | {PACKS}) - set(OWN)
    return {key: value for key, value in task.options.items() if key in known}


def _facts(facts: Facts, words: dict[str, Any]) -> Facts:
    return Facts(
        width=facts.width, height=facts.height, duration=facts.duration, fps=facts.fps, has_audio=facts.has_audio,
        pages=facts.pages, **words,
    )  # fmt: skip


def _needed(analyzer: type[Analyzer], start: wire.Start, options: dict[str, Any], parts: Sequence[Part]) -> list[Part]:
    """The parts that one task works on, out of those of its bundle."""
    names = set(analyzer.needed(start.kind, options))
    there = {part.name for part in parts}
    names |= {fine for coarse, fine in parcel.FINER.items() if coarse in names and coarse not in there}
    return [part for part in parts if part.name in names]
