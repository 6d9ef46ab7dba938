"""What goes to a host and comes back, in bytes: of all its connections, of what is on its way now, and under a cap."""

from collections.abc import Iterator
from contextlib import contextmanager

from engine.hosts.base import Node


class Traffic:
    """Counts for one host; read from any thread, changed on the loop."""

    def __init__(self, most: int | None) -> None:
        self._most = most  # bytes that may travel, None: as many as there are
        self._full = False  # what was to travel next did not fit
        self._over = (0, 0)  # of connections that are over
        self._node: Node | None = None
        self._going, self._before = 0, 0  # bytes on their way, and what was sent when they began

    def begin(self, node: Node) -> None:
        """Count what goes over a connection."""
        self._node = node

    def end(self) -> None:
        """The connection is over; what went over it counts on."""
        self._over, self._node, self._going = self.total(), None, 0

    def total(self) -> tuple[int, int]:
        """Bytes that were sent and received."""
        node = self._node
        return (self._over[0] + node.sent, self._over[1] + node.received) if node is not None else self._over

    @property
    def used_up(self) -> bool:
        """Whether no more may travel."""
        return self._full or (self._most is not None and sum(self.total()) >= self._most)

    def fits(self, size: int) -> bool:
        """Whether so many bytes may still travel; once some may not, nothing more does."""
        self._full |= self._most is not None and sum(self.total()) + size > self._most
        return not self._full

    @contextmanager
    def upload(self, size: int) -> Iterator[None]:
        """So many bytes are on their way until the end of this."""
        self._before, self._going = self.total()[0], size
        try:
            yield
        finally:
            self._going = 0

    def on_its_way(self) -> tuple[int, int]:
        """How many bytes of how many are there already; (0, 0) when nothing is on its way."""
        going = self._going
        return (min(going, max(0, self.total()[0] - self._before)), going) if going else (0, 0)
