"""A node as a process of its own, to be killed: `python -m tests.faults.noding FOLDER PORT`; says when it serves."""

import sys
from pathlib import Path

from engine.analyzers.objects import Objects
from tests import nodes


def main() -> None:
    """Serve until standard input ends."""
    Objects.travels = ("picture",)
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    with nodes.node_service(folder) as service, nodes.served(nodes.app_of(service), port=port):
        sys.stdout.write("serving\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
