"""What a node offers: its analyzers, packs and devices, and why it cannot do a task."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import __version__
from engine.errors import HostSkew, KinoraError, NeedsPack, SettingInvalid
from engine.jobs.orders import PROTOCOL, Capabilities, OrderTask
from engine.language import tr
from engine.model import Device
from engine.packs import shelf
from engine.settings import BY_KEY

# What these say is where something is on a machine, or whom it may ask: this machine's own settings say it, for a path
# or an address that came with an order would be somebody else's to choose.
OWN = (
    "model.url", "model.name", "model.vision", "model.key_file", "ocr.tesseract", "ocr.tessdata", "ocr.easyocr",
    "net.offline",
)  # fmt: skip
PACKS = "packs"  # the option that names the pack of each task


def analyzers() -> dict[str, int]:
    """The analyzers whose parts travel and that can run here, with their versions."""
    from engine.analyzers import ANALYZERS

    return {one.name: one.version for one in ANALYZERS if travels(one) and not one.missing()}


def travels(analyzer: Any) -> bool:
    """Whether an analyzer may be run for another machine at all."""
    return bool(getattr(analyzer, "travels", ()))


def capabilities(slots: int, devices: tuple[Device, ...], folder: Path) -> Capabilities:
    """What this node is and can do now."""
    home = next(one for one in (folder, *folder.parents) if one.exists())
    return Capabilities(
        PROTOCOL, __version__, analyzers(), tuple(sorted(pack.ref for pack in shelf.installed().values())), devices,
        slots, shutil.disk_usage(home).free, time.time(),
    )  # fmt: skip


def refusal(task: OrderTask, settings: Mapping[str, Any]) -> KinoraError | None:
    """Why a task cannot be done here; None when it can."""
    from engine.analyzers import BY_NAME

    cls = BY_NAME.get(task.analyzer)
    if cls is None or not travels(cls) or cls.version != task.version:
        have = cls.version if cls is not None and travels(cls) else 0
        return HostSkew(
            tr(
                "The host (Kinora {version}) has the analyzer {analyzer} in version {have}, asked was for {wanted}.",
                version=__version__, analyzer=task.analyzer, have=have, wanted=task.version,
            )
        )  # fmt: skip
    if waits := cls.missing():
        return NeedsPack(waits)
    try:
        for ref in packs_of(task).values():
            shelf.find(ref)
        options_here(task, settings)
    except (NeedsPack, SettingInvalid, HostSkew) as error:
        return error
    return None


def packs_of(task: OrderTask) -> dict[str, str]:
    """The packs that a task names, by what they do."""
    named = task.options.get(PACKS, {})
    return {str(key): str(ref) for key, ref in named.items()} if isinstance(named, Mapping) else {}


def options_here(task: OrderTask, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A task's options as its worker gets them: each one known and within its bounds, and this machine's own.

    Raises:
        SettingInvalid: a value that no setting can have.
        HostSkew: an option that this Kinora does not know.
    """
    found: dict[str, Any] = {}
    for key, value in task.options.items():
        if key == PACKS:
            found[key] = packs_of(task)
        elif key not in BY_KEY:
            raise HostSkew(
                tr("The host (Kinora {version}) does not know the option {key}.", version=__version__, key=key[:64])
            )
        elif key not in OWN:
            found[key] = BY_KEY[key].clean(value)
    # A language model on a further server is not asked: an order's pictures were given to this node and to nobody else.
    here = {key: BY_KEY[key].default if key.startswith("model.") else settings[key] for key in OWN if key in settings}
    return {**found, **here}


def devices() -> tuple[Device, ...]:
    """The graphics cards of this machine, as the driver's own program names them; takes up to some seconds."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    found: list[Device] = []
    with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
        said = subprocess.run(
            asked, capture_output=True, text=True, timeout=10, check=True, env={**os.environ, "LC_ALL": "C"}
        )
        for line in said.stdout.splitlines():
            name, _, memory = line.rpartition(",")
            found.append(Device(name.strip()[:128], int(float(memory)) << 20))
    return tuple(found)
