"""The process in which the Dask client lives: what a cluster sends is unpickled here, and here is nothing to take.

Python's pickle runs what a hostile worker wrote before anybody can look at it. So this process has no library, no keys
but those of the cluster, a bare environment, and on Linux no right to read, write, start or reach anything else.
"""

import asyncio
import contextlib
import logging
import os
import sys
import threading
import warnings
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from engine.hosts.cluster import body, confine, frames

LOOK = 0.25  # seconds between looks whether the scheduler is there
ASK = 10.0  # seconds for an answer of the scheduler
MEET = 5.0  # seconds for a first word, and for what a worker says of itself
log = logging.getLogger(__name__)

TASKS = {"run": body.run, "place": body.place, "wait": body.wait}
NOBODY = {"KINORA-NOBODY": 1}  # what no worker has: such a task is only seen, by whoever starts workers


class Lane:
    """Serves one connection to one scheduler, until its parent or the scheduler goes away."""

    def __init__(self, where: dict[str, Any], source: Any, sink: Any) -> None:
        self._where = where
        self._source = source
        self._sink: SimpleQueue[list[bytes] | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, args=(sink,), name="write", daemon=True)
        self._client: Any = None
        self._scheduler: Any = None
        self._security: Any = None
        self._futures: dict[int, Any] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Do what the parent asks until it closes the pipe."""
        self._writer.start()
        inbox: asyncio.Queue[tuple[dict[str, Any], list[bytes]] | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop, inbox), name="read", daemon=True).start()
        while (told := await inbox.get()) is not None:
            head, pieces = told
            self._run(self._answer(head, pieces))
        os._exit(0)  # nobody waits for anything any more: the scheduler takes our tasks back

    async def _answer(self, head: dict[str, Any], pieces: list[bytes]) -> None:
        done = {"submit": self._submit, "cancel": self._cancel}.get(head["do"])
        if done is not None:
            done(head, pieces)
            return
        ask = {"open": self._open, "join": self._join, "workers": self._workers, "about": self._about}[head["do"]]
        try:
            self._say({"re": head["re"], **await ask(head)})
        except Exception as error:  # whatever a library raises, the parent has a sentence for it
            log.warning("the cluster was asked in vain", exc_info=True)
            self._say({"re": head["re"], "error": _kind(error), "why": _words(error)})

    # --- the connection -----------------------------------------------------------------------------------------------

    async def _open(self, head: dict[str, Any]) -> dict[str, Any]:
        """Meet the scheduler: it must show a certificate of our authority and take ours, and say what it is."""
        import distributed.core
        import distributed.security

        rpc: Any = distributed.core.rpc
        security: Any = distributed.security.Security
        where = self._where
        self._security = security(
            require_encryption=True, tls_ca_file=where["ca"], tls_client_cert=where["cert"], tls_client_key=where["key"]
        )
        arguments = self._security.get_connection_args("client")
        await _meet(where["host"], where["port"], arguments["ssl_context"])
        self._scheduler = rpc(where["address"], connection_args=arguments, timeout=ASK)
        return {"scheduler": await asyncio.wait_for(self._scheduler.kinora_about(), ASK)}

    async def _join(self, head: dict[str, Any]) -> dict[str, Any]:
        import distributed

        client: Any = distributed.Client
        self._client = await client(
            self._where["address"], security=self._security, asynchronous=True, set_as_default=False, timeout=ASK,
            name="kinora",
        )  # fmt: skip
        self._run(self._watch())
        return {}

    async def _watch(self) -> None:
        while self._client.status == "running" and self._client.scheduler_comm and (
            not self._client.scheduler_comm.comm.closed()
        ):  # fmt: skip
            await asyncio.sleep(LOOK)
        self._say({"gone": "the scheduler closed the connection"})

    async def _workers(self, head: dict[str, Any]) -> dict[str, Any]:
        """Which workers there are."""
        return {"workers": await asyncio.wait_for(self._scheduler.kinora_workers(), ASK)}

    async def _about(self, head: dict[str, Any]) -> dict[str, Any]:
        """What these workers say of themselves; one that does not answer is left out."""

        async def ask(address: str) -> tuple[str, Any]:
            work = self._scheduler.broadcast(msg={"op": "kinora_about"}, workers=[address], on_error="ignore")
            with contextlib.suppress(Exception):
                return address, (await asyncio.wait_for(work, MEET)).get(address)
            return address, None

        return {"about": dict(await asyncio.gather(*map(ask, head["ask"])))}

    # --- tasks --------------------------------------------------------------------------------------------------------

    def _submit(self, head: dict[str, Any], pieces: list[bytes]) -> None:
        number = head["task"]
        needs = NOBODY if head["run"] == "wait" else {"GPU": 1} if head["gpu"] else None
        future = self._client.submit(
            TASKS[head["run"]], *pieces, key=f"kinora-{head['run']}-{head['id']}-{number}", pure=False,
            workers=head["at"] or None, resources=needs,
        )  # fmt: skip
        self._futures[number] = future
        self._run(self._follow(number, future))

    async def _follow(self, number: int, future: Any) -> None:
        from distributed import KilledWorker

        told: dict[str, Any] = {"task": number}
        pieces: list[bytes] = []
        try:
            result = await future.result()
            if type(result) is bytes and len(result) <= frames.MOST_BODY:
                told["end"], pieces = "done", [result]
            else:
                told.update(end="odd", why=type(result).__name__[:80])
        except KilledWorker:
            told["end"] = "killed"
        except asyncio.CancelledError:
            told["end"] = "taken"
        except Exception as error:
            log.warning("a task failed", exc_info=True)
            told.update(end="taken" if future.cancelled() else "failed", why=_words(error))
        if self._futures.pop(number, None) is not None:
            self._say(told, pieces)
        future.release()

    def _cancel(self, head: dict[str, Any], pieces: list[bytes]) -> None:
        futures = [self._futures.pop(number) for number in head["tasks"] if number in self._futures]
        if futures:
            self._run(self._client.cancel(futures, force=True))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _run(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _say(self, head: dict[str, Any], pieces: list[bytes] | None = None) -> None:
        self._sink.put(frames.frame(head, pieces or []))

    def _write(self, sink: Any) -> None:
        while (parts := self._sink.get()) is not None:
            try:
                for part in parts:
                    sink.write(part)
                sink.flush()
            except OSError:
                os._exit(0)

    def _read(self, loop: asyncio.AbstractEventLoop, inbox: "asyncio.Queue[Any]") -> None:
        while (told := frames.read_blocking(self._source)) is not None:
            loop.call_soon_threadsafe(inbox.put_nowait, told)
        loop.call_soon_threadsafe(inbox.put_nowait, None)


async def _meet(host: str, port: int, context: Any) -> None:
    """Shake hands as a client would. Raises ssl.SSLError (a certificate is refused), OSError (nobody is there)."""
    async with asyncio.timeout(ASK):
        reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MEET):
                    if not await reader.read(1):  # in TLS 1.3 a refusal comes after the handshake
                        raise ConnectionResetError("the connection was closed at once")
        finally:
            writer.close()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(1):
                    await writer.wait_closed()


def _kind(error: BaseException) -> str:
    """What sort of failure it is: refused (TLS), or anything else."""
    import ssl

    seen: BaseException | None = error
    for _ in range(8):
        if isinstance(seen, ssl.SSLError):
            return "refused"
        seen = seen.__cause__ or seen.__context__ if seen is not None else None
    return "lost"


def _words(error: BaseException) -> str:
    line = " ".join(str(error).split())
    return "".join(letter for letter in line if letter.isprintable())[:300] or type(error).__name__


def main() -> int:
    """Entry of the process: the first frame says where to, then it gives up its rights."""
    import distributed  # noqa: F401  # before the rights go: what it does at its import needs them

    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("distributed").setLevel(logging.ERROR)
    told = frames.read_blocking(sys.stdin.buffer)
    if told is None:
        return 0
    where, _ = told
    keys = [Path(where[name]) for name in ("ca", "cert", "key")]
    held = confine.confine(read=[*confine.program_folders(), *keys], write=[Path.cwd()], port=int(where["port"]))
    lane = Lane(where, sys.stdin.buffer, sink)
    lane._say({"confined": held})
    asyncio.run(lane.serve())
    return 0
