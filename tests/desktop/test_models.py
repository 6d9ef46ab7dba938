"""Selections, places and query tokens against the plainest way to compute them."""

from hypothesis import given
from hypothesis import strategies as st

from desktop.models import query
from desktop.models.layout import Layout, Measures
from desktop.models.selection import Selection

STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove", "toggle"]), st.integers(0, 40), st.integers(0, 40)))


@given(STEPS)
def test_a_selection_is_a_set(steps: list[tuple[str, int, int]]) -> None:
    selection, plain = Selection(), set[int]()
    for name, start, end in steps:
        if name == "toggle":
            selection.toggle(start)
            plain ^= {start}
        elif name == "add":
            selection.add(start, end)
            plain |= set(range(start, end))
        else:
            selection.remove(start, end)
            plain -= set(range(start, end))
        assert list(selection) == sorted(plain)
        assert len(selection) == len(plain)
        assert all((row in selection) == (row in plain) for row in range(42))
    ends = [end for _, end in selection.ranges()]
    starts = [start for start, _ in selection.ranges()]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    sizes = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    sections = [(f"S{n}", start) for n, start in enumerate(starts)] if draw(st.booleans()) else []
    measures = Measures(draw(st.integers(60, 900)), draw(st.integers(40, 300)), below=draw(st.integers(0, 40)))
    return Layout(sum(sizes), sections, measures)


@given(layouts())
def test_every_cell_has_its_own_place(layout: Layout) -> None:
    places = [layout.place(row) for row in range(layout.count)]
    assert len(set(places)) == layout.count
    for row, place in enumerate(places):
        assert layout.at(place.x, place.y) == row
        assert layout.at(place.x + place.w - 1, place.y + place.h - 1) == row
        assert place.y + place.h <= layout.height


@given(layouts(), st.integers(0, 3000), st.integers(1, 900))
def test_all_that_shows_is_visible(layout: Layout, top: int, height: int) -> None:
    first, last = layout.visible(top, top + height)
    for row in range(layout.count):
        place = layout.place(row)
        if place.y < top + height and place.y + place.h > top:
            assert first <= row < last


@given(layouts(), st.integers(0, 800), st.integers(0, 2000), st.integers(1, 400), st.integers(1, 700))
def test_the_rubber_band_takes_what_it_touches(layout: Layout, left: int, top: int, width: int, height: int) -> None:
    taken = {row for start, end in layout.inside(left, top, left + width, top + height) for row in range(start, end)}
    for row in range(layout.count):
        x, y, w, h = layout.place(row)
        touches = x <= left + width and x + w > left and y <= top + height and y + h > top
        assert (row in taken) == touches


@given(layouts(), st.data())
def test_up_undoes_down_within_the_column(layout: Layout, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, layout.count - 1))
    below = layout.below(row, 1)
    assert 0 <= below < layout.count
    if below != row:
        assert layout.place(below).y > layout.place(row).y
        if layout.place(below).x == layout.place(row).x:
            assert layout.below(below, -1) == row


def test_filters_are_found_and_taken_out() -> None:
    text = 'beach type:photo -place:"New York" tag:a,b "a phrase:with colon" http://x'
    found = query.filters(text)
    assert [(one.key, one.value, one.negated) for one in found] == [
        ("type", "photo", False),
        ("place", "New York", True),
        ("tag", "a,b", False),
    ]
    assert found[1].shown == "not Place: New York"
    assert query.without(text, found[0]).startswith('beach -place:"New York"')
    assert query.words("type:photo beach OR sea") == "beach sea"


def test_a_quick_filter_toggles() -> None:
    text = query.toggled("beach", "type", "photo")
    assert text == "beach type:photo"
    assert query.toggled(text, "type", "video") == "beach type:video"
    assert query.toggled(text, "type", "photo") == "beach"
    assert query.toggled("", "place", "New York") == 'place:"New York"'


def test_examples_gather_in_a_query() -> None:
    text = query.liked("", 3)
    assert text == "like:#3"
    text = query.liked(text, 7)
    assert text == "like:#3,#7"
    assert query.liked(text, 7) == text
    text = query.liked(f"{text} beach", 9, less=True)
    assert text == "like:#3,#7 beach -like:#9"
    text = query.liked(text, 3, less=True)  # the other way round now
    assert query.liked("like:#3", 3, less=True) == "-like:#3"
    assert {one.value for one in query.filters(text) if one.negated} == {"#9,#3"}
    assert [one.shown for one in query.filters("like:#3,#7")] == ["Like: file 3, file 7"]
    assert query.phrase('say "cheese"  now') == '"say cheese now"'
