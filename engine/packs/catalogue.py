"""The catalogue: packs that are known, where they are, and what their makers allow (resources/packs.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import engine
from engine.packs.pack import Pack, pack_of

FILE = Path(engine.__file__).resolve().parent.parent / "resources" / "packs.json"


@cache
def packs() -> Mapping[str, Pack]:
    """Every pack of the catalogue by its id."""
    return {pack.id: pack for pack in map(pack_of, _read()["packs"])}


def bundled() -> list[Mapping[str, Any]]:
    """Models that come inside packages: what they are called, and the package that has them."""
    return list(_read()["bundled"])


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
