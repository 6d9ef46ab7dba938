"""A fake of Vast.ai: every endpoint that Kinora asks, and those that the official client asks, with their oddities.

By hand: `python -m tests.fakes.vast --port 19090`, then `VAST_URL=http://127.0.0.1:19090 vastai search offers`.
"""

import json
from typing import Any

from tests.fakes.boxes import NEVER, Box, seconds_of
from tests.fakes.provider import Answer, Fake, by_hand

MONTH = 720.0
ALIASES = {"reliability": "reliability2", "dph": "dph_total", "cuda_vers": "cuda_max_good"}
NO_ASK = {"success": False, "error": "no_such_ask", "msg": "error 404/3603: no_such_ask: it is not available."}
QUEUED = "Required resources are currently unavailable, state change queued."


class FakeVast(Fake):
    """The market, the machines and the money of Vast.ai."""

    free = frozenset({"gpu_names", "log"})
    scopes = {
        "search": "misc", "rent": "instance_write", "destroy": "instance_write", "state": "instance_write",
        "attach": "instance_write", "logs": "instance_write", "show": "instance_read", "list": "instance_read",
        "schedule": "instance_write", "user": "user_read", "keys": "user_write", "charges": "billing_read",
    }  # fmt: skip
    routes = (
        ("POST", "/api/v0/bundles", "search"), ("GET", "/api/v0/bundles", "search"),
        ("PUT", "/api/v0/search/asks", "search"), ("GET", "/api/v0/gpu_names/unique", "gpu_names"),
        ("PUT", "/api/v0/asks/{id}", "rent"), ("POST", "/api/v0/asks/bulk", "rent"),
        ("GET", "/api/v0/instances/pending-price-increases", "increases"),
        ("GET", "/api/v0/instances/{id}", "show"), ("GET", "/api/v0/instances", "list"),
        ("GET", "/api/v1/instances", "list"), ("PUT", "/api/v0/instances/{id}", "state"),
        ("DELETE", "/api/v0/instances/{id}", "destroy"), ("PUT", "/api/v0/instances/bid_price/{id}", "bid"),
        ("PUT", "/api/v0/instances/reboot/{id}", "reboot"), ("PUT", "/api/v0/instances/recycle/{id}", "reboot"),
        ("PUT", "/api/v0/instances/request_logs/{id}", "logs"), ("PUT", "/api/v0/instances/command/{id}", "logs"),
        ("POST", "/api/v0/commands/schedule_job", "schedule"),
        ("POST", "/api/v0/instances/{id}/ssh", "attach"), ("GET", "/api/v0/instances/{id}/ssh", "attached"),
        ("DELETE", "/api/v0/instances/{id}/ssh/{id}", "detach"), ("GET", "/_logs/{id}", "log"),
        ("GET", "/api/v0/users/current", "user"), ("GET", "/api/v0/charges", "charges"),
        ("POST", "/api/v0/ssh", "keys"), ("GET", "/api/v0/ssh", "keys"), ("DELETE", "/api/v0/ssh/{id}", "keys"),
    )  # fmt: skip

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.boot = (2.0, 60.0)  # seconds until it loads, until it runs
        self.fate = ""  # of the machines that are made: "", stuck, oci, image, offline, exited
        self.outbid = NEVER  # seconds after which a machine that was bid for is lost
        self.taken = 0  # status with which every offer is gone; 0: none is
        self.ignored: list[str] = []  # filters that the server does not heed
        self.ports = "dicts"  # dicts, ints, none
        self.page = 25
        self.money = 100.0
        self.busy = False  # stopped machines cannot be started: it is queued
        self.queued_for = 600.0
        self.log_waits = 1  # times that a log is not ready yet
        self.ssh: tuple[str, int] | None = None  # where machines really let one in
        self.dead_man = True  # machines end themselves as their script says
        self.odd_rent: Any = None  # what renting answers instead of the truth
        self.offers: dict[str, dict[str, Any]] = {}
        self.account_keys: list[str] = []
        self.scheduled: dict[str, float] = {}  # when it destroys machines by itself
        self._waits: dict[str, int] = {}
        for index, (gpu, memory, price) in enumerate(
            [("RTX 4090", 24564, 0.35), ("RTX 3090", 24576, 0.18), ("A100 SXM4", 81920, 1.1), ("RTX 3060", 12288, 0.07)]
        ):
            self.add_offer(
                gpu_name=gpu, gpu_ram=memory, dph_base=price, min_bid=price * 0.6, dlperf=price * (90 - index)
            )

    # --- what tests set -----------------------------------------------------------------------------------------------

    def add_offer(self, **fields: Any) -> str:
        """One more machine on the market."""
        number = 7_000_000 + len(self.offers)
        row = {
            "id": number, "ask_contract_id": number, "machine_id": 1000 + len(self.offers), "host_id": 55,
            "bundle_id": 9, "num_gpus": 1, "gpu_name": "RTX 4090", "gpu_ram": 24564, "gpu_total_ram": 24564,
            "gpu_frac": 1.0, "compute_cap": 890, "cuda_max_good": 13.0, "driver_version": "580.95.05",
            "cpu_cores": None, "cpu_cores_effective": 16.0, "cpu_ram": 64000, "disk_space": 200.0, "disk_bw": 2000.0,
            "inet_up": 600.0, "inet_down": 800.0, "inet_up_cost": 0.01, "inet_down_cost": 0.005, "dph_base": 0.35,
            "min_bid": 0.2, "storage_cost": 0.15, "reliability": 0.99, "reliability2": 0.99, "verification": "verified",
            "verified": True, "external": False, "geolocation": "Sweden, SE", "duration": 30 * 86_400.0,
            "start_date": self.says - 86_400, "end_date": self.says + 30 * 86_400, "static_ip": True,
            "direct_port_count": 20, "hosting_type": 1, "datacenter": False, "score": 300.0, "dlperf": 80.0,
            "dlperf_per_dphtotal": 200.0, "flops_per_dphtotal": 100.0, "is_bid": False, "rentable": True,
            "rented": False, "logo": "", "webpage": None, "pci_gen": 4.0, "pcie_bw": 20.0, "cpu_name": "EPYC",
            "total_flops": 80.0, "vericode": 1,
        } | fields  # fmt: skip
        self.offers[str(number)] = row
        return str(number)

    def rise(self, offer: str, factor: float) -> None:
        """The price of an offer rises after it was looked at."""
        self.offers[offer]["dph_base"] *= factor

    def raise_price(self, number: str, factor: float) -> None:
        """The owner asks more for a machine that is rented already."""
        box = self.boxes[number]
        box.settle(self.now)
        box.base *= factor

    def settle(self) -> None:
        for number, at in list(self.scheduled.items()):
            box = self.boxes.get(number)
            if box is not None and box.alive and self.now >= at:
                box.settle(at)
                box.end(at)
        super().settle()

    # --- endpoints ----------------------------------------------------------------------------------------------------

    def work(self, name: str, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        if not name:
            return Answer(404, {"success": False, "error": "not_found", "msg": "no such endpoint"})
        if number and name in ("show", "state", "destroy", "bid", "reboot", "logs", "attach", "attached", "detach"):
            box = self.boxes.get(number.split("/")[0])
            if box is None or not box.alive:
                if name == "show":
                    return Answer(200, {"instances": None})
                return Answer(
                    404, {"success": False, "error": "no_such_instance", "msg": f"Instance {number} not found."}
                )
            return getattr(self, f"_{name}")(box, body or {}, number)  # type: ignore[no-any-return]
        return getattr(self, f"_{name}")(number, query, body or {}, headers)  # type: ignore[no-any-return]

    def _search(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        asked = json.loads(query["q"]) if "q" in query else body.get("q", body)
        disk, bid = float(asked.get("allocated_storage", 5.0)), asked.get("type") in ("bid", "interruptible")
        rows = [self._priced(row, disk, bid) for row in self.offers.values()]
        for name, condition in asked.items():
            if isinstance(condition, dict) and name not in self.ignored:
                rows = [row for row in rows if _holds(row.get(ALIASES.get(name, name)), condition)]
        for name, way in reversed(asked.get("order") or []):
            rows.sort(key=lambda row: row.get(name) or 0, reverse=way == "desc")
        return Answer(200, {"success": True, "offers": rows[: min(64, int(asked.get("limit") or 64))]})

    def _priced(self, row: dict[str, Any], disk: float, bid: bool) -> dict[str, Any]:
        storage = disk * row["storage_cost"] / MONTH
        base = row["min_bid"] if bid else row["dph_base"]
        return {**row, "dph_total": base + storage, "storage_total_cost": storage, "is_bid": bid, "dph_base": base}

    def _gpu_names(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        return Answer(200, {"gpu_names": sorted({row["gpu_name"] for row in self.offers.values()})})

    def _rent(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        offer = self.offers.get(number or str((body.get("ids") or [0])[0]))
        if self.taken or offer is None or not offer["rentable"]:
            return Answer(self.taken or 410, dict(NO_ASK))
        if self.money - sum(self.bill().values()) <= 0:
            return Answer(400, {"success": False, "error": "insufficient_credit", "msg": "Your account lacks credit."})
        if not body.get("image"):
            return Answer(400, {"success": False, "error": "invalid_args", "msg": "image is missing"})
        price = float(body["price"]) if body.get("price") is not None else None
        box = self._make(offer, body, price)
        if price is not None and price < offer["min_bid"]:
            box.stop(self.now)
            return Answer(
                200, {"success": False, "error": "bid_too_low", "msg": "bid is too low", "new_contract": int(box.id)}
            )
        if self.odd_rent is not None:
            return Answer(200, self.odd_rent)
        return Answer(200, {"success": True, "new_contract": int(box.id), "instance_api_key": "scoped"})

    def _make(self, offer: dict[str, Any], body: Any, price: float | None) -> Box:
        offer["rentable"], offer["rented"] = False, True
        number, now = str(31_000_000 + len(self.boxes)), self.now
        box = Box(
            number, body.get("label") or "", offer, price if price is not None else offer["dph_base"],
            float(body.get("disk") or 10) * offer["storage_cost"] / MONTH, now, now + self.boot[0], now + self.boot[1],
            outbid_at=now + self.outbid if price is not None else NEVER, bid=price is not None, body=body,
            seconds=seconds_of(body.get("onstart")) if self.dead_man else NEVER, keys=list(self.account_keys),
        )  # fmt: skip
        if self.fate:
            box.runs_at = NEVER
            box.state, box.words = {
                "stuck": ("loading", "Pulling from pytorch/pytorch"),
                "oci": ("created", "Error: OCI runtime create failed: could not select device driver"),
                "image": ("loading", "Error response from daemon: manifest unknown"),
            }.get(self.fate, (self.fate, ""))
            box.loads_at = NEVER if self.fate != "stuck" else box.loads_at
        self.boxes[number] = box
        return box

    def _list(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        boxes = sorted(self.alive(), key=lambda box: int(box.id))
        label = json.loads(query.get("select_filters") or "{}").get("label", {}).get("eq")
        if label is not None:
            boxes = [box for box in boxes if box.label == label]
        token = query.get("after_token", "").strip('"')
        at = int(token.removeprefix("t")) if token else 0
        size = min(self.page, int(query.get("limit") or 25))
        more = f"t{at + size}" if at + size < len(boxes) else None
        rows = [self._row(box) for box in boxes[at : at + size]]
        return Answer(200, {"success": True, "instances": rows, "next_token": more, "total_instances": len(boxes)})

    def _show(self, box: Box, body: Any, number: str) -> Answer:
        return Answer(200, {"instances": self._row(box)})

    def _row(self, box: Box) -> dict[str, Any]:
        host, port = self.ssh or ("203.0.113.7", 40022)
        ports: Any = {"dicts": [{"HostIp": "0.0.0.0", "HostPort": str(port)}], "ints": [port]}.get(self.ports)
        stopped = box.state == "stopped"
        three = (
            ("stopped", "stopped", "stopped")
            if stopped and box.intended == "stopped"
            else ("running", box.intended, "running")
        )
        return {
            **box.offer, "id": int(box.id), "actual_status": box.state or None, "cur_state": three[0],
            "intended_status": three[1], "next_state": three[2], "status_msg": box.words or None,
            "label": box.label or None, "image_uuid": box.body.get("image"),
            "image_runtype": box.body.get("runtype") or "ssh", "onstart": box.body.get("onstart"),
            "extra_env": [[k, v] for k, v in (box.body.get("env") or {}).items()],
            "ssh_host": "ssh5.vast.ai", "ssh_port": 30022, "ssh_idx": "5", "machine_dir_ssh_port": 40022,
            "public_ipaddr": f"{host}  \n" if box.state == "running" else None, "local_ipaddrs": "10.0.0.2 ",
            "ports": {"22/tcp": ports} if ports and box.state == "running" else None, "direct_port_start": -1,
            "direct_port_end": -1, "dph_base": box.base, "dph_total": box.total, "is_bid": box.bid,
            "start_date": box.created + self.skew, "end_date": box.offer["end_date"], "uptime_mins": None,
            "gpu_util": None, "gpu_temp": None, "disk_usage": -1.0, "mem_usage": None, "jupyter_token": "t",
        }  # fmt: skip

    def _state(self, box: Box, body: Any, number: str) -> Answer:
        if "label" in body:
            box.label = body["label"]
        elif body.get("state") == "stopped":
            box.stop(self.now)
        elif body.get("state") == "running" and box.state == "stopped":
            box.intended = "running"
            box.runs_at = self.now + (self.queued_for if self.busy else self.boot[1])
            if self.busy:
                box.words = QUEUED
                return Answer(200, {"success": False, "error": "resources_unavailable", "msg": QUEUED})
        return Answer(200, {"success": True})

    def _destroy(self, box: Box, body: Any, number: str) -> Answer:
        box.end(self.now)
        box.offer["rentable"], box.offer["rented"] = True, False
        return Answer(200, {"success": True})

    def _bid(self, box: Box, body: Any, number: str) -> Answer:
        box.settle(self.now)
        box.base = float(body["price"])
        return Answer(200, {"success": True})

    def _reboot(self, box: Box, body: Any, number: str) -> Answer:
        return Answer(200, {"success": True})

    def _attach(self, box: Box, body: Any, number: str) -> Answer:
        if body["ssh_key"] in box.keys:
            return Answer(400, {"success": False, "error": "invalid_args", "msg": "SSH key already attached"})
        box.keys.append(body["ssh_key"])
        return Answer(200, {"success": True, "msg": "SSH key added to instance."})

    def _attached(self, box: Box, body: Any, number: str) -> Answer:
        return Answer(200, {"ssh_keys": box.keys})

    def _detach(self, box: Box, body: Any, number: str) -> Answer:
        box.keys = []
        return Answer(200, {"success": True})

    def _logs(self, box: Box, body: Any, number: str) -> Answer:
        self._waits[box.id] = self.log_waits
        return Answer(200, {"success": True, "result_url": f"{self.url}/_logs/{box.id}"})

    def _log(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        if "authorization" in headers:
            return Answer(400, "Only one auth mechanism allowed")
        if self._waits.get(number, 0) > 0:
            self._waits[number] -= 1
            return Answer(404, "NoSuchKey")
        return Answer(200, self.boxes[number].log)

    def _schedule(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        if body["request_method"] != "DELETE" or body["start_time"] >= body["end_time"]:
            return Answer(400, {"success": False, "error": "invalid_args", "msg": "what is that?"})
        self.scheduled[str(body["instance_id"])] = body["start_time"] // 3600 * 3600 - self.skew
        return Answer(200, {"success": True, "scheduled_job_id": 70 + len(self.scheduled)})

    def _user(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        left = self.money - sum(self.bill().values())
        return Answer(
            200,
            {"id": 7, "username": "somebody", "email": "a@example.org", "credit": left, "balance": 0, "api_key": "x"},
        )

    def _charges(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        rows = [
            {"start": box.created, "end": box.settled, "type": "instance", "source": f"instance-{box.id}",
             "description": f"Instance {box.id} Charges", "amount": box.cost,
             "metadata": {"label": box.label}, "items": []}
            for box in self.boxes.values() if box.cost
        ]  # fmt: skip
        return Answer(
            200, {"success": True, "count": len(rows), "total": len(rows), "next_token": None, "results": rows}
        )

    def _keys(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        if number:
            self.account_keys = []
        elif body:
            self.account_keys.append(body["ssh_key"])
        keys = [
            {"id": i, "user_id": 7, "public_key": key, "created_at": self.says}
            for i, key in enumerate(self.account_keys)
        ]
        return Answer(200, {"success": True, "key": keys[-1] if keys else None} if body else keys)

    def _increases(self, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        return Answer(200, {"pending_price_increases": []})


def _holds(value: Any, condition: dict[str, Any]) -> bool:
    """Whether a value fulfils a condition; numbers may be text, as the official client sends them."""
    for way, wanted in condition.items():
        if way in ("in", "notin"):
            if (value in wanted) is (way == "notin"):
                return False
            continue
        left, right = _plain(value), _plain(wanted)
        if left is None:
            return False
        if type(left) is not type(right) and not (isinstance(left, float) and isinstance(right, float)):
            left, right = str(left), str(right)
        if not {
            "eq": left == right, "neq": left != right, "gt": left > right, "gte": left >= right, "lt": left < right,
            "lte": left <= right,
        }[way]:  # fmt: skip
            return False
    return True


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return float(value) if value is not None else None
    try:
        return float(value)
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(value.lower(), value)


if __name__ == "__main__":
    by_hand(FakeVast)
