"""What a search asks for that cannot be there yet, in a sentence: "12 files are not read yet: speech"."""

from typing import Any

from engine.store import waits
from engine.store.plan import AllOf, AnyOf, Condition, Is, NotOf, Plan, Together

# What parts of a query ask for, and the analyzers that find it (the first one is named).
SCOPES = {"said": ("speech",), "text": ("ocr", "documents"), "shows": ("objects", "tags", "meaning"),
          "pose": ("pose",), "sound": ("sounds",), "logo": ("titles",)}  # fmt: skip
WORDS = {
    "speech": ("has no transcript", "have no transcript", "speech"), "ocr": ("was", "were", "text in pictures"),
    "objects": ("was", "were", "things in pictures"), "pose": ("was", "were", "postures"),
    "sounds": ("was", "were", "sounds"), "titles": ("was", "were", "logos"), "faces": ("was", "were", "faces"),
    "meaning": ("was", "were", "what pictures show"),
}  # fmt: skip


def sentence(connection: Any, plan: Plan) -> str:
    """Say what is asked for and waits: for a pack, or for its turn; nothing when all is read."""
    wanted: dict[str, None] = {}
    for branch in plan.branches:
        for group in branch.groups:
            wanted.update(dict.fromkeys(SCOPES.get(group.scope, ())))
        for like in (*branch.likes, *branch.unlike):
            wanted.update(dict.fromkeys(SCOPES.get(like.sort, ("meaning",))))
        if _people(branch.where):
            wanted["faces"] = None
    if not wanted:
        return ""
    said = []
    for analyzer, count, held in waits.counts(connection, list(wanted)):
        if analyzer not in WORDS or not count:
            continue
        one, many, what = WORDS[analyzer]
        files = f"{count:,} file{'s' * (count > 1)}"
        verb = many if count > 1 else one
        told = f"{files} {verb}" if analyzer == "speech" else f"{files} {verb} not searched for {what}"
        said.append(f"{told}: install a pack for it (kinora packs)." if held else f"{told} yet.")
    return " ".join(said)


def _people(condition: Condition) -> bool:
    if isinstance(condition, Together):
        return True
    if isinstance(condition, Is):
        return condition.name == "person"
    if isinstance(condition, NotOf):
        return _people(condition.part)
    return isinstance(condition, AllOf | AnyOf) and any(map(_people, condition.parts))
