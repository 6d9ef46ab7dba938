"""Which device runs a model, and in which precision: one table, and the reason for each choice."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Workers inherit these: what the settings say travels in the environment of the process that starts them.
WANTED, MEMORY, IDLE = "KINORA_DEVICE", "KINORA_PACKS_MEMORY", "KINORA_PACKS_IDLE"
SMALL = 4 << 20  # bytes: the way to a graphics card and back costs more than such a model


@dataclass(frozen=True, slots=True)
class Provider:
    """What runs a model: its name in ONNX Runtime, and why it was chosen."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Device:
    """A row of the table: a provider of ONNX Runtime and what it is good for."""

    provider: str
    precision: str  # the one in which it is fastest: "fp32" or "fp16"
    reason: str
    alone: bool = False  # chosen when nobody asked for a device
    plugin: str = ""  # the package that brings it, where it is no part of ONNX Runtime


CPU = Provider("CPUExecutionProvider", "runs everywhere; one thread in each worker costs the least time for each file")

DEVICES: Mapping[str, Device] = {
    "cuda": Device("CUDAExecutionProvider", "fp16", "NVIDIA cards; many times the speed of a processor", alone=True),
    "tensorrt": Device("TensorrtExecutionProvider", "fp16",
                       "NVIDIA cards; faster still, but it builds each model anew for minutes: only when asked for"),
    "coreml": Device("CoreMLExecutionProvider", "fp16",
                     "Apple chips; takes only parts of many models, which may be slower: only when asked for"),
    "directml": Device("DmlExecutionProvider", "fp16", "any card under Windows", alone=True),
    "openvino": Device("OpenVINOExecutionProvider", "fp32",
                       "Intel chips; compiles each model first: only when asked for"),
    "webgpu": Device("WebGpuExecutionProvider", "fp16", "any card through Vulkan, Direct3D or Metal", alone=True,
                     plugin="onnxruntime_ep_webgpu"),
    "cpu": Device(CPU.name, "fp32", CPU.reason),
}  # fmt: skip
AUTO = "auto"
CHOICES = (AUTO, *DEVICES)

_used: set[str] = set()


def graphics() -> list[Device]:
    """The rows of the table that are no processor."""
    return [row for row in DEVICES.values() if row.provider != CPU.name]


def wanted() -> str:
    """The device that the settings ask for."""
    return os.environ.get(WANTED, AUTO)


def announce(settings: Mapping[str, Any]) -> None:
    """Tell this process, and the workers that it starts from now on, what the settings say of models."""
    os.environ[WANTED] = str(settings.get("packs.device", AUTO))
    os.environ[MEMORY] = str(settings.get("packs.memory", 0))
    os.environ[IDLE] = str(settings.get("packs.idle", 0))


def choose(device: str, available: Collection[str], size: int | None = None) -> Provider:
    """The provider for a device (a key of `DEVICES`, or auto), the processor where the device is not there.

    `size` is that of the model's file in bytes; without it the model counts as large.
    """
    if device == AUTO:
        if size is not None and size < SMALL:
            return Provider(CPU.name, "so small that the way to another device would cost more")
        for name, row in DEVICES.items():
            if row.alone and row.provider in available:
                return Provider(row.provider, f"{name}: {row.reason}")
        return CPU
    if device not in DEVICES:
        return Provider(CPU.name, f"no device is called {device!r}")
    row = DEVICES[device]
    if row.provider == CPU.name:
        return CPU
    if row.provider not in available:
        return Provider(CPU.name, f"{row.provider} is not in this build of ONNX Runtime")
    return Provider(row.provider, f"asked for: {row.reason}")


def precision(provider: str) -> str:
    """The precision in which a provider is fastest."""
    return next((row.precision for row in DEVICES.values() if row.provider == provider), "fp32")


def doubt(provider: str, half: bool) -> str:
    """Why a model's precision does not fit the provider that runs it; empty when it does."""
    if half and precision(provider) == "fp32":
        return "its numbers are fp16, which a processor has to widen first: an fp32 model is faster there"
    return ""


def variant(path: Path, half: Path | None, provider: str) -> tuple[Path, str]:
    """Of a model in two precisions the one for this provider, and why."""
    if half is not None and half.is_file() and precision(provider) == "fp16":
        return half, f"{provider} is fastest in fp16"
    return path, f"{provider} is fastest in fp32" if half is not None else "there is only this one"


def note_use(provider: str) -> None:
    """Remember that a model runs there, for the report of a trial."""
    _used.add(provider.removesuffix("ExecutionProvider").lower())


def report() -> dict[str, str]:
    """ONNX Runtime's version and the devices that models of this process run on."""
    try:
        version = importlib.metadata.version("onnxruntime")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    return {"runtime": f"ONNX Runtime {version}", "device": ", ".join(sorted(_used)) or "cpu"}
