"""A library that reads a folder with the help of a host, and says how far it is: a program of its own, to be killed.

What may travel is left to the host alone: what comes out in the end then went over the lane, faults or no faults.
"""

import json
import sys
import time
from pathlib import Path

from engine.hosts.fleet import Fleet
from engine.library import Library


def leave_to_others(fleet: Fleet, *_: object) -> frozenset[str]:
    """The analyzers that this machine does not run: all that travel."""
    from engine.analyzers import ANALYZERS

    return frozenset(analyzer.name for analyzer in ANALYZERS if analyzer.travels)


def main(place: Path, samples: Path) -> int:
    """Read the samples; print a line now and then; end when nothing is left to do."""
    Fleet._left_to_others = leave_to_others  # type: ignore[assignment]
    Fleet._worth = lambda *_: True  # type: ignore[assignment]  # however slow it has become
    with Library.open(place) as library:
        for _ in library.add([samples], watch=False):
            pass
        while True:
            queue, states = library.queue(), library.hosts.states()
            said = {
                "waiting": queue.waiting + queue.running,
                "away": sum(state.done for state in states[1:]),
                "status": [f"{state.status} {state.text}" for state in states[1:]],
                "latency": [state.latency for state in states[1:]],
                "sent": sum(state.sent for state in states[1:]),
            }
            print(json.dumps(said), flush=True)  # noqa: T201
            if not said["waiting"]:
                return 0
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
