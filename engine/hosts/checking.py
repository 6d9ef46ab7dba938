"""Looks at what another machine answers before any of it is believed: kinds, types, sizes, places, vectors."""

import contextlib
import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.errors import HostLied, HostSkew, NeedsPack
from engine.jobs import wire
from engine.jobs.orders import PROTOCOL, Capabilities
from engine.language import tr
from engine.model import Finding, FindingKind, Moment

MOST_FINDINGS = 200_000  # of one job
LONGEST_TEXT = 4 << 20  # characters of one finding
LONGEST_VECTOR = 8192 * 2  # bytes: fp16
CLOCK = 300.0  # seconds that clocks may differ before it is told
LONGEST_WORDS = 500  # characters of what a host says is wrong
# What each analyzer says: an answer about the words in a picture must not plant a face, or a verdict on what is shown.
SAYS: Mapping[str, frozenset[FindingKind]] = {
    "caption": frozenset({FindingKind.TEXT}),
    "faces": frozenset({FindingKind.FACE}),
    "meaning": frozenset({FindingKind.VECTOR, FindingKind.OPINION, FindingKind.NOTICE}),
    "objects": frozenset({FindingKind.OBJECT}),
    "ocr": frozenset({FindingKind.TEXT}),
    "pose": frozenset({FindingKind.POSE}),
    "safety": frozenset({FindingKind.PART, FindingKind.LEVEL}),
    "sounds": frozenset({FindingKind.SOUND}),
    "speech": frozenset({FindingKind.TEXT, FindingKind.LANGUAGE, FindingKind.SPEAKER}),
    "tags": frozenset({FindingKind.LABEL}),
    "titles": frozenset({FindingKind.ROLE, FindingKind.REGION}),
    "voice": frozenset({FindingKind.VOICE, FindingKind.LABEL}),
}


def checked(message: wire.Done | wire.Failed, bundle: int, task: wire.Task) -> wire.Done | wire.Failed:
    """The message as an answer to this task of ours, without what no host may say (facts, previews).

    Raises:
        HostLied: it cannot be the answer of an analyzer.
    """
    if isinstance(message, wire.Failed):
        return replace(
            message, bundle=bundle, job=task.job, epoch=task.epoch, code=_word(message.code), text=_word(message.text),
            hint=_word(message.hint), trace="", retry="later", seconds=_seconds(message.seconds),
        )  # fmt: skip
    if len(message.findings) > MOST_FINDINGS:
        raise _lie(tr("more findings than there can be"))
    spaces = frozenset(str(ref) for ref in dict(task.options.get("packs", {})).values())
    says = SAYS.get(task.analyzer, frozenset())
    for finding in message.findings:
        if finding.kind not in says:
            raise _lie(tr("a finding that this analyzer never makes"))
        _finding(finding, spaces)
    _vectors([(finding.space, finding.vector) for finding in message.findings if finding.vector])
    return replace(
        message, bundle=bundle, job=task.job, epoch=task.epoch, facts=None, previews=(),
        seconds=_seconds(message.seconds), cpu=_seconds(message.cpu),
        peak=message.peak if isinstance(message.peak, int) and 0 <= message.peak < 1 << 50 else 0,
    )  # fmt: skip


def _finding(finding: Finding, spaces: frozenset[str]) -> None:
    if not isinstance(finding.text, str) or not isinstance(finding.label, str) or not isinstance(finding.space, str):
        raise _lie(tr("a finding whose words are no words"))
    if not all(map(_writable, (finding.text, finding.label, finding.space))):
        raise _lie(tr("a finding whose words are no words"))
    if len(finding.text) > LONGEST_TEXT or len(finding.label) > LONGEST_WORDS:
        raise _lie(tr("a finding that is too long"))
    if finding.score is not None and not _number(finding.score):
        raise _lie(tr("a score that is no number"))
    _moment(finding.moment)
    if not isinstance(finding.data, Mapping) or not _plain(finding.data, 6):
        raise _lie(tr("a finding with data that no analyzer makes"))
    if finding.vector is not None:
        if len(finding.vector) > LONGEST_VECTOR or len(finding.vector) % 2:
            raise _lie(tr("a vector that is none"))
        if finding.space.partition("/")[0] not in spaces:  # behind it stands what of the picture it is of
            raise _lie(tr("a vector of a model that was not asked"))


