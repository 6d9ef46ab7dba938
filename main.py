"""Start Kinora: the window, the command line, or a worker process. Imports nothing heavy: every child imports it."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments ask for; return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["--worker"]:
        from engine.jobs.worker import main as work

        return work()
    if given[:1] == ["--cluster-lane"]:
        from engine.hosts.cluster.lane import main as hold

        return hold()
    if given[:1] == ["--pack-check"]:
        from engine.packs.trial import main as try_pack

        return try_pack()
    if given[:1] == ["--version"]:
        from engine import __version__

        print(f"kinora {__version__}")  # noqa: T201
        return 0
    from engine.cli import run

    return run(given, open_window)


def open_window(library: "Path", paths: "list[Path]") -> int:
    """Show the window of a library until it is closed."""
    from desktop.app import run

    return run(library, paths)


if __name__ == "__main__":
    sys.exit(main())
