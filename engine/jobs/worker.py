"""The loop of a worker: reads tasks from its pipe, runs analyzers over an asset decoded once, answers in messages.

A worker has no database and no network. It writes nothing but the parts of a parcel, into the folder that it is told
(`engine.jobs.cut`). Whoever started it sees it die and draws the conclusions.
"""

import contextlib
import importlib
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import Any, BinaryIO, TypeVar

from engine.errors import AnalyzerFailed, Cancelled, KinoraError, MediaError, NeedsPack, OutOfMemory
from engine.jobs import wire
from engine.language import tr
from engine.model import Facts, Finding, Preview, Step
from engine.offline import allowed, guard
from engine.packs.chat import address_of

Said = TypeVar("Said", Finding, Facts)

BEAT = 1.0  # seconds between signs of life
STEP = 0.2  # seconds between progress messages

log = logging.getLogger("kinora.worker")


class Worker:
    """Runs tasks one bundle after the other; a thread reads the pipe so that a cancel is seen at the next yield."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._writing = threading.Lock()
        self._todo: SimpleQueue[wire.Start | None] = SimpleQueue()
        self._cancelled: set[int] = set()
        self._analyzers: dict[str, Any] = {}
        self._stop = threading.Event()

    def serve(self) -> None:
        """Work until the pipe is closed."""
        from engine.analyzers import ANALYZERS

        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        threading.Thread(target=self._beat, name="beat", daemon=True).start()
        versions = {analyzer.name: analyzer.version for analyzer in ANALYZERS}
        self.say(wire.Ready(wire.PROTOCOL, os.getpid(), versions))
        while (start := self._todo.get()) is not None:
            self.run(start)
        self._stop.set()

    def say(self, message: wire.Message) -> None:
        """Send one message; when nobody listens any more there is nothing left to work for."""
        try:
            with self._writing:
                self._sink.write(wire.encode(message))
                self._sink.flush()
        except OSError:
            os._exit(0)

    def run(self, start: wire.Start) -> None:
        """Run one bundle: every task gets exactly one `Done` or `Failed`."""
        from engine.media.source import Source

        fatal: KinoraError | None = None
        with contextlib.ExitStack() as stack:
            source: Any = None
            for task in start.tasks:
                if start.bundle in self._cancelled:
                    self._fail(start, task, Cancelled(), 0.0)
                    continue
                if fatal is not None:
                    self._fail(start, task, fatal, 0.0)
                    continue
                if source is None:
                    source = stack.enter_context(
                        Source(start.path, start.kind, start.mime, limits=limits(task.options), facts=start.facts,
                               size=start.size, mtime_ns=start.mtime_ns)
                    )  # fmt: skip
                    for every in frames_wanted(start.tasks):
                        source.want_frames(every)
                    if len(start.tasks) > 1:
                        with contextlib.suppress(MediaError):  # the tasks meet the same error, and report it
                            source.want(1600)
                fatal = self._task(start, task, source)
        self._cancelled.discard(start.bundle)
        self.say(wire.Ended(start.bundle))

    def _task(self, start: wire.Start, task: wire.Task, source: Any) -> KinoraError | None:
        """Run one task; return an error that makes the remaining ones of this asset pointless."""
        self.say(wire.Began(start.bundle, task.job))
        began, cpu = time.monotonic(), time.process_time()
        try:
            source.check()
            with allowed(address_of(task.options)):
                findings, facts, previews = self._collect(start, task, source)
            source.check()
        except KinoraError as error:
            self._fail(start, task, error, time.monotonic() - began)
            return (
                error
                if isinstance(error, MediaError) and (task.analyzer == "probe" or error.code == "changed")
                else None
            )
        except MemoryError:
            self._fail(
                start,
                task,
                OutOfMemory(tr("Reading this file takes more memory than a worker may use.")),
                time.monotonic() - began,
            )
            return None
        except Exception as error:  # a bug in an analyzer costs this task, with its traceback in the log
            log.exception("%s failed on %s", task.analyzer, os.fsdecode(start.path))
            bug = AnalyzerFailed(
                tr(
                    "{analyzer} stopped at an unexpected error: {name}.",
                    analyzer=task.analyzer,
                    name=type(error).__name__,
                )
            )
            self._fail(start, task, bug, time.monotonic() - began, trace=traceback.format_exc())
            return None
        done = wire.Done(
            start.bundle, task.job, task.epoch, tuple(findings), facts, tuple(previews),
            time.monotonic() - began, time.process_time() - cpu, resident(),
        )  # fmt: skip
        self.say(done)
        return None

    def _collect(
        self, start: wire.Start, task: wire.Task, source: Any
    ) -> tuple[list[Finding], Facts | None, list[Preview]]:
        findings: list[Finding] = []
        facts: Facts | None = None
        previews: list[Preview] = []
        said = 0.0
        steps: Iterator[Any] = self._analyzer(task.analyzer).analyze(source, task.options)
        with contextlib.closing(steps):  # type: ignore[type-var]  # every analyzer is a generator
            for item in steps:
                if start.bundle in self._cancelled:
                    raise Cancelled
                match item:
                    case Finding():
                        findings.append(clean(item))
                    case Facts():
                        facts = clean(item)
                    case Preview():
                        previews.append(item)
                    case Step() if time.monotonic() - said >= STEP:
                        said = time.monotonic()
                        self.say(wire.Progress(start.bundle, task.job, item))
        return findings, facts, previews

    def _analyzer(self, name: str) -> Any:
        if not self._analyzers:
            import cv2

            cv2.setNumThreads(1)  # one process for each core: more threads only wait for each other
        if name not in self._analyzers:
            cls = analyzer_class(name)
            if missing := cls.missing():
                raise NeedsPack(missing)
            self._analyzers[name] = cls()
        return self._analyzers[name]

    def _fail(self, start: wire.Start, task: wire.Task, error: KinoraError, seconds: float, trace: str = "") -> None:
        self.say(
            wire.Failed(
                start.bundle,
                task.job,
                task.epoch,
                error.code,
                error.text,
                error.hint,
                error.retry.value,
                trace,
                seconds,
            )
        )

    def _listen(self) -> None:
        while line := self._source.readline(wire.LONGEST_LINE):
            message = wire.decode(line)
            if isinstance(message, wire.Start):
                self._todo.put(message)
            elif isinstance(message, wire.Cancel):
                self._cancelled.add(message.bundle)
        self._todo.put(None)
        time.sleep(2)  # the parent is gone or wants us gone: do not finish a long task first
        os._exit(0)

    def _beat(self) -> None:
        while not self._stop.wait(BEAT):
            self.say(wire.Beat(resident()))
            if (models := sys.modules.get("engine.packs.models")) is not None:
                models.loaded.tidy()  # also while nothing is asked of this worker


def frames_wanted(tasks: Sequence[wire.Task]) -> list[float]:
    """The steps, in seconds, at which the analyzers of these tasks look at a video."""
    from engine.analyzers import BY_NAME

    found = (getattr(BY_NAME.get(task.analyzer), "frames", 0.0) for task in tasks)
    return [every for every in found if every]


def analyzer_class(name: str) -> Any:
    """The class of an analyzer, or of what is asked for by the viewer and by searches.

    Raises:
        NeedsPack: this build has no such analyzer.
    """
    from engine.analyzers import BY_NAME
    from engine.jobs.cut import Cut
    from engine.jobs.encode import Encode
    from engine.jobs.measure import Measure
    from engine.jobs.render import Render
    from engine.jobs.sidecar import Sidecar

    found = {one.name: one for one in (Render, Encode, Measure, Sidecar, Cut)}.get(name) or BY_NAME.get(name)
    extra = os.environ.get("KINORA_TEST_ANALYZER")  # "name=module:Class": the fault tests bring a culprit
    if extra and extra.partition("=")[0] == name:
        module, _, attribute = extra.partition("=")[2].partition(":")
        found = getattr(importlib.import_module(module), attribute)
    if found is None:
        raise NeedsPack(tr("This worker has no analyzer {name!r}.", name=name))
    return found


def clean(said: Said) -> Said:
    """Replace lone surrogates in what an analyzer says (names and tags may bring them): no database takes them."""
    old = {name: getattr(said, name) for name in type(said).__slots__}
    new = {name: plain(value) for name, value in old.items()}
    return said if new == old else replace(said, **new)


def plain(value: Any) -> Any:
    """The value without lone surrogates, itself if there are none."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(plain(part) for part in value)
    if isinstance(value, Mapping):
        return {plain(key): plain(part) for key, part in value.items()}
    return value


