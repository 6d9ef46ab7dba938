"""A library of small pictures for every test of people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.library import Library
from tests.unit.people import faces


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    yield from faces.opened(tmp_path)
