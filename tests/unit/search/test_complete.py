import pytest

from engine.model import Completion
from tests.unit.search.shelf import Shelf


@pytest.fixture
def full(shelf: Shelf) -> Shelf:
    shelf.asset(
        "Sonnenblume",
        camera="NIKON Z 6",
        place="Zürich, Switzerland",
        year=2019,
        tags=["Meer"],
        folder="/a/Ferien",
        language="de",
    )
    shelf.asset("sonne", camera="NIKON Z 6", place="Paris, France", year=2021, folder="/a/Ferien")
    shelf.asset("sonne", camera="Pixel (8)", year=2021)
    return shelf


def proposals(shelf: Shelf, text: str) -> list[tuple[str, str]]:
    return [(one.shown, one.help) for one in shelf.finder.complete(text, len(text))]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ty", ("type:", "photo, video, audio or document")),
        ("beach -pl", ("place:", "taken at a place")),
        ("(ca", ("camera:", "taken with a camera")),
        ("type:ph", ("photo", "photo, video, audio or document")),
        ("type:photo,vi", ("video", "photo, video, audio or document")),
        ("camera:", ("NIKON Z 6", "2 items")),
        ("camera:pix", ("Pixel (8)", "1 item")),
        ("place:zur", ("Zürich, Switzerland", "1 item")),
        ('place:"Par', ("Paris, France", "1 item")),
        ("place:franc", ("Paris, France", "1 item")),
        ("year:", ("2021", "2 items")),
        ("tag:me", ("Meer", "1 item")),
        ("in:fer", ("Ferien", "2 items")),
        ("lang:", ("de", "1 item")),
        ("son", ("sonne", "2 moments")),
    ],
)
def test_proposes(full: Shelf, text: str, first: tuple[str, str]) -> None:
    assert proposals(full, text)[0] == first


@pytest.mark.parametrize("text", ['"type', "type:zzz", "unknown:x", "camera:nothing", "zzzz", '"a" "b'])
def test_has_nothing_to_propose(full: Shelf, text: str) -> None:
    assert proposals(full, text) == []


def test_all_filters_for_an_empty_box(full: Shelf) -> None:
    assert [shown for shown, _ in proposals(full, "")][:3] == ["type:", "in:", "before:"]


@pytest.mark.parametrize(
    ("text", "cursor", "result"),
    [
        ("x camera:ni y", 11, 'x camera:"NIKON Z 6"  y'),
        ('place:"Zü', 9, 'place:"Zürich, Switzerland" '),
        ("type:photo,vi", 13, "type:photo,video "),
        ("camera:p", 8, 'camera:"Pixel (8)" '),
        ("a pla", 5, "a place:"),
        ("sonnenb", 7, "sonnenblume "),
    ],
)
def test_what_is_proposed_fits_in(full: Shelf, text: str, cursor: int, result: str) -> None:
    best: Completion = full.finder.complete(text, cursor)[0]
    assert text[: best.start] + best.text + text[best.end :] == result


def test_cursor_outside_the_text(full: Shelf) -> None:
    assert full.finder.complete("ty", 99)
    assert full.finder.complete("ty", -5)
