"""The app of a library's front: every route behind a guard, behind the shield, with OpenAPI that says what is true."""

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware import Middleware

from engine import __version__
from engine.access import Access
from engine.serve import node, public
from engine.serve.front import Front, guard
from engine.serve.live import Live
from engine.serve.metrics import Metrics
from engine.serve.pairing import Pairing
from engine.serve.problems import explain_errors
from engine.serve.rates import Limits, Rates
from engine.serve.shield import Shield

if TYPE_CHECKING:
    from engine.library import Library
    from engine.serve.orders import NodeService


def front_for(
    library: "Library", *, access: Access | None = None, service: "NodeService | None" = None,
    limits: Limits | None = None, tls: bool = False, names: frozenset[str] = frozenset(),
) -> Front:  # fmt: skip
    """What the routes of a library share."""
    found = access or Access(library.database)
    bounds = limits or Limits()
    front = Front(
        library, found, Rates(library.database, bounds.longest), Metrics(), Live(library, found.valid), bounds,
        service, Pairing(found), tls, names,
    )  # fmt: skip
    front.metrics.watch(front)
    return front


def create_app(front: Front, *, only_node: bool = False) -> FastAPI:
    """The app of a front; `only_node`: without the routes that ask the library."""
    app = FastAPI(
        title="Kinora", version=__version__, openapi_url=None, docs_url=None, redoc_url=None,
        description="A private, local-first media library: find the moment.",
        middleware=[Middleware(Shield, front=front)], redirect_slashes=False,
    )  # fmt: skip
    app.state.front = front
    explain_errors(app)
    app.include_router(public.router(app))
    if front.service is not None:
        app.include_router(node.router(front.service, guard))
    if not only_node:
        from engine.serve import routes

        for router in routes.ROUTERS:
            app.include_router(router())
    return app
