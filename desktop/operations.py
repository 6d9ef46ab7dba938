"""The one way a view calls the engine: off the UI thread, with errors turned into one sentence."""

import asyncio
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from PySide6.QtCore import QObject, Signal

from desktop.tasks import CANCELLED, DONE, FAILED, Tasks
from engine.errors import Cancelled, KinoraError
from engine.language import mark, tr
from engine.model import Step

if TYPE_CHECKING:
    from desktop.workers.watchdog import Watchdog
    from engine.library import Library

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

ASKERS = 4  # threads for short questions
FOLLOWERS = 4  # threads for long work, apart from the others so that an import never delays a search
EVERY = 0.1  # seconds between two steps of progress that reach the window
BUG = mark("Something went wrong.")
BUG_HINT = mark("The details are in the log. Your files are untouched.")


class Operations(QObject):
    """Asks the library in threads and tells the window what failed.

    Signals:
        failed: a sentence and a hint, for one toast.
        said: a sentence worth a toast.
    """

    failed = Signal(str, str)
    said = Signal(str)

    def __init__(self, library: "Library", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.library = library
        self.tasks = Tasks(self)
        self.watchdog: Watchdog | None = None  # of the window, while there is one
        self._askers = ThreadPoolExecutor(ASKERS, thread_name_prefix="ask")
        self._followers = ThreadPoolExecutor(FOLLOWERS, thread_name_prefix="follow")
        self._urgent = ThreadPoolExecutor(1, thread_name_prefix="urgent")  # kept free for what must not wait
        self._running: set[asyncio.Task[Any]] = set()
        self._following: set[Following] = set()
        self._closed = False

    async def ask(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Call `fn` in a thread; an error becomes a toast and None."""
        try:
            return await self.demand(fn, *args, **kwargs)
        except Cancelled:
            return None
        except KinoraError as error:
            self.tell(error)
            return None
        except Exception:
            log.exception("A question to the library failed")
            self.apologize()
            return None

    async def demand(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn` in a thread; errors reach the caller (who shows them in place, as for a query)."""
        if self._closed:
            raise Cancelled
        future = self._askers.submit(fn, *args, **kwargs)
        return await asyncio.wrap_future(future)

    async def at_once(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn` in a thread of its own, also when all others hang; errors reach the caller."""
        if self._closed:
            raise Cancelled
        return await asyncio.wrap_future(self._urgent.submit(fn, *args, **kwargs))

    def follow(self, steps: Iterator[Step]) -> "Following":
        """Run a generator in a thread; `async for` its steps, at most ten a second."""
        following = Following(steps, self._followers)
        self._following.add(following)
        following.ended.append(self._following.discard)
        return following

    async def run(
        self,
        title: str,
        steps: Iterator[Step],
        *,
        unit: str = "",
        refused: Callable[[KinoraError], object] | None = None,
        plain: str = "",
        steady: bool = False,
    ) -> bool:
        """Follow a generator to its end as a task of the status strip; False when it failed or was cancelled.

        `unit` says what the steps count ("bytes"); `refused` takes an expected error in place of a toast; `plain` is
        the title without names; what is `steady` cannot be held between two steps (a download).
        """
        following = self.follow(steps)
        pause = None if steady else following.pause
        task = self.tasks.begin(title, following.cancel, unit, pause=pause, plain=plain)
        how, why = CANCELLED, ""
        try:
            async for step in following:
                self.tasks.move(task, step)
            how = CANCELLED if following.cancelled else DONE
        except Cancelled:
            pass
        except KinoraError as error:
            how, why = FAILED, error.text
            (refused or self.tell)(error)
        except Exception:
            how, why = FAILED, tr(BUG)
            log.exception("A task failed: %s", title)
            self.apologize()
        finally:
            self.tasks.end(task, how, why)
        return how == DONE

    def start(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Start a coroutine from a Qt slot; what it raises is a bug and reaches the log and one toast."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def latest(self) -> "Latest":
        """A place for requests of which only the newest counts (a search box, a selection)."""
        return Latest(self)

    def tell(self, error: KinoraError) -> None:
        """Show one expected error."""
        if not self._closed:
            self.failed.emit(error.text, error.hint)

    def apologize(self) -> None:
        """Show the sentence for a bug (its traceback is in the log)."""
        if not self._closed:
            self.failed.emit(tr(BUG), tr(BUG_HINT))

    async def close(self) -> None:
        """Cancel what runs and end the threads."""
        self._closed = True
        for following in list(self._following):
            following.cancel()
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        self._askers.shutdown(wait=False, cancel_futures=True)
        self._followers.shutdown(wait=False, cancel_futures=True)
        self._urgent.shutdown(wait=False)
        await _ended(self._askers, self._followers, self._urgent)
        self.tasks.clear()

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, KinoraError):
            self.tell(error)
        elif error is not None:
            log.error("Work of the window failed", exc_info=error)
            self.apologize()


class Latest:
    """Runs one coroutine at a time: a newer one cancels the older, whose answer is then ignored."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._task: asyncio.Task[Any] | None = None

    def start(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Cancel the older request and start this one."""
        self.cancel()
        self._task = self._operations.start(work)
        return self._task

    def cancel(self) -> None:
        """Forget the request under way, if any."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = None


class Following(AsyncIterator[Step]):
    """A generator that runs in a thread; iterate its steps, or cancel it."""

    def __init__(self, steps: Iterator[Step], threads: ThreadPoolExecutor) -> None:
        self.cancelled = False
        self.ended: list[Callable[[Following], None]] = []
        self._steps = steps
        self._loop = asyncio.get_running_loop()
        self._news: deque[Step | None] = deque()  # in order; the loop may run its callbacks in another
        self._bell = asyncio.Event()
        self._error: BaseException | None = None
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._worker = threads.submit(self._drive)
        self._worker.add_done_callback(lambda _future: self._end())

    def cancel(self) -> None:
        """Ask the generator to end at its next step."""
        self.cancelled = True
        self._stop.set()
        self._go.set()

    def pause(self, paused: bool) -> None:
        """Hold it before its next step, or let it go on."""
        if paused and not self.cancelled:
            self._go.clear()
        else:
            self._go.set()

    def __aiter__(self) -> "Following":
        return self

    async def __anext__(self) -> Step:
        while not self._news:
            self._bell.clear()
            if not self._news:
                await self._bell.wait()
        step = self._news.popleft()
        if step is not None:
            return step
        for finished in self.ended:
            finished(self)
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    def _drive(self) -> None:
        shown = 0.0
        held: Step | None = None
        try:
            for step in self._steps:
                self._go.wait()
                if self._stop.is_set():
                    break
                held = step
                if time.monotonic() - shown >= EVERY:
                    shown, held = time.monotonic(), None
                    self._post(step)
            if held is not None:
                self._post(held)
        except BaseException as error:  # noqa: BLE001  handed to the awaiting coroutine, which tells or logs it
            self._error = error
        finally:
            if isinstance(self._steps, Generator):
                self._steps.close()

    def _end(self) -> None:
        self._post(None)

    def _post(self, step: Step | None) -> None:
        self._news.append(step)
        # The loop may be gone when the program ends in the middle of a step: then nobody listens any more.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bell.set)


async def _ended(*pools: ThreadPoolExecutor) -> None:
    """Wait for the threads of shut-down pools without blocking the loop."""
    while any(thread.is_alive() for thread in itertools.chain(*(pool._threads for pool in pools))):
        await asyncio.sleep(0.01)
