"""Packs for the suites over all analyzers."""

from collections.abc import Iterator

import pytest

from tests import tiny
from tests.conftest import _shared
from tests.packs import real_packs


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One for every analyzer that can have one here: small real models where the folder is, and tiny made ones."""
    shelf = tmp_path_factory.mktemp("shelf")
    models = _shared("models")
    if models is not None:
        real_packs(models, shelf)
    tiny.image_text(shelf)
    tiny.text_embedder(shelf)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINORA_PACKS", str(shelf))
        yield
