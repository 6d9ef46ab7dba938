"""The worker processes of one Dask worker: this machine's, with an end that no task can put off."""

from engine.errors import Cancelled
from engine.hosts.local import LocalHost


class Crew(LocalHost):
    """Worker processes that can be ended while they work."""

    def end(self, bundle: int) -> None:
        """End the process that has this bundle, whatever it does."""
        with self._lock:
            holders = [child for child in self._children if bundle in child.bundles]
        for child in holders:
            child.kill(Cancelled())
