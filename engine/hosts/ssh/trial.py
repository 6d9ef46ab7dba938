"""Whether a machine would work as a host, step by step, each in a sentence."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from engine.hosts.ssh.opener import SshNode, SshOpener
from engine.language import tr, trn


async def check(
    address: str,
    pinned: str = "",
    options: Mapping[str, Any] | None = None,
    *,
    client: str = "own",
) -> AsyncIterator[str]:
    """Try everything that a host needs. Raises HostError at the step that fails."""
    said: list[str] = []
    opener = SshOpener(address, pinned, options, client=client, say=said.append)
    work = asyncio.ensure_future(opener())
    try:
        while not work.done() or said:
            while said:
                yield said.pop(0)
            await asyncio.wait({work}, timeout=0.1)
        for sentence in await _asked(work.result()):
            yield sentence
    finally:
        await _let_go(work)


async def _asked(node: SshNode) -> list[str]:
    """What it can run, and how long an answer takes."""
    able = await node.capabilities()
    taken = []
    for _ in range(5):
        began = time.monotonic()
        await node.capabilities()
        taken.append(time.monotonic() - began)
    return [
        trn("It can run {n} analyzer.", "It can run {n} analyzers.", len(able.analyzers)),
        tr("It is ready: an answer takes {milliseconds:.0f} ms.", milliseconds=min(taken) * 1e3),
    ]


async def _let_go(work: "asyncio.Future[SshNode]") -> None:
    if not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=5)
    if work.done() and not work.cancelled() and work.exception() is None:
        await work.result().close()
