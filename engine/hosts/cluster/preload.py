"""What a scheduler and its workers run at their start: `--preload engine.hosts.cluster.preload`, on both.

It makes a worker able to do orders, lets both say what they are (without a pickle), refuses connections that are not
encrypted, and has a frozen or killed worker noticed soon.
"""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

from engine.hosts.cluster import about, body

TTL = 30.0  # seconds without a heartbeat, after which a worker is given up
SETTINGS = "KINORA_CLUSTER_SETTINGS"  # JSON: settings of the worker that differ from the defaults


def dask_setup(server: Any) -> None:
    """Prepare a scheduler or a worker.

    Raises:
        RuntimeError: connections to it would not be encrypted. Dask writes it into the log and goes on, as a process
            that does no orders and says nothing of itself.
    """
    if not str(server.address).startswith("tls://"):
        raise RuntimeError("Kinora joins clusters over TLS only: give --tls-ca-file, --tls-cert and --tls-key")
    if hasattr(server, "allowed_failures"):
        _scheduler(server)
    else:
        _worker(server)


def dask_teardown(server: Any) -> None:
    """End a worker's processes."""
    if body.station is not None:
        body.station.close()
        body.station = None


def _scheduler(scheduler: Any) -> None:
    from tornado.ioloop import PeriodicCallback

    scheduler.allowed_failures = 0  # an order whose worker died comes back: Kinora's own queue decides
    scheduler.worker_ttl = TTL
    old = scheduler.periodic_callbacks.pop("worker-ttl", None)
    if old is not None:
        old.stop()
    watch = scheduler.periodic_callbacks["worker-ttl"] = PeriodicCallback(scheduler.check_worker_ttl, 1000 * TTL / 6)
    watch.start()

    async def kinora_about() -> dict[str, Any]:
        return {"versions": about.versions(), "clock": time.time()}

    async def kinora_workers() -> dict[str, Any]:
        now = time.time()
        return {
            address: {
                "threads": one.nthreads,
                "gpus": float(one.resources.get("GPU", 0)),
                "silent": max(0.0, now - one.last_seen),
            }
            for address, one in scheduler.workers.items()
        }

    scheduler.handlers.update(kinora_about=kinora_about, kinora_workers=kinora_workers)


def _worker(worker: Any) -> None:
    from engine.hosts.cluster.station import Station

    body.station = Station(Path(worker.local_directory) / "kinora", worker.state.nthreads, settings(),
                           name=worker.address)  # fmt: skip

    async def kinora_about() -> dict[str, Any]:
        return {"versions": about.versions(), **await asyncio.to_thread(about.offered)}

    worker.handlers["kinora_about"] = kinora_about


def settings() -> dict[str, Any]:
    """The settings of this worker: the defaults, and what the environment says. Raises SettingInvalid, ValueError."""
    from engine.settings import BY_KEY, defaults

    told = json.loads(os.environ.get(SETTINGS, "{}"))
    return {**defaults(), **{key: BY_KEY[key].clean(value) for key, value in told.items()}}
