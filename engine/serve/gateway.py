"""A cluster behind a node: orders that came over HTTP go to a Dask cluster in place of this machine's workers.

To the node the cluster is a host like any other, so its orders, answers and losses are handled by the same code as on
a desktop: `RemoteHost` over a `ClusterNode`.
"""

import json
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import HostLost
from engine.hosts import offers
from engine.hosts.base import Listener
from engine.hosts.cluster import ClusterOpener, place
from engine.hosts.loop import Loop
from engine.hosts.remote import RemoteHost
from engine.jobs import wire
from engine.jobs.orders import Capabilities, Order, OrderTask, Part, key_of
from engine.language import tr
from engine.model import HostKind, HostRow, HostStatus
from engine.packs import shelf

log = logging.getLogger(__name__)

READY = (HostStatus.READY, HostStatus.BUSY)
MOST_PLACES = 50_000  # parts whose files are remembered


class Gateway:
    """A cluster as the host of a node; `able` says what the node can do as long as the cluster is there.

    Raises:
        HostError: the address is none of a cluster, or would not be encrypted.
    """

    name = "cluster"

    def __init__(
        self,
        address: str,
        options: Mapping[str, Any],
        settings: Callable[[], Mapping[str, Any]],
        *,
        loop: Loop | None = None,
    ) -> None:
        place(address)
        opener = ClusterOpener(address, options)
        self._loop = loop or Loop("kinora-cluster")
        self._orders = _Orders(settings)
        self._status = HostStatus.CONNECTING
        self._host = RemoteHost(
            HostRow(0, HostKind.CLUSTER, opener.name, address), opener, self._orders, self._loop,
            order_of=self._orders.order_of, travellers=offers.analyzers, pack_folder=_pack_folder,
            changed=self._changed,
        )  # fmt: skip

    # --- a host -------------------------------------------------------------------------------------------------------

    def start(self, listener: Listener) -> None:
        """Begin to connect."""
        self._host.start(listener)

    def free(self) -> int:
        """How many more bundles the cluster would take now."""
        return self._host.free()

    def send(self, start: wire.Start, *, deadline: float) -> None:
        """Give it a bundle."""
        self._host.send(start, deadline=deadline)

    def cancel(self, bundle: int) -> None:
        """Stop a bundle."""
        self._host.cancel(bundle)

    def landed(self, bundle: int, job: int) -> None:
        """A result is in the spool."""
        self._host.landed(bundle, job)

    def stop(self) -> None:
        """Let go of the cluster; what it does for us ends there."""
        self._host.stop()
        self._loop.close()

    # --- what a node needs of it --------------------------------------------------------------------------------------

    def write_manifest(self, order: Order, blobs: Path, target: Path) -> None:
        """Write down an order and where its parts are, for `send`."""
        target.write_text(json.dumps({"order": order.to_json(), "blobs": str(blobs)}), encoding="utf-8")

    def able(self, here: Capabilities) -> Capabilities:
        """What this node can do: what it knows how to do, and the cluster too. Raises HostLost."""
        state = self._host.state()
        if state.status not in READY:
            raise HostLost(
                tr("The cluster behind this host is not there: {why}", why=state.text or tr("it is being connected")),
                hint=state.hint,
            )
        takes = self._host.takes()
        return replace(
            here, analyzers={name: version for name, version in here.analyzers.items() if name in takes},
            devices=state.devices, slots=min(4096, 2 * self._host.slots()), waits=self._host.waits,
        )  # fmt: skip

    def _changed(self) -> None:
        state = self._host.state()
        if state.status is not self._status:
            self._status = state.status
            level = logging.INFO if state.status in READY else logging.WARNING
            log.log(level, "the cluster %s: %s %s", self._host.name, state.status.value, state.text)


class _Orders:
    """Reads back what `write_manifest` wrote: the parts of a bundle, where they are, and its order."""

    def __init__(self, settings: Callable[[], Mapping[str, Any]]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._places: OrderedDict[str, Path] = OrderedDict()

    async def pack(self, start: wire.Start) -> tuple[Part, ...]:
        """The parts of a bundle: the node has them already."""
        order, blobs = _read(start)
        with self._lock:
            for part in order.parts:
                self._places[part.sha256] = blobs / part.sha256
                self._places.move_to_end(part.sha256)
            while len(self._places) > MOST_PLACES:
                self._places.popitem(last=False)
        return order.parts

    def path_of(self, part: Part) -> Path:
        """Where a part lies."""
        with self._lock:
            return self._places[part.sha256]

    def release(self, bundle: int) -> None:
        """The node holds parts and lets them go."""

    def order_of(self, start: wire.Start, parts: tuple[Part, ...]) -> Order:
        """The order of a bundle, with the tasks that are still open, and keys of our own.

        A client's keys are its own affair: one that named another's key would be given the other's answer, or the
        other way round.
        """
        order, _ = _read(start)
        left, tasks = list(order.tasks), []
        for task in start.tasks:
            same = [one for one in left if one.analyzer == task.analyzer]
            asked = next((one for one in same if self._is(one, task)), same[0])
            left.remove(asked)
            facts = {"facts": order.facts.to_json(), "kind": order.kind.value}
            key = key_of(parts, asked.analyzer, asked.version, {**asked.options, **facts})
            tasks.append(replace(asked, key=key))
        return replace(order, parts=parts, tasks=tuple(tasks))

    def _is(self, asked: OrderTask, task: wire.Task) -> bool:
        return offers.options_here(asked, self._settings()) == dict(task.options)


def _read(start: wire.Start) -> tuple[Order, Path]:
    told = json.loads(Path(os.fsdecode(start.path)).read_text(encoding="utf-8"))
    return Order.from_json(told["order"]), Path(told["blobs"])


def _pack_folder(ref: str) -> Path:
    return shelf.find(ref)[1]
