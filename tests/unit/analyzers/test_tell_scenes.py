"""Cuts, shots and keyframes of videos whose cuts are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.model import FindingKind

Analyze = Callable[..., list[Any]]
Only = Callable[[list[Any], FindingKind], list[Any]]


def test_the_cuts_of_stills_are_exact(media: Path, analyze: Analyze, only: Only) -> None:
    found = analyze("scenes", media / "video_made" / "cuts_and_jfk.mp4")
    cuts = [one.moment.start for one in only(found, FindingKind.CUT)]
    assert cuts == pytest.approx([2, 4, 6, 8, 10, 12], abs=0.05)
    shots = only(found, FindingKind.SHOT)
    assert len(shots) == 7
    keyframes = [one.moment.start for one in only(found, FindingKind.KEYFRAME)]
    for shot in shots:
        assert any(shot.moment.start <= time < shot.moment.end for time in keyframes)


@pytest.mark.slow
def test_the_cuts_of_a_film(media: Path, analyze: Analyze, only: Only) -> None:
    found = analyze("scenes", media / "video" / "tears_of_steel_cuts.webm")
    cuts = [one.moment.start for one in only(found, FindingKind.CUT)]
    truth = "2.17 6.58 9.21 12.88 29.79 32.83 36.33 37.54 46.96 48.21 50.13 51.42 51.92 53.50 56.04 57.42 59.58 67.42"
    hits = [time for time in map(float, truth.split()) if any(abs(cut - time) < 0.6 for cut in cuts)]
    assert len(hits) >= 16


def test_one_shot_has_no_cut(media: Path, analyze: Analyze, only: Only) -> None:
    found = analyze("scenes", media / "video" / "asl_yes.mkv")
    assert not only(found, FindingKind.CUT)
    assert len(only(found, FindingKind.SHOT)) == 1
