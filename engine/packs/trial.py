"""Trying a pack in a process of its own: a model that crashes, hangs or eats memory takes nothing with it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import engine
from engine.errors import KinoraError, NeedsPack, PackInvalid
from engine.language import tr
from engine.packs.pack import Pack, read_pack

log = logging.getLogger(__name__)

DEADLINE = 300.0  # seconds for all models of a pack
ROOM = 3 << 30  # bytes of memory beside four times the size of the files
ENTRY = "--pack-check"
WORST = 1 << 20  # characters of a line that is read


@dataclass(slots=True)
class Report:
    """What came of trying a pack, for each of its tasks."""

    answers: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)  # a sentence: the pack must not be used
    waits: dict[str, str] = field(default_factory=dict)  # a sentence: this machine lacks something
    speed: dict[str, float] = field(default_factory=dict)
    memory: int = 0  # bytes that all models took together
    runtime: str = ""
    device: str = ""


def command() -> list[str]:
    """How this program starts itself for a trial, from source and frozen alike."""
    if getattr(sys, "frozen", False):
        return [sys.executable, ENTRY]
    return [sys.executable, str(Path(engine.__file__).resolve().parent.parent / "main.py"), ENTRY]


def run(folder: Path, pack: Pack, *, device: str = "auto", deadline: float = DEADLINE) -> Report:
    """Try every task of the pack whose files lie in `folder`; never raises for what the models do."""
    asked = {"folder": str(folder), "pack": dict(pack.raw), "device": device, "memory": 4 * pack.size + ROOM}
    report = Report()
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip
    late = threading.Timer(deadline, process.kill)
    late.name = "kinora-pack-trial"
    late.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError), process.stdin as pipe:
            pipe.write(json.dumps(asked).encode() + b"\n")
        whole = False
        with process.stdout as lines:
            while line := lines.readline(WORST):
                whole = _note(line, pack, report) or whole
        code = process.wait()
    finally:
        process.kill()
        process.wait()
        hurried = not late.is_alive()
        late.cancel()
        late.join()
    if not whole:
        missing = next((task for task in pack.tasks if task not in report.answers and task not in report.waits), "")
        why = (
            tr("it took longer than {deadline:.0f} seconds", deadline=deadline)
            if hurried
            else tr("its process ended (code {code})", code=code)
        )
        report.wrong.setdefault(missing or "pack", why)
    return report


def _note(line: bytes, pack: Pack, report: Report) -> bool:
    """Take one line of the child into the report; return whether it was the last one."""
    try:
        said = json.loads(line)
        task = str(said.get("task", ""))
    except (ValueError, AttributeError):
        return False
    if said.get("end"):
        report.runtime, report.device = str(said.get("runtime", "")), str(said.get("device", ""))
        report.memory = int(said.get("memory", 0))
        return True
    if task not in pack.models:
        return False
    if "wrong" in said:
        report.wrong[task] = str(said["wrong"])
    elif "waits" in said:
        report.waits[task] = str(said["waits"])
    else:
        _judge(task, said, pack, report)
    return False


def _judge(task: str, said: dict[str, Any], pack: Pack, report: Report) -> None:
    """Compare an answer with the recorded one: here, and not in the process that runs the model."""
    from engine.packs.golden import differs

    answer = said.get("answer")
    recorded = pack.golden.get(task)
    difference = differs(recorded, answer) if isinstance(recorded, dict) and isinstance(answer, dict) else ""
    if not isinstance(answer, dict):
        report.wrong[task] = tr("it gave no answer")
    elif difference:
        report.wrong[task] = difference
    else:
        report.answers[task] = recorded if isinstance(recorded, dict) else answer
        if isinstance(said.get("speed"), (int, float)):
            report.speed[task] = float(said["speed"])


# --- in the child -----------------------------------------------------------------------------------------------------


def main() -> int:
    """Entry of the child: reads what to try from its standard input, writes one line of JSON for each task."""
    from engine.offline import guard
    from engine.packs.devices import graphics
    from engine.packs.runtime import available

    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what native libraries print goes elsewhere
    asked = json.loads(sys.stdin.buffer.readline(64 << 20))
    guard(on=True, loopback=False)
    if asked["device"] == "cpu" or not any(device.provider in available() for device in graphics()):
        cap(int(asked["memory"]))  # drivers of graphics cards reserve more than any cap allows
    _try_all(asked, sink)
    sink.flush()
    os._exit(0)  # some libraries crash on their way out, when all is said


def cap(memory: int) -> None:
    """Let allocations fail above so many bytes, where the system can."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _try_all(asked: dict[str, Any], sink: Any) -> None:
    from engine.packs import devices
    from engine.packs.pack import pack_of
    from engine.packs.runtime import runtime

    def say(**message: Any) -> None:
        sink.write(json.dumps(message).encode() + b"\n")
        sink.flush()

    os.environ[devices.WANTED] = str(asked["device"])
    folder = Path(asked["folder"])
    pack = pack_of(asked["pack"]) if asked.get("pack") else read_pack(folder)
    runtime()  # what the libraries take is not the models' share
    began = _resident()
    for task in pack.tasks:
        try:
            say(task=task, **_try_one(pack, folder, task))
        except NeedsPack as error:
            say(task=task, waits=f"{error.text} {error.hint}".strip())
        except PackInvalid as error:
            say(task=task, wrong=error.text)
        except KinoraError as error:
            say(task=task, wrong=error.text)
        except MemoryError:
            say(task=task, wrong=tr("it takes more memory than a model of its size may"))
        except Exception as error:  # noqa: BLE001  # whatever a foreign model brings about is its fault
            say(task=task, wrong=tr("it fails: {name}: {error}", name=type(error).__name__, error=str(error)[:300]))
    say(end=True, memory=max(0, _resident() - began), **devices.report())


def _try_one(pack: Pack, folder: Path, task: str) -> dict[str, Any]:
    from engine.packs.golden import ask
    from engine.packs.measure import speed
    from engine.packs.models import Model, make

    model = make(Model(pack, folder, task, pack.models[task]))
    return {"answer": ask(task, model), "speed": speed(task, model)}


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
