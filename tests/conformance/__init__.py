"""Checks against programs of other makers; not collected: `make conformance` runs them in an environment of its own."""
