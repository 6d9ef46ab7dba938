"""Nothing is sent to a cluster before versions were compared, and nothing that is not encrypted is connected to."""

import asyncio
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.errors import HostError, HostRefused, HostSkew
from engine.hosts import offers, reach
from engine.hosts.cluster import ClusterOpener, about, place
from engine.hosts.cluster.members import Members
from tests import nodes


class Answers:
    """A pipe that answers what it is told to."""

    def __init__(self, workers: Mapping[str, Any], abouts: Mapping[str, Any]) -> None:
        self.workers = dict(workers)
        self.abouts = dict(abouts)
        self.asked: list[list[str]] = []

    async def ask(self, head: dict[str, Any]) -> dict[str, Any]:
        if head["do"] == "workers":
            return {"workers": self.workers}
        self.asked.append(head["ask"])
        return {"about": {one: self.abouts.get(one) for one in head["ask"]}}


def row(**more: Any) -> dict[str, Any]:
    return {"threads": 2, "gpus": 0.0, "silent": 0.1, **more}


def said(**more: Any) -> dict[str, Any]:
    return {
        "versions": about.versions(),
        "analyzers": offers.analyzers(),
        "packs": [],
        "devices": [],
        "space": 9,
        **more,
    }


def members(workers: Mapping[str, Any], abouts: Mapping[str, Any]) -> tuple[Members, Answers]:
    pipe = Answers(workers, abouts)
    return Members("the cluster", pipe), pipe  # type: ignore[arg-type]


@pytest.mark.parametrize("what", about.SAME)
def test_each_version_must_be_ours_and_the_sentence_names_both(what: str) -> None:
    theirs = {**about.versions(), what: "1.2.3-other"}
    with pytest.raises(HostSkew) as caught:
        about.same(theirs, "The scheduler")
    assert "1.2.3-other" in caught.value.text
    assert about.versions()[what] in caught.value.text
    assert what in caught.value.text
    about.same(about.versions(), "The scheduler")


def test_versions_name_what_a_task_passes_through() -> None:
    found = about.versions()
    assert found["distributed"].startswith("20")
    assert len(found["build"]) == 16
    assert about.UNKNOWN not in found.values()


def test_a_scheduler_that_says_nothing_is_not_used() -> None:
    one, _ = members({}, {})
    for told in (None, {}, {"versions": 5}):
        with pytest.raises(HostSkew, match="does not say what it is") as caught:
            one.scheduler(told)
        assert "preload" in caught.value.hint


def test_a_skewed_worker_stops_all_before_anything_is_sent() -> None:
    other = said(versions={**about.versions(), "python": "2.7"})
    one, _ = members({"tls://a": row(), "tls://b": row()}, {"tls://a": said(), "tls://b": other})
    with pytest.raises(HostSkew, match=r"tls://b.*2\.7"):
        asyncio.run(one.look())


def test_an_analyzer_in_another_version_is_a_skew_and_a_missing_one_is_not() -> None:
    names = offers.analyzers()
    name = sorted(names)[0]
    one, _ = members({"tls://a": row()}, {"tls://a": said(analyzers={**names, name: 99})})
    with pytest.raises(HostSkew, match=f"analyzer {name} in version 99"):
        asyncio.run(one.look())
    fewer = {key: value for key, value in names.items() if key != name}
    one, _ = members({"tls://a": row(), "tls://b": row()}, {"tls://a": said(), "tls://b": said(analyzers=fewer)})
    asyncio.run(one.look())
    assert name not in one.capabilities().analyzers
    assert one.capabilities().slots == 4


def test_workers_that_do_not_answer_get_nothing_and_are_asked_again() -> None:
    one, pipe = members({"tls://a": row(), "tls://b": row()}, {"tls://a": said()})
    asyncio.run(one.look())
    asyncio.run(one.look())
    order, _ = nodes.order_of(b"x")
    assert one.fit(order) == (["tls://a"], False)
    assert pipe.asked == [["tls://a", "tls://b"], ["tls://b"]]
    pipe.workers = {"tls://b": row()}
    pipe.abouts["tls://b"] = said()
    asyncio.run(one.look())
    assert list(one.met) == ["tls://b"]


def test_orders_go_to_those_with_the_pack_and_with_a_gpu_where_there_is_one() -> None:
    workers = {
        "tls://a": row(),
        "tls://b": row(gpus=1.0),
        "tls://c": row(gpus=2.0, silent=25.0),
        "tls://d": row(gpus=1),
    }
    has = said(packs=["things@1"])
    one, _ = members(workers, {"tls://a": has, "tls://b": has, "tls://c": has, "tls://d": said()})
    asyncio.run(one.look())
    plain, _ = nodes.order_of(b"x")
    needs, _ = nodes.order_of(b"x", options={"packs": {"objects": "things@1"}})
    assert one.fit(plain) == (["tls://a", "tls://b", "tls://d"], False)  # c has been silent for too long
    assert one.fit(needs) == (["tls://b"], True)
    assert one.lacking("things@1") == ["tls://d"]


def test_an_address_without_tls_is_refused_here_too() -> None:
    for address in ("tcp://scheduler:8786", "tcp://127.0.0.1:8786"):
        with pytest.raises(HostRefused, match="not be encrypted"):
            place(address)
        with pytest.raises(HostRefused, match="not be encrypted"):
            asyncio.run(ClusterOpener(address, {})())
        with pytest.raises(HostRefused, match="not be encrypted"):
            asyncio.run(reach.introduce(address))
    for address in ("tls://", "https://box", "tls://me@box", "tls://box/path", "tls://box:99999999"):
        with pytest.raises(HostError):
            place(address)
    assert place("tls://box") == {"address": "tls://box:8786", "host": "box", "port": 8786}
    assert place("tls://[::1]:9")["address"] == "tls://[::1]:9"
    assert "trust" in asyncio.run(reach.introduce("tls://box")).notes[1]


def test_the_files_for_tls_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(HostRefused, match="file ca"):
        asyncio.run(ClusterOpener("tls://box", {})())
    ca = tmp_path / "ca.pem"
    ca.write_text("x")
    with pytest.raises(HostRefused, match="file cert"):
        asyncio.run(ClusterOpener("tls://box", {"ca": str(ca)})())


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HostError, match="not installed") as caught:
        asyncio.run(ClusterOpener("tls://box", {})())
    assert "pip install 'kinora[cluster]'" in caught.value.hint


def test_a_process_without_tls_joins_no_cluster_of_ours() -> None:
    from types import SimpleNamespace

    from engine.hosts.cluster import preload

    server = SimpleNamespace(address="tcp://127.0.0.1:8786", handlers={}, allowed_failures=3)
    with pytest.raises(RuntimeError, match="over TLS only"):
        preload.dask_setup(server)
    assert server.handlers == {}


def test_settings_of_a_worker_come_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.errors import SettingInvalid
    from engine.hosts.cluster import preload

    monkeypatch.setenv(preload.SETTINGS, '{"jobs.memory": 8192}')
    assert preload.settings()["jobs.memory"] == 8192
    monkeypatch.setenv(preload.SETTINGS, '{"jobs.memory": "much"}')
    with pytest.raises(SettingInvalid):
        preload.settings()
