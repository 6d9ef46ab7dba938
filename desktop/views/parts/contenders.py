"""Which assets of a list are compared now, and which wait to be put in."""

from collections.abc import Sequence


class Contenders:
    """Assets by id: `shown` side by side, `waiting` in the order in which they are put in."""

    def __init__(self, ids: Sequence[int] = (), room: int = 2) -> None:
        whole = list(dict.fromkeys(ids))
        self.shown = whole[:room]
        self.waiting = whole[room:]

    def fit(self, room: int) -> bool:
        """Show as many as there is room for; True when others are shown now."""
        before = list(self.shown)
        while len(self.shown) > room:
            self.waiting.insert(0, self.shown.pop())
        while len(self.shown) < room and self.waiting:
            self.shown.append(self.waiting.pop(0))
        return self.shown != before

    def swap(self, place: int) -> bool:
        """Put the next one that waits in a place; what stood there waits as the last. False when none waits."""
        if not self.waiting or not 0 <= place < len(self.shown):
            return False
        self.waiting.append(self.shown[place])
        self.shown[place] = self.waiting.pop(0)
        return True

    def drop(self, place: int) -> bool:
        """Take one out; the next one takes its place. False, and nothing changes, when fewer than two would be left."""
        if not 0 <= place < len(self.shown) or len(self.shown) + len(self.waiting) <= 2:
            return False
        if self.waiting:
            self.shown[place] = self.waiting.pop(0)
        else:
            del self.shown[place]
        return True
