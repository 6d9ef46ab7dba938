"""What the keys do with a film or a recording: frames, cuts, in and out points, clips."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from desktop.views.parts.film import FilmStage
from engine.language import tr

if TYPE_CHECKING:
    from desktop.views.viewer import ViewerView

TEN = 10  # frames
Deed = tuple[str, str, Callable[[], object]]


def deeds(view: "ViewerView") -> tuple[Deed, ...]:
    """Name, key and call of each. `,` and `.` with Shift are `<` and `>` on many keyboards."""
    return (
        (tr("One frame back"), ",", lambda: _film(view, "step", -1)),
        (tr("One frame on"), ".", lambda: _film(view, "step", 1)),
        (tr("Ten frames back"), "Shift+,", lambda: _film(view, "step", -TEN)),
        (tr("Ten frames on"), "Shift+.", lambda: _film(view, "step", TEN)),
        (tr("Ten frames back "), "<", lambda: _film(view, "step", -TEN)),
        (tr("Ten frames on "), ">", lambda: _film(view, "step", TEN)),
        (tr("One second back, to the frame"), "Alt+,", lambda: _second(view, -1)),
        (tr("One second on, to the frame"), "Alt+.", lambda: _second(view, 1)),
        (tr("Previous cut"), "[", lambda: _film(view, "cut", -1)),
        (tr("Next cut"), "]", lambda: _film(view, "cut", 1)),
        (tr("Previous cut "), "Ctrl+Left", lambda: _film(view, "cut", -1)),
        (tr("Next cut "), "Ctrl+Right", lambda: _film(view, "cut", 1)),
        (tr("Forget in and out point"), "Alt+X", lambda: _clear(view)),
        (tr("Mark this moment"), "N", view.clipping.mark),
        (tr("Silent"), "M", lambda: _film(view, "mute")),
        (tr("Text boxes "), "X", view.bar.text.toggle),
        (tr("What is known "), "P", view.bar.panel.toggle),
    )


def either(
    view: "ViewerView", filmed: Callable[[FilmStage], object], otherwise: Callable[[], object]
) -> Callable[[], object]:
    """In a film what editors of films mean by a key (I and O: in and out, C: a clip), elsewhere something else."""

    def call() -> None:
        if isinstance(view.stage, FilmStage):
            filmed(view.stage)
        else:
            otherwise()

    return call


def _film(view: "ViewerView", name: str, *values: int) -> None:
    if isinstance(view.stage, FilmStage):
        getattr(view.stage, name)(*values)


def _second(view: "ViewerView", way: int) -> None:
    if isinstance(view.stage, FilmStage):
        view.stage.step(way * max(1, round(view.stage.steps.rate)))


def _clear(view: "ViewerView") -> None:
    if isinstance(view.stage, FilmStage):
        view.stage.cutting.clear()
