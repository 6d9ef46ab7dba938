"""Positions get the names of places, offline."""

import json
from pathlib import Path

import pytest

from engine.media import places
from engine.media.places import cities, place_at
from engine.model import Area


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "country"),
    [
        (43.467448, 11.885127, "Arezzo, Italy", "IT"), (-54.8019, -68.3030, "Ushuaia, Argentina", "AR"),
        (40.446972, -3.724753, "Moncloa-Aravaca, Madrid, Spain", "ES"),
            (39.051344, -94.288772, "Blue Springs, Missouri, United States", "US"),
        (0.0, 0.0, "", ""), (52.0, 179.9999, "", ""), (90.0, 0.0, "", ""), (-90.0, 0.0, "", ""), (64.9, -18.6,
        "Iceland", "IS"),
    ],
)  # fmt: skip
def test_places(latitude: float, longitude: float, name: str, country: str) -> None:
    found = place_at(latitude, longitude)
    assert found.country == country
    assert found.name == name


def test_other_names_serve_the_search() -> None:
    words = place_at(48.2, 16.37).words
    assert "Wien" in words
    assert len(words) <= 2000


@pytest.mark.parametrize("chunk", [1, 3, 7, 64, 1 << 20])
def test_the_table_is_read_a_little_at_a_time(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        "1": {"name": 'Odd "}, "2": {', "latitude": -1.5, "alternatenames": ["}", ": {", "Wien ä"]},
        "2": {"name": "", "latitude": 0, "alternatenames": []},
        "33": {"name": "\U0001f30d", "latitude": 1e-3, "alternatenames": ["\\"]},
    }
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setattr(places, "files", lambda _package: tmp_path)
    monkeypatch.setattr(places, "_CHUNK", chunk)
    for ascii_only in (True, False):
        (folder / "cities5000.json").write_text(json.dumps(rows, ensure_ascii=ascii_only), encoding="utf-8")
        assert list(places._towns()) == list(rows.values())
    (folder / "cities5000.json").write_text(json.dumps(rows)[:-5], encoding="utf-8")
    with pytest.raises(json.JSONDecodeError):
        list(places._towns())


def test_the_map_needs_no_other_names() -> None:
    (largest, *_) = cities(Area(47.0, 15.0, 49.0, 18.0), 5)
    assert largest.name == "Vienna"
    assert not any(places._table(worded=False).words)
