"""A key of Kinora's own in place of a password, at a real sshd that has a home of its own for the test."""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import HostRefused
from engine.hosts.ssh.connection import Door, log_in
from engine.hosts.ssh.keyed import drop_key, use_key
from tests.sshd import Sshd


@pytest.fixture
def home(own_sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the machine takes for the user's home; one key is let in there, and a passphrase locks it."""
    place = tmp_path / "there"
    (place / ".ssh").mkdir(parents=True)
    key = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "of the key", "-f", str(key)], check=True)
    (place / ".ssh" / "authorized_keys").write_text(key.with_suffix(".pub").read_text().strip())  # no end of line
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    own_sshd.stop()
    (own_sshd.folder / "authorized_keys").unlink()
    (own_sshd.folder / "authorized_keys").symlink_to(place / ".ssh" / "authorized_keys")
    own_sshd.start(f"SetEnv HOME={place}")
    return place


def test_a_key_is_made_let_in_used_and_taken_away_again(own_sshd: Sshd, home: Path, tmp_path: Path) -> None:
    options = own_sshd.options(Path("/nowhere"), identity=str(tmp_path / "locked"))
    place, listed = tmp_path / "ssh" / "host-1", home / ".ssh" / "authorized_keys"
    before = listed.read_text()
    named = {**options, "identity": str(place)}

    async def story() -> None:
        at = own_sshd.address, own_sshd.pinned
        await use_key(*at, options, place, secret=lambda: "passphrase:of the key")
        assert place.stat().st_mode & 0o777 == 0o600
        lines = listed.read_text().splitlines()
        assert lines[0] == before
        assert lines[1].startswith("ssh-ed25519 ")
        assert len(lines) == 2
        await (await log_in(Door.of(*at, named))).close()
        await drop_key(*at, named)
        assert listed.read_text().splitlines() == [before]
        with pytest.raises(HostRefused):
            await log_in(replace(Door.of(*at, named)))

    asyncio.run(story())
    assert sorted(one.name for one in listed.parent.iterdir()) == ["authorized_keys"]


def test_a_key_that_is_not_let_in_is_not_kept(own_sshd: Sshd, home: Path, tmp_path: Path) -> None:
    """A server that does not look into the user's home."""
    listed = own_sshd.folder / "authorized_keys"
    text = listed.read_text()
    listed.unlink()
    listed.write_text(text)
    place = tmp_path / "ssh" / "host-1"
    options = own_sshd.options(Path("/nowhere"), identity=str(tmp_path / "locked"))
    with pytest.raises(HostRefused, match="took the new key and does not let it in"):
        asyncio.run(use_key(own_sshd.address, own_sshd.pinned, options, place, secret=lambda: "passphrase:of the key"))
    assert not place.exists()
