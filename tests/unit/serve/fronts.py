"""A front on a library of a few pictures, asked without a socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from engine.access import Access
from engine.library import Library
from engine.model.access import Quota, Role, Scope
from engine.serve.app import create_app, front_for
from engine.serve.front import Front
from engine.serve.rates import Limits
from tests.unit.keeping import kept


class Desk:
    """A library, its front, and a client for each role."""

    def __init__(self, library: Library, client: TestClient, front: Front) -> None:
        self.library = library
        self.client = client
        self.front = front
        self._tokens: dict[Role, str] = {}

    @property
    def access(self) -> Access:
        return self.front.access

    def token(self, role: Role = Role.ADMIN, extra: tuple[Scope, ...] = (), quota: Quota | None = None) -> str:
        """A new token."""
        return self.access.make(role, "test", extra=extra, quota=quota)[1]

    def ask(
        self, path: str, role: Role | None = Role.ADMIN, *, method: str = "GET", token: str = "", **more: Any
    ) -> Any:
        """An answer."""
        if role is not None and not token:
            token = self._tokens.setdefault(role, self.token(role))
        headers = {**more.pop("headers", {}), **({"authorization": f"Bearer {token}"} if token else {})}
        return self.client.request(method, path, headers=headers, **more)

    def settle(self) -> None:
        """Wait until what was handed to the writer is on the disk."""
        self.front.flush()
        self.library.database.write(lambda connection: None)

    def log(self) -> list[tuple[str, str, str]]:
        """The log: who, action, result; the oldest first."""
        self.settle()
        return [(row.who, row.action, row.result) for row in reversed(self.access.audit())]


@contextmanager
def served(folder: Path, *, limits: Limits | None = None, tls: bool = False, count: int = 3) -> Iterator[Desk]:
    """A front that is up."""
    with kept(folder, count) as library:
        front = front_for(library, limits=limits, tls=tls)
        scheme = "https" if tls else "http"
        with TestClient(create_app(front), base_url=f"{scheme}://127.0.0.1:8765", client=("192.0.2.7", 4242)) as client:
            yield Desk(library, client, front)
        front.live.close()
        front.flush()
