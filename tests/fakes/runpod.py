"""A fake of RunPod's REST API v2, by its published OpenAPI description, and the one question of the older GraphQL one.

By hand: `python -m tests.fakes.runpod --port 19091`.
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from tests.fakes.boxes import NEVER, Box, seconds_of
from tests.fakes.provider import Answer, Fake, by_hand

DISK = 0.10 / 720  # US dollars an hour for a GB
FULL = "There are no longer any instances available with the requested specifications."


class FakeRunPod(Fake):
    """The catalogue, the pods and the money of RunPod."""

    scopes = {
        "search": "read", "show": "read", "list": "read", "rent": "write", "destroy": "write", "user": "graphql",
        "charges": "billing",
    }  # fmt: skip
    routes = (
        ("GET", "/v2/catalog/gpus", "search"), ("POST", "/v2/pods", "rent"), ("GET", "/v2/pods", "list"),
        ("GET", "/v2/pods/{id}", "show"), ("DELETE", "/v2/pods/{id}", "destroy"),
        ("POST", "/v2/pods/{id}/action", "state"), ("GET", "/v2/pods/{id}/logs", "logs"),
        ("GET", "/v2/billing/pods", "charges"), ("POST", "/graphql", "user"),
    )  # fmt: skip

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.boot = (5.0, 45.0)
        self.fate = ""  # of the pods that are made: "", stuck, error, exited
        self.full = 0  # status with which there is no machine left; 0: there is
        self.page = 0  # pods on a page; 0: all on one, as the published description has it
        self.money = 50.0
        self.dead_man = True
        self.ssh: tuple[str, int] | None = None
        self.gpus = [
            _gpu("NVIDIA GeForce RTX 4090", "RTX 4090", 24, 0.44, 0.31),
            _gpu("NVIDIA RTX A4000", "RTX A4000", 16, 0.25, 0.17),
            _gpu("NVIDIA H100 80GB HBM3", "H100 SXM", 80, 2.99, 2.69, availability="NONE"),
        ]

    def rise(self, factor: float) -> None:
        """Every price rises."""
        for gpu in self.gpus:
            gpu["price"] = {cloud: price * factor for cloud, price in gpu["price"].items()}

    def unknown_key(self) -> Answer:
        return _problem(401, "Unauthorized", "missing bearer token")

    def no_scope(self, scope: str) -> Answer:
        return _problem(403, "Forbidden", "access denied")

    def too_often(self) -> Answer:
        answer = _problem(429, "Too Many Requests", "rate limit exceeded for the minute window")
        answer.headers["Retry-After"] = "12"
        return answer

    # --- endpoints ----------------------------------------------------------------------------------------------------

    def work(self, name: str, number: str, query: dict[str, str], body: Any, headers: dict[str, str]) -> Answer:
        if not name:
            return _problem(404, "Not Found", "resource not found")
        if name in ("show", "destroy", "state", "logs"):
            box = self.boxes.get(number)
            if box is None or not box.alive:
                return _problem(404, "Not Found", "resource not found")
            return getattr(self, f"_{name}")(box, body)  # type: ignore[no-any-return]
        return getattr(self, f"_{name}")(query, body or {})  # type: ignore[no-any-return]

    def _search(self, query: dict[str, str], body: Any) -> Answer:
        if (query.get("include") == "AVAILABILITY") != ("product" in query):
            return _problem(400, "Bad Request", "product is required with include=AVAILABILITY")
        rows = self.gpus
        if "include" not in query:
            rows = [{k: v for k, v in gpu.items() if k not in ("availability", "dataCenters")} for gpu in rows]
        return Answer(200, {"gpus": rows})

    def _rent(self, query: dict[str, str], body: Any) -> Answer:
        unknown = set(body) - {"name", "image", "cloud", "gpu", "disk", "ports", "args", "env", "startSsh", "mounts"}
        if unknown or not body.get("name") or not body.get("image"):
            return _problem(422, "Unprocessable Entity", "Request validation failed.", errors=sorted(unknown))
        gpu = next((one for one in self.gpus if one["id"] == body["gpu"]["id"]), None)
        if self.full or gpu is None or gpu["availability"] == "NONE":
            return _problem(self.full or 400, "Bad Request", FULL)
        if self.money - sum(self.bill().values()) <= 0:
            return _problem(402, "Payment Required", "Insufficient funds.")
        return Answer(201, self._row(self._make(gpu, body)))

    def _make(self, gpu: dict[str, Any], body: Any) -> Box:
        number, now = f"pod{len(self.boxes):04d}", self.now
        script = body.get("env", {}).get("KINORA_START", "")
        box = Box(
            number, body["name"], gpu, gpu["price"][body.get("cloud", "SECURE").lower()], body["disk"] * DISK, now,
            now + self.boot[0], now + self.boot[1], body=body, state="provisioning",
            seconds=seconds_of(base64.b64decode(script).decode()) if self.dead_man else NEVER,
        )  # fmt: skip
        if self.fate:
            box.runs_at = NEVER
            box.loads_at = box.loads_at if self.fate == "stuck" else NEVER
            box.state = box.state if self.fate == "stuck" else self.fate
        self.boxes[number] = box
        return box

    def _row(self, box: Box) -> dict[str, Any]:
        running = box.state == "running"
        host, port = self.ssh or ("198.51.100.9", 22001)
        direct = {"host": host, "port": port, "username": "root", "command": f"ssh root@{host} -p {port}"}
        status = {"loading": "STARTING", "stopped": "EXITED"}.get(box.state, box.state.upper())
        return {
            "id": box.id, "name": box.label, "status": status, "actions": ["stop"], "image": box.body["image"],
            "args": box.body.get("args", ""), "disk": box.body["disk"], "mounts": {}, "ports": box.body["ports"],
            "env": box.body["env"], "registry": None, "cloud": box.body.get("cloud", "SECURE"), "dataCenterId": None,
            "cudaVersion": None, "ssh": {"proxy": None, "direct": direct if running else None}, "template": None,
            "cost": 0.0 if status == "EXITED" else box.total, "locked": False, "globalNetworking": {"enabled": False},
            "runtime": {"uptime": 1} if running else None, "createdAt": self._stamp(box.created),
            "startedAt": self._stamp(box.created) if running else None, "gpu": {**box.body["gpu"], "memory": 8.0},
        }  # fmt: skip

    def _stamp(self, at: float) -> str:
        return datetime.fromtimestamp(at + self.skew, UTC).isoformat().replace("+00:00", "Z")

    def _list(self, query: dict[str, str], body: Any) -> Answer:
        rows = [self._row(box) for box in self.alive()]
        if not self.page:
            return Answer(200, {"pods": rows})
        at = int(query.get("cursor") or 0)
        more = at + self.page < len(rows)
        pages = {"hasNextPage": more, "nextCursor": str(at + self.page) if more else None}
        return Answer(200, {"pods": rows[at : at + self.page], "pagination": pages})

    def _show(self, box: Box, body: Any) -> Answer:
        return Answer(200, self._row(box))

    def _destroy(self, box: Box, body: Any) -> Answer:
        box.end(self.now)
        return Answer(204)

    def _state(self, box: Box, body: Any) -> Answer:
        if body["action"] in ("stop", "terminate"):
            box.stop(self.now) if body["action"] == "stop" else box.end(self.now)
        return Answer(200, self._row(box))

    def _logs(self, box: Box, body: Any) -> Answer:
        events = [
            f"id: {index}\ndata: {json.dumps({'source': 'container', 'line': line, 'ts': self._stamp(self.now)})}\n\n"
            for index, line in enumerate(box.log.splitlines())
        ]
        return Answer(200, ": hello\n\n" + "".join(events), {"Content-Type": "text/event-stream"})

    def _charges(self, query: dict[str, str], body: Any) -> Answer:
        rows = [{"podId": box.id, "startTime": "", "totalAmount": box.cost} for box in self.boxes.values() if box.cost]
        total = sum(row["totalAmount"] for row in rows)  # type: ignore[misc]
        return Answer(200, {"records": rows, "metadata": {"totals": {"totalAmount": total}}})

    def _user(self, query: dict[str, str], body: Any) -> Answer:
        left = self.money - sum(self.bill().values())
        return Answer(200, {"data": {"myself": {"clientBalance": left}}})


def _gpu(number: str, name: str, memory: int, secure: float, community: float, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "name": name, "pool": None, "manufacturer": "NVIDIA", "memory": memory, "secure": True,
        "community": True, "price": {"secure": secure, "community": community},
        "maxCount": {"secure": 8, "community": 4}, "availability": "HIGH",
        "dataCenters": [{"id": "EU-SE-1", "name": "Sweden", "availability": "LOW"}], **more,
    }  # fmt: skip


def _problem(status: int, title: str, detail: str, **more: Any) -> Answer:
    body = {"title": title, "status": status, "detail": detail, **more}
    return Answer(status, body, {"Content-Type": "application/problem+json"})


if __name__ == "__main__":
    by_hand(FakeRunPod)
