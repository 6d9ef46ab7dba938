"""A server of a test's own on loopback, on a thread."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.contextmanager
def listening(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Let `answer` have every connection to a free port, which this gives."""
    ready, over, loop, port = threading.Event(), asyncio.Event(), asyncio.new_event_loop(), 0
    writers: list[asyncio.StreamWriter] = []

    def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[None]:
        writers.append(writer)
        return answer(reader, writer)

    async def serve() -> None:
        nonlocal port
        server = await asyncio.start_server(met, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
        await asyncio.sleep(0.02)  # transports close in the next rounds of the loop

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="loopback")
    thread.start()
    assert ready.wait(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
