"""Whether this computer runs on its battery or shows something on the whole screen, and what the work then does."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.language import tr

BUSY_SCREENS = frozenset({2, 3, 4})  # QUNS_BUSY, QUNS_RUNNING_D3D_FULL_SCREEN, QUNS_PRESENTATION_MODE


@dataclass(frozen=True, slots=True)
class Power:
    """What holds now; None where it cannot be told."""

    battery: bool | None = None
    fullscreen: bool | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """Why the work pauses or goes slowly; `why` is empty when it does neither."""

    why: str = ""  # battery, fullscreen
    text: str = ""  # a sentence
    slow: bool = False


def on_battery() -> bool | None:
    """Whether the power comes from a battery; None without one."""
    import psutil

    try:
        told = psutil.sensors_battery()
    except (OSError, RuntimeError, AttributeError):  # a system without the sensor, or one that answers nonsense
        return None
    return None if told is None or told.power_plugged is None else not told.power_plugged


def whole_screen() -> bool | None:
    """Whether a program has the whole screen to itself; told on Windows only (see docs/health.md)."""
    if sys.platform != "win32":
        return None
    import ctypes

    state = ctypes.c_int(0)
    failed = ctypes.windll.shell32.SHQueryUserNotificationState(ctypes.byref(state))
    return None if failed else state.value in BUSY_SCREENS


def decide(settings: Mapping[str, Any], power: Power, overruled: frozenset[str] = frozenset()) -> Rest:
    """What the work does; a reason in `overruled` ("Go on anyway") does not count."""
    battery = settings["jobs.on_battery"] if power.battery and "battery" not in overruled else "go on"
    screen = settings["jobs.on_fullscreen"] if power.fullscreen and "fullscreen" not in overruled else "go on"
    if battery == "pause":
        return Rest("battery", tr("Paused while on battery"))
    if screen == "pause":
        return Rest("fullscreen", tr("Paused while the whole screen is in use"))
    if battery == "slow":
        return Rest("battery", tr("Slower while on battery"), slow=True)
    if screen == "slow":
        return Rest("fullscreen", tr("Slower while the whole screen is in use"), slow=True)
    return Rest()
