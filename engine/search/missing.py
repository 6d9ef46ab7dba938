"""What a search asks for that cannot be there yet, in a sentence: "12 files are not read yet: speech"."""

from typing import Any

from engine.language import tr, trn
from engine.store import waits
from engine.store.plan import AllOf, AnyOf, Condition, Is, NotOf, Plan, Together

# What parts of a query ask for, and the analyzers that find it (the first one is named).
SCOPES = {"said": ("speech",), "text": ("ocr", "documents"), "shows": ("objects", "tags", "meaning"),
          "pose": ("pose",), "sound": ("sounds",), "logo": ("titles",)}  # fmt: skip
NAMED = ("speech", "ocr", "objects", "pose", "sounds", "titles", "faces", "meaning")


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
        if analyzer not in NAMED or not count:
            continue
        if held:
            said.append(tr("{lack}: install a pack for it (kinora packs).", lack=_lack(analyzer, count)))
        else:
            said.append(tr("{lack} yet.", lack=_lack(analyzer, count)))
    return " ".join(said)


def _lack(analyzer: str, n: int) -> str:
    """What so many files lack without the findings of an analyzer."""
    return {
        "speech": trn("{n} file has no transcript", "{n} files have no transcript", n),
        "ocr": trn("{n} file was not searched for text in pictures",
                   "{n} files were not searched for text in pictures", n),
        "objects": trn("{n} file was not searched for things", "{n} files were not searched for things", n),
        "pose": trn("{n} file was not searched for postures", "{n} files were not searched for postures", n),
        "sounds": trn("{n} file was not searched for sounds", "{n} files were not searched for sounds", n),
        "titles": trn("{n} file was not searched for logos", "{n} files were not searched for logos", n),
        "faces": trn("{n} file was not searched for faces", "{n} files were not searched for faces", n),
        "meaning": trn("{n} file was not searched for what pictures show",
                       "{n} files were not searched for what pictures show", n),
    }[analyzer]  # fmt: skip


def _people(condition: Condition) -> bool:
    if isinstance(condition, Together):
        return True
    if isinstance(condition, Is):
        return condition.name in ("person", "pet")
    if isinstance(condition, NotOf):
        return _people(condition.part)
    return isinstance(condition, AllOf | AnyOf) and any(map(_people, condition.parts))
