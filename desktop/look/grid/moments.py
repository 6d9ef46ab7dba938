"""Where the moments of a match are in its entry of the list, and what picture each of them has."""

from PySide6.QtCore import QRect

from desktop.look import tokens, words
from desktop.look.grid.snippet import place_words
from desktop.workers.previews import Want
from engine.language import tr
from engine.model import Cell, Hit, MomentHit

HEAD = 24  # height of the line with the name
CARD = 78  # height of a moment
PAD = 10  # above and below
WIDE = PAD + HEAD + 4 + CARD + PAD  # height of an entry
THUMB = WIDE - 2 * PAD  # side of the picture that stands for the whole
SLIM, BROAD = 236, 360  # pixels of width of a card
GAP = tokens.S
INSET = 4  # around the picture of a card
PICTURE = 98  # its width
INFO = 18  # side of the sign that leads to the explanation
LEAST = 0.5  # share of the library below which "better than" says nothing
SOUNDS = ("speech", "subtitle")  # what is heard: it can be played


def room_of(rect: QRect) -> QRect:
    """What is left of an entry beside its picture."""
    left = rect.left() + tokens.M + THUMB + tokens.L
    return QRect(left, rect.top() + PAD, max(1, rect.right() - left - tokens.M), rect.height() - 2 * PAD)


def fitting(width: int) -> int:
    """How many cards fit side by side into a width."""
    return max(1, (width + GAP) // (SLIM + GAP))


def cards(rect: QRect, hit: Hit, spot: int = -1) -> list[tuple[int, MomentHit, QRect]]:
    """The moments of an entry that show, with their numbers and places; the one that is chosen is among them."""
    room = room_of(rect)
    count = fitting(room.width())
    first = min(max(0, spot - count + 1), max(0, len(hit.moments) - 1))
    width = min(BROAD, (room.width() + GAP) // count - GAP)
    top = room.top() + HEAD + 4
    return [
        (first + at, moment, QRect(room.left() + at * (width + GAP), top, width, CARD))
        for at, moment in enumerate(hit.moments[first : first + count])
    ]


def picture_place(card: QRect) -> QRect:
    """Where the picture of a card is."""
    return QRect(card.left() + INSET, card.top() + INSET, PICTURE, card.height() - 2 * INSET)


def has_picture(cell: Cell, hit: MomentHit) -> bool:
    """Whether a moment has a picture of its own: a second, a page, a part; the whole stands beside it already."""
    moment = hit.moment
    if cell.offline or cell.kind == "other":
        return False
    if cell.kind == "document":
        return moment.page is not None
    if cell.kind == "photo":
        return moment.box is not None
    return moment.start is not None


def has_place(hit: MomentHit) -> bool:
    """Whether a moment is a part of its asset, and not the whole."""
    moment = hit.moment
    return moment.start is not None or moment.page is not None or moment.box is not None


def telling(hit: Hit) -> bool:
    """Whether the list says more of an asset than its picture does: words, or where in it."""
    return any(moment.snippet or has_place(moment) for moment in hit.moments)


def want_of(cell: Cell, hit: MomentHit, ratio: float, line: str, *, blur: bool) -> Want:
    """The picture of a moment as it is painted."""
    width, height = round(PICTURE * ratio), round((CARD - 2 * INSET) * ratio)
    moment = hit.moment
    return Want(
        cell.id,
        width,
        height,
        round(tokens.RADIUS_SMALL * ratio),
        blur=blur,
        top=cell.kind == "document",
        time=moment.start,
        page=moment.page if cell.kind == "document" else None,
        box=moment.box if cell.kind != "audio" else None,
        line=line if moment.box is not None else "",
    )


def info_place(rect: QRect) -> QRect:
    """Where the sign is that leads to the explanation of an entry."""
    return QRect(rect.right() - tokens.M - INFO, rect.top() + PAD + 2, INFO, INFO)


def better_words(hit: MomentHit) -> str:
    """`better than 97 %`, of the library; empty where nothing was measured or it says nothing."""
    if hit.better is None or hit.better < LEAST:
        return ""
    share = min(99.9, hit.better * 100)
    return tr("better than {share}", share=words.share(share / 100, 1 if share >= 99 else 0))


def best_of(hit: Hit) -> MomentHit | None:
    """The moment of an asset that is better than most of the library, where anything was measured."""
    measured = [moment for moment in hit.moments if moment.better is not None and moment.better >= LEAST]
    return max(measured, key=lambda moment: moment.better or 0.0, default=None)


def reason(hit: MomentHit) -> str:
    """Why a moment is here, with the name of who speaks."""
    return " · ".join(part for part in (hit.why, hit.speaker) if part)


def said(hit: MomentHit) -> str:
    """All that is known of a moment, on lines of a tip."""
    place = place_words(hit.moment)
    head = " · ".join(part for part in (place, reason(hit)) if part)
    better = better_words(hit)
    of_library = tr("{better} of your library", better=better) if better else ""
    return "\n".join(part for part in (head, of_library, hit.snippet) if part)
