"""Whether a host would work, step by step: what `kinora hosts test` tells."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from engine.errors import HostLost
from engine.hosts.ssh.bootstrap import Bootstrap, Running, Wanted
from engine.hosts.ssh.connection import Ask, Door, Link, log_in
from engine.hosts.ssh.far import Far, Machine
from engine.hosts.ssh.opener import ANSWERS, once, through
from engine.language import both, tr, trn


async def check(
    address: str,
    pinned: str = "",
    options: Mapping[str, Any] | None = None,
    *,
    client: str = "own",
    ask: Ask | None = None,
) -> AsyncIterator[str]:
    """Try everything a host needs, one sentence for each step. Raises HostError at the one that fails."""
    door, wanted = replace(Door.of(address, pinned, options), ask=once(ask)), Wanted.of(options or {}, client)
    name = door.address.name
    began = time.monotonic()
    link = await log_in(door)
    try:
        yield tr("{name} shows the key that is expected, and lets you in ({seconds:.1f} s).", name=name,
                 seconds=time.monotonic() - began)  # fmt: skip
        far = Far(link, name, wanted.folder)
        machine = await far.look(wanted.python)
        yield tr("It runs {system} on {processor}, with Python {version}.", system=machine.system,
                 processor=machine.processor, version=machine.version)  # fmt: skip
        yield _cards(machine)
        said: list[str] = []
        boot = Bootstrap(far, wanted, said.append)
        async for sentence in _while(boot.settle(machine), said):
            yield sentence
        running = await boot.start()
        yield tr("Its node still ran.") if running.found else tr("Its node was started.")
        async for sentence in _asked(link, name, running):
            yield sentence
    finally:
        await link.close()


async def _asked(link: Link, name: str, running: Running) -> AsyncIterator[str]:
    """Put a few questions to the node, and measure how long an answer takes."""
    node = await through(link, name, running)
    try:
        able = await asyncio.wait_for(node.capabilities(), ANSWERS)
        taken = []
        for _ in range(5):
            began = time.monotonic()
            await node.capabilities()
            taken.append(time.monotonic() - began)
    except TimeoutError as error:
        raise HostLost(tr("The node on {name} does not answer.", name=name)) from error
    finally:
        await node.close()
    yield trn("It can run {n} analyzer.", "It can run {n} analyzers.", len(able.analyzers))
    yield tr("{name} is ready: an answer takes {milliseconds:.0f} ms.", name=name, milliseconds=min(taken) * 1e3)


async def _while(work: Coroutine[Any, Any, None], said: list[str]) -> AsyncIterator[str]:
    """Do something, and pass on what it says meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done() or said:
            while said:
                yield said.pop(0)
            await asyncio.wait({task}, timeout=0.1)
        task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=2)


def _cards(machine: Machine) -> str:
    if not machine.cards:
        return tr("It has no graphics card of NVIDIA; models run on its processor.")
    names = [card.partition(":")[2].partition("(")[0].strip() or card for card in machine.cards]
    return tr("It has {cards}.", cards=both(names))
