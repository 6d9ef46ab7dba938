"""`kinora serve` as its users run it: with TLS, a paired client, real media, live progress, and a clean end."""

import json
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from engine.library import Library
from engine.serve.tls import CERTIFICATE

MAIN = Path(__file__).resolve().parent.parent.parent / "main.py"
pytestmark = pytest.mark.end2end


def kinora(library: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MAIN), *arguments, "--library", str(library)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@contextmanager
def started(library: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """It serves; what it said when it began to listen."""
    process = subprocess.Popen(
        [sys.executable, str(MAIN), "serve", "--port", "0", "--library", str(library), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        body = ""
        while line := process.stdout.readline():
            body += line
            try:
                yield process, json.loads(body)
                break
            except json.JSONDecodeError:
                continue
        else:
            pytest.fail(process.stderr.read())
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.stdout.close()
            process.stderr.close()


@pytest.fixture(scope="module")
def pictures(media: Path) -> list[Path]:
    photos = sorted(path for path in (media / "photos").iterdir() if path.suffix == ".jpg")[:4]
    papers = sorted(path for path in (media / "documents").iterdir() if path.suffix == ".pdf")[:2]
    assert len(photos + papers) == 6
    return photos + papers


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_pair_search_follow_and_end(tmp_path: Path, pictures: list[Path]) -> None:
    folder, library = tmp_path / "in", tmp_path / "library"
    folder.mkdir()
    for path in pictures:
        (folder / path.name).write_bytes(path.read_bytes())
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.iterdir()}
    with Library.open(library, work=False) as opened:
        for _ in opened.add([folder], watch=False):
            pass
    with started(library, "--tls", "--pair", "editor", "--json") as (process, told):
        context = ssl.create_default_context(cafile=library / CERTIFICATE)
        with httpx2.Client(base_url=told["address"], verify=context, trust_env=False, timeout=30) as client:
            paired = client.post("/v1/pair", json={"code": told["code"], "label": "test"}).json()
            client.headers["authorization"] = f"Bearer {paired['token']}"
            heard = _follow(client)
            assert heard["queue"]["waiting"] + heard["queue"]["running"] == 0
            assert heard["queue"]["done"] > len(pictures)
            _ask(client, folder, pictures)
            second = kinora(library, "token", "list", "--json")  # another start asks the one that has the library
            assert [row["label"] for row in json.loads(second.stdout)] == ["test"]
            code = json.loads(kinora(library, "token", "pair", "--role", "viewer", "--json").stdout)["code"]
            viewer = client.post("/v1/pair", json={"code": code}).json()
            assert viewer["role"] == "viewer"
            kinora(library, "token", "revoke", paired["id"])
            assert client.get("/v1/me").status_code == 401
            children = psutil.Process(process.pid).children(recursive=True)
            with client.stream("GET", "/v1/events", headers={"authorization": f"Bearer {viewer['token']}"}) as events:
                lines = events.iter_lines()
                next(lines)
                process.send_signal(signal.SIGTERM)  # while somebody listens
                assert len(list(lines)) < 50
        assert process.wait(30) == 0
        psutil.wait_procs(children, 10)
        assert not [child for child in children if child.is_running()]
    assert before == {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.iterdir()}
    log = kinora(library, "token", "audit", "--limit", "100", "--json")
    assert log.returncode == 0
    chain = json.loads(log.stdout)
    assert chain["chain"]["broken"] is None
    assert {"token.new", "token.revoke", "export", "original", "POST /v1/tags"} <= {
        row["action"] for row in chain["rows"]
    }


def _follow(client: httpx2.Client) -> dict[str, Any]:
    """Listen until the queue is done; what was heard last of it."""
    until = time.monotonic() + 120
    with client.stream("GET", "/v1/events") as events:
        for line in events.iter_lines():
            if not line.startswith("data: "):
                assert time.monotonic() < until
                continue
            message = json.loads(line.removeprefix("data: "))
            queue = message.get("queue")
            if queue and not queue["waiting"] and not queue["running"]:
                return dict(message)
    pytest.fail("the events ended")


def _ask(client: httpx2.Client, folder: Path, pictures: list[Path]) -> None:
    listing = client.get("/v1/assets?limit=50").json()
    assert listing["total"] == len({path.read_bytes() for path in pictures})
    photo = next(one for one in listing["assets"] if one["kind"] == "photo" and one["preview"])
    preview = client.get(f"/v1/assets/{photo['id']}/preview")
    assert preview.content[:2] == b"\xff\xd8"
    large = client.get(f"/v1/assets/{photo['id']}/picture?side=256")
    assert large.content[:2] == b"\xff\xd8"
    found = client.get("/v1/search", params={"q": photo["name"]}).json()
    assert photo["id"] in [hit["asset"]["id"] for hit in found["hits"]]
    original = client.get(f"/v1/assets/{photo['id']}/original")
    assert original.content == Path(client.get(f"/v1/assets/{photo['id']}").json()["files"][0]).read_bytes()
    assert client.post("/v1/tags", json={"assets": [photo["id"]], "add": ["over the wire"]}).json() == {"count": 1}
    assert client.get("/v1/search", params={"q": 'tag:"over the wire"'}).json()["total"] == 1
    assert len(client.get("/v1/export").json()) == listing["total"]
    assert {one["name"] for one in client.get("/v1/facets").json()} >= {"type"}
    assert client.get("/v1/health").status_code == 403  # an editor does not look after the machine


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_node_goes_on_without_the_terminal_that_started_it(tmp_path: Path) -> None:
    library = tmp_path / "node"
    with started(library, "--node", "--announce", "--idle-exit", "4") as (process, told):
        assert set(told) == {"port", "token", "protocol", "version", "pid"}
        assert told["pid"] == process.pid
        assert process.stdout is not None
        assert process.stdout.read() == ""  # exactly one line; then it has let go of it
        process.send_signal(signal.SIGHUP)
        with httpx2.Client(base_url=f"http://127.0.0.1:{told['port']}", trust_env=False) as client:
            head = {"authorization": f"Bearer {told['token']}"}
            for _ in range(3):
                assert client.get("/v1/node/capabilities", headers=head).json()["protocol"] == told["protocol"]
            assert client.get("/v1/assets", headers=head).status_code == 404
        begun = time.monotonic()
        assert process.wait(60) == 0  # by itself: nobody needs it
        assert time.monotonic() - begun > 2
    written = (library / "logs" / "kinora.log").read_text(encoding="utf-8")
    assert "nobody was here for 4 s" in written
    assert told["token"] not in written
