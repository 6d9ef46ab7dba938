"""What the window needs later, made ready in short turns while the library opens.

On the UI thread: PySide makes classes lazily, and not safely in two threads at once.
"""

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

# Before the window can take the library: packages, of which each module is imported in a turn of its own, and modules.
SOON = ("engine.model", "desktop.models", "desktop.workers", "desktop.look.grid", "desktop.views.browse")
FRONT = (
    "desktop.operations",
    "desktop.actions",
    "desktop.commands",
    "desktop.shell.attendance",
    "desktop.views.library",
)
LATER = ("desktop.look.atlas", "desktop.views")  # with all that is in them
CLASSES = ("PySide6.QtWidgets", "PySide6.QtGui")  # their classes are made when they are first named


async def load_first() -> None:
    """Import what the window and its first view need."""
    for package in SOON:
        await _import(_inside(package))
    await _import(iter(FRONT))
    for name in CLASSES:
        await _make_classes(importlib.import_module(name))


async def load_rest() -> None:
    """Import what the other views need."""
    for package in LATER:
        await _import(_inside(package))


async def _import(names: Iterator[str]) -> None:
    for name in names:
        importlib.import_module(name)
        await asyncio.sleep(0)


def _inside(package: str) -> Iterator[str]:
    """The modules in a package, the inner packages first; a frozen build may name none: they load when shown."""
    found = list(pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."))
    for one in found:
        if one.ispkg:
            yield from _inside(one.name)
    yield from (one.name for one in found if not one.ispkg)


async def _make_classes(module: ModuleType) -> None:
    """Have the classes of a module made; the first call that gives back a widget would make all of them in one turn."""
    for number, name in enumerate(dir(module)):
        getattr(module, name)
        if number % 8 == 0:
            await asyncio.sleep(0)
