"""The rules that sort text in pictures, over lines as they stand in pages, posters, scenes and films."""

from collections import Counter
from dataclasses import dataclass

import pytest

from engine.model import Box
from engine.packs.layout import Track, follow, in_columns, says_something, sort_picture, sort_video


@dataclass(frozen=True)
class Words:
    text: str
    box: Box
    score: float = 0.9


def line(text: str, x: float, y: float, w: float, h: float) -> Words:
    return Words(text, Box(x, y, w, h))


PAGE = [
    line(f"line {number} of the text", 0.1, 0.2 + 0.05 * number, 0.7 - 0.03 * (number % 3), 0.03) for number in range(9)
]


def roles(lines: list[Words]) -> list[str]:
    return [role for _, role in sort_picture(lines)]


def test_a_page_is_laid_out_and_its_heading_is_a_title() -> None:
    heading = line("A heading", 0.1, 0.08, 0.4, 0.06)
    assert roles([heading, *PAGE]) == ["title", *["screen"] * 9]
    assert roles(PAGE) == ["screen"] * 9


def test_a_heading_of_the_same_size_stands_apart() -> None:
    assert roles([line("1 Heading", 0.1, 0.05, 0.3, 0.03), *PAGE])[0] == "title"


def test_centred_and_right_aligned_lines_are_laid_out_too() -> None:
    centred = [
        line(f"verse number {n}", 0.5 - w / 2, 0.2 + 0.06 * n, w, 0.03) for n, w in enumerate((0.5, 0.6, 0.4, 0.7, 0.3))
    ]
    right = [
        line(f"verse number {n}", 0.9 - w, 0.2 + 0.06 * n, w, 0.03) for n, w in enumerate((0.5, 0.6, 0.4, 0.7, 0.3))
    ]
    assert len(in_columns(centred)) == len(in_columns(right)) == 5


def test_scattered_words_are_signs() -> None:
    scene = [
        line("USCITA", 0.73, 0.34, 0.06, 0.03),
        line("Bakery", 0.39, 0.42, 0.05, 0.03),
        line("12 km", 0.51, 0.6, 0.1, 0.05),
    ]
    assert roles(scene) == ["sign"] * 3


def test_a_word_that_is_repeated_or_alone_is_a_logo() -> None:
    bar = [line("KIRIN", 0.1, 0.2, 0.1, 0.05), line("Kirin", 0.6, 0.5, 0.05, 0.03), line("open", 0.3, 0.8, 0.1, 0.2)]
    assert roles(bar) == ["logo", "logo", "sign"]
    assert roles([line("Microsoft", 0.3, 0.3, 0.5, 0.3)]) == ["logo"]
    assert roles([line("USA907", 0.3, 0.3, 0.5, 0.3)]) == ["sign"]
    assert roles([line("No entry for lorries", 0.3, 0.3, 0.5, 0.3)]) == ["sign"]


def test_words_set_into_the_lower_edge_are_a_caption() -> None:
    meme = [line("when the build is green", 0.2, 0.85, 0.6, 0.06)]
    assert roles(meme) == ["caption"]
    plate = [
        line("ALASKA", 0.2, 0.0, 0.65, 0.25),
        line("USA907", 0.2, 0.2, 0.7, 0.6),
        line("MOOSE COUNTRY", 0.27, 0.84, 0.45, 0.09),
    ]
    assert roles(plate) == ["sign"] * 3


def test_authorship_at_the_edge_is_a_credit() -> None:
    assert roles([line("© 2020 Jane Doe", 0.7, 0.95, 0.28, 0.03)]) == ["credit"]
    assert roles([line("Photo: J. Doe", 0.0, 0.5, 0.02, 0.4)]) == ["credit"]
    assert roles([line("Photo: J. Doe", 0.4, 0.5, 0.2, 0.03)]) == ["sign"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("X", False), ("ab", False), ("a-b", False), ("abc", True), ("出口", True), ("口", False), ("...", False)],
)
def test_single_letters_say_nothing(text: str, says: bool) -> None:
    assert says_something(text) is says
    assert len(sort_picture([line(text, 0.1, 0.1, 0.1, 0.1)])) == says


