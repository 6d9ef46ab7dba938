"""Sessions of ONNX Runtime: the one place that decides their threads, their provider and their silence."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NeedsPack, PackInvalid
from engine.home import packs_folder
from engine.language import tr
from engine.packs import devices, onnxfile

# The library reports to its maker unless this is set before its first import; calling it off later is too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

log = logging.getLogger(__name__)

QUIET = 3  # of ONNX Runtime's severities: errors only


CPU = devices.CPU
choose = devices.choose


@cache
def runtime() -> Any:
    """Import ONNX Runtime, without its telemetry and its chatter."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # Windows has its own channel, which the variable does not close
    onnxruntime.set_default_logger_severity(QUIET)
    return onnxruntime


def session(model: Path, *, threads: int = 1, device: str = "") -> InferenceSession:
    """Load a model; `device` is a key of `devices.DEVICES` or auto, without it the one that the settings ask for.

    One thread by default: on a machine with n cores, n processes of one thread read more files than one process of n
    threads. Spinning is off because waiting threads would take time from the other workers. A device that does not
    take the model leaves it to the processor.

    Raises:
        NeedsPack: the file is absent or is not a model.
    """
    size = model.stat().st_size if model.is_file() else 0
    provider = choose(device or devices.wanted(), available(), size)
    log.info("%s runs on %s: %s", model.name, provider.name, provider.reason)
    if provider.name != CPU.name:
        try:
            made = _make(model, threads, provider.name)
        except Exception as error:  # noqa: BLE001  # drivers fail in many ways, and the processor is always there
            log.warning("%s does not run on %s, so the processor runs it: %s", model.name, provider.name, error)
        else:
            devices.note_use(provider.name)
            return made
    if size >= devices.SMALL and (doubt := devices.doubt(CPU.name, is_half(model))):
        log.info("%s: %s", model.name, doubt)
    try:
        made = _make(model, threads, CPU.name)
    except _load_errors() as error:
        raise NeedsPack(tr("The model {name} cannot be loaded.", name=model.name), hint=_hint(model)) from error
    devices.note_use(CPU.name)
    return made


def available() -> frozenset[str]:
    """The providers of ONNX Runtime that can be had here, those of plugins included."""
    return frozenset(runtime().get_available_providers()) | frozenset(_plugins())


def fitting(model: Path, half: Path) -> Path:
    """Of a model in fp32 and in fp16 the one that the device that will run it likes better."""
    provider = choose(devices.wanted(), available(), model.stat().st_size if model.is_file() else 0)
    path, reason = devices.variant(model, half, provider.name)
    log.info("%s is taken: %s", path.name, reason)
    return path


def is_half(model: Path) -> bool:
    """Whether most numbers of an ONNX file are fp16."""
    try:
        return onnxfile.read(model).half
    except (PackInvalid, OSError):
        return False


@cache
def _plugins() -> dict[str, list[Any]]:
    """Register what plugin packages bring; the devices that each provider finds (a plugin without one does not count).

    A plugin stands beside ONNX Runtime instead of overwriting it, as its other builds do.
    """
    found: dict[str, list[Any]] = {}
    for row in devices.DEVICES.values():
        if not row.plugin or importlib.util.find_spec(row.plugin) is None:
            continue
        try:
            library = importlib.import_module(row.plugin).get_library_path()
            runtime().register_execution_provider_library(row.plugin, library)
            mine = [one for one in runtime().get_ep_devices() if one.ep_name == row.provider]
        except Exception as error:  # noqa: BLE001  # a plugin that does not fit is as good as none
            log.warning("%s cannot be used: %s", row.plugin, error)
            continue
        log.info("%s finds %d devices", row.plugin, len(mine))
        if mine:
            found[row.provider] = mine
    return found


def _make(model: Path, threads: int, provider: str) -> InferenceSession:
    options = _options(threads)
    if plugged := _plugins().get(provider) if provider != CPU.name else None:
        options.add_provider_for_devices(plugged, {})
        return runtime().InferenceSession(str(model), sess_options=options)
    return runtime().InferenceSession(str(model), sess_options=options, providers=[provider])


def _hint(model: Path) -> str:
    folder = packs_folder()
    if model.is_relative_to(folder):
        return f"kinora packs check {model.relative_to(folder).parts[0]}"
    return "Install Kinora again."


def bundled(package: str, *parts: str) -> Path:
    """Return the path of a file inside an installed package, without importing the package.

    Raises:
        NeedsPack: the package is not installed, or lacks the file.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder).joinpath(*parts)
        if path.is_file():
            return path
    raise NeedsPack(
        tr("The model {parts} of {package} is not installed.", parts=parts[-1], package=package),
        hint=f"pip install {package}",
    )


def _options(threads: int) -> Any:
    options = runtime().SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    options.enable_cpu_mem_arena = False  # pictures of every size would make the arena grow without end
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _load_errors() -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (state.NoSuchFile, state.InvalidProtobuf, state.InvalidGraph, state.Fail, state.InvalidArgument)
