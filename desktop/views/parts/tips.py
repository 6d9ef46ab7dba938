"""What is said of a box when the mouse or the focus is on it: its words, how sure they are, who says so."""

from desktop.views.parts.overlays import Layer, Mark
from engine.language import mark as collected
from engine.language import tr

NAMES = {
    Layer.TEXT: collected("Text"),
    Layer.SAFETY: collected("Part of a body"),
    Layer.FACE: collected("Face"),
    Layer.BODY: collected("Body"),
    Layer.THING: collected("Thing"),
    Layer.ROLE: collected("Title or logo"),
}


def tip(mark: Mark) -> str:
    """Lines: what it is, how sure it is, who found it, and what was read there before a correction."""
    what = mark.text or tr(NAMES[mark.layer])
    if mark.score is not None and mark.original is None:
        what = tr("{name}, {score:.0f} % sure", name=what, score=mark.score * 100)
    lines = [what]
    if mark.original is not None:
        lines.append(tr("You corrected it; “{text}” was read there.", text=mark.original))
    elif mark.origin:
        lines.append(tr("Found by {name}", name=mark.origin))
    return "\n".join(lines)
