"""What is said of a box when the mouse or the focus is on it: its words, how sure they are, who says so."""

from desktop.look import words
from desktop.views.parts.overlays import Layer, Mark
from engine.language import mark, tr

NAMES = {
    Layer.TEXT: mark("Text"),
    Layer.SAFETY: mark("Part of a body"),
    Layer.FACE: mark("Face"),
    Layer.BODY: mark("Body"),
    Layer.THING: mark("Thing"),
    Layer.ROLE: mark("Title or logo"),
}


def tip(box: Mark) -> str:
    """Lines: what it is, how sure it is, who found it, and what was read there before a correction."""
    what = box.text or tr(NAMES[box.layer])
    if box.score is not None and box.original is None:
        what = tr("{name}, {score} sure", name=what, score=words.share(box.score))
    lines = [what]
    if box.original is not None:
        lines.append(tr("You corrected it; “{text}” was read there.", text=box.original))
    elif box.origin:
        lines.append(tr("Found by {name}", name=box.origin))
    return "\n".join(lines)