# --- video ------------------------------------------------------------------------------------------------------------


def film() -> list[tuple[float, list[Words] | None]]:
    """Two minutes: a title, names and subtitles below, a station's logo in the corner, credits that roll at the end."""
    screens: list[tuple[float, list[Words] | None]] = []
    for time in range(0, 120, 2):
        shown: list[Words] = [line("KTV", 0.88, 0.05, 0.07, 0.05)]
        if time < 6:
            shown.append(line("THE LONG NIGHT", 0.25, 0.42, 0.5, 0.12))
        if 20 <= time < 26:
            shown.append(line("Jane Doe, biologist", 0.08, 0.78, 0.3, 0.05))
        if 30 <= time < 34:
            shown.append(line("I never saw the sea before.", 0.25, 0.88, 0.5, 0.05))
        if 50 <= time < 54:
            shown.append(line("BAKER STREET", 0.6, 0.3, 0.15, 0.04))
        if time >= 100:
            for number in range(40):
                y = 1.0 + 0.12 * number - 0.2 * (time - 100) / 2
                if 0.02 < y < 0.95:
                    shown.append(line(f"Somebody Number{number}", 0.3, y, 0.4, 0.04))
        screens.append((float(time), shown))
    return screens


def test_a_film() -> None:
    tracks = follow(film(), [60.0, 120.0])
    found = sort_video(tracks, 120.0, [60.0])
    by_text = {track.text: (role, track) for track, role in found}
    assert {text: role for text, (role, _) in by_text.items() if "Number" not in text} == {
        "THE LONG NIGHT": "title", "KTV": "logo", "Jane Doe, biologist": "caption",
        "I never saw the sea before.": "caption", "BAKER STREET": "sign",
    }  # fmt: skip
    rolling = Counter(role for text, (role, _) in by_text.items() if "Number" in text)
    assert set(rolling) == {"credit"}
    assert rolling["credit"] > 10
    logo = by_text["KTV"][1]
    assert (logo.start, logo.end) == (0.0, 120.0)
    assert by_text["Jane Doe, biologist"][1].end == 26.0


def test_a_line_is_gone_at_the_cut_after_it_was_seen() -> None:
    (track,) = follow([(1.0, [line("hello", 0, 0, 0.2, 0.1)]), (3.0, []), (5.0, [])], [2.5, 6.0])
    assert (track.start, track.end) == (1.0, 2.5)


def test_a_still_picture_keeps_its_lines() -> None:
    (track,) = follow([(0.0, [line("hello", 0, 0, 0.2, 0.1)]), (2.0, None), (4.0, None), (6.0, [])], [8.0])
    assert (track.start, track.end, track.seen) == (0.0, 6.0, 3)


def test_the_best_reading_stays() -> None:
    worse = Words("helo wor1d", Box(0.1, 0.1, 0.3, 0.1), 0.6)
    (track,) = follow([(0.0, [worse]), (2.0, [line("hello world", 0.1, 0.1, 0.3, 0.1)])], [4.0])
    assert track.text == "hello world"


def test_a_station_logo_must_stay_over_cuts() -> None:
    corner = Track("SALE", Box(0.85, 0.05, 0.1, 0.05), 0.9, 0.0, 9.0, seen=5)
    assert sort_video([corner], 30.0, [10.0, 20.0])[0][1] != "logo"


def test_slides_are_screens() -> None:
    shown = [Track(one.text, one.box, 0.9, 10.0, 40.0, seen=9, beside=9) for one in PAGE]
    assert {role for _, role in sort_video(shown, 300.0, [])} == {"screen"}


def test_names_of_trades_are_credits_wherever_they_stand() -> None:
    track = Track("Directed by Jane Doe", Box(0.3, 0.45, 0.4, 0.06), 0.9, 3.0, 6.0)
    assert sort_video([track], 100.0, [])[0][1] == "credit"
