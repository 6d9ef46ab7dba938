"""What another start of Kinora may ask of the hosts of the one that has the library open: plain values, in and out."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.errors import KinoraError
from engine.language import tr
from engine.model import HostRow, HostState, StayScope

if TYPE_CHECKING:
    from engine.hosting import Hosts

ACTS = ("states", "add", "test", "enable", "rename", "trust", "unlock", "use_key", "remove", "stays", "stay")


def hosts_told(hosts: "Hosts", act: str, **given: Any) -> Any:
    """Do what another start asks for. Raises KinoraError."""
    if act not in ACTS:
        raise KinoraError(tr("Hosts cannot be told to {act}.", act=act))
    if act == "states":
        return [state_values(state) for state in hosts.states()]
    if act == "stays":
        return [asdict(stay) for stay in hosts.stays()]
    if act == "add":
        return asdict(hosts.add(**given))
    if act == "test":
        return [step.text for step in hosts.test(**given)][-1]
    if act == "stay":
        hosts.stay(StayScope(given["scope"]), given["target"], given["on"])
        return None
    getattr(hosts, act)(**given)
    return None


def state_values(state: HostState) -> dict[str, Any]:
    """A state as plain values."""
    return {**asdict(state), "row": row_values(state.row)}


def row_values(row: HostRow) -> dict[str, Any]:
    """A host as plain values; nothing of it is secret."""
    options: Mapping[str, Any] = dict(row.options)
    return {"id": row.id, "kind": row.kind.value, "name": row.name, "address": row.address, "pinned": row.pinned,
            "enabled": row.enabled, "options": options, "added": row.added}  # fmt: skip
