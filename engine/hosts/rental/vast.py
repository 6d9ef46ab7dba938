"""Vast.ai as a provider: its REST API as it is met in the wild (docs/renting.md says what was run)."""

from __future__ import annotations

import json
import logging
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.errors import HostError, HostRefused, OfferGone, RentalError
from engine.hosts.rental import market, onstart
from engine.hosts.rental.clock import steady
from engine.hosts.rental.desk import Desk, Said, Unanswered, numeric, objects, safe, text
from engine.language import tr
from engine.model import Instance, Need, Offer
from engine.model.contracts import SLACK

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

URL = "https://console.vast.ai"
IMAGE = "nvidia/cuda:12.8.1-base-ubuntu24.04"  # small: the libraries that a node needs come with it
RUNTYPE = "ssh_direc ssh_proxy"  # as the official client spells it
CUDA = 13.0  # what the driver must know for resources/node-gpu.lock
OFFERS = 64  # more are never given
PAGE = 25
PAGES = 400
LOGS = 2 << 20  # bytes
LOOKS, APART = 12, 1.0  # for logs that are being made ready
HOUR = 3600
BILLED = 40 * 86_400  # seconds back in which charges are looked for
NUMBER = re.compile(r"[0-9]{1,18}")


class Vast:
    """A provider (see engine/hosts/rental/provider.py). `url` and `transport` are for tests."""

    name = "vast"
    title = "Vast.ai"

    def __init__(
        self,
        key: str,
        *,
        url: str = URL,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = steady,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._desk = Desk(self.title, url, key, transport=transport, clock=clock)
        self._sleep = sleep
        self._itself = onstart.Itself("CONTAINER_ID", "CONTAINER_API_KEY", f"{self._desk.url}/api/v0/instances/", "/")
        self._latest = market.Latest(clock)

    def search(self, need: Need) -> list[Offer]:
        """Offers that fit, the best value first; for some seconds the last ones when asked too often."""
        return self._latest.of(need, lambda: self._found(need))

    def _found(self, need: Need) -> Sequence[Offer | None]:
        said = self._desk.sure(self._desk.ask("POST", "/api/v0/bundles/", body=_query(need), lane="search"))
        return [_offer(row, need) for row in objects(said.fields.get("offers"))]

    def rent(self, offer: Offer, label: str, *, seconds: float, key: str) -> str:
        """Rent a machine, once; what was made although it was refused is destroyed again."""
        script = onstart.packed(onstart.script(key, seconds, self._itself))
        body = {
            "client_id": "me", "image": IMAGE, "disk": offer.disk, "label": label, "env": {}, "onstart": script,
            "runtype": RUNTYPE, "price": offer.bid or None, "cancel_unavail": True, "target_state": "running",
        }  # fmt: skip
        try:
            said = self._desk.ask("PUT", f"/api/v0/asks/{_plain(offer.id)}/", body=body, lane="rent")
        except Unanswered as error:
            raise market.unclear(error.text) from error
        made = _made(said)
        if made and said.done and not _queued(said.words):
            self._settle(made, offer, key)
            self._see_off(made, seconds)
            return made
        if made:
            market.undo(self, made)
        elif said.done:
            raise market.unclear(tr("{name} answered with something that says nothing.", name=self.title))
        raise _refusal(self._desk.clean(said), said.status)

    def get(self, number: str) -> Instance | None:
        """A machine, None when it is gone."""
        said = self._desk.ask("GET", f"/api/v0/instances/{_plain(number)}/", params={"owner": "me"}, lane="show")
        if said.status in (404, 410) or "no_such_instance" in said.words:
            return None
        self._desk.sure(said)
        told = said.fields.get("instances", 0)
        if told is None or told == []:
            return None
        rows = [row for row in objects(told) if text(row.get("id")) == number]
        if not rows:  # nonsense is no proof that it is gone
            raise self._desk.odd()
        return _instance(rows[0], said.clock)

    def list(self, prefix: str) -> Sequence[Instance]:
        """All machines whose label begins so. An old list is never given: what is missing in it would count."""
        found: dict[str, Instance] = {}
        token, seen = "", set[str]()
        for _ in range(PAGES):
            params = {"limit": str(PAGE), "select_filters": "{}", "order_by": '[{"col":"id","dir":"asc"}]'}
            if token:
                params["after_token"] = json.dumps(token)
            said = self._desk.ask("GET", "/api/v1/instances/", params=params, lane="list")
            self._desk.sure(said)
            if not isinstance(said.fields.get("instances"), list):
                raise self._desk.odd()
            for row in objects(said.fields["instances"]):
                one = _instance(row, said.clock)
                if one.id and one.label.startswith(prefix):
                    found[one.id] = one
            seen.add(token)
            token = said.fields.get("next_token") or ""
            if not isinstance(token, str) or (token and token in seen):
                raise self._desk.odd()
            if not token:
                return tuple(found.values())
        raise self._desk.odd()

    def destroy(self, number: str) -> None:
        """Destroy a machine; gone already is as good."""
        path = f"/api/v0/instances/{_plain(number)}/"
        said = self._desk.ask("DELETE", path, body={}, lane="destroy", urgent=True)
        gone = said.status in (404, 410) or "no_such_instance" in said.words
        if not gone and not said.done:
            raise self._desk.no(said)

    def logs(self, number: str) -> str:
        """What the machine printed; it lies at another place, which is asked without the key."""
        path = f"/api/v0/instances/request_logs/{_plain(number)}/"
        said = self._desk.ask("PUT", path, body={"tail": "1000"}, lane="logs")
        self._desk.sure(said)
        place = said.fields.get("result_url")
        if not isinstance(place, str) or not safe(place) or not _as_near(place, self._desk.url):
            raise self._desk.odd()
        for turn in range(LOOKS):
            if turn:
                self._sleep(APART)
            found = self._desk.fetch("GET", place, most=LOGS)
            if found.status == 200:
                return found.body.decode("utf-8", "replace")
        raise RentalError(tr("{name} does not give what the machine printed.", name=self.title), hint="")

    def attach_key(self, number: str, public: str) -> None:
        """Let an SSH key in; one that is let in already is no error."""
        path = f"/api/v0/instances/{_plain(number)}/ssh/"
        said = self._desk.ask("POST", path, body={"ssh_key": public.strip()}, lane="ssh")
        if "already" not in said.words.lower():
            self._desk.sure(said)

    def credit(self) -> float:
        """US dollars that are left."""
        said = self._desk.ask("GET", "/api/v0/users/current/", lane="user")
        self._desk.sure(said)
        for name in ("credit", "balance"):  # its reference names the one, its client reads the other
            if said.fields.get(name) is not None:
                return numeric(said.fields[name])
        raise RentalError(tr("{name} does not say how much credit there is.", name=self.title))

    def billed(self, number: str) -> float | None:
        """US dollars that were charged for a machine so far; None when it does not say, or not to this key."""
        now = int(self.clock() or time.time())
        filters = {"day": {"gte": now - BILLED, "lte": now + 86_400}, "type": {"in": ["instance"]}}
        params = {"select_filters": json.dumps(filters), "limit": "100", "latest_first": "true"}
        sums: list[float] = []
        for _ in range(PAGES):
            try:
                said = self._desk.ask("GET", "/api/v0/charges/", params=params, lane="charges")
            except HostRefused as error:
                log.info("Vast.ai says nothing of what was charged: %s", error)
                return None
            rows = objects(said.fields.get("results")) if said.fine else []
            sums += [numeric(row.get("amount")) for row in rows if row.get("source") == f"instance-{number}"]
            token = said.fields.get("next_token")
            if not rows or not isinstance(token, str) or not token or params.get("after_token") == token:
                break
            params["after_token"] = token
        return sum(sums) if sums else None

    def clock(self) -> float | None:
        """What time it is by its own clock."""
        return self._desk.time

    def close(self) -> None:
        """Let go of what is open."""
        self._desk.close()

    # --- after renting ------------------------------------------------------------------------------------------------

    def _settle(self, made: str, offer: Offer, key: str) -> None:
        """Look what it really costs, and let our key in beside what the machine does itself.

        Raises:
            OfferGone: it costs more than was offered; it is destroyed again.
            RentUnclear: that did not work.
        """
        try:
            found = self.get(made)
        except HostError as error:
            log.info("machine %s cannot be looked at yet: %s", made, error)
            found = None
        if found is not None:
            market.hold_to(offer, self, made, found.price)
        try:
            self.attach_key(made, key)
        except HostError as error:
            log.info("the key of machine %s is left to its own script: %s", made, error)

    def _see_off(self, made: str, seconds: float) -> None:
        """Have Vast.ai itself destroy a machine some time after its hard stop, should nobody else do so.

        Its scheduler works at full hours, from that on in which the start lies; it tries for a day.
        """
        path, at = f"/api/v0/instances/{_plain(made)}/", (self.clock() or time.time()) + seconds + SLACK
        start = math.ceil(at / HOUR) * HOUR + 1
        body = {
            "start_time": start, "end_time": start + 24 * HOUR, "api_endpoint": path, "request_method": "DELETE",
            "request_body": {}, "frequency": "HOURLY", "day_of_the_week": None, "hour_of_the_day": None,
            "instance_id": int(made),
        }  # fmt: skip
        try:
            self._desk.sure(self._desk.ask("POST", "/api/v0/commands/schedule_job/", body=body, lane="schedule"))
        except HostError as error:
            log.info("Vast.ai does not promise to destroy machine %s by itself: %s", made, error)


# --- what it is asked -------------------------------------------------------------------------------------------------


def _query(need: Need) -> dict[str, Any]:
    """The question for offers; every condition is looked at once more here, for not all are always heeded there."""
    query: dict[str, Any] = {
        "verified": {"eq": True}, "external": {"eq": False}, "rentable": {"eq": True}, "rented": {"eq": False},
        "gpu_ram": {"gte": int(market.least(need) / (1 << 20))}, "reliability2": {"gte": need.reliability},
        "inet_down": {"gte": need.down}, "cuda_max_good": {"gte": CUDA}, "direct_port_count": {"gte": 1},
        "disk_space": {"gte": need.disk}, "order": [["dph_total", "asc"]], "limit": OFFERS,
        "type": "bid" if need.interruptible else "on-demand", "allocated_storage": float(need.disk),
    }  # fmt: skip
    if not need.interruptible:
        query["dph_total"] = {"lte": need.price}
    if need.gpu:
        name = need.gpu.replace("_", " ").strip()
        query["gpu_name"] = {"in": list(dict.fromkeys((name, name.upper())))}
    return query


def _plain(number: str) -> str:
    """A number of an offer or a machine, for an address. Raises RentalError: it is none."""
    if not NUMBER.fullmatch(number):
        raise RentalError(tr("{number!r} is no number of Vast.ai.", number=number[:40]))
    return number


# --- what it answers --------------------------------------------------------------------------------------------------


def _offer(row: Mapping[str, Any], need: Need) -> Offer | None:
    """An offer as we count it, None where it does not fit."""
    bid = round(numeric(row.get("min_bid")) * market.ABOVE, 4) if need.interruptible else 0.0
    base = bid or numeric(row.get("dph_base"))
    disk = need.disk * numeric(row.get("storage_cost")) / market.MONTH
    price = base + disk if base > 0 else numeric(row.get("dph_total"))
    duration = numeric(row.get("duration"))
    offer = Offer(
        "vast", text(row.get("ask_contract_id") or row.get("id")), text(row.get("gpu_name")),
        int(numeric(row.get("num_gpus"), 1)), int(numeric(row.get("gpu_ram")) * (1 << 20)), round(price, 6),
        traffic=max(numeric(row.get("inet_up_cost")), numeric(row.get("inet_down_cost"))),
        reliability=numeric(row.get("reliability2") or row.get("reliability")), down=numeric(row.get("inet_down")),
        up=numeric(row.get("inet_up")), place=text(row.get("geolocation")),
        ends=time.time() + duration if duration > 0 else 0.0, speed=numeric(row.get("dlperf")), disk=need.disk, bid=bid,
    )  # fmt: skip
    taken = row.get("rentable") is False or row.get("rented") is True or (need.interruptible and bid <= 0)
    room = row.get("disk_space") is None or numeric(row["disk_space"]) >= need.disk
    return offer if NUMBER.fullmatch(offer.id) and not taken and room and market.fits(offer, need) else None


def _made(said: Said) -> str:
    """The number of the machine that was made, empty where none was."""
    found = text(said.fields.get("new_contract"))
    return found if NUMBER.fullmatch(found) else ""


def _queued(words: str) -> bool:
    """Whether it would start, and cost money, some day when its GPU is free."""
    return "state change queued" in words.lower() or "resources are currently unavailable" in words.lower()


def _refusal(words: str, status: int) -> RentalError:
    """Why nothing was rented."""
    low = words.lower()
    if "no_such_ask" in low or status in (404, 410) or _queued(low):
        return OfferGone(tr("Somebody else has this machine ({words}).", words=words))
    if "credit" in low or "balance" in low:
        return RentalError(
            tr("There is not enough credit at Vast.ai ({words}).", words=words),
            hint=tr("Add credit at the provider, or choose fewer hours."),
        )
    return RentalError(tr("{name} does not rent it: {words}", name="Vast.ai", words=words))


def _instance(row: Mapping[str, Any], clock: float | None) -> Instance:
    """A machine as we know machines; times by our clock, whatever theirs says."""
    state, words = state_of(row)
    total, base = numeric(row.get("dph_total")), numeric(row.get("dph_base"))
    address, port = _address(row)
    begun = numeric(row.get("start_date"))
    age = max(0.0, clock - begun) if clock is not None and begun > 0 else 0.0
    return Instance(
        text(row.get("id")), text(row.get("label")), state, words, address, port,
        max(0.0, total - base) if state == "stopped" and total else total or base, time.time() - age if age else 0.0,
    )  # fmt: skip


FATAL = re.compile(
    r"OCI runtime create failed|manifest unknown|manifest for \S+ not found|pull access denied"
    r"|repository does not exist|no such image|toomanyrequests|invalid reference format|no space left on device"
    r"|Error response from daemon",
    re.IGNORECASE,
)
STATES = {
    "running": "running", "loading": "starting", "created": "starting", "rebooting": "starting", "": "starting",
    "stopped": "stopped", "frozen": "stopped", "exited": "failed", "unknown": "failed", "offline": "failed",
}  # fmt: skip


def state_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """The state of a machine as we count them, with its words; what cannot come to run any more is told at once."""
    actual, words = text(row.get("actual_status")).lower(), text(row.get("status_msg"))
    three = {text(row.get(name)).lower() for name in ("cur_state", "intended_status", "next_state")}
    if three == {"stopped"}:
        return "stopped", words or tr("It was outbid or stopped.")
    state = STATES.get(actual, "starting")
    if state == "starting" and FATAL.search(words):
        return "failed", words
    if state != "running" and _queued(words):
        return "stopped", words
    return state, words


def _address(row: Mapping[str, Any]) -> tuple[str, int]:
    """Where its SSH is: directly where that is open, else through the provider's proxy."""
    host, ports = text(row.get("public_ipaddr")), row.get("ports")
    opened = ports.get("22/tcp") if isinstance(ports, dict) else None
    for one in opened if isinstance(opened, list) else []:
        port = int(numeric(one.get("HostPort") if isinstance(one, dict) else one))
        if host and 0 < port < 65_536:
            return host, port
    host, port = text(row.get("ssh_host")), int(numeric(row.get("ssh_port")))
    if "jupyter" in text(row.get("image_runtype")):
        port += 1
    return (host, port) if host and 0 < port < 65_536 else ("", 0)


def _as_near(place: str, url: str) -> bool:
    """Whether a place may be asked: one on this machine only where the provider is on it too, as in tests."""
    return urlsplit(place).scheme == "https" or urlsplit(url).scheme == "http"
