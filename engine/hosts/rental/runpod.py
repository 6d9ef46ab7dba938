"""RunPod as a provider: its REST API v2, by its published description (docs/renting.md says what nobody ran)."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from engine.errors import HostRefused, OfferGone, RentalError
from engine.hosts.rental import market, onstart
from engine.hosts.rental.clock import steady
from engine.hosts.rental.desk import Desk, Said, Unanswered, numeric, objects, text
from engine.language import tr
from engine.model import Instance, Need, Offer

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

URL = "https://api.runpod.io"
IMAGE = "runpod/pytorch:2.8.0-py3.11-cuda12.8.1"  # starts an SSH server for PUBLIC_KEY, as all images of RunPod do
START = "bash -c 'echo $KINORA_START | base64 -d | sh; exec /start.sh'"
CUDA = "13.0"  # what the driver must know for resources/node-gpu.lock
DISK = 0.10  # US dollars a month for a GB of a running container's disk
CLOUDS = ("SECURE", "COMMUNITY")
CARELESS = 0.9  # who asks for no more than this reliability is offered machines of other people too
PAGES = 100
QUIET = 4.0  # seconds without a line after which all that was printed has come
BILLED = 40  # days
IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,64}")
FULL = re.compile(
    r"no longer any instances|no instances|capacity|not available|unavailable|out of stock", re.IGNORECASE
)
STATES = {
    "PROVISIONING": "starting", "STARTING": "starting", "RUNNING": "running", "EXITED": "stopped", "ERROR": "failed",
    "TERMINATED": "gone",
}  # fmt: skip


class RunPod:
    """A provider (see engine/hosts/rental/provider.py). An offer is a sort of GPU in one of its two clouds."""

    name = "runpod"
    title = "RunPod"

    def __init__(
        self,
        key: str,
        *,
        url: str = URL,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = steady,
    ) -> None:
        self._desk = Desk(self.title, url, key, transport=transport, clock=clock)
        self._itself = onstart.Itself(
            "RUNPOD_POD_ID", "RUNPOD_API_KEY", f"{self._desk.url}/v2/pods/", otherwise='runpodctl remove pod "$i"'
        )
        self._latest = market.Latest(clock)

    def search(self, need: Need) -> list[Offer]:
        """Offers that fit, the best value first; for some seconds the last ones when asked too often.

        Machines that may be taken away again are not offered: the API has none.
        """
        if need.interruptible:
            return []
        clouds = CLOUDS if need.reliability <= CARELESS else CLOUDS[:1]
        return self._latest.of(need, lambda: (offer for cloud in clouds for offer in self._in(cloud, need)))

    def _in(self, cloud: str, need: Need) -> list[Offer]:
        params = {"include": "AVAILABILITY", "product": "POD", "cloud": cloud, "minCudaVersion": CUDA}
        said = self._desk.sure(self._desk.ask("GET", "/v2/catalog/gpus", params=params, lane="search"))
        found = [_offer(row, cloud, need) for row in objects(said.fields.get("gpus"))]
        untold = replace(need, reliability=0.0, down=0.0)  # it says neither
        return [offer for offer in found if offer is not None and market.fits(offer, untold)]

    def rent(self, offer: Offer, label: str, *, seconds: float, key: str) -> str:
        """Rent a machine, once; one that costs more than was offered is destroyed again."""
        script = onstart.script(key, seconds, self._itself)
        cloud, _, kind = offer.id.partition(":")
        body = {
            "name": label, "image": IMAGE, "cloud": cloud, "gpu": {"id": kind, "count": 1, "minCudaVersion": CUDA},
            "disk": offer.disk, "ports": ["22/tcp"], "args": START, "startSsh": True,
            "env": {"PUBLIC_KEY": key, "KINORA_START": base64.b64encode(script.encode()).decode("ascii")},
        }  # fmt: skip
        try:
            said = self._desk.ask("POST", "/v2/pods", body=body, lane="rent")
        except Unanswered as error:
            if FULL.search(error.text):  # it says so with a 500 too
                raise self._full(error.text) from error
            raise market.unclear(error.text) from error
        if not said.fine:
            raise self._refusal(said)
        made = text(said.fields.get("id"))
        if not IDENTITY.fullmatch(made):
            raise market.unclear(tr("{name} answered with something that says nothing.", name=self.title))
        market.hold_to(offer, self, made, numeric(said.fields.get("cost")))
        return made

    def get(self, number: str) -> Instance | None:
        """A machine, None when it is gone."""
        said = self._desk.ask("GET", f"/v2/pods/{_plain(number)}", lane="show")
        if said.status in (404, 410):
            return None
        if text(self._desk.sure(said).fields.get("id")) != number:
            raise self._desk.odd()
        found = _instance(said.fields, said.clock)
        return None if found.state == "gone" else found

    def list(self, prefix: str) -> Sequence[Instance]:
        """All machines whose name begins so."""
        found: dict[str, Instance] = {}
        cursor, seen = "", set[str]()
        for _ in range(PAGES):
            said = self._desk.sure(
                self._desk.ask("GET", "/v2/pods", params={"cursor": cursor} if cursor else None, lane="list")
            )
            if not isinstance(said.fields.get("pods"), list):
                raise self._desk.odd()
            for row in objects(said.fields["pods"]):
                one = _instance(row, said.clock)
                if one.id and one.state != "gone" and one.label.startswith(prefix):
                    found[one.id] = one
            pages = said.fields.get("pagination")
            seen.add(cursor)
            cursor = text(pages.get("nextCursor")) if isinstance(pages, dict) and pages.get("hasNextPage") else ""
            if not cursor:
                return tuple(found.values())
            if cursor in seen:
                break
        raise self._desk.odd()

    def destroy(self, number: str) -> None:
        """Destroy a machine; gone already is as good."""
        said = self._desk.ask("DELETE", f"/v2/pods/{_plain(number)}", lane="destroy", urgent=True)
        if not said.fine and said.status not in (404, 410):
            raise self._desk.no(said)

    def logs(self, number: str) -> str:
        """What the machine printed; the stream never ends by itself, so it is read until it falls silent."""
        path = f"/v2/pods/{_plain(number)}/logs"
        said = self._desk.ask("GET", path, params={"source": "container", "tail": "1000"}, lane="logs", quiet=QUIET)
        if not said.fine:
            raise self._desk.no(said)
        lines = []
        for line in said.body.decode("utf-8", "replace").splitlines():
            if line.startswith("data:"):
                event = _json(line[5:])
                lines += [str(event["line"])] if isinstance(event, dict) and "line" in event else []
        return "\n".join(lines)

    def attach_key(self, number: str, public: str) -> None:
        """Let an SSH key in: RunPod has no way to do so later; the machine was given ours when it was rented.

        Raises:
            RentalError: always.
        """
        raise RentalError(tr("{name} takes no further keys for a machine that runs.", name=self.title), hint="")

    def credit(self) -> float:
        """US dollars that are left; the REST API does not tell, the older one does."""
        said = self._desk.sure(
            self._desk.ask("POST", "/graphql", body={"query": "query { myself { clientBalance } }"}, lane="user")
        )
        data = said.fields.get("data")
        me = data.get("myself") if isinstance(data, dict) else None
        if not isinstance(me, dict) or me.get("clientBalance") is None:
            raise RentalError(tr("{name} does not say how much credit there is.", name=self.title))
        return numeric(me["clientBalance"])

    def billed(self, number: str) -> float | None:
        """US dollars that were billed for a machine so far; None when it does not say, or not to this key."""
        today = datetime.fromtimestamp(self.clock() or time.time(), UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        params = {
            "bucketSize": "day", "startTime": f"{today - timedelta(days=BILLED):%Y-%m-%dT%H:%M:%SZ}",
            "endTime": f"{today + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip
        try:
            said = self._desk.ask("GET", "/v2/billing/pods", params=params, lane="charges")
        except HostRefused as error:
            log.info("RunPod says nothing of what was billed: %s", error)
            return None
        rows = [row for row in objects(said.fields.get("records")) if row.get("podId") == number] if said.fine else []
        return sum(numeric(row.get("totalAmount")) for row in rows) if rows else None

    def clock(self) -> float | None:
        """What time it is by its own clock."""
        return self._desk.time

    def close(self) -> None:
        """Let go of what is open."""
        self._desk.close()

    def _refusal(self, said: Said) -> RentalError:
        words = self._desk.clean(said)
        if FULL.search(words):
            return self._full(words)
        if said.status == 402 or "balance" in words.lower() or "fund" in words.lower():
            return RentalError(
                tr("There is not enough credit at RunPod ({words}).", words=words),
                hint=tr("Add credit at the provider, or choose fewer hours."),
            )
        return RentalError(tr("{name} does not rent it: {words}", name=self.title, words=words))

    def _full(self, words: str) -> OfferGone:
        return OfferGone(tr("Somebody else has this machine ({words}).", words=words))


def _plain(number: str) -> str:
    """The name of a pod, for an address. Raises RentalError: it is none."""
    if not IDENTITY.fullmatch(number):
        raise RentalError(tr("{number!r} is no machine of RunPod.", number=number[:40]))
    return quote(number)


def _offer(row: Mapping[str, Any], cloud: str, need: Need) -> Offer | None:
    """A sort of GPU in a cloud as an offer, None where there is none now."""
    prices, half = row.get("price"), cloud.lower()
    price = numeric(prices.get(half)) if isinstance(prices, dict) else 0.0
    if not row.get(half) or price <= 0 or text(row.get("availability")) in ("", "NONE"):
        return None
    places = [text(one.get("id")) for one in objects(row.get("dataCenters")) if one.get("availability") != "NONE"]
    return Offer(
        "runpod", f"{cloud}:{row.get('id')}", text(row.get("name")), 1, int(numeric(row.get("memory")) * (1 << 30)),
        round(price + need.disk * DISK / market.MONTH, 6), place=", ".join(places[:3]), disk=need.disk,
    )  # fmt: skip


def _instance(row: Mapping[str, Any], clock: float | None) -> Instance:
    """A pod as we know machines; times by our clock."""
    status = text(row.get("status")).upper()
    ways = row.get("ssh")
    direct = ways.get("direct") if isinstance(ways, dict) else None
    host, port = (text(direct.get("host")), int(numeric(direct.get("port")))) if isinstance(direct, dict) else ("", 0)
    begun = _moment(row.get("startedAt") or row.get("createdAt"))
    age = max(0.0, clock - begun) if clock is not None and begun else 0.0
    return Instance(
        text(row.get("id")), text(row.get("name")), STATES.get(status, "starting"),
        "" if status in ("RUNNING", "STARTING") else status, host if 0 < port < 65_536 else "",
        port if host and 0 < port < 65_536 else 0, numeric(row.get("cost")), time.time() - age if age else 0.0,
    )  # fmt: skip


def _moment(value: Any) -> float:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return 0.0


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
