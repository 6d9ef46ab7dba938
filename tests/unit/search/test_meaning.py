"""Search by meaning with a tiny pair that knows colours and a tiny text embedder that knows topics."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.errors import FileMissing, NeedsPack, NotFound
from engine.jobs.encode import _part
from engine.media.looks import picture_hash, views
from engine.media.source import Source
from engine.model import Contribution, Finding, FindingKind, Kind, Moment
from engine.packs import shelf
from engine.packs.models import Model, make
from engine.packs.vectors import fp16
from engine.search.find import Finder
from engine.search.meaning import Meaning
from engine.search.narrow import facets_of
from engine.search.spaces import Spaces
from engine.settings import defaults
from tests import tiny
from tests.unit.search.shelf import Shelf

_made: dict[tuple[str, str], Any] = {}


def load(task: str, ref: str) -> Any:
    """A model of a tiny pack: they are the same in every test, whatever folder they lie in."""
    pack, folder = shelf.find(ref)
    key = task, f"{ref}{pack.models[task].get('logit_bias')}"
    if key not in _made:
        _made[key] = make(Model(pack, folder, task, pack.models[task]))
        model = _made[key]
        model.embed_texts(["red"])  # its files go with the test
        if task == "image-text":
            model.embed([coloured("red")])
    return _made[key]


class Here:
    """Embeds in this process what the worker would."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def texts(self, ref: str, task: str, texts: Sequence[str]) -> tuple[str, list[Any]]:
        self.asked += texts
        model = load(task, ref)
        return model.space, list(model.embed_texts(list(texts)))

    def picture(self, ref: str, task: str, path: Path, kind: Kind, mime: str, **place: Any) -> tuple[str, Any]:
        model = load(task, ref)
        with Source(str(path).encode(), kind, mime) as source:
            pixels = source.picture(512)
        return model.space, model.embed([_part(pixels, place["box"]) if place.get("box") else pixels])[0]

    def looks(self, path: Path, kind: Kind, mime: str, **place: Any) -> list[str]:
        with Source(str(path).encode(), kind, mime) as source:
            return [picture_hash(view) for view in views(source.picture(512))]


def coloured(name: str, seed: int = 0, noise: float = 14) -> np.ndarray:
    random = np.random.default_rng(seed)
    pixels = np.array(tiny.COLOURS[name]) * 255 + random.normal(size=(48, 64, 3)) * noise
    return np.asarray(np.clip(pixels, 0, 255).astype(np.uint8))


class World(Shelf):
    """A shelf whose pictures and passages are looked at by the tiny models."""

    def __init__(self, folder: Path, style: str) -> None:
        super().__init__(folder)
        packs = folder / "packs"
        packs.mkdir()
        tiny.image_text(packs, style=style)
        tiny.text_embedder(packs)
        self.encoding = Here()
        self.settings = defaults()
        self.spaces = Spaces(self.database, folder / "vectors")
        self.finder = Finder(
            self.database,
            Meaning(self.database, self.spaces, self.encoding, lambda: self.settings),  # type: ignore[arg-type]
        )

    def close(self) -> None:
        self.spaces.close()
        super().close()

    def picture(self, colour: str, seed: int = 0, **more: Any) -> int:
        return self.film([(None, colour)], seed, kind="photo", **more)

    def film(self, frames: Sequence[tuple[float | None, str]], seed: int = 0, kind: str = "video", **more: Any) -> int:
        eye = load("image-text", "tiny-clip@1")
        found = [
            Finding(FindingKind.VECTOR, Moment(start=start), label="picture", space=eye.space,
                    vector=fp16(eye.embed([coloured(colour, seed + at)])[0]))
            for at, (start, colour) in enumerate(frames)
        ]  # fmt: skip
        texts = more.pop("texts", ())
        return self.asset(*found, *texts, analyzer="meaning", kind=kind, **more)

    def passage(self, said: str, **place: Any) -> Finding:
        reader = load("text-embedding", "tiny-texts@1")
        return Finding(FindingKind.VECTOR, Moment(**place), label="text", space=reader.space, data={"text": said},
                       vector=fp16(reader.embed_texts([said])[0]))  # fmt: skip

    def parts(self, query: str, asset: int) -> list[Contribution]:
        return [part for hit in self.finder.explain(query, asset) for part in hit.parts]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[World]:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path / "packs"))
    made = World(tmp_path, getattr(request, "param", "clip"))
    yield made
    made.close()


