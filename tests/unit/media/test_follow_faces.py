"""Faces followed through the frames of a video, and the frames that are kept for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.media.following import Sighting, Track, tracks
from engine.media.parts import Shot
from engine.media.source import Source
from engine.model import Box, Kind
from engine.packs.alignment import Quality

ANNA, BERT = np.eye(4, dtype=np.float32)[:2]
GOOD = Quality(90, 0.1, 1.0, 0.0, 0.0, 0.9)
POOR = Quality(30, 0.9, 0.5, 0.0, 0.0, 0.2)


def _face(time: float, x: float, who: Any = ANNA, how: Quality = GOOD) -> Sighting:
    return Sighting(time, Box(x, 0.2, 0.2, 0.3), 0.9, (), how, who)


def _spans(found: list[Track]) -> list[tuple[float, float, int]]:
    return sorted((one.start, one.end, len(one.seen)) for one in found)


def test_one_person_is_one_track_to_the_ends_of_the_shot() -> None:
    shots = [Shot(0.0, 4.5, ())]
    assert _spans(tracks(shots, [(t, [_face(t, 0.1 + t / 10)]) for t in (0.0, 1.0, 2.0, 3.0, 4.0)])) == [(0.0, 4.5, 5)]


def test_a_cut_ends_a_track() -> None:
    shots = [Shot(0.0, 2.4, ()), Shot(2.4, 5.0, ())]
    frames = [(t, [_face(t, 0.1)]) for t in (0.0, 1.0, 2.0, 3.0, 4.0)]
    assert _spans(tracks(shots, frames)) == [(0.0, 2.4, 3), (2.4, 5.0, 2)]


def test_who_comes_and_goes_is_there_half_way_to_the_next_frame() -> None:
    frames = [(0.0, []), (1.0, [_face(1.0, 0.1)]), (2.0, [_face(2.0, 0.1)]), (3.0, []), (4.0, [])]
    assert _spans(tracks([Shot(0.0, 5.0, ())], frames)) == [(0.5, 2.5, 2)]


def test_a_face_may_be_hidden_for_a_moment_but_not_for_long() -> None:
    shot = [Shot(0.0, 12.0, ())]
    frames: list[tuple[float, list[Sighting]]] = [(float(t), [_face(float(t), 0.1)] if t in (0, 2, 9) else [])
                                                  for t in range(12)]  # fmt: skip
    assert _spans(tracks(shot, frames)) == [(0.0, 2.5, 2), (8.5, 9.5, 1)]


def test_two_who_change_places_stay_themselves() -> None:
    shot = [Shot(0.0, 2.0, ())]
    frames = [(0.0, [_face(0.0, 0.1, ANNA), _face(0.0, 0.6, BERT)]),
              (1.0, [_face(1.0, 0.6, ANNA), _face(1.0, 0.1, BERT)])]  # fmt: skip
    found = tracks(shot, frames)
    assert len(found) == 2
    assert all(len({one.vector.tobytes() for one in track.seen if one.vector is not None}) == 1 for track in found)


def test_faces_that_cannot_be_told_are_followed_by_place() -> None:
    shot = [Shot(0.0, 2.0, ())]
    frames = [(0.0, [_face(0.0, 0.1, None), _face(0.0, 0.6, None)]),
              (1.0, [_face(1.0, 0.62, None), _face(1.0, 0.12, None)])]  # fmt: skip
    found = tracks(shot, frames)
    assert _spans(found) == [(0.0, 2.0, 2), (0.0, 2.0, 2)]
    assert all(track.vector() is None for track in found)


def test_better_faces_count_more_and_show_the_track() -> None:
    between = np.asarray([0.8, 0.6, 0, 0], np.float32)
    (track,) = tracks([Shot(0.0, 3.0, ())], [(0.0, [_face(0.0, 0.1, between, POOR)]), (1.0, [_face(1.0, 0.1)])])
    assert track.best.time == 1.0
    mean = track.vector()
    assert mean is not None
    assert float(np.linalg.norm(mean)) == pytest.approx(1)
    assert float(mean @ ANNA) > float(mean @ between) > 0.8


def test_no_frames_no_tracks() -> None:
    assert tracks([], []) == []
    assert _spans(tracks([], [(1.0, [_face(1.0, 0.1)])])) == [(1.0, 1.0, 1)]


def test_frames_come_every_second_from_the_one_pass(media: Path) -> None:
    path = bytes(media / "video/flower.webm")
    with Source(path, Kind.VIDEO, "video/webm") as source:
        source.want_frames(1.0)
        shots = source.shots()
        frames = list(source.frames(1.0))
        assert source.decodes == 1
    times = [frame.time for frame in frames]
    assert times[0] == 0.0
    assert np.allclose(np.diff(times), 1.0, atol=0.1)
    assert len(times) == 5 == int(shots[-1].end)
    assert max(frames[0].image.shape) <= 960


def test_frames_that_nobody_announced_cost_another_pass(media: Path) -> None:
    path = bytes(media / "video/asl_yes.mkv")
    with Source(path, Kind.VIDEO, "video/x-matroska") as source:
        before = source.shots()
        assert len(list(source.frames(0.5))) == pytest.approx(2 * before[-1].end, abs=1.5)
        assert source.decodes == 2
        assert len(list(source.frames(1.0))) >= 2
        assert source.shots() == before
        assert source.decodes == 2


def test_a_long_video_keeps_fewer_frames(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.media.shots._MOST_SAMPLES", 8)
    with Source(bytes(media / "video/flower.webm"), Kind.VIDEO, "video/webm") as source:
        times = [frame.time for frame in source.frames(0.1)]
    assert len(times) <= 8
    assert times[-1] > 3.0
