"""What all libraries of this user spend on rented machines: each tells it here, and each counts it for its caps.

A library's own books stay in its own database. Here is one small file for each: what was booked on which day, and what
is set aside. Whoever reserves holds a lock, writes his wish here first and into his database afterwards; when the
program ends in between, too much is set aside until that library looks at its rentals the next time, never too little.
"""

import contextlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import RentalError, not_written
from engine.keys import write_private
from engine.language import tr
from engine.model.contracts import NOWHERE, Elsewhere

log = logging.getLogger(__name__)

LOCK = "lock"
PATIENCE = 20.0  # seconds for another library that reserves
DAY = 86_400.0
NAMED = re.compile(r"[0-9a-f]{8,64}\.json")
Day = Callable[[float], str]  # the local date of a time


class Account:
    """The files of `folder`; `library` is the name of this library, `figures` tells what its database has."""

    def __init__(self, folder: Path, library: str, figures: Callable[[], Elsewhere], day: Day) -> None:
        self._folder = folder
        self._own = f"{library}.json"
        self._figures = figures
        self._day = day
        self._told: Elsewhere | None = None

    @contextlib.contextmanager
    def reserving(self, amount: int, now: float, stops: float) -> Iterator[Elsewhere]:
        """Hold so many micro-dollars while the block writes them down; yields what the other libraries have.

        `stops` is when what is held is spent or free; times are those of `time.time()`.

        Raises:
            RentalError: another library is at it for too long, or what it has cannot be read.
            StoreError: the folder cannot be written to.
        """
        from filelock import FileLock, Timeout

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / LOCK, timeout=PATIENCE):
                others, own = self.elsewhere(now), self._figures()
                self._tell(Elsewhere(own.by_day, own.held + amount, max(own.stops, stops)))
                try:
                    yield others
                finally:
                    self._tell(self._figures())
        except Timeout as error:
            raise RentalError(tr("Another library is renting right now."), hint=tr("Try again.")) from error
        except OSError as error:
            raise not_written(error, tr("write down what is spent")) from error

    def refresh(self) -> None:
        """Tell the others what the database has now; what cannot be written stays as it was, which is no less."""
        from filelock import FileLock, Timeout

        found = self._figures()
        if found == self._told or (self._told is None and not found.by_day and not found.held):
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / LOCK, timeout=PATIENCE):
                self._tell(self._figures())
        except (OSError, Timeout) as error:
            log.warning("what is spent could not be told to other libraries: %s", error)

    def elsewhere(self, now: float) -> Elsewhere:
        """What the other libraries spent and have set aside. Raises RentalError: it cannot be read."""
        by_day: dict[str, int] = {}
        held = 0
        for file in sorted(self._folder.glob("*.json")):
            if file.name == self._own or not NAMED.fullmatch(file.name):
                continue
            one = _read(file)
            for day, amount in one.by_day.items():
                by_day[day] = by_day.get(day, 0) + amount
            if one.held and now > one.stops + DAY:  # over for long, and nobody looked since: it was spent by then
                by_day[self._day(one.stops)] = by_day.get(self._day(one.stops), 0) + one.held
            else:
                held += one.held
        return Elsewhere(by_day, held)

    def _tell(self, found: Elsewhere) -> None:
        body = {"by_day": dict(found.by_day), "held": found.held, "stops": found.stops}
        write_private(self._folder / self._own, json.dumps(body).encode())
        self._told = found


class Alone:
    """The account of a library that knows of no other one."""

    @contextlib.contextmanager
    def reserving(self, amount: int, now: float, stops: float) -> Iterator[Elsewhere]:
        """Nobody else has anything."""
        yield NOWHERE

    def refresh(self) -> None:
        """Nobody need be told."""

    def elsewhere(self, now: float) -> Elsewhere:
        """Nothing."""
        return NOWHERE


def _read(file: Path) -> Elsewhere:
    try:
        told = json.loads(file.read_bytes())
        return Elsewhere(
            {str(day): int(amount) for day, amount in told["by_day"].items()}, int(told["held"]), float(told["stops"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RentalError(
            tr("What another library spent cannot be read ({file}).", file=file),
            hint=tr("Delete that file if you know what it spent: it counts for your caps."),
        ) from error
