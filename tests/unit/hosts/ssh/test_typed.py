"""Passwords and passphrases: sent to nobody whose key is not believed, and each only where it belongs.

A real sshd checks passwords only for users of the system, so that asyncssh's own server stands in for it there.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from engine.errors import HostKeyChanged, HostKeyUnknown, HostPassphrase, HostPassword, HostRefused
from engine.hosts.ssh import keys
from engine.hosts.ssh.connection import Door, log_in
from tests.sshd import Sshd

RIGHT = "Troll, 3 Berge"


@pytest.fixture(autouse=True)
def nobodys_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key and no agent of the developer's is tried."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return tmp_path / "home" / ".ssh"


@dataclass
class Box:
    """A machine with a password; it remembers what it was sent."""

    asks: str = "password"  # or "keyboard", "two questions"
    port: int = 0
    key: str = ""
    heard: list[str] = field(default_factory=list)

    def door(self, kept: str | None = None, pinned: str | None = None) -> Door:
        way = Door.of(f"me@127.0.0.1:{self.port}", self.key if pinned is None else pinned)
        return replace(way, secret=lambda: kept)


@contextlib.asynccontextmanager
async def box(asks: str = "password") -> AsyncIterator[Box]:
    made = Box(asks)

    class Server(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return asks == "password"

        def validate_password(self, username: str, password: str) -> bool:
            made.heard.append(password)
            return password == RIGHT

        def kbdint_auth_supported(self) -> bool:
            return asks != "password"

        def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
            prompts = [("Password: ", False)]
            return "", "", "", prompts if asks == "keyboard" else [*prompts, ("Code: ", False)]

        def validate_kbdint_response(self, username: str, responses: Any) -> bool:
            made.heard.extend(responses)
            return list(responses) == [RIGHT]

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen("127.0.0.1", 0, server_factory=Server, server_host_keys=[key])
    made.port, made.key = server.get_port(), keys.spelled(key)
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


@pytest.mark.parametrize("asks", ["password", "keyboard"])
def test_a_password_opens_what_no_key_opens(asks: str) -> None:
    async def work() -> None:
        async with box(asks) as there:
            await (await log_in(there.door(f"password:{RIGHT}"))).close()
            assert there.heard == [RIGHT]

    run(work)


@pytest.mark.parametrize("asks", ["password", "keyboard"])
def test_that_a_password_is_wanted_or_wrong_is_said_apart_and_it_is_sent_once(asks: str) -> None:
    async def work() -> None:
        async with box(asks) as there:
            with pytest.raises(HostPassword, match="wants a password"):
                await log_in(there.door())
            assert there.heard == []
            with pytest.raises(HostPassword, match="does not take this password") as raised:
                await log_in(there.door("password:wrong"))
            assert there.heard == ["wrong"], "a machine that counts wrong ones is not provoked"
            assert "wrong" not in raised.value.text.replace("not take", "") + raised.value.hint

    run(work)


def test_two_questions_are_not_answered_with_one_password() -> None:
    async def work() -> None:
        async with box("two questions") as there:
            with pytest.raises(HostRefused):
                await log_in(there.door(f"password:{RIGHT}"))
            assert there.heard == []

    run(work)


def test_the_key_of_the_machine_is_checked_before_a_password_is_sent() -> None:
    async def work() -> None:
        other = keys.spelled(asyncssh.generate_private_key("ssh-ed25519"))
        async with box() as there:
            for pinned, error in ((other, HostKeyChanged), ("", HostKeyUnknown)):
                with pytest.raises(error):
                    await log_in(there.door(f"password:{RIGHT}", pinned))
            assert there.heard == []

    run(work)


def test_a_passphrase_is_never_sent_as_a_password(nobodys_keys: Path) -> None:
    locked_key(nobodys_keys / "id_ed25519", "of the key")

    async def work() -> None:
        async with box() as there:
            with pytest.raises(HostPassword):
                await log_in(there.door("passphrase:of the key"))
            assert there.heard == []

    run(work)


def test_a_machine_in_between_is_not_sent_the_password_of_the_one_behind_it(nobodys_keys: Path) -> None:
    async def work() -> None:
        async with box() as between:
            (nobodys_keys / "config").write_text(
                f"Host behind\n  ProxyJump me@bastion:{between.port}\nHost bastion\n  HostName 127.0.0.1\n"
            )
            (nobodys_keys / "known_hosts").write_text(f"[127.0.0.1]:{between.port} {between.key}\n")
            (nobodys_keys / "known_hosts").write_text(
                f"[127.0.0.1]:{between.port},[bastion]:{between.port} {between.key}\n"
            )
            way = replace(Door.of("me@behind", between.key), secret=lambda: f"password:{RIGHT}")
            with pytest.raises(HostRefused) as raised:
                await log_in(way)
            assert not isinstance(raised.value, HostPassword), "nobody is asked for what would not be used"
            assert "in between" in raised.value.hint
            assert between.heard == []

    run(work)


def locked_key(place: Path, passphrase: str) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(place)], check=True)
    return place


@pytest.mark.parametrize("public", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_a_real_sshd_is_opened_with_a_key_that_a_passphrase_locks(
    own_sshd: Sshd, nobodys_keys: Path, public: bool, named: bool
) -> None:
    """Named by hand or one of the usual ones, with its public half beside it or not."""
    key = locked_key(nobodys_keys / "id_ed25519", "of the key")
    (own_sshd.folder / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    if not public:
        key.with_suffix(".pub").unlink()
    options = own_sshd.options(Path("/nowhere"), identity=str(key) if named else "")
    way = Door.of(own_sshd.address, own_sshd.pinned, options)

    async def work() -> None:
        with pytest.raises(HostPassphrase, match="locked with a passphrase") as raised:
            await log_in(way)
        assert str(key) in raised.value.hint
        with pytest.raises(HostPassphrase, match="does not open the key id_ed25519"):
            await log_in(replace(way, secret=lambda: "passphrase:another"))
        await (await log_in(replace(way, secret=lambda: "passphrase:of the key"))).close()

    run(work)


def test_an_old_key_file_tells_nothing_without_its_passphrase(own_sshd: Sshd, nobodys_keys: Path) -> None:
    """The PEM of former times has its public half inside the lock."""
    key = nobodys_keys / "of_work"
    words = ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "of the key", "-f", str(key)]
    subprocess.run(words, check=True)
    (own_sshd.folder / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    key.with_suffix(".pub").unlink()
    way = Door.of(own_sshd.address, own_sshd.pinned, own_sshd.options(Path("/nowhere"), identity=str(key)))

    async def work() -> None:
        with pytest.raises(HostPassphrase, match="locked with a passphrase"):
            await log_in(way)
        with pytest.raises(HostPassphrase, match="does not open"):
            await log_in(replace(way, secret=lambda: "passphrase:another"))
        await (await log_in(replace(way, secret=lambda: "passphrase:of the key"))).close()

    run(work)


def test_a_locked_key_that_the_machine_would_not_take_is_not_asked_about(sshd: Sshd, nobodys_keys: Path) -> None:
    locked_key(nobodys_keys / "id_ed25519", "of the key")
    asked: list[int] = []

    def kept() -> str:
        asked.append(1)
        return "passphrase:of the key"

    options = sshd.options(Path("/nowhere"), identity="")

    async def work() -> None:
        with pytest.raises(HostRefused) as raised:
            await log_in(replace(Door.of(sshd.address, sshd.pinned, options), secret=kept))
        assert not isinstance(raised.value, HostPassword)
        assert asked == []

    run(work)
