import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from engine.errors import HostError, HostKeyChanged, HostKeyUnknown, HostLost, HostRefused
from engine.hosts.ssh import keys
from engine.hosts.ssh.connection import CIPHERS, Door, Patience, introduce, log_in
from tests.sshd import Sshd


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def door(sshd: Sshd, pinned: str = "", **options: Any) -> Door:
    return Door.of(sshd.address, pinned, {**sshd.options(Path("/nowhere")), **options})


async def cipher_of(way: Door) -> str:
    link = await log_in(way)
    try:
        return str(link.connection.get_extra_info("send_cipher"))
    finally:
        await link.close()


def test_a_pinned_key_lets_us_in_and_the_cipher_is_aes_gcm(sshd: Sshd) -> None:
    assert run(cipher_of(door(sshd, sshd.pinned))) in CIPHERS


def test_an_unknown_key_is_shown_and_never_accepted(sshd: Sshd) -> None:
    with pytest.raises(HostKeyUnknown) as raised:
        run(log_in(door(sshd)))
    assert raised.value.key == sshd.pinned
    assert raised.value.fingerprint.startswith("SHA256:")
    assert raised.value.fingerprint in raised.value.text


def test_an_introduction_shows_the_same_fingerprint_as_ssh_keygen(sshd: Sshd) -> None:
    import subprocess

    told = run(introduce(sshd.address, {"known_hosts": str(sshd.folder / "absent")}))
    said = subprocess.run(
        ["ssh-keygen", "-lf", str(sshd.folder / "host_key.pub")], capture_output=True, text=True, check=True
    )
    assert told.fingerprint == said.stdout.split()[1]
    assert (told.key, told.known, told.address) == (sshd.pinned, False, sshd.address)


def test_known_hosts_vouches(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"not a line of it\n[127.0.0.1]:{sshd.port} {sshd.pinned} somebody@there\n")
    assert run(introduce(sshd.address, {"known_hosts": str(known)})).known
    assert run(cipher_of(door(sshd, known_hosts=str(known)))) in CIPHERS


def test_hashed_names_are_understood(sshd: Sshd, tmp_path: Path) -> None:
    import subprocess

    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.pinned}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=True, capture_output=True)
    assert "127.0.0.1" not in known.read_text()
    assert run(introduce(sshd.address, {"known_hosts": str(known)})).known


def other_key(kind: str = "ssh-ed25519") -> str:
    return keys.spelled(asyncssh.generate_private_key(kind))


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
def test_a_changed_key_is_a_hard_stop(sshd: Sshd, tmp_path: Path, kind: str) -> None:
    """Also one of another kind, where the two sides would not even begin to talk."""
    with pytest.raises(HostKeyChanged) as raised:
        run(log_in(door(sshd, other_key(kind))))
    assert "SHA256:" in raised.value.text
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {other_key(kind)}\n")
    for work in (log_in(door(sshd, known_hosts=str(known))), introduce(sshd.address, {"known_hosts": str(known)})):
        with pytest.raises(HostKeyChanged):
            run(work)


def test_a_pinned_key_counts_more_than_known_hosts(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.pinned}\n")
    with pytest.raises(HostKeyChanged):
        run(log_in(door(sshd, other_key(), known_hosts=str(known))))


def test_a_revoked_key_is_refused_although_it_is_pinned(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"@revoked * {sshd.pinned}\n")
    with pytest.raises(HostKeyChanged) as raised:
        run(log_in(door(sshd, sshd.pinned, known_hosts=str(known))))
    assert "revoked" in raised.value.text


