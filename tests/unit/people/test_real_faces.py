"""Real portraits and group photos with real models: pairs, clusters and who stands in the group."""

from pathlib import Path

import pytest

from engine.analyzers import ANALYZERS
from engine.library import Library
from tests.packs import real_packs
from tests.quality import people, reading


@pytest.mark.slow
def test_people_are_told_apart(media: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(real_packs(models, tmp_path / "packs", ["yunet", "mobileface"])))
    with Library.open(tmp_path / "library") as library:
        library.set("analyzers.off", [one.name for one in ANALYZERS if one.name not in ("probe", "faces")])
        for _ in library.add([media / "people"], watch=False):
            pass
        assert library.wait_idle(240)
        monkeypatch.setattr(reading, "library", lambda: library)
        monkeypatch.setattr(reading, "assets", reading.assets.__wrapped__)
        faces = people.known()
        area, share, _, _ = people.pairs(faces)
        assert area > 0.99
        assert share > 0.97
        who, found = faces.numbers(), people.alone(faces.found)
        assert people.b_cubed(who, found).f1 > 0.97
        assert people.pairwise(who, found).f1 > 0.97
        assert people.groups()[:2] == (6, 6)
        one = library.people.listing()[0]
        assert one.cover is not None
        assert library.people.picture(one.cover, 96).read_bytes()[:2] == b"\xff\xd8"