def limits(options: Mapping[str, Any]) -> Any:
    """The reading limits that travel with a task."""
    from engine.media.source import Limits

    return Limits(
        megapixels=options.get("media.max_megapixels", 250),
        text_bytes=options.get("media.max_text", 20) << 20,
        pages=options.get("media.max_pages", 2000),
        keyframes=options.get("media.max_keyframes", 240),
        scenes_threshold=options.get("scenes.threshold", 27.0),
    )


def resident() -> int:
    """Resident memory of this process in bytes."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def quiet_surroundings() -> None:
    """Set what libraries read from the environment, before any of them is imported."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def cap_memory() -> None:
    """Let an allocation fail before the supervisor has to kill: half as much again as the cap, where the system can."""
    if sys.platform != "linux" or "KINORA_WORKER_MEMORY" not in os.environ:
        return
    import resource

    cap = int(os.environ["KINORA_WORKER_MEMORY"]) * 3 // 2
    resource.setrlimit(resource.RLIMIT_DATA, (cap, cap))


def main() -> int:
    """Entry of a worker process."""
    quiet_surroundings()
    cap_memory()
    guard(on=True, loopback=False)
    if hasattr(os, "nice"):
        os.nice(10)
    # Native libraries print: the real standard output becomes ours alone, theirs goes to the log.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    Worker(sys.stdin.buffer, sink).serve()
    return 0
