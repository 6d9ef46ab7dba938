"""How far the reading is, in words: the strip, the tray and the first start say it alike."""

from typing import TYPE_CHECKING

from desktop.look import words
from engine.language import digits, tr, trn

if TYPE_CHECKING:
    from engine.model import QueueStatus


def queue_words(status: "QueueStatus", done: int, total: int) -> str:
    """`Reading 120 of 900, 3.2/s, 4 min left`."""
    if status.trouble:
        return status.trouble
    if status.paused:
        return tr("Paused at {done} of {total}", done=digits(done), total=digits(total))
    if status.resting and not status.slowed:
        return tr("{why}, at {done} of {total}", why=status.resting, done=digits(done), total=digits(total))
    parts = [tr("Reading {done} of {total}", done=digits(done), total=digits(total))]
    if status.per_second > 0:
        parts.append(f"{words.decimal(status.per_second, 1 if status.per_second < 10 else 0)}/s")
    if status.left is not None:
        parts.append(words.left(status.left))
    if status.slowed:
        parts.append(status.resting)
    return ", ".join(parts)


def idle_words(status: "QueueStatus") -> str:
    """What to say when nothing waits."""
    if status.trouble:
        return status.trouble
    text = tr("Paused") if status.paused else tr("Everything is read")
    if not (status.done or status.failed or status.paused):
        return tr("Ready")
    if status.failed and not status.paused:
        text = tr("All done; {count} could not be read", count=trn("{n} file", "{n} files", status.failed))
    return text
