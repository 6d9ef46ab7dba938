"""Loading speech and speaker models, and telling speakers apart by their vectors."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import NeedsPack, PackInvalid
from engine.packs import speakers
from engine.packs.models import SpeakerEmbedder, Transcriber, load
from engine.packs.speakers import Talk, Turn, grouped, linkage, windows
from tests.packs import write_pack
from tests.voices import speaker_model, speaker_pack


def test_a_whisper_pack_answers_as_the_protocol_says(with_packs: dict[str, str]) -> None:
    model = load("speech", with_packs["speech"])
    assert isinstance(model, Transcriber)
    assert {"en", "de", "zh"} <= set(model.languages)
    assert model.batch >= 1
    silence = np.zeros(16_000, np.float32)
    assert len(model.write([silence, silence[:8000]], "en", beam=1)) == 2
    assert model.write([], "en", beam=1) == []


@pytest.mark.parametrize("damage", ["tokenizer.json", "config.json", "model.bin"])
def test_a_damaged_whisper_pack_makes_jobs_wait(
    real_shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    shutil.copytree(real_shelf / "micro-whisper", tmp_path / "micro-whisper")
    text = (tmp_path / "micro-whisper" / "pack.json").read_text()
    (tmp_path / "micro-whisper" / "pack.json").write_text(text.replace('"version": 1', f'"version": {len(damage)}'))
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    place = tmp_path / "micro-whisper" / damage
    if damage == "model.bin":
        place.write_bytes(place.read_bytes()[:1000])
    else:
        place.unlink()
    with pytest.raises(NeedsPack):
        load("speech", f"micro-whisper@{len(damage)}")


def test_speaker_vectors_do_not_depend_on_the_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    model = load("speaker-embedding", speaker_pack(tmp_path))
    assert isinstance(model, SpeakerEmbedder)
    assert (model.dim, model.space) == (160, "timbre@1")
    noise = np.random.default_rng(1).normal(0, 0.1, 40_000).astype(np.float32)
    sounds = [noise[:24_000], noise[5_000:29_000], noise[:9_000], noise[:3_000], noise[:0]]
    together = model.embed_sounds(sounds)
    alone = np.concatenate([model.embed_sounds([one]) for one in sounds])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together[:4], axis=1), 1.0, atol=1e-5)
    assert model.embed_sounds([]).shape == (0, 160)


def test_a_speaker_model_with_other_inputs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(tmp_path))
    for name, more in (("banks", {"features": {"banks": 64}}), ("output", {"output": {"name": "nothing"}})):
        described = {"adapter": "speaker", "file": "m.onnx", **more}
        write_pack(tmp_path, {"id": name, "version": 1, "title": "X", "models": {"speaker-embedding": described}},
                   {"m.onnx": speaker_model()})  # fmt: skip
        with pytest.raises(PackInvalid):
            load("speaker-embedding", f"{name}@1")


def crowd(count: int, spread: float, seed: int = 0) -> tuple[Any, Any]:
    """Vectors of three speakers, and who each is."""
    random = np.random.default_rng(seed)
    who = random.integers(0, 3, count)
    rows = np.eye(3, 24)[who] + random.normal(0, spread, (count, 24))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), who


def slowly(vectors: Any, threshold: float) -> list[set[int]]:
    """Average linkage as the definition says it."""
    groups = [{at} for at in range(len(vectors))]
    alike = vectors @ vectors.T
    while len(groups) > 1:
        pairs = [(float(np.mean([alike[a, b] for a in one for b in two])), at, other)
                 for at, one in enumerate(groups) for other, two in enumerate(groups[:at])]  # fmt: skip
        score, one, two = max(pairs)
        if score < threshold:
            break
        groups[two] |= groups.pop(one)
    return groups


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_linkage_is_what_the_definition_says(threshold: float) -> None:
    vectors, _ = crowd(24, 0.15)
    labels = linkage(vectors, threshold)
    found = {frozenset(np.flatnonzero(labels == one).tolist()) for one in set(labels.tolist())}
    assert found == {frozenset(group) for group in slowly(vectors, threshold)}


@pytest.mark.parametrize("count", [90, 400])
def test_speakers_are_found_in_short_and_long_recordings(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(speakers, "MOST", 100)
    vectors, who = crowd(count, 0.1)
    labels = grouped(vectors, 0.5, [(at * 0.75, at * 0.75 + 1.5) for at in range(count)])
    assert len(set(zip(labels.tolist(), who.tolist(), strict=True))) == 3


def test_a_cluster_of_a_moment_joins_its_neighbour() -> None:
    vectors, _ = crowd(40, 0.05)
    vectors[:] = vectors[0]
    vectors[7] = -vectors[0]
    assert set(grouped(vectors, 0.5, [(at * 0.75, at * 0.75 + 1.5) for at in range(40)]).tolist()) == {0}
    assert linkage(vectors[:1], 0.5).tolist() == [0]


def test_windows_cover_the_spans() -> None:
    assert windows([(0.0, 0.3), (1.0, 2.0), (3.0, 6.2)]) == [
        (1.0, 2.0), (3.0, 4.5), (3.75, 5.25), (4.5, 6.0), (4.7, 6.2),
    ]  # fmt: skip
    talk = Talk((Turn(0.0, 2.0, 1), Turn(3.0, 4.0, 2)))
    assert [talk.speaker_at(time) for time in (1.0, 2.4, 2.6, 9.0)] == [1, 1, 2, 2]
    assert Talk().speaker_at(1.0) == 0
