"""What is shown of a moment that matched: its most telling words, marked, and where they stand."""

from collections.abc import Sequence

from engine.language import mark, tr
from engine.model import MomentHit
from engine.store.evidence import Evidence, Piece
from engine.store.fold import Span, Term, spans

WIDTH = 160  # characters of a snippet
LEAD = 40  # of them before the first match
SCANNED = 200_000  # characters of one text that are looked through
# Where a match stands, in words; the second or the page is told beside it.
WHOLE = {
    "name": mark("file name"), "title": mark("title"), "description": mark("description"), "creator": mark("creator"),
    "album": mark("album"), "keyword": mark("keyword"), "tag": mark("tag"), "camera": mark("camera"),
    "place": mark("place"), "folder": mark("folder name"), "note": mark("note"), "people": mark("keyword"),
}  # fmt: skip
READ = {"photo": mark("text in the picture"), "video": mark("text in the video"), "audio": mark("text in the cover"),
        "document": mark("text in a picture of the page")}  # fmt: skip
SENSED = {
    "objects": mark("a thing that it shows"), "tags": mark("what it shows"), "pose": mark("a posture in it"),
    "sounds": mark("sound"), "caption": mark("caption"),
}  # fmt: skip
SPOKEN = {"speech": mark("speech"), "subtitle": mark("subtitle")}


def hit_of(evidence: Evidence, terms: Sequence[Term], score: float) -> MomentHit:
    """A moment as a hit: of its texts the one in which most of the terms stand."""
    best, found, most = Piece("", "", ""), list[Span](), -1
    for piece in evidence.pieces:
        here = spans(piece.text[:SCANNED], terms)
        distinct = len({span.term for span in here})
        if distinct > most:
            best, found, most = piece, here, distinct
    text, marked = window(best.text, found)
    sort = (best.label or "text") if best.analyzer else "whole"
    return MomentHit(evidence.moment, why(evidence, best), text, marked, score, sort=sort)


def matched(evidence: Evidence, terms: Sequence[Term]) -> int:
    """How many of the terms stand in the moment."""
    return len({span.term for piece in evidence.pieces for span in spans(piece.text[:SCANNED], terms)})


def window(text: str, found: Sequence[Span], width: int = WIDTH) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Cut about `width` characters around the best match; returns the snippet and its marked character spans."""
    start, end = _best(found, width, len(text))
    start, end = _at_words(text, start, end)
    head, tail = "… " * (start > 0), " …" * (end < len(text))
    inside = [span for span in found if span.start >= start and span.end <= end]
    shift = len(head) - start
    body = "".join(" " if char in "\n\r\t\x0b\x0c\u2028\u2029" else char for char in text[start:end])
    return head + body + tail, tuple((span.start + shift, span.end + shift) for span in inside)


def _best(found: Sequence[Span], width: int, length: int) -> tuple[int, int]:
    """The stretch of text in which most different terms stand; of equal ones the first."""
    if not found or length <= width:
        return 0, min(length, width)
    best, most = found[0], 0
    for index, span in enumerate(found[:500]):
        terms = set()
        for other in found[index : index + 50]:
            if other.end > span.start + width - LEAD:
                break
            terms.add(other.term)
        if len(terms) > most:
            best, most = span, len(terms)
    start = max(0, min(best.start - LEAD, length - width))
    return start, min(length, max(start + width, best.end))


def _at_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Move the cuts to the nearest space inside, if one is near."""
    if start > 0 and not text[start - 1].isspace():
        space = next((at for at in range(start, min(start + LEAD // 2, end)) if text[at].isspace()), -1)
        start = space + 1 if space >= 0 else start
    if end < len(text) and not text[end].isspace():
        space = next((at for at in range(end, max(end - LEAD // 2, start), -1) if text[at - 1].isspace()), -1)
        end = space - 1 if space > start else end
    return start, end


def why(evidence: Evidence, piece: Piece) -> str:
    """In words, what sort of text the match stands in."""
    if not piece.analyzer:
        return tr(WHOLE.get(piece.label, piece.label or mark("the file itself")))
    if piece.label == "ocr":
        return tr(READ.get(evidence.kind, READ["photo"]))
    return tr(SPOKEN.get(piece.label) or SENSED.get(piece.analyzer) or mark("text"))
