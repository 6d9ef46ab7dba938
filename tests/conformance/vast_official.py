"""Runs Vast.ai's own client against our fake of Vast.ai: what it understands is what our client is tested with.

`make conformance`. The client (vastai 1.9.1) is installed from the package index into a throw-away environment, because
it pins old versions of libraries; ours is never touched. Nothing but loopback is contacted after that.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.boxes import HOST_KEY
from tests.fakes.provider import KEY
from tests.fakes.vast import FakeVast

VERSION = "1.9.1"
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILXGDN/SclOozk1xsDztpmhGiKkkrfQB9SKoO8dSIQQZ me@example.com"


class Official:
    """The official command line in its own environment and home."""

    def __init__(self, room: Path, url: str) -> None:
        self.program = room / "venv" / "bin" / "vastai"
        home = room / "home"
        home.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "VAST_URL": url, "LANG": "C.UTF-8", "VAST_API_KEY": KEY,
        }  # fmt: skip

    def run(self, *arguments: str) -> str:
        """What a command prints, its errors included."""
        done = subprocess.run(
            [str(self.program), *arguments, "--api-key", KEY], env=self.environment, capture_output=True, text=True,
            timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        """What a command answers as JSON."""
        text = self.run(*arguments, "--raw")
        try:
            return json.loads(text)
        except ValueError:
            raise AssertionError(f"vastai {' '.join(arguments)} printed no JSON:\n{text[:2000]}") from None


def install(room: Path) -> None:
    """Make the environment."""
    venv.create(room / "venv", with_pip=True)
    pip = [str(room / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"vastai=={VERSION}"], check=True)


def check(fake: FakeVast, official: Official) -> list[str]:
    """Go through the life of a machine with the official client."""
    passed: list[str] = []

    def step(name: str, work: Callable[[], object]) -> Any:
        found = work()
        assert found, f"{name}: {found!r}"
        passed.append(name)
        return found

    offers = step("search offers", lambda: official.json("search", "offers", "gpu_ram>=20 reliability>0.98 num_gpus=1"))
    assert {one["gpu_name"] for one in offers} == {"RTX 4090", "RTX 3090", "A100 SXM4"}, offers
    bids = step(
        "search offers --type bid", lambda: official.json("search", "offers", "--type", "bid", "gpu_name=RTX_4090")
    )
    assert [one["is_bid"] for one in bids] == [True]
    step("create ssh-key", lambda: "success" in official.run("create", "ssh-key", PUBLIC, "-y").lower())
    assert fake.account_keys == [PUBLIC]
    step("show ssh-keys", lambda: PUBLIC.split()[1] in official.run("show", "ssh-keys", "--raw"))
    made = step(
        "create instance",
        lambda: official.json(
            "create", "instance", str(bids[0]["id"]), "--image", "nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04",
            "--disk", "40", "--ssh", "--direct", "--label", "kinora:conformance:1", "--onstart-cmd", "echo hello",
        ),
    )  # fmt: skip
    number = str(made["new_contract"])
    fake.advance(120)
    row = step("show instance", lambda: official.json("show", "instance", number))
    assert (row["actual_status"], row["label"]) == ("running", "kinora:conformance:1")
    rows = step("show instances", lambda: official.json("show", "instances"))
    assert [str(one["id"]) for one in rows] == [number]
    step("ssh-url", lambda: "203.0.113.7:40022" in official.run("ssh-url", number))
    step("logs", lambda: HOST_KEY in official.run("logs", number))
    step(
        "label instance",
        lambda: "error" not in official.run("label", "instance", number, "kinora:conformance:2").lower(),
    )
    assert fake.boxes[number].label == "kinora:conformance:2"
    step("attach ssh", lambda: official.run("attach", "ssh", number, PUBLIC.replace("me@", "you@")))
    assert len(fake.boxes[number].keys) == 2
    step("stop instance", lambda: official.run("stop", "instance", number))
    assert fake.boxes[number].state == "stopped"
    step("start instance", lambda: official.run("start", "instance", number))
    fake.advance(120)
    assert fake.boxes[number].state == "running"
    step("change bid", lambda: official.run("change", "bid", number, "--price", "0.5"))
    assert fake.boxes[number].base == 0.5
    user = step("show user", lambda: official.json("show", "user"))
    assert 99 < user["credit"] < 100
    charges = step("show invoices-v1 --charges", lambda: official.run("show", "invoices-v1", "--charges", "--raw"))
    assert f"instance-{number}" in charges, charges[:500]
    step("destroy instance", lambda: official.run("destroy", "instance", number, "-y"))
    assert not fake.alive()
    step("destroy instance again (404)", lambda: "404" in official.run("destroy", "instance", number, "-y"))
    assert not fake.alive()
    assert official.json("show", "instances") == []
    return passed


def main() -> int:
    """Run the whole check; 0 when the official client and the fake understand each other."""
    with tempfile.TemporaryDirectory(prefix="kinora-conformance-") as folder:
        room = Path(folder)
        install(room)
        fake = FakeVast()
        with fake.serve() as url:
            passed = check(fake, Official(room, url))
    sys.stdout.write("\n".join(f"ok  vastai {name}" for name in passed) + "\n")
    sys.stdout.write(f"{len(passed)} commands of vastai {VERSION}, {len(fake.calls)} requests\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
