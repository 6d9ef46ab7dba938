"""The routes that ask a library, one router for each of its parts."""

from collections.abc import Callable

from fastapi import APIRouter

ROUTERS: tuple[Callable[[], APIRouter], ...] = ()
