"""Fixtures of the front's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.serve.fronts import Desk, served


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with served(tmp_path) as found:
        yield found
