"""Clusters for tests: an authority and certificates, a scheduler and workers as processes on loopback, all over TLS."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psutil

from engine.hosts.cluster import ClusterOpener

ROOT = Path(__file__).resolve().parent.parent
PRELOAD = "engine.hosts.cluster.preload"


class Authority:
    """Signs certificates into a folder, all for the same purpose: to be in one cluster."""

    def __init__(self, folder: Path) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder().subject_name(self._name).issuer_name(self._name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
        )  # fmt: skip
        self._key = key
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(_pem(made))
        self.cert, self.key = self.sign("member")

    def sign(self, name: str) -> tuple[Path, Path]:
        """A certificate and its key."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        here = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        made = (
            x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._name).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(here, critical=False).sign(self._key, hashes.SHA256())
        )  # fmt: skip
        cert, place = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        cert.write_bytes(_pem(made))
        place.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        place.chmod(0o600)
        return cert, place

    def options(self) -> dict[str, str]:
        """What a host's row says of it."""
        return {"ca": str(self.ca), "cert": str(self.cert), "key": str(self.key)}


class Cluster:
    """A scheduler with workers; each is a process that can be killed, frozen and started anew."""

    def __init__(
        self, folder: Path, *, preloads: tuple[str, ...] = (PRELOAD,), env: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.authority = Authority(folder / "tls")
        self.preloads = preloads
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self.address = ""
        self._port = 0
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_CONFIG": str(folder / "dask"), **(env or {})}

    def start(self, workers: int = 1, **more: Any) -> "Cluster":
        """Start a scheduler and workers, and wait until they know each other."""
        self.start_scheduler()
        for _ in range(workers):
            self.start_worker(**more)
        self.wait(workers)
        return self

    def start_scheduler(self, preloads: tuple[str, ...] | None = None) -> None:
        """Start the scheduler, on the port that it had."""
        told = self.folder / "scheduler.json"
        told.unlink(missing_ok=True)
        words = ["--host", "127.0.0.1", "--port", str(self._port), "--protocol", "tls", "--scheduler-file", str(told),
                 "--no-dashboard", "--dashboard-address", ":0"]  # fmt: skip
        self.scheduler = self._start("scheduler", words, self.preloads if preloads is None else preloads)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.scheduler.poll() is None, self.log("scheduler")
            with contextlib.suppress(OSError, ValueError):
                self.address = json.loads(told.read_text())["address"]
                self._port = int(self.address.rpartition(":")[2])
                return
            time.sleep(0.05)
        raise AssertionError(self.log("scheduler"))

    def start_worker(
        self, *, threads: int = 1, resources: str = "", preloads: tuple[str, ...] | None = None,
        env: Mapping[str, str] | None = None, nanny: bool = False,
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        """Start a worker."""
        name = f"worker{len(self.workers)}"
        words = [self.address, "--host", "127.0.0.1", "--nthreads", str(threads), "--name", name, "--no-dashboard",
                 "--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder / name),
                 "--memory-limit", "0", "--death-timeout", "60"]  # fmt: skip
        words += ["--resources", resources] if resources else []
        process = self._start("worker", words, self.preloads if preloads is None else preloads, name, env)
        self.workers.append(process)
        return process

    def wait(self, workers: int, seconds: float = 40.0) -> None:
        """Wait until so many workers have registered."""
        deadline = time.monotonic() + seconds
        while self.log("scheduler").count("Register worker") < workers:
            assert time.monotonic() < deadline, self.log("scheduler") + self.log("worker0")
            assert self.scheduler is not None
            assert self.scheduler.poll() is None, self.log("scheduler")
            time.sleep(0.05)

    def opener(self, **options: Any) -> ClusterOpener:
        """What connects to it."""
        return ClusterOpener(self.address, {**self.authority.options(), **options})

    def log(self, name: str) -> str:
        """What one of them wrote."""
        place = self.folder / f"{name}.log"
        return place.read_text() if place.exists() else ""

    def orders(self, worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """The processes in which a worker does orders."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return [one for one in psutil.Process(worker.pid).children(recursive=True) if "--worker" in one.cmdline()]
        return []

    def stop(self) -> None:
        """End all of them, with what they started."""
        for process in filter(None, (*self.workers, self.scheduler)):
            _end(process)

    def _start(
        self,
        what: str,
        words: list[str],
        preloads: tuple[str, ...],
        name: str = "",
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        tls = ["--tls-ca-file", str(self.authority.ca), "--tls-cert", str(self.authority.cert),
               "--tls-key", str(self.authority.key)]  # fmt: skip
        loads = [word for one in preloads for word in ("--preload", one)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name or what}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, *tls, *loads], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={**self._env, **(env or {})}, cwd=self.folder,
            )  # fmt: skip


@contextlib.contextmanager
def adaptive(
    folder: Path, maximum: int = 2, *, preloads: tuple[str, ...] = (PRELOAD,), env: Mapping[str, str] | None = None
) -> Iterator[ClusterOpener]:
    """What connects to a cluster without workers, which starts some when there is work; `env` is theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder / "tls")
    wanted = {"folder": str(folder), "tls": authority.options(), "preloads": preloads, "minimum": 0,
              "maximum": maximum, "env": dict(env or {})}  # fmt: skip
    with (folder / "adaptive.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.adaptive", json.dumps(wanted)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=log, cwd=ROOT, env={**os.environ, "DASK_CONFIG": str(folder / "dask")},
        )  # fmt: skip
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        assert address, (folder / "adaptive.log").read_text()
        yield ClusterOpener(address, authority.options())
    finally:
        _end(process)


class Late:
    """A node that is connected to with its first question: what refuses the connection refuses that."""

    def __init__(self, opener: ClusterOpener) -> None:
        self._opener = opener

    async def capabilities(self) -> Any:
        node = await self._opener()
        try:
            return await node.capabilities()
        finally:
            await node.close()

    async def close(self) -> None:
        pass


@contextlib.contextmanager
def running(folder: Path, workers: int = 1, **options: Any) -> Iterator[Cluster]:
    """A cluster in a folder."""
    more = {key: options.pop(key) for key in ("threads", "resources", "nanny") if key in options}
    cluster = Cluster(folder, **options)
    try:
        yield cluster.start(workers, **more)
    finally:
        cluster.stop()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process with what it started."""
    family = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGKILL)
    process.communicate()


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return bytes(certificate.public_bytes(serialization.Encoding.PEM))
