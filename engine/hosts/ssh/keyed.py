"""A key of Kinora's own for a machine that is entered with a password: made here, taken there as ssh-copy-id does."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import HostRefused
from engine.hosts.ssh.connection import Door, Link, Secret, log_in
from engine.hosts.ssh.troubles import lost
from engine.language import tr

WAIT = 30.0  # seconds
ADD = """umask 077; key=$(cat); file="$HOME/.ssh/authorized_keys"
mkdir -p "$HOME/.ssh" && touch "$file" || exit 1
grep -qxF "$key" "$file" && exit 0
[ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ] && echo >> "$file"
printf '%s\\n' "$key" >> "$file"
"""
DROP = """umask 077; key=$(cat); file="$HOME/.ssh/authorized_keys"; rest="$file.kinora"
[ -f "$file" ] || exit 0
grep -vxF "$key" "$file" > "$rest"; [ $? -le 1 ] && cat "$rest" > "$file"; done=$?
rm -f "$rest"; exit $done
"""


async def use_key(
    address: str, pinned: str, options: Mapping[str, Any], place: Path, *, secret: Secret | None = None
) -> None:
    """Make a key in a file here, have it let in there, and see that it is. Raises HostError."""
    import asyncssh

    from engine.keys import write_private

    door = replace(Door.of(address, pinned, options), secret=secret)
    key = asyncssh.generate_private_key("ssh-ed25519", comment="kinora")
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(place, key.export_private_key("openssh"))
    try:
        link = await log_in(door)
        try:
            await _told(link, door.address.name, ADD, key)
        finally:
            await link.close()
        await _tried(Door.of(address, pinned, {**options, "identity": str(place)}))
    except BaseException:
        place.unlink(missing_ok=True)
        raise


async def drop_key(address: str, pinned: str, options: Mapping[str, Any]) -> None:
    """Have the key with which one enters forgotten there. Raises HostError."""
    import asyncssh

    door = Door.of(address, pinned, options)
    link = await log_in(door)
    try:
        await _told(link, door.address.name, DROP, asyncssh.read_private_key(door.identity))
    finally:
        await link.close()


async def _told(link: Link, name: str, program: str, key: Any) -> None:
    """Have a few lines of shell done there with the public half of a key. Raises HostError."""
    import asyncssh

    public = " ".join(key.export_public_key("openssh").decode("ascii").split())
    try:
        done = await link.connection.run(f"sh -c {shlex.quote(program)}", input=f"{public}\n", timeout=WAIT)
    except (asyncssh.Error, OSError) as error:
        raise lost(name, error) from error
    if done.exit_status:
        raise HostRefused(
            tr("~/.ssh/authorized_keys on {name} could not be changed.", name=name),
            hint=tr("Everything is as it was: the password opens it."),
        )


async def _tried(door: Door) -> None:
    try:
        await (await log_in(door)).close()
    except HostRefused as error:
        raise HostRefused(
            tr("{name} took the new key and does not let it in.", name=door.address.name),
            hint=tr("Its SSH server may not allow keys. The password opens it as before."),
        ) from error
