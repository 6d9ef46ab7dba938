"""Sessions of ONNX Runtime: the one place that decides their threads, their provider and their silence."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NeedsPack

# The library reports to its maker unless this is set before its first import; calling it off later is too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

log = logging.getLogger(__name__)

QUIET = 3  # of ONNX Runtime's severities: errors only


@dataclass(frozen=True, slots=True)
class Provider:
    """What runs a model: its name in ONNX Runtime, and why it was chosen."""

    name: str
    reason: str


CPU = Provider("CPUExecutionProvider", "runs everywhere; one thread in each worker costs the least time for each file")
PROVIDERS: dict[str, Provider] = {
    "cpu": CPU,
    "cuda": Provider("CUDAExecutionProvider", "asked for, and this build of ONNX Runtime has it"),
    "coreml": Provider("CoreMLExecutionProvider", "asked for, and this build of ONNX Runtime has it"),
    "directml": Provider("DmlExecutionProvider", "asked for, and this build of ONNX Runtime has it"),
}


def choose(device: str, available: Sequence[str]) -> Provider:
    """Return the provider for a device (a key of `PROVIDERS`), or the processor where the runtime lacks that one."""
    wanted = PROVIDERS.get(device)
    if wanted is None:
        return Provider(CPU.name, f"no device is called {device!r}")
    if wanted.name not in available:
        return Provider(CPU.name, f"{wanted.name} is not in this build of ONNX Runtime")
    return wanted


@cache
def runtime() -> Any:
    """Import ONNX Runtime, without its telemetry and its chatter."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # Windows has its own channel, which the variable does not close
    onnxruntime.set_default_logger_severity(QUIET)
    return onnxruntime


def session(model: Path, *, threads: int = 1, device: str = "cpu") -> InferenceSession:
    """Load a model.

    One thread by default: on a machine with n cores, n processes of one thread read more files than one process of n
    threads. Spinning is off because waiting threads would take time from the other workers.

    Raises:
        NeedsPack: the file is absent or is not a model.
    """
    ort = runtime()
    provider = choose(device, ort.get_available_providers())
    log.info("%s runs on %s: %s", model.name, provider.name, provider.reason)
    try:
        return ort.InferenceSession(str(model), sess_options=_options(threads), providers=[provider.name])
    except _load_errors() as error:
        raise NeedsPack(f"The model {model.name} cannot be loaded.", hint="Install Kinora again.") from error


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
    raise NeedsPack(f"The model {parts[-1]} of {package} is not installed.", hint=f"pip install {package}")


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
