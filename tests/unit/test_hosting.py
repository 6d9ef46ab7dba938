"""The hosts of a library as its fronts see them: no host without a look at its key, no token in the database."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keyring
import pytest

from engine.errors import (
    Cancelled,
    HostError,
    HostKeyUnknown,
    HostLost,
    HostPassword,
    HostRefused,
    KinoraError,
    NameTaken,
    SecretsLocked,
    SettingInvalid,
)
from engine.hosts import reach
from engine.library import Library
from engine.model import Device, HostKind, HostStatus, Introduction, StayScope
from engine.model.health import State
from tests.unit.hosts.afar import MemoryNode
from tests.unit.test_keys import Ring
from tests.waiting import until


class World:
    """What is out there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.node = MemoryNode()
        self.node.able = replace(self.node.able, devices=(Device("NVIDIA H200", 141 << 30),))
        self.known = False
        self.key = "ssh-ed25519 AAAA"
        self.failure: KinoraError | None = None
        self.tokens: list[str | None] = []
        self.opens = ""  # what must have been typed
        monkeypatch.setattr(reach, "introduce", self.introduce)
        monkeypatch.setattr(reach, "opener", self.opener)

    async def introduce(self, address: str) -> Introduction:
        kind, at, name = reach.parse(address)
        return Introduction(kind, name, at, self.key, "SHA256:abc", known=self.known, token=kind is HostKind.HTTP)

    def opener(self, row: Any, token: Callable[[], str | None], say: Callable[[str], None] = lambda text: None) -> Any:
        async def connect() -> MemoryNode:
            self.tokens.append(token())
            if self.failure is not None:
                raise self.failure
            if self.opens and self.tokens[-1] != self.opens:
                raise HostPassword("It wants a password.")
            say("It lets you in.")
            return self.node

        return connect


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def library(tmp_path: Path, world: World) -> Iterator[Library]:
    with Library.open(tmp_path / "library") as opened:
        yield opened


def state(library: Library, name: str) -> Any:
    return next(one for one in library.hosts.states() if one.row.name == name)


def test_this_machine_is_always_the_first(library: Library) -> None:
    (home,) = library.hosts.states()
    assert home.row.id == 0
    assert home.row.kind is HostKind.LOCAL
    assert home.status in (HostStatus.READY, HostStatus.BUSY)
    assert "ocr" in home.analyzers


def test_nothing_is_kept_of_a_host_whose_key_nobody_confirmed(library: Library, world: World) -> None:
    with pytest.raises(HostKeyUnknown) as caught:
        library.hosts.add("me@box")
    assert caught.value.fingerprint == "SHA256:abc"
    assert library.hosts.rows() == []
    row = library.hosts.add("me@box", pinned=world.key)
    assert (row.kind, row.pinned) == (HostKind.SSH, world.key)
    until(lambda: state(library, row.name).status is HostStatus.READY)
    assert state(library, row.name).devices == world.node.able.devices


def test_a_key_that_known_hosts_vouches_for_needs_no_question(library: Library, world: World) -> None:
    world.known = True
    row = library.hosts.add("ssh me@box -p 2222")
    assert row.address == "ssh://me@box:2222"
    assert row.pinned == world.key


def test_a_token_is_kept_out_of_the_database(library: Library, world: World, tmp_path: Path) -> None:
    row = library.hosts.add("https://box:8443", pinned="ab" * 32, token="kn_very-secret", name="Office")
    until(lambda: "kn_very-secret" in world.tokens)
    library.backup(tmp_path / "backup")
    for path in (tmp_path / "library").rglob("*"):
        if path.is_file():
            assert b"very-secret" not in path.read_bytes(), path
    library.hosts.remove(row.id)
    assert library.hosts._logins.get(row) is None


