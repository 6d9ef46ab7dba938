"""Downloads go on where they stopped, try mirrors, and take nothing that is not what was asked for."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import DownloadFailed, StorageFull
from engine.packs import download
from engine.packs.download import Wanted, fetch, places, safe
from tests.unit.packs.server import Site, serving

BODY = random.Random(1).randbytes(900_000)
SUM = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site({"/m.onnx": BODY})) as running:
        yield running


def wanted(site: Site, *paths: str, size: int = len(BODY), sha256: str = SUM) -> Wanted:
    return Wanted("m.onnx", tuple(site.url + path for path in paths or ("/m.onnx",)), size, sha256)


def run(what: Wanted, target: Path, mirror: str = "") -> list[float]:
    return [step.done for step in fetch(what, target, mirror=mirror, pause=0.01)]


def test_a_file_arrives_and_its_progress_is_in_bytes(site: Site, tmp_path: Path) -> None:
    done = run(wanted(site), tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == BODY
    assert done == sorted(done)
    assert done[-1] == len(BODY)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    run(wanted(site), tmp_path / "m")
    assert len(site.asked) == 1, "what is there is not fetched again"


def test_cut_connections_are_gone_on_with(site: Site, tmp_path: Path) -> None:
    site.cut = [200_000, 300_000, 1]
    run(wanted(site), tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == BODY
    begins = [int(wanted.removeprefix("bytes=").rstrip("-") or 0) for _, wanted in site.asked]
    assert begins[0] == 0
    assert begins[1] >= 1
    assert begins == sorted(begins)


def test_a_server_without_ranges_sends_all_of_it_again(site: Site, tmp_path: Path) -> None:
    site.cut, site.ranges = [500_000], False
    run(wanted(site), tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == BODY


def test_closing_stops_and_the_next_call_goes_on(site: Site, tmp_path: Path) -> None:
    steps = fetch(wanted(site), tmp_path / "m", pause=0.01)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    part = tmp_path / "m.part"
    assert 0 < part.stat().st_size < len(BODY)
    run(wanted(site), tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == BODY
    assert site.asked[1][1].startswith("bytes=")


def test_a_file_that_changed_meanwhile_begins_anew(site: Site, tmp_path: Path) -> None:
    site.cut = [400_000]
    site.statuses = []
    steps = fetch(wanted(site, size=0, sha256=""), tmp_path / "m", pause=0.01)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    site.files["/m.onnx"], site.tag = BODY[::-1], '"two"'
    run(wanted(site, size=0, sha256=""), tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == BODY[::-1], "never the head of one and the tail of another"


def test_wrong_bytes_and_wrong_lengths_are_not_taken(site: Site, tmp_path: Path) -> None:
    site.files["/m.onnx"] = BODY[:-1] + b"!"
    with pytest.raises(DownloadFailed, match="not what the catalogue names"):
        run(wanted(site), tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
    site.files["/m.onnx"] = BODY + b"more"
    with pytest.raises(DownloadFailed, match="900,004 bytes instead of 900,000"):
        run(wanted(site), tmp_path / "m")
    site.files["/m.onnx"], site.lie, site.ranges = BODY, 50, False  # tells more than it sends, and never the rest
    with pytest.raises(DownloadFailed, match=r"broke|incomplete|closed"):
        run(wanted(site, size=0, sha256=""), tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_mirrors_in_order_and_the_users_own_first(site: Site, tmp_path: Path) -> None:
    site.files["/far/m.onnx"] = BODY
    run(wanted(site, "/absent", "/far/m.onnx"), tmp_path / "m")
    assert [path for path, _ in site.asked] == ["/absent", "/far/m.onnx"]
    site.files["/mirror/example.org/a%20b/m.onnx"] = BODY
    site.asked.clear()
    away = Wanted("m", ("https://example.org/a b/m.onnx",), len(BODY), SUM)
    run(away, tmp_path / "n", mirror=f"{site.url}/mirror/")
    assert [path for path, _ in site.asked] == ["/mirror/example.org/a%20b/m.onnx"]
    assert places(("https://h/x",), "") == ["https://h/x"]


def test_a_server_with_a_bad_moment_is_asked_again(site: Site, tmp_path: Path) -> None:
    site.statuses = [503, 429]
    run(wanted(site), tmp_path / "m")
    assert len(site.asked) == 3
    site.statuses = [500] * 10
    with pytest.raises(DownloadFailed, match="answers 500"):
        run(wanted(site), tmp_path / "n")
    assert len(site.statuses) == 10 - download.TRIES


def test_redirects_stay_encrypted_and_end(site: Site, tmp_path: Path) -> None:
    site.moved = {"/here": "/m.onnx", "/out": "http://example.org/m", "/round": "/round", "/file": "file:///etc/passwd"}
    run(wanted(site, "/here"), tmp_path / "m")
    for path, why in (("/out", "not be encrypted"), ("/file", "not be encrypted"), ("/round", "circles")):
        with pytest.raises(DownloadFailed, match=why):
            run(wanted(site, path), tmp_path / "n")
    assert safe("https://example.org/x")
    assert safe("http://127.0.0.1:9/x")
    assert not safe("http://example.org/x")
    assert not safe("ftp://example.org/x")
    assert not safe("http://127.0.0.1.example.org/x")


def test_a_full_disk_is_said_before_it_is_full(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SPARE", 1 << 60)
    with pytest.raises(StorageFull):
        run(wanted(site), tmp_path / "m")
