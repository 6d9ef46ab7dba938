"""One instance of every analyzer for these tests, so that each model is loaded once."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.analyzers import BY_NAME, Analyzer
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Finding, FindingKind, Step

Found = list[Finding]


@cache
def _instance(name: str) -> Analyzer:
    return BY_NAME[name]()


@pytest.fixture
def analyze() -> Callable[..., list[Any]]:
    """Run one analyzer over a file; return all but the steps."""

    def run(name: str, path: Path, **options: Any) -> list[Any]:
        raw = os.fsencode(path)
        sniffed = sniff(raw)
        given = {key.replace("__", "."): value for key, value in options.items()}
        with Source(raw, sniffed.kind, sniffed.mime) as source:
            source.probe()
            return [one for one in _instance(name).analyze(source, given) if not isinstance(one, Step)]

    return run


@pytest.fixture
def only() -> Callable[[list[Any], FindingKind], Found]:
    """Keep the findings of one kind."""
    return lambda found, kind: [one for one in found if isinstance(one, Finding) and one.kind is kind]
