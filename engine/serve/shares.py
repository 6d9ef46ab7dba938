"""Who gives when there is no room: each client of a node has an equal share of it, and may use what others leave."""

from collections import Counter
from collections.abc import Collection, Mapping


class Shares:
    """What each client has of a room for all, with `more` for the one that asks."""

    def __init__(self, own: Counter[str], room: int, asks: str, more: int) -> None:
        self._own = own
        self._own[asks] += more
        self._share = room / len(self._own)

    def most(self, spare: Mapping[str, Collection[object]]) -> str | None:
        """Who has most beyond its share and something to give; None where nobody has."""
        beyond = [owner for owner, has in self._own.items() if has > self._share and spare.get(owner)]
        return max(beyond, key=lambda owner: self._own[owner], default=None)

    def gives(self, owner: str, size: int) -> None:
        """Note what one gave."""
        self._own[owner] -= size
