"""Numbers for Prometheus, in a registry of our own: jobs, hosts, requests, bytes, answers that wait."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from engine.store import spool

if TYPE_CHECKING:
    from engine.serve.front import Front

STATES = ("waiting", "running", "done", "failed", "cancelled", "held")
TIMES = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)


class Metrics:
    """Counts requests as they come; the rest is asked for when somebody looks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._lock = threading.Lock()
        own = self._registry
        labels = ("method", "route", "status")
        self._requests = Counter("kinora_requests_total", "Requests answered", labels, registry=own)
        self._times = Histogram(
            "kinora_request_seconds", "Seconds for an answer", ("route",), buckets=TIMES, registry=own
        )
        self._taken = Counter("kinora_received_bytes_total", "Bytes of bodies received", registry=own)
        self._given = Counter("kinora_sent_bytes_total", "Bytes of bodies sent", registry=own)
        self._front: Front | None = None

    def watch(self, front: "Front") -> None:
        """From now on tell of this front's library, too."""
        self._front = front
        self._registry.register(self)

    def request(self, method: str, route: str, status: int, seconds: float, taken: int, given: int) -> None:
        """Count an answer; `route` is its template, so that there are only so many."""
        self._requests.labels(method if method.isalpha() and len(method) < 8 else "other", route, str(status)).inc()
        self._times.labels(route).observe(seconds)
        self._taken.inc(taken)
        self._given.inc(given)

    def text(self) -> bytes:
        """All numbers in Prometheus' text form."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Any]:
        """The numbers of now, for the registry."""
        front = self._front
        if front is None:
            return
        queue = front.library.queue()
        jobs = GaugeMetricFamily("kinora_jobs", "Jobs by state", labels=["state"])
        for state in STATES:
            jobs.add_metric([state], getattr(queue, state))
        yield jobs
        yield GaugeMetricFamily("kinora_jobs_per_second", "Jobs finished in a second", queue.per_second)
        yield from self._hosts(front)
        yield GaugeMetricFamily("kinora_listeners", "Live connections", front.live.count)
        refused = GaugeMetricFamily("kinora_refused", "Requests refused since the start", labels=["why"])
        for why, count in front.access.refused.items():
            refused.add_metric([why], count)
        yield refused
        if front.service is not None:
            yield GaugeMetricFamily("kinora_node_answers", "Answers that wait to be acknowledged", answers(front))

    def _hosts(self, front: "Front") -> Iterator[Any]:
        rate = GaugeMetricFamily("kinora_host_jobs_per_second", "Jobs in a second by host", labels=["host"])
        running = GaugeMetricFamily("kinora_host_running", "Bundles at work by host", labels=["host"])
        for state in front.library.hosts.states():
            rate.add_metric([state.row.name], state.rate)
            running.add_metric([state.row.name], state.running)
        yield rate
        yield running


def answers(front: "Front") -> int:
    """How many answers of the node wait to be acknowledged."""
    with front.library.database.read() as connection:
        return spool.unacknowledged(connection)
