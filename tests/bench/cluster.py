"""A cluster of simulated nodes: how throughput grows with them, and what a job costs through the gateway.

A node is a Dask worker with one thread; its task waits 0.25 s as it would for a GPU, and reads 150 KB. All nodes, the
scheduler and the client share this machine, over TLS on loopback.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.analyzers.objects import Objects
from engine.jobs.orders import Order
from tests import clusters, nodes
from tests.bench.rows import row

NODES = (1, 2, 4, 8, 10)
PAUSE = 0.25  # seconds that a task waits (`clusterload.Wild`)
PICTURE = 150_000  # bytes of a part
EACH = 24  # orders for each node
OPEN = 192  # orders under way
BATCH = 16
LOADS = (clusters.PRELOAD, "tests.clusterload")


def run(quick: bool) -> list[dict[str, Any]]:
    """P10: the cluster."""
    with _wild(), tempfile.TemporaryDirectory() as name:
        return [*_growth(Path(name), (1, 2) if quick else NODES), *_costs(Path(name), 60 if quick else 600)]


@contextlib.contextmanager
def _wild() -> Iterator[None]:
    before, travels = dict(os.environ), getattr(Objects, "travels", ())
    os.environ["KINORA_TEST_ANALYZER"] = f"{nodes.ANALYZER}=tests.clusterload:Wild"
    os.environ["PYTHONPATH"] = str(clusters.ROOT)
    Objects.travels = ("picture",)
    try:
        yield
    finally:
        Objects.travels = travels
        os.environ.clear()
        os.environ.update(before)


def _growth(folder: Path, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    rows = []
    for count in sizes:
        with clusters.running(folder / f"of{count}", count, preloads=LOADS) as cluster:
            rate = asyncio.run(_straight(cluster, folder / "files", EACH * count, "wait", PICTURE, warm=4 * count))
            through = 0.0
            if count == sizes[-1]:
                with _gateway(cluster, folder / "node") as server:
                    through, _ = asyncio.run(_through(server, folder / "files", EACH * count, "wait", PICTURE))
        rows.append(
            row("P10", f"cluster, {count} node{'s' * (count > 1)}: tasks of {PAUSE} s over {PICTURE // 1000} KB",
                f"{rate:.1f}/s", f"nothing but the tasks: {count / PAUSE:.0f}/s", round(rate / (count / PAUSE), 2),
                "near 1"),
        )  # fmt: skip
        if through:
            rows.append(
                row("P10", f"the same, {count} nodes, through the gateway", f"{through:.1f}/s",
                    f"straight: {rate:.1f}/s", round(through / rate, 2), "near 1"),
            )  # fmt: skip
    return rows


@contextlib.contextmanager
def _gateway(cluster: clusters.Cluster, folder: Path) -> Iterator[nodes.Serving]:
    from engine.serve.gateway import Gateway

    gateway = Gateway(cluster.address, cluster.authority.options(), nodes.settings())
    with (
        nodes.node_service(folder, host=gateway, write_manifest=gateway.write_manifest, able=gateway.able) as service,
        nodes.served(nodes.app_of(service)) as server,
    ):
        yield server


def _costs(folder: Path, count: int) -> list[dict[str, Any]]:
    with clusters.running(folder / "costs", 2, preloads=LOADS) as cluster:
        bare = asyncio.run(_bare(cluster, count))
        straight = asyncio.run(_straight(cluster, folder / "files", count, "empty", 0, warm=16))
        with _gateway(cluster, folder / "node2") as server:
            through, latency = asyncio.run(_through(server, folder / "files", count, "empty", 0))
    return [
        row("P10", f"{count} empty jobs, 2 nodes: the cluster straight, against Dask's own client with empty tasks",
            f"{straight:.0f}/s", f"{bare:.0f}/s", round(straight / bare, 2), "-"),
        row("P10", "the same through the gateway (HTTP, spool), against the cluster straight", f"{through:.0f}/s",
            f"{straight:.0f}/s", round(through / straight, 2), "-"),
        row("P10", "the gateway's part of a job: time at full load; one job alone, from giving to having",
            f"{1000 * (1 / through - 1 / straight):.1f} ms; {1000 * latency:.0f} ms", "-", "-", "-"),
    ]  # fmt: skip


async def _bare(cluster: clusters.Cluster, count: int) -> float:
    """Tasks a second of Dask's own client, which gathers bytes."""
    import warnings

    from distributed import Client
    from distributed.security import Security

    warnings.simplefilter("ignore")
    told = cluster.authority.options()
    security: Any = Security(tls_ca_file=told["ca"], tls_client_cert=told["cert"], tls_client_key=told["key"],
                             require_encryption=True)  # type: ignore[no-untyped-call]  # fmt: skip
    async with Client(cluster.address, security=security, asynchronous=True, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        for rounds in (16, count):
            began = time.monotonic()
            futures = [client.submit(bytes, 8, key=f"bare-{rounds}-{n}", pure=False) for n in range(rounds)]
            await asyncio.gather(*(future.result() for future in futures))
        return count / (time.monotonic() - began)


async def _straight(cluster: clusters.Cluster, folder: Path, count: int, word: str, size: int, *, warm: int) -> float:
    node = await cluster.opener()()
    try:
        await _work(node, _orders(folder, warm, word, size))
        return count / await _work(node, _orders(folder, count, word, size))
    finally:
        await node.close()


async def _through(server: nodes.Serving, folder: Path, count: int, word: str, size: int) -> tuple[float, float]:
    from engine.errors import HostError

    node = server.node("first")
    try:
        while True:
            try:
                await node.capabilities()
                break
            except HostError:
                await asyncio.sleep(0.1)
        await _work(node, _orders(folder, 16, word, size))
        rate = count / await _work(node, _orders(folder, count, word, size))
        alone = [await _work(node, _orders(folder, 1, word, size)) for _ in range(11)]
        return rate, sorted(alone)[5]
    finally:
        await node.close()


def _orders(folder: Path, count: int, word: str, size: int) -> list[tuple[Order, dict[str, Path]]]:
    made = []
    for _ in range(count):
        contents = [f"{word} {os.urandom(8).hex()}".encode(), *([os.urandom(size)] if size else [])]
        order, blobs = nodes.order_of(*contents)
        made.append((order, nodes.files(folder, blobs)))
    return made


async def _work(node: Any, orders: list[tuple[Order, dict[str, Path]]]) -> float:
    """Seconds from the first order to the last answer, `OPEN` of them under way."""
    left, answered = list(orders), 0
    room = asyncio.Semaphore(OPEN)
    began = time.monotonic()

    async def give() -> None:
        while left:
            batch = [left.pop() for _ in range(min(BATCH, len(left)))]
            for _ in batch:
                await room.acquire()
            paths = {name: path for _, files in batch for name, path in files.items()}
            for name in await node.missing(list(paths)):
                await node.put(name, paths[name])
            await node.submit([order for order, _ in batch])

    giving = asyncio.create_task(give())
    while answered < len(orders):
        found = await node.answers(5.0)
        await node.acknowledge([answer.key for answer in found])
        answered += len(found)
        for answer in found:
            assert hasattr(answer.message, "findings"), answer
            room.release()
        if giving.done():
            giving.result()
    await giving
    return time.monotonic() - began
