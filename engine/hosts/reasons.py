"""Why a host that is there gets nothing now, in a sentence."""

from enum import StrEnum

from engine.language import mark, tr


class Why(StrEnum):
    """What stood against giving a host anything, when work was last given out."""

    GIVEN = ""  # nothing: it gets some, or has as much as it takes
    NOTHING = mark("Nothing waits that it could do.")
    CANNOT = mark("It can do nothing of what may be done elsewhere.")
    SOONER = mark("Too little waits to be worth the way: it is done sooner without this host.")
    REFUSED = mark("What waits is not for it: it failed there, or its file has not been looked at yet.")
    MARKED = mark("All that waits and that it could do is marked as never leaving this computer.")
    ALONE = mark("The queue goes slowly now, on this computer alone.")
    STANDS = mark("The queue stands still: nothing is given out now.")

    def words(self) -> str:
        """The sentence, in the language of the user."""
        return tr(self.value) if self.value else ""
