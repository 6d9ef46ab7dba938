"""A scheduler that starts workers when there is work and ends them when there is none: `python -m tests.adaptive`.

Dask's own `LocalCluster` with `adapt`, over TLS; its deployer for SLURM inherits both. The one argument is JSON:
`folder`, `tls` (ca, cert, key), `preloads`, `minimum`, `maximum` and `env` (of the workers). It prints its address and
ends with its input.
"""

import json
import sys
from typing import Any


def main(wanted: dict[str, Any]) -> None:
    """Serve until nobody holds the other end."""
    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    local: Any = LocalCluster
    security: Any = Security
    files = {f"tls_{role}_{what}": wanted["tls"][what] for role in ("client", "scheduler", "worker")
             for what in ("cert", "key")}  # fmt: skip
    dask.config.set({"distributed.comm.require-encryption": True})
    with local(
        n_workers=0, threads_per_worker=1, processes=True, protocol="tls://", host="127.0.0.1", dashboard_address=None,
        security=security(require_encryption=True, tls_ca_file=wanted["tls"]["ca"], **files),
        scheduler_kwargs={"preload": wanted["preloads"], "dashboard": False}, preload=wanted["preloads"],
        local_directory=wanted["folder"], env=wanted["env"], memory_limit=0,
    ) as cluster:  # fmt: skip
        cluster.adapt(minimum=wanted["minimum"], maximum=wanted["maximum"], interval="200ms", wait_count=5)
        print(cluster.scheduler_address, flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