def test_a_token_is_of_one_host_of_one_library(
    library: Library, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One keyring is for everything: a token that another host is sent has been given away."""
    ring = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    mine = library.hosts.add("https://mine:8443", pinned="ab" * 32, token="kn_mine")
    until(lambda: world.tokens == ["kn_mine"])
    with Library.open(tmp_path / "other") as other:
        theirs = other.hosts.add("https://theirs:8443", pinned="cd" * 32)
        assert theirs.id == mine.id
        until(lambda: len(world.tokens) == 2)
        assert world.tokens[1] is None
        other.hosts.remove(theirs.id)
    assert list(ring.kept.values()) == ["kn_mine"]
    monkeypatch.setattr(ring, "delete_password", lambda *given: None)
    library.hosts.remove(mine.id)  # the keyring keeps it all the same
    again = library.hosts.add("https://another:8443", pinned="ef" * 32)
    assert again.id == mine.id
    until(lambda: len(world.tokens) == 3)
    assert world.tokens[2] is None


def test_a_test_of_a_host_tells_what_it_can_do(library: Library, world: World) -> None:
    row = library.hosts.add("me@box", pinned=world.key)
    steps = [step.text for step in library.hosts.test(row.id)]
    assert "It lets you in." in steps
    assert "NVIDIA H200" in steps[-1]
    world.failure = HostRefused("Your key is not welcome.")
    with pytest.raises(HostRefused):
        list(library.hosts.test(row.id))


def test_a_host_is_switched_off_renamed_and_removed(library: Library, world: World) -> None:
    row = library.hosts.add("me@box", pinned=world.key)
    library.hosts.enable(row.id, False)
    assert state(library, row.name).status is HostStatus.OFF
    library.hosts.enable(row.id, True)
    until(lambda: state(library, row.name).status is HostStatus.READY)
    library.hosts.rename(row.id, "Cellar")
    until(lambda: state(library, "Cellar").status is HostStatus.READY)
    other = library.hosts.add("me@other", pinned=world.key)
    with pytest.raises(NameTaken):
        library.hosts.rename(other.id, "Cellar")
    until(lambda: state(library, other.name).status is HostStatus.READY)
    library.hosts.remove(row.id)
    assert [one.row.name for one in library.hosts.states()][1:] == [other.name]


def test_two_machines_of_one_name_get_two_names(library: Library, world: World) -> None:
    first = library.hosts.add("https://box", pinned=world.key)
    second = library.hosts.add("https://box:9000", pinned=world.key)
    assert first.name != second.name


def test_a_host_that_gets_nothing_says_why(library: Library, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).text == "Nothing waits that it could do.")
    library.pause()
    monkeypatch.setattr("engine.hosts.fleet.STILL", 0.1)
    until(lambda: state(library, row.name).text == "The queue stands still: nothing is given out now.")


def test_offline_lets_every_host_go_and_takes_them_back(library: Library, world: World) -> None:
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).status is HostStatus.READY)
    library.set("net.offline", True)
    assert state(library, row.name).status is HostStatus.OFF
    assert "Offline" in state(library, row.name).text
    with pytest.raises(HostLost):
        library.hosts.introduce("me@elsewhere")
    with pytest.raises(HostLost):
        list(library.hosts.test(row.id))
    library.set("net.offline", False)
    until(lambda: state(library, row.name).status is HostStatus.READY)


def test_hosts_are_there_again_after_a_restart_and_so_is_a_rest(tmp_path: Path, world: World) -> None:
    with Library.open(tmp_path / "library") as library:
        row = library.hosts.add("me@box", pinned=world.key)
        library._scheduler.fleet.rest(row.name, time.time() + 500, "tired")  # type: ignore[union-attr]
        library._scheduler.fleet.on_aside(row.name, time.time() + 500, "tired")  # type: ignore[union-attr]
    with Library.open(tmp_path / "library") as library:
        assert state(library, row.name).status is HostStatus.ASIDE
        assert "tired" in state(library, row.name).text
        library.hosts.trust(row.id)
        until(lambda: state(library, row.name).status is HostStatus.READY)
    with Library.open(tmp_path / "library", own=False) as looker:
        assert [one.name for one in looker.hosts.rows()] == [row.name]


@pytest.mark.parametrize(
    "address", ["", "  ", "ftp://box", "https://", "http://user:pw@box", "https://box:99999999", "x y"]
)
def test_what_is_no_address_is_said_so(library: Library, address: str) -> None:
    with pytest.raises(HostError) as caught:
        library.hosts.introduce(address)
    assert caught.value.hint


def test_marks_are_decisions(library: Library) -> None:
    assert [(one.target, one.standing) for one in library.hosts.stays()] == [("faces", True)]
    library.hosts.stay(StayScope.FOLDER, "/home/me/diary")
    library.hosts.stay(StayScope.ANALYZER, "speech")
    assert {one.target for one in library.hosts.stays()} == {"faces", "/home/me/diary", "speech"}
    assert "speech" not in library.hosts._staying.travellers()
    library.undo()
    assert "speech" in library.hosts._staying.travellers()
    library.redo()
    library.hosts.stay(StayScope.ANALYZER, "faces", False)
    assert {one.target for one in library.hosts.stays()} == {"/home/me/diary", "speech"}
    with pytest.raises(SettingInvalid):
        library.hosts.stay(StayScope.ANALYZER, "nothing")
    with pytest.raises(SettingInvalid):
        library.hosts.stay(StayScope.ALBUM, "77")


def test_the_health_knows_hosts_by_name(library: Library, world: World) -> None:
    def hosts() -> Any:
        return next(part for part in library.health().parts if part.name == "hosts")

    assert hosts().state is State.OFF
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).status is HostStatus.READY)
    assert hosts().state is State.FINE
    assert row.name in hosts().text
    world.failure = HostRefused("It does not take this token.")
    library.hosts.enable(row.id, False)
    library.hosts.enable(row.id, True)
    until(lambda: hosts().state is State.LOOK)
    assert hosts().text == f"{row.name}: It does not take this token."
    assert hosts().fix == "hosts"


def test_a_test_that_hangs_can_be_stopped_between_two_words(library: Library, world: World) -> None:
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).status is HostStatus.READY)

    def never(row: Any, token: Any, say: Any = None) -> Any:
        async def connect() -> MemoryNode:
            await asyncio.sleep(600)
            return world.node

        return connect

    world.monkeypatch.setattr(reach, "opener", never)
    steps = library.hosts.test(row.id)
    began = time.monotonic()
    assert [next(steps).text for _ in range(4)] == ["Connecting to me@box ..."] * 4
    steps.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 10


def test_a_token_that_cannot_be_kept_leaves_no_host_behind(
    library: Library, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(name: str, secret: str) -> None:
        raise SecretsLocked("There is no keyring.")

    monkeypatch.setattr(library.hosts._logins.keys, "put", locked)
    with pytest.raises(SecretsLocked):
        library.hosts.add("https://box:8443", pinned=world.key, token="kn_1")
    assert library.hosts.rows() == []


def test_a_test_that_succeeds_ends_the_waiting_of_a_lost_host(
    library: Library, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.hosts import remote

    monkeypatch.setattr(remote, "PAUSES", (3600.0,))
    world.failure = HostLost("It does not answer.")
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).status is HostStatus.LOST)
    world.failure = None
    list(library.hosts.test(row.id))
    until(lambda: state(library, row.name).status is HostStatus.READY)


def test_a_host_that_is_trusted_again_gets_work_at_once(library: Library, world: World) -> None:
    """Who gives work is woken: it would look again only when something else happens."""
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).status is HostStatus.READY)
    scheduler = library._scheduler
    assert scheduler is not None
    scheduler.fleet.rest(row.name, time.time() + 500, "tired")
    scheduler.fleet.got({row.name: 1}, [])
    heard: list[Any] = []
    scheduler.fleet._listener = heard.append
    library.hosts.trust(row.id)
    assert state(library, row.name).status is HostStatus.READY
    assert heard
    assert not scheduler.fleet._dry


@pytest.mark.parametrize("keep", [True, False])
def test_a_password_is_typed_once_kept_and_forgotten_with_the_host(
    library: Library, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    ring = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    world.failure = HostPassword("me@box takes none of your keys and wants a password.")
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).wants == "password")
    assert state(library, row.name).status is HostStatus.REFUSED
    world.failure = None
    library.hosts.unlock(row.id, "password", "Troll: 3 Berge", keep=keep)
    list(library.hosts.test(row.id))
    until(lambda: state(library, row.name).status is HostStatus.READY)
    assert state(library, row.name).wants == ""
    assert world.tokens[-1] == "password:Troll: 3 Berge"
    assert list(ring.kept.values()) == (["password:Troll: 3 Berge"] if keep else [])
    library.backup(tmp_path / "backup")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"3 Berge" not in path.read_bytes(), path
    library.hosts.remove(row.id)
    assert not ring.kept
    assert library.hosts._logins.get(row) is None


def test_a_key_of_our_own_takes_the_place_of_a_password(
    library: Library, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    rows: list[Any] = []
    opener = reach.opener

    def noted(row: Any, *more: Any) -> Any:
        rows.append(row)
        return opener(row, *more)

    async def use_key(row: Any, secret: Callable[[], str | None], place: Path) -> None:
        assert secret() == "password:right"
        place.parent.mkdir()
        place.write_text("a key")

    monkeypatch.setattr(reach, "opener", noted)
    monkeypatch.setattr(reach, "use_key", use_key)
    row = library.hosts.add("me@box", pinned=world.key)
    library.hosts.unlock(row.id, "password", "right")
    library.hosts.use_key(row.id)
    until(lambda: state(library, row.name).status is HostStatus.READY)
    place = Path(rows[-1].options["identity"])
    assert place.parent == tmp_path / "library" / "ssh"
    assert not ring.kept
    wiped: list[Any] = []

    async def wipe(row: Any, secret: Any, *, made: bool) -> None:
        wiped.append((row.options["identity"], made))

    monkeypatch.setattr(reach, "wipe", wipe)
    library.hosts.remove(row.id, wipe=True)
    assert wiped == [(str(place), True)]
    assert not place.exists()


def test_a_keyring_that_cannot_be_read_is_no_reason_to_give_up_a_host(
    library: Library, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is entered with a key needs no keyring."""

    def locked(name: str) -> None:
        raise SecretsLocked("There is no keyring.")

    monkeypatch.setattr(library.hosts._logins.keys, "get", locked)
    row = library.hosts.add("me@box", pinned=world.key)
    until(lambda: state(library, row.name).status is HostStatus.READY)
    assert world.tokens[-1] is None


def test_an_introduction_that_nobody_waits_for_ends_and_leaves_nothing_behind(library: Library, world: World) -> None:
    """A window that closes while a machine does not answer."""
    went: list[str] = []

    async def introduce(address: str) -> Introduction:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            went.append(address)
            raise
        raise AssertionError

    world.monkeypatch.setattr(reach, "introduce", introduce)
    calls = iter([False, True])
    with pytest.raises(Cancelled):
        library.hosts.introduce("me@box", given_up=lambda: next(calls))
    until(lambda: went == ["me@box"])


def test_a_name_that_is_looked_up_for_ever_does_not_hold_up_the_end(
    library: Library, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    asked, free = threading.Event(), threading.Event()

    def hangs(*given: Any, **more: Any) -> Any:
        asked.set()
        free.wait(30)
        raise socket.gaierror(-2, "Name or service not known")

    async def introduce(address: str) -> Introduction:
        await asyncio.open_connection("box.invalid", 22)
        raise AssertionError

    world.monkeypatch.setattr(reach, "introduce", introduce)
    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    with pytest.raises(Cancelled):
        library.hosts.introduce("me@box", given_up=asked.is_set)
    began = time.monotonic()
    library.hosts._loop.close()
    assert time.monotonic() - began < 5
    free.set()
    until(lambda: not any(thread.name == "kinora-address" for thread in threading.enumerate()))
