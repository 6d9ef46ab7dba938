"""How the UI thread answered while tests drove the window: told after a run with KINORA_TURNS=1, never judged."""

import os
from collections import defaultdict
from collections.abc import Iterator

from desktop.operations import Operations
from desktop.workers import watchdog
from desktop.workers.watchdog import FRAME, Turn

ASKED = os.environ.get("KINORA_TURNS") == "1"
SHOWN = 3  # of each view
LEVELS = 3  # of the stack

_turns: dict[str, list[tuple[Turn, str]]] = defaultdict(list)  # by view, with the test
_looks = [0, 0]  # all, and those that waited longer than a frame while the thread itself was at work


def watch(ops: Operations) -> None:
    """Look closely from now on, when somebody asked for it."""
    if ASKED and ops.watchdog is not None:
        watchdog.EVERY = watchdog.CALM = watchdog.CLOSE
        ops.watchdog.looked_at = True


def note(ops: Operations, test: str) -> None:
    """Keep what the watchdog of a window saw."""
    if not ASKED or ops.watchdog is None:
        return
    answers = ops.watchdog.answers()
    _looks[0] += answers.pulses
    _looks[1] += answers.over_cpu[0]
    for turn in answers.turns:
        if turn.cpu > FRAME:
            _turns[turn.doing.split(",")[0] or "opening"].append((turn, test))


def told() -> Iterator[str]:
    """The longest turns by view, those that used the processor longest first."""
    yield f"{_looks[0]:,} looks at the UI thread, {_looks[1]} waited over {FRAME * 1e3:.0f} ms by work of its own"
    longest = {view: sorted(turns, key=lambda one: -one[0].cpu) for view, turns in _turns.items()}
    for view, turns in sorted(longest.items(), key=lambda one: -one[1][0][0].cpu):
        yield f"{view}: {len(turns)} over a frame"
        for turn, test in turns[:SHOWN]:
            where = " < ".join(turn.where[:LEVELS]) or "no look at the stack came in time"
            yield f"  {turn.cpu * 1e3:5.0f} ms at work, {turn.wall * 1e3:.0f} ms in all; {test}: {where}"
