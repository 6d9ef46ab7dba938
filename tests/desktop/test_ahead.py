"""What is made ready while the library opens."""

import subprocess
import sys

CODE = """
import asyncio, sys
from desktop import ahead
from desktop.registry import VIEWS

async def live():
    turns = 0
    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)
    counting = asyncio.ensure_future(count())
    await ahead.load_first()
    assert "desktop.views.library" in sys.modules and "desktop.commands" in sys.modules
    assert "desktop.views.people" not in sys.modules
    await ahead.load_rest()
    counting.cancel()
    before = set(sys.modules)
    for entry in VIEWS:
        entry.load()
    print(sorted(name for name in set(sys.modules) - before if name.startswith(("desktop", "engine"))), turns > 100)

asyncio.run(live())
"""


def test_afterwards_a_view_imports_nothing_more() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "[] True", done.stderr
