"""One thread of the engine in which everything that waits for other machines runs on an asyncio loop."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Loop:
    """An asyncio loop in a thread; starts with the first work, ends with `close`."""

    def __init__(self, name: str = "kinora-network") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run a coroutine there; after `close` it is cancelled at once."""
        with self._lock:
            if self._closed:
                work.close()
                refused: Future[T] = Future()
                refused.cancel()
                return refused
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.getaddrinfo = partial(_looked_up, self._loop)  # type: ignore[method-assign]
                self._thread = threading.Thread(target=self._serve, args=(self._loop,), name=self._name, daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def ask(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine there and wait for it, from another thread. Raises TimeoutError, and what it raises."""
        future = self.submit(work)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def call(self, fn: Callable[..., object], *arguments: object) -> None:
        """Call a function there soon; nothing happens after `close`."""
        with self._lock:
            if self._loop is not None and not self._closed:
                self._loop.call_soon_threadsafe(fn, *arguments)

    def close(self, patience: float = 10.0) -> None:
        """Cancel what runs, wait for its clean-up, and end the thread."""
        with self._lock:
            self._closed = True
            loop, thread, self._thread = self._loop, self._thread, None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(patience)
        if thread.is_alive():
            log.warning("the thread of the network does not end")

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                with contextlib.suppress(Exception):
                    loop.run_until_complete(asyncio.wait(tasks, timeout=5))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


async def _looked_up(loop: asyncio.AbstractEventLoop, host: Any, port: Any, **more: Any) -> Any:
    """Look an address up on a thread that nobody waits for: without a network it may hang for half a minute."""
    answer = loop.create_future()

    def tell(result: Any, error: Exception | None) -> None:
        if not answer.done():
            answer.set_result(result) if error is None else answer.set_exception(error)

    def look() -> None:
        result, error = None, None
        try:
            result = socket.getaddrinfo(host, port, **more)
        except Exception as failed:  # noqa: BLE001  who waits gets it
            error = failed
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=look, name="kinora-address", daemon=True).start()
    return await answer
