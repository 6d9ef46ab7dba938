"""Who is in a cluster: workers whose versions were compared, what they have, and which of them an order may go to."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import HostLied, HostLost, HostSkew
from engine.hosts.cluster import about
from engine.hosts.cluster.pipe import Pipe
from engine.jobs.orders import PROTOCOL, Capabilities, Order
from engine.language import tr
from engine.model import Device

AGAIN = 120.0  # seconds after which a worker is asked again what it has
SILENT = 20.0  # seconds without a heartbeat, after which a worker gets nothing new
SETTLING = 30.0  # seconds in which a worker that has just come need not answer
MOST = 10_000  # workers


@dataclass(slots=True)
class Member:
    """A worker whose versions are ours."""

    able: Capabilities
    asked: float
    threads: int = 1
    gpus: float = 0.0
    silent: float = 0.0
    packs: set[str] = field(default_factory=set)


class Members:
    """The workers of one connection; nothing is sent to one before its versions were compared with ours."""

    def __init__(self, name: str, pipe: Pipe) -> None:
        self._name = name
        self._pipe = pipe
        self.ours = about.versions()
        self._clock = 0.0
        self.met: dict[str, Member] = {}
        self._strangers: dict[str, float] = {}  # since when workers are there that do not answer

    def scheduler(self, told: Any) -> None:
        """Compare what the scheduler says of itself with ours. Raises HostSkew."""
        if not isinstance(told, Mapping) or not isinstance(told.get("versions"), Mapping):
            raise HostSkew(
                tr("The scheduler of {name} does not say what it is.", name=self._name),
                hint=tr("Start scheduler and workers with --preload engine.hosts.cluster.preload."),
            )
        about.same(told["versions"], tr("The scheduler"), self.ours)
        clock = told.get("clock")
        self._clock = float(clock) - time.time() if isinstance(clock, (int, float)) else 0.0

    async def look(self) -> None:
        """See who is there (perhaps nobody yet), and ask those who are new.

        Raises:
            HostSkew, HostLied: a worker is another one than we are, or makes no sense.
            HostLost: there are workers, and none of them answers.
        """
        there = (await self._pipe.ask({"do": "workers"})).get("workers")
        if not isinstance(there, Mapping) or len(there) > MOST:
            raise HostLied(tr("{name} answered with something that no node says.", name=self._name))
        for gone in self.met.keys() - there.keys():
            del self.met[gone]
        now = time.monotonic()
        ask = [one for one in there if one not in self.met or now - self.met[one].asked > AGAIN]
        if ask:
            told = (await self._pipe.ask({"do": "about", "ask": ask})).get("about")
            for address in ask:
                raw = told.get(address) if isinstance(told, Mapping) else None
                if raw is not None:
                    self._meet(address, raw)
        for address, row in there.items():
            if (one := self.met.get(address)) is not None:
                one.threads = min(4096, max(1, int(row["threads"])))
                one.gpus, one.silent = float(row["gpus"]), float(row["silent"])
        self._strangers = {one: self._strangers.get(one, now) for one in there if one not in self.met}
        if not self.met and any(now - since > SETTLING for since in self._strangers.values()):
            raise HostLost(
                tr("The cluster {name} has no workers that answer.", name=self._name),
                hint=tr("Start some with --preload engine.hosts.cluster.preload; Kinora tries again by itself."),
            )

    def _meet(self, address: str, raw: Any) -> None:
        who = tr("The worker {address}", address=address[:100])
        if not isinstance(raw, Mapping) or not isinstance(raw.get("versions"), Mapping):
            raise HostSkew(
                tr("{who} of the cluster does not say what it is.", who=who),
                hint=tr("Start scheduler and workers with --preload engine.hosts.cluster.preload."),
            )
        about.same(raw["versions"], who, self.ours)
        able = Capabilities.from_json({
            "protocol": PROTOCOL, "version": raw["versions"]["kinora"], "analyzers": raw.get("analyzers"),
            "packs": raw.get("packs", ()), "space": raw.get("space", 0),
            "devices": [{"name": one[0], "memory": one[1]} for one in raw.get("devices", ())],
        })  # fmt: skip
        from engine.hosts import offers

        about.same_analyzers(able.analyzers, who, offers.analyzers())
        self.met[address] = Member(able, time.monotonic(), packs=set(able.packs))

    def capabilities(self) -> Capabilities:
        """What all of them together are and can do: what each has, counted once.

        Where nobody is there yet it is what we are: no other worker will be given anything.
        """
        all_of = list(self.met.values())
        if not all_of:
            from engine.hosts import offers

            return Capabilities(
                PROTOCOL, self.ours["kinora"], offers.analyzers(), clock=time.time() + self._clock, waits=True
            )
        names = set.intersection(*(set(one.able.analyzers) for one in all_of))
        packs = set.intersection(*(one.packs for one in all_of))
        devices: list[Device] = [device for one in all_of for device in one.able.devices]
        first = all_of[0].able
        return Capabilities(
            PROTOCOL, first.version, {name: first.analyzers[name] for name in sorted(names)}, tuple(sorted(packs)),
            tuple(devices), min(4096, sum(one.threads for one in all_of)), min(one.able.space for one in all_of),
            time.time() + self._clock,
        )  # fmt: skip

    def lacking(self, ref: str) -> list[str]:
        """Who does not have a pack."""
        return [address for address, one in self.met.items() if ref not in one.packs]

    def fit(self, order: Order) -> tuple[list[str], bool]:
        """Who may do an order (those with its analyzers and packs, else all), and whether it is to take a GPU.

        Nobody, as long as nobody is there whose versions were compared.
        """
        refs, names = packs_of(order), {task.analyzer for task in order.tasks}
        alive = {address: one for address, one in self.met.items() if one.silent < SILENT} or self.met
        able = [
            address for address, one in alive.items() if refs <= one.packs and names <= set(one.able.analyzers)
        ] or list(alive)
        gpus = [address for address in able if self.met[address].gpus >= 1]
        return (gpus, True) if refs and gpus else (able, False)


def packs_of(order: Order) -> set[str]:
    """The packs (id@version) that the tasks of an order name."""
    named: Iterable[Any] = (task.options.get("packs", {}) for task in order.tasks)
    return {str(ref) for one in named if isinstance(one, Mapping) for ref in one.values()}
