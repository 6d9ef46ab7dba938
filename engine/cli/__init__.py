"""The command line: thin commands on the library."""

from engine.cli.program import run

__all__ = ["run"]
