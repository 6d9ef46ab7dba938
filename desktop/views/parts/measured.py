"""Have a film or recording measured by a worker, and read what came of it."""

import asyncio
from typing import Any

from desktop.operations import Operations
from engine.errors import Cancelled, KinoraError


async def measured(ops: Operations, asset: int, of: str) -> tuple[Any, str]:
    """The `frames` (`FrameTimes`) or `peaks` (`Peaks`) of an asset; None and a sentence where there are none.

    The worker stops when the coroutine that awaits this is cancelled.
    """
    measures = ops.library.measures
    following = ops.follow(measures.make(asset, of))
    try:
        async for _ in following:
            pass
        return await ops.demand(getattr(measures, of), asset), ""
    except asyncio.CancelledError:
        following.cancel()
        raise
    except Cancelled:
        return None, ""
    except KinoraError as error:
        return None, error.text
