"""What the scheduler takes from the queue: bundles for each host, with the places of their files."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.jobs import wire
from engine.model import Facts, FileRow, Hold, Kind
from engine.store import away, files, jobs
from engine.store.away import Wish

LEASE = 24 * 3600.0  # seconds; leases end with the process that holds them, this is only a second net
TRIES = 64  # claims in one transaction, when what is claimed turns out to be out of reach


@dataclass(frozen=True, slots=True)
class Claimed:
    """A bundle for a host, and where its asset's file is."""

    host: str
    bundle: jobs.Bundle
    places: list[FileRow]


class Claims:
    """Claims for one owner of leases; `out_of_reach` says that the last claim ended at files that are away."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self.out_of_reach = False

    def claim(self, connection: Any, wishes: list[Wish]) -> list[Claimed]:
        """Lease what the hosts wish for, each in its turn."""
        self.out_of_reach = False
        return [one for wish in wishes for one in self._claim(connection, wish)]

    def _claim(self, connection: Any, wish: Wish) -> list[Claimed]:
        """Lease bundles with the places of their files; those whose drive went away are put on hold."""
        found: list[Claimed] = []
        beyond = False
        for _ in range(TRIES):
            bundles = self._lease(connection, wish, wish.bundles - len(found))
            for bundle in bundles:
                places = [place for place in files.of_asset(connection, bundle.asset_id) if place.state == "present"]
                if places:
                    found.append(Claimed(wish.host, bundle, places))
                else:
                    jobs.release(connection, [job.id for job in bundle.jobs], hold=Hold.OFFLINE)
            beyond = bool(bundles)
            if not bundles or len(found) == wish.bundles:
                break
        self.out_of_reach |= beyond and len(found) < wish.bundles
        return found

    def _lease(self, connection: Any, wish: Wish, count: int) -> list[jobs.Bundle]:
        if wish.among is None:
            return jobs.claim(connection, self._owner, bundles=count, lease=LEASE, without=wish.without)
        rest = Wish(wish.host, count, wish.among)
        return away.claim(connection, self._owner, rest, lease=LEASE)


def start_of(number: int, claimed: Claimed, settings: Mapping[str, Any]) -> wire.Start:
    """The message that starts a bundle."""
    bundle, place = claimed.bundle, reachable(claimed.places)
    tasks = tuple(
        wire.Task(job.id, job.epoch, job.analyzer, reading(settings) | dict(job.options)) for job in bundle.jobs
    )
    return wire.Start(
        number, place.raw, Kind(bundle.kind), bundle.mime, bundle.content, place.size, place.mtime_ns, tasks,
        facts_of(bundle),
    )  # fmt: skip


def reachable(places: list[FileRow]) -> FileRow:
    """The first of an asset's places that is still there (the first one if none is: its reader says what is wrong)."""
    if len(places) == 1:
        return places[0]
    return next((place for place in places if os.path.lexists(place.raw)), places[0])


OBEYED = frozenset({"scenes.threshold", "net.offline", "model.url", "model.key_file"})


def reading(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What every reading obeys (limits, where it may connect to), as options of a task."""
    return {key: value for key, value in settings.items() if key.startswith("media.") or key in OBEYED}


def deadline(settings: Mapping[str, Any], bundle: jobs.Bundle) -> float:
    """Seconds of silence that a bundle is allowed: more for what is long or large."""
    return float(settings["jobs.deadline"]) + (bundle.duration or 0.0) * 0.5 + bundle.size / 1e7


def facts_of(bundle: jobs.Bundle) -> Facts:
    """What is known of a bundle's asset."""
    return Facts.from_json(json.loads(bundle.facts))
