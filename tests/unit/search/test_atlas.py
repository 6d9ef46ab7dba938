"""The map of a search: clusters, places, rectangles that go over the date line, and the filter `area:`."""

import random

import pytest

from engine.errors import QueryError
from engine.model import Area, Cluster
from engine.search.atlas import EARTH, Atlas, joined
from tests.unit.search.shelf import Shelf

ROME = Area(41.5, 12.0, 42.5, 13.0)


@pytest.fixture
def atlas(shelf: Shelf) -> Atlas:
    return Atlas(shelf.database, shelf.finder)


def rome(shelf: Shelf, *texts: str, north: float = 0.0, **columns: object) -> int:
    return shelf.asset(*texts, latitude=41.9 + north, longitude=12.5, place="Rome, Italy", country="IT", **columns)


def test_what_lies_together_is_one_cluster_with_the_newest_on_it(shelf: Shelf, atlas: Atlas) -> None:
    rome(shelf, "fountain")
    newest = rome(shelf, "church", north=0.001)
    oslo = shelf.asset("fjord", latitude=59.9, longitude=10.7, place="Oslo, Norway")
    shelf.asset("nowhere")
    found = atlas.chart("", EARTH, 20.0)
    assert [(one.count, one.asset) for one in found.clusters] == [(2, newest), (1, oslo)]
    assert (found.inside, found.placed, found.without) == (3, 3, 1)
    assert atlas.chart("", ROME, 0.5).inside == 2
    assert len(atlas.chart("", ROME, 0.0005).clusters) == 2
    area = found.clusters[0].area
    assert (area.south, area.west, area.east) == (41.9, 12.5, 12.5)
    assert area.north == pytest.approx(41.901)


def test_the_map_is_of_the_search(shelf: Shelf, atlas: Atlas) -> None:
    fountain = rome(shelf, "fountain", kind="video")
    rome(shelf, "church")
    for query in ("fountain", "type:video", "fountain type:video"):
        found = atlas.chart(query, EARTH, 10.0)
        assert [one.asset for one in found.clusters] == [fountain], query
        assert (found.placed, found.without) == (1, 0), query
    assert atlas.chart("year:1950", EARTH, 10.0).clusters == ()
    assert atlas.bounds("fountain") == Area(41.9, 12.5, 41.9, 12.5)
    assert atlas.bounds("year:1950") is None
    with pytest.raises(QueryError):
        atlas.chart("type:nothing", EARTH, 10.0)


def test_files_that_are_gone_are_not_on_the_map(shelf: Shelf, atlas: Atlas) -> None:
    rome(shelf, present=0)
    elsewhere = rome(shelf, present=0, offline=1)
    assert [one.asset for one in atlas.chart("", EARTH, 10.0).clusters] == [elsewhere]
    assert atlas.newest("", EARTH) == [elsewhere]


def test_a_rectangle_goes_over_the_date_line(shelf: Shelf, atlas: Atlas) -> None:
    fiji = shelf.asset(latitude=-17.0, longitude=179.5)
    samoa = shelf.asset(latitude=-14.0, longitude=-171.8)
    rome(shelf)
    pacific = Area(-30.0, 170.0, 0.0, -160.0)
    assert set(atlas.newest("", pacific)) == {fiji, samoa}
    assert atlas.chart("", pacific, 1.0).inside == 2
    assert sorted(shelf.listed("area:-30,170,0,-160")) == [fiji, samoa]


def test_area_is_a_filter_like_any_other(shelf: Shelf) -> None:
    one = rome(shelf, "fountain")
    two = shelf.asset("fountain", latitude=59.9, longitude=10.7)
    three = shelf.asset("fountain")
    assert shelf.listed("area:41,12,43,13") == [one]
    assert shelf.ids("fountain area:41,12,43,13") == [one]
    assert sorted(shelf.ids("fountain -area:41,12,43,13")) == [two, three]
    for query in ("area:1,2,3", "area:a,b,c,d", "area:50,0,40,10", "area:0,0,95,10", "area:0,0,10,200"):
        with pytest.raises(QueryError, match="south,west,north,east"):
            shelf.listed(query)


def test_places_by_name_lead_to_their_pictures(shelf: Shelf, atlas: Atlas) -> None:
    for _ in range(3):
        rome(shelf)
    shelf.asset(latitude=59.9, longitude=10.7, place="Oslo, Norway")
    found = atlas.places("")
    assert [(one.name, one.count) for one in found] == [("Rome, Italy", 3), ("Oslo, Norway", 1)]
    for one in found:
        assert len(shelf.listed(one.query)) == one.count
    assert [one.name for one in atlas.places("", Area(50, 0, 70, 20))] == ["Oslo, Norway"]


def test_towns_are_named_largest_first(atlas: Atlas) -> None:
    names = [one.name for one in atlas.cities(Area(40.0, 8.0, 46.0, 18.0), 4)]
    assert names[0] == "Rome"
    assert "Milan" in names
    assert len(names) == 4
    across = [one.name for one in atlas.cities(Area(-25.0, 170.0, -10.0, -170.0), 5)]
    assert "Suva" in across


def test_joining_counts_everything_once() -> None:
    chance = random.Random(3)
    for _ in range(40):
        cells = []
        for number in range(chance.randint(0, 60)):
            at = chance.uniform(-80, 80), chance.uniform(-180, 180)
            cells.append(Cluster(*at, chance.randint(1, 50), number, Area(at[0], at[1], at[0], at[1])))
        found = joined(cells, chance.uniform(0.5, 30))
        assert sum(one.count for one in found) == sum(one.count for one in cells)
        assert len(found) <= len(cells)
        for cell in cells:
            assert any(
                one.area.south <= cell.latitude <= one.area.north and one.area.west <= cell.longitude <= one.area.east
                for one in found
            )
