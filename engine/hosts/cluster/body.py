"""The tasks that Dask runs: named functions that take bytes and return bytes; nothing else of ours is ever pickled."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.hosts.cluster.station import Station

station: "Station | None" = None  # of this worker; the preload sets it


def run(request: bytes, *pieces: bytes) -> bytes:
    """Do an order (`Station.work`)."""
    return _here().work(request, pieces, _unwanted())


def place(request: bytes, *pieces: bytes) -> bytes:
    """Do a step of installing a pack (`placing.step`)."""
    from engine.hosts.cluster import placing

    return placing.step(_here(), request, pieces)


def wait() -> bytes:
    """Stand for an order as long as there is no worker; no worker has what it asks for, so it is never run."""
    return b""


def _here() -> "Station":
    if station is None:
        raise RuntimeError("this worker runs without --preload engine.hosts.cluster.preload")
    return station


def _unwanted() -> Any:
    """What tells whether the scheduler has taken the running task back: the worker's own record of it.

    `Future.cancel` does not stop a task that runs, but the worker hears of it at once.
    """
    from distributed import get_worker

    worker: Any = get_worker()
    key, tasks = worker.get_current_task(), worker.state.tasks

    def unwanted() -> bool:
        task = tasks.get(key)
        return task is None or task.state != "executing"

    return unwanted