def _vectors(given: Sequence[tuple[str, bytes]]) -> None:
    """Numbers alone, and as many as the model makes: the first vector of a model says how long all others must be."""
    if not given:
        return
    import numpy as np

    # What is not finite would be the nearest to everything, or to nothing.
    if not np.isfinite(np.frombuffer(b"".join(vector for _, vector in given), "<f2")).all():
        raise _lie(tr("a vector that is none"))
    for space, lengths in _lengths({space for space, _ in given}).items():
        if any(len(vector) // 2 not in lengths for one, vector in given if one == space):
            raise _lie(tr("a vector of another length than its model makes"))


def _lengths(spaces: Collection[str]) -> dict[str, set[int]]:
    """How long the vectors of each of these spaces may be, where its pack says so."""
    from engine.packs import postures, shelf

    found: dict[str, set[int]] = {}
    for space in spaces:
        ref = space.partition("/")[0]
        if space == ref + postures.SPACE:
            found[space] = {postures.DIM}
            continue
        with contextlib.suppress(NeedsPack):
            models = shelf.find(ref)[0].models.values()
            if told := {model["dim"] for model in models if isinstance(model.get("dim"), int)}:
                found[space] = told
    return found


def _writable(text: str) -> bool:
    """Whether it can be written as UTF-8: half of a letter cannot be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(moment: Moment) -> None:
    for value in (moment.start, moment.end):
        if value is not None and not (_number(value) and 0 <= value <= 1e7):
            raise _lie(tr("a place that no file has"))
    if moment.page is not None and not (type(moment.page) is int and 0 < moment.page < 1_000_000):
        raise _lie(tr("a place that no file has"))
    if moment.box is not None and not all(_number(one) and -1 <= one <= 2 for one in moment.box):
        raise _lie(tr("a place that no file has"))


def _plain(value: Any, depth: int) -> bool:
    """Whether it is plain JSON of a reasonable shape."""
    if value is None or isinstance(value, (bool, str)):
        return not isinstance(value, str) or (len(value) <= LONGEST_TEXT and _writable(value))
    if isinstance(value, (int, float)):
        return _number(value)
    if depth == 0:
        return False
    if isinstance(value, Mapping):
        return len(value) <= 100_000 and all(
            isinstance(key, str) and _writable(key) and _plain(one, depth - 1) for key, one in value.items()
        )
    if isinstance(value, (list, tuple)):
        return len(value) <= 1_000_000 and all(_plain(one, depth - 1) for one in value)
    return False


def _number(value: Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 2**62
    )


def _seconds(value: Any) -> float:
    return float(value) if _number(value) and 0 <= value < 1e6 else 0.0


def _word(value: Any) -> str:
    """Words for people, on one line, that cannot disturb ours."""
    line = " ".join(value[: 4 * LONGEST_WORDS].split()) if isinstance(value, str) else ""
    return "".join(letter for letter in line if letter.isprintable())[:LONGEST_WORDS]


def _lie(what: str) -> HostLied:
    return HostLied(tr("The host answered with {what}.", what=what))


def fitting(able: Capabilities, wanted: Mapping[str, int], name: str) -> None:
    """Return when a host and this machine speak the same. Raises HostSkew."""
    from engine import __version__

    same = any(able.analyzers.get(one) == version for one, version in wanted.items())
    if able.protocol not in (PROTOCOL, PROTOCOL - 1) or (wanted and not same):
        raise HostSkew(
            tr(
                "{name} runs Kinora {theirs}, this is {ours}: they do not understand each other.",
                name=name, theirs=able.version, ours=__version__,
            )
        )  # fmt: skip


def clock_of(able: Capabilities) -> str:
    """A sentence about a host's clock, when it differs much from ours."""
    off = able.clock - time.time()
    if not able.clock or abs(off) < CLOCK:
        return ""
    return tr("Its clock differs from ours by {hours:.1f} hours; nothing depends on it.", hours=abs(off) / 3600)