def test_the_users_configuration_cannot_switch_the_check_off(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(
        f"Host gpu\n  HostName 127.0.0.1\n  Port {sshd.port}\n  IdentityFile {sshd.own_key}\n"
        "  UserKnownHostsFile none\n  StrictHostKeyChecking no\n  Ciphers chacha20-poly1305@openssh.com\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(HostKeyUnknown):
        run(log_in(Door.of("gpu")))
    assert run(introduce("gpu")).key == sshd.pinned
    assert run(cipher_of(Door.of("gpu", sshd.pinned))) in CIPHERS


def test_a_machine_in_between_is_checked_as_strictly(
    sshd: Sshd, own_sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(
        f"Host gpu\n  HostName 127.0.0.1\n  Port {sshd.port}\n  ProxyJump bastion\n"
        f"Host bastion\n  HostName 127.0.0.1\n  Port {own_sshd.port}\n"
        f"  UserKnownHostsFile none\n  IdentityFile {own_sshd.own_key}\nHost gpu\n  IdentityFile {sshd.own_key}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(HostRefused) as raised:
        run(log_in(Door.of("gpu", sshd.pinned)))
    assert "bastion" in raised.value.text
    (tmp_path / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{own_sshd.port} {own_sshd.pinned}\n")
    assert run(cipher_of(Door.of("gpu", sshd.pinned))) in CIPHERS


def test_a_key_that_is_not_let_in_is_named(sshd: Sshd) -> None:
    with pytest.raises(HostRefused) as raised:
        run(log_in(door(sshd, sshd.pinned, identity=str(sshd.host_key))))
    assert "host_key" in raised.value.text


def test_without_any_key_it_is_said_how_to_make_one(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(HostRefused) as raised:
        run(log_in(Door.of(sshd.address, sshd.pinned)))
    assert "ssh-keygen" in raised.value.hint
    assert f"ssh-copy-id -p {sshd.port} " in raised.value.hint, "ssh-copy-id takes no box:2222"


def test_a_key_file_that_is_locked_or_absent_is_explained(sshd: Sshd, tmp_path: Path) -> None:
    import subprocess

    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(locked)], check=True)
    with pytest.raises(HostRefused, match="tried: locked") as raised:  # no passphrase would help: it is not let in
        run(log_in(door(sshd, sshd.pinned, identity=str(locked))))
    with pytest.raises(HostRefused, match="No such file") as raised:
        run(log_in(door(sshd, sshd.pinned, identity=str(tmp_path / "absent"))))
    assert str(tmp_path / "absent") in raised.value.text


def test_a_broken_pin_believes_nothing(sshd: Sshd) -> None:
    with pytest.raises(HostError):
        run(log_in(door(sshd, "ssh-ed25519 AAAA")))


def test_nobody_there_and_no_such_machine_are_said_apart(own_sshd: Sshd) -> None:
    own_sshd.stop()
    with pytest.raises(HostLost) as refused:
        run(log_in(door(own_sshd, own_sshd.pinned)))
    assert "refuses" in refused.value.text
    with pytest.raises(HostLost) as absent:
        run(introduce("me@nowhere.invalid"))
    assert "no machine" in absent.value.text


def test_a_machine_that_never_says_anything_is_given_up() -> None:
    async def work() -> None:
        came: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(lambda reader, writer: came.append(writer), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        way = replace(Door.of(f"me@127.0.0.1:{port}", other_key()), patience=Patience(connect=0.3, login=0.3))
        try:
            with pytest.raises(HostLost):
                await log_in(way)
        finally:
            silent.close()
            for writer in came:
                writer.close()

    began = time.monotonic()
    run(work())
    assert time.monotonic() - began < 20


def test_offline_contacts_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import offline

    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host proxied\n  ProxyCommand touch " + str(tmp_path / "ran") + "\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    offline.guard(True)
    try:
        for address in ("me@192.0.2.1", "proxied"):
            with pytest.raises(HostError) as raised:
                run(introduce(address))
            assert "offline" in raised.value.text
    finally:
        offline.guard(False)
    assert not (tmp_path / "ran").exists()


def test_a_certificate_of_a_ca_in_known_hosts_vouches(own_sshd: Sshd, tmp_path: Path) -> None:
    import subprocess

    own_sshd.stop()
    authority = tmp_path / "ca"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(authority)], check=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-s", str(authority), "-I", "box", "-h", "-n", "127.0.0.1",
         str(own_sshd.folder / "host_key.pub")], check=True
    )  # fmt: skip
    own_sshd.start(f"HostCertificate {own_sshd.folder / 'host_key-cert.pub'}")
    known = tmp_path / "known_hosts"
    known.write_text(f"@cert-authority * {authority.with_suffix('.pub').read_text()}")
    assert run(cipher_of(door(own_sshd, known_hosts=str(known)))) in CIPHERS
    known.write_text(f"@cert-authority * {other_key()}\n")
    with pytest.raises(HostKeyChanged) as raised:
        run(log_in(door(own_sshd, known_hosts=str(known))))
    assert "certificate" in raised.value.text
    with pytest.raises(HostKeyUnknown) as unknown:  # without a CA it is a key like others
        run(log_in(door(own_sshd)))
    assert unknown.value.key == own_sshd.pinned
    assert run(cipher_of(door(own_sshd, own_sshd.pinned))) in CIPHERS


def test_nothing_in_the_program_switches_the_check_of_keys_off() -> None:
    project = Path(__file__).resolve().parents[4]
    for place in [*project.glob("engine/**/*.py"), *project.glob("desktop/**/*.py")]:
        text = place.read_text(encoding="utf-8").replace(" ", "")
        assert not any(word in text for word in ("known_hosts=None", '"known_hosts":None')), place