OTHERS = [name for name in tiny.COLOURS if name not in ("red", "orange", "pink", "brown", "purple")]


def crowd(world: World, count: int) -> list[int]:
    """Pictures of other colours than red."""
    return [world.picture(OTHERS[number % len(OTHERS)], seed=number * 7) for number in range(count)]


@pytest.mark.parametrize("world", ["clip", "siglip"], indirect=True)
@pytest.mark.parametrize("others", [4, 70])
def test_a_word_finds_what_it_means_and_nothing_else(world: World, others: int) -> None:
    crowd(world, others // 2)
    red = world.picture("red", seed=1)
    crowd(world, others // 2)
    second = world.picture("red", seed=2)
    for query in ("red", "rot", "rouge", "tomato"):
        assert set(world.ids(query)[:2]) == {red, second}, query
    assert world.ids("a photo of red")[:1] in ([red], [second])
    found = world.finder.search("red")
    assert found.hits[0].moments[0].why == "meaning of the picture"
    assert (found.hits[0].moments[0].better or 0) > 0.7
    assert found.total == 2
    for nothing in ("xyzzy", "qwertz uiop"):
        assert world.finder.search(nothing).hits == ()
        assert list(world.finder.listing(nothing).ids) == []


def test_a_meaning_that_most_of_the_library_has_is_found(world: World) -> None:
    reds = [world.picture("red", seed=number) for number in range(45)]
    crowd(world, 25)
    assert set(reds) <= set(world.ids("red"))
    assert len(world.ids("red")) <= len(reds) + 3
    assert world.ids("xyzzy") == []


def test_one_picture_alone_is_found_by_what_it_is(world: World) -> None:
    red = world.picture("red")
    assert world.ids("red") == [red]
    assert world.ids("green") == []


def test_words_and_meaning_are_one_answer(world: World) -> None:
    crowd(world, 60)
    picture = world.picture("red")
    written = world.asset("the red book")
    both = world.picture("red", seed=5, texts=[Finding(FindingKind.TEXT, text="a red sign", label="ocr")])
    assert world.ids("red")[0] == both
    assert set(world.ids("red")) == {picture, written, both}
    assert world.ids('"red"') == [both, written] or world.ids('"red"') == [written, both]
    assert set(world.listed("red")) == {picture, written, both}
    assert set(world.listed("red", "relevance")) == {picture, written, both}
    parts = {part.why for part in world.parts("red", both)}
    assert parts == {"words", "meaning of the picture"}
    assert sum(part.share for part in world.parts("red", both)) == pytest.approx(1.0, abs=0.01)
    assert world.finder.explain("red", 1) == ()


def test_filters_bans_and_phrases_hold_for_meaning_too(world: World) -> None:
    crowd(world, 60)
    photo = world.picture("red", year=2020)
    film = world.film([(3.0, "red")], year=2021, texts=[Finding(FindingKind.TEXT, text="opening night", label="ocr")])
    assert world.ids("red type:photo") == [photo]
    assert world.ids("red year:2021") == [film]
    assert world.ids("red -opening") == [photo]
    assert world.ids('red "opening night"') == [film]
    assert world.ids("red OR year:2021")[0] in (photo, film)
    assert world.ids("(red type:photo) OR (red type:video)") in ([photo, film], [film, photo])
    assert photo not in world.ids("-shows:red type:photo")
    assert world.listed("red type:photo") == [photo]


def test_shows_is_answered_by_labels_and_by_meaning(world: World) -> None:
    crowd(world, 60)
    meant = world.picture("red")
    labelled = world.asset(Finding(FindingKind.OBJECT, text="red", label="red"), analyzer="objects")
    spoken = world.asset(Finding(FindingKind.TEXT, Moment(start=1.0), text="red", label="speech"), analyzer="speech")
    assert set(world.ids("shows:red")) == {meant, labelled}
    assert world.ids("said:red") == [spoken]
    assert not {meant, labelled} & set(world.ids("-shows:red type:photo"))
    assert world.ids("red said:red")[:1] == [spoken]


def test_passages_are_found_by_their_meaning(world: World) -> None:
    travel = world.asset(world.passage("train station journey", start=12.0, end=15.0), kind="video", analyzer="speech")
    for words in ("bread cheese soup", "court judge lawyer", "guitar piano band", "rain wind cloud"):
        world.asset(world.passage(words, page=3), kind="document", analyzer="documents")
    found = world.finder.search("airport ticket")
    assert [hit.asset.id for hit in found.hits] == [travel]
    moment = found.hits[0].moments[0]
    assert moment.why == "meaning of the text"
    assert moment.snippet == "train station journey"
    assert world.finder.search("lawyer").hits[0].moments[0].moment.page == 3


def test_neighbouring_keyframes_are_one_span_with_the_words_in_it(world: World) -> None:
    crowd(world, 60)
    words = Finding(FindingKind.TEXT, Moment(start=11.0, end=12.0), text="red carpet", label="subtitle")
    film = world.film([(0.0, "green"), (8.0, "red"), (12.0, "red"), (40.0, "red"), (60.0, "blue")], texts=[words])
    hit = world.finder.search("red").hits[0]
    assert hit.asset.id == film
    spans = sorted((moment.moment.start, moment.moment.end) for moment in hit.moments)
    assert spans == [(8.0, 12.0), (40.0, None)]
    first = min(hit.moments, key=lambda moment: moment.moment.start or 0)
    assert first.snippet[slice(*first.marks[0])] == "red"
    assert {part.why for part in first.parts} == {"words", "meaning of the picture"}
    assert [moment.moment.start for moment in world.finder.moments(film, "red")] == [8.0, 40.0]


def test_like_an_asset_a_moment_and_a_file(world: World, tmp_path: Path) -> None:
    others = crowd(world, 70)
    reds = [world.picture("red", seed=number) for number in (1, 2, 3)]
    film = world.film([(1.0, "green"), (9.0, "red")])
    assert set(world.ids(f"like:#{reds[0]}")[:3]) == {reds[1], reds[2], film}
    assert set(world.ids(f"like:#{film}@9.2")[:3]) == set(reds)
    path = tmp_path / "a red one.png"
    Image.fromarray(coloured("red", 99)).save(path)
    assert set(world.ids(f'like:"{path}"')[:4]) == {*reds, film}
    assert world.ids(f"like:#{reds[0]} type:video") == [film]
    half = np.concatenate([coloured("green", 98), coloured("red", 99)], axis=1)
    Image.fromarray(half).save(tmp_path / "half.png")
    both = world.asset(folder=str(tmp_path), name="half.png")
    assert set(world.ids(f"like:#{both}[0.5;0;0.5;1]")[:4]) == {*reds, film}
    assert not {*reds} & set(world.ids(f"like:#{both}[0;0;.5;1]")[:4])
    left = world.ids(f"-like:#{reds[0]} type:photo")
    assert not {reds[1], reds[2]} & set(left)
    assert len(set(left) & set(others)) >= 60
    with pytest.raises(FileMissing):
        world.ids(f"like:{tmp_path}/nothing.png")
    with pytest.raises(NotFound):
        world.ids("like:#4711")


def test_weights_change_the_order(world: World) -> None:
    crowd(world, 60)
    red, blue = world.picture("red"), world.picture("blue", seed=3)
    assert world.ids("red^4 sky").index(red) == 0
    order = world.ids("rouge^3 OR bleu")
    assert order.index(red) < order.index(blue)
    one, other = world.asset("harbour boat boat boat"), world.asset("harbour harbour harbour boat")
    assert world.ids("harbour^5 boat")[:1] == [other]
    assert world.ids("harbour boat^5")[:1] == [one]


def test_the_order_of_the_answer(world: World) -> None:
    crowd(world, 60)
    old = world.picture("red", seed=1, moment_at=5.0)
    new = world.picture("red", seed=2, moment_at=9e9)
    assert [one for one in world.ids("red sort:date") if one in (old, new)] == [new, old]
    assert world.listed("red sort:date")[0] == new


def test_without_a_pack_words_are_words(world: World) -> None:
    world.picture("red")
    written = world.asset("red")
    world.settings["packs.image-text"] = ""
    for name in ("tiny-clip", "tiny-texts"):
        (Path(world.database.path).parent / "packs" / name / "pack.json").unlink()
    assert world.ids("red") == [written]
    assert world.finder.search("red").hits[0].moments[0].parts == ()
    with pytest.raises(FileMissing):  # its file was never there: nothing is left to compare
        world.ids("like:#1")


def test_without_a_pack_an_example_is_compared_by_its_look(world: World, tmp_path: Path) -> None:
    (Path(world.database.path).parent / "packs" / "tiny-clip" / "pack.json").unlink()
    chance = np.random.default_rng(1)

    def scene() -> np.ndarray:
        return np.asarray(Image.fromarray(chance.integers(0, 255, (6, 8, 3), np.uint8)).resize((640, 480)))

    def put(pixels: np.ndarray, **more: Any) -> int:
        found = [
            Finding(FindingKind.HASH, label="picture", data={"bits": picture_hash(view)}) for view in views(pixels)
        ]
        return world.asset(*found, analyzer="look", kind="photo", **more)

    first = scene()
    same, others = put(first), [put(scene()) for _ in range(8)]
    video = put(np.clip(first.astype(int) + 9, 0, 255).astype(np.uint8), folder="/films")
    gone = put(first, present=0)
    Image.fromarray(first).resize((320, 240)).save(tmp_path / "example.jpg")
    found = world.finder.search(f"like:{tmp_path}/example.jpg")
    assert [hit.asset.id for hit in found.hits] == [same, video]
    assert "A pack for pictures that look alike" in found.note
    moment = found.hits[0].moments[0]
    assert moment.better is not None
    assert moment.better > 0.7
    assert not {*others, gone} & set(world.listed(f"like:{tmp_path}/example.jpg"))
    assert world.ids(f"like:{tmp_path}/example.jpg in:films") == [video]
    assert sorted(world.listed(f"-like:{tmp_path}/example.jpg type:photo")) == others


def test_a_model_that_does_not_answer_costs_only_the_meaning(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.picture("red")
    written = world.asset("red")

    def broken(*given: Any) -> Any:
        raise NeedsPack("The model does not load.")

    monkeypatch.setattr(world.encoding, "texts", broken)
    found = world.finder.search("red")
    assert [hit.asset.id for hit in found.hits] == [written]
    assert "The model does not load." in found.note


def test_what_is_left_out_by_meaning_is_left_out_of_the_grid_and_the_facets(world: World) -> None:
    others = crowd(world, 60)
    reds = [world.picture("red", seed=number, year=2020) for number in (1, 2, 3)]
    for query in ("-shows:red type:photo", f"-like:#{reds[0]}"):
        left = set(world.listed(query))
        assert left == set(world.ids(query)), query
        assert not left & set(reds), query
        years = [facet for facet in facets_of(world.database, world.finder, query) if facet.name == "year"]
        assert sum(value.count for value in years[0].values) == len(left), query
        assert len(left & set(others)) >= 50


def test_a_grid_without_the_like_of_something_is_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.store.finds.CANDIDATES", 20)
    others = crowd(world, 60)
    red = world.picture("red")
    assert len(world.ids(f"-like:#{red}")) == 20
    assert len(set(world.listed(f"-like:#{red}")) & set(others)) >= 55


def test_an_alternative_takes_no_meaning_away(world: World) -> None:
    crowd(world, 60)
    red = world.picture("red")
    written = world.asset("opening night")
    assert set(world.ids('red OR "opening night"')) == {red, written}
    assert set(world.ids("red OR open*")) == {red, written}
    assert world.ids('"red" OR "opening night"') == [written]


def test_a_typed_error_is_mended_for_facets_and_moments_too(world: World) -> None:
    crowd(world, 60)
    seen = world.asset("a lighthouse", year=1999)
    assert world.ids("lighthuose") == [seen]
    (year,) = (one for one in facets_of(world.database, world.finder, "lighthuose") if one.name == "year")
    assert [value.value for value in year.values] == ["1999"]
    for moments in (world.finder.moments(seen, "lighthuose"), world.finder.explain("lighthuose", seen)):
        assert [moment.snippet for moment in moments] == ["a lighthouse"]


def test_the_passage_that_is_shown_is_the_one_that_was_found(world: World) -> None:
    page = [
        world.passage(words, page=3) for words in ("train station journey", "court judge lawyer", "rain wind cloud")
    ]
    world.asset(*page, kind="document", analyzer="documents")
    for asked, shown in (("airport ticket", "train station journey"), ("lawyer", "court judge lawyer")):
        found = world.finder.search(asked).hits
        assert [hit.moments[0].snippet for hit in found] == [shown]


def test_more_than_is_ranked_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(world, 60)
    for number in range(6):
        world.picture("red", seed=number)
    assert not world.finder.search("red").over
    monkeypatch.setattr("engine.search.blend.MOST", 5)
    assert world.finder.search("red").over
