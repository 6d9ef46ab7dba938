"""Positions get the names of places, offline."""

import pytest

from engine.media.places import place_at


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
