"""An act of a person before it is carried out: its sentence, what it changes, and what undoes it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

State = dict[str, Any]


class Act(NamedTuple):
    """`after` is what the act brings about, `before` what undoes it: both as the `apply` of its verb takes them."""

    verb: str
    said: str
    before: State
    after: State


def assets_in(state: State) -> Iterator[int]:
    """The assets that a state of a favourite, a note, an album or a stack names."""
    yield from state.get("on", ())
    yield from state.get("off", ())
    yield from (asset for _, asset, *_ in (*state.get("members", ()), *state.get("out", ())))
    yield from (asset for asset, *_ in state.get("stacked", ()))
    yield from state.get("free", ())
    yield from map(int, state.get("notes", ()))
