"""Vectors of photos, keyframes, pages and texts, and the second opinion on safety, with tiny and small real packs."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analyzers import BY_NAME
from engine.analyzers.meaning import Meaning, whole_opinion
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import WHOLE, Facts, Finding, FindingKind, Kind, Moment, Step
from engine.packs.models import load
from tests import tiny
from tests.packs import real_packs

Run = Callable[..., list[Finding]]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("meaning-packs")
    tiny.image_text(folder, "meaning-clip")
    tiny.text_embedder(folder, "meaning-texts")
    tiny.clip_safety(folder, "meaning-safety", over="meaning-clip@1")
    return folder


@pytest.fixture
def run(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `meaning` over a file with some of the packs."""
    monkeypatch.setenv("KINORA_PACKS", str(shelf))

    def analyze(path: Path, facts: Facts | None = None, **packs: str) -> list[Finding]:
        raw = os.fsencode(path)
        told = sniff(raw)
        options = {"packs": {task.replace("_", "-"): ref for task, ref in packs.items()}}
        with Source(raw, told.kind, told.mime, facts=facts) as source:
            if facts is None:
                source.probe()
            found = [one for one in Meaning().analyze(source, options) if not isinstance(one, Step)]
            assert source.decodes <= 1
        return found  # type: ignore[return-value]

    return analyze


def _vector(finding: Finding) -> np.ndarray:
    return np.frombuffer(finding.vector or b"", "<f2").astype(np.float32)


def test_any_one_pack_is_enough() -> None:
    assert "waits for a pack" in Meaning.lacking({})
    assert "waits for a pack" in Meaning.lacking({"speech": "x@1"})
    for task in ("image-text", "picture-embedding", "text-embedding", "safety"):
        assert Meaning.lacking({task: "x@1"}) == ""


def test_a_photo_has_one_vector_in_the_space_of_words(run: Run, media: Path) -> None:
    found = run(media / "photos" / "el_torcal_rocks.jpg", image_text="meaning-clip@1")
    (one,) = found
    assert (one.kind, one.label, one.space, one.moment) == (FindingKind.VECTOR, "picture", "meaning-clip@1", WHOLE)
    sky, red = load("image-text", "meaning-clip@1").embed_texts(["blue sky", "red"])
    assert _vector(one) @ sky > _vector(one) @ red + 0.2


def test_a_video_has_a_vector_for_each_keyframe_and_its_time(run: Run, media: Path) -> None:
    found = run(media / "video_made" / "cuts_and_jfk.mp4", image_text="meaning-clip@1")
    spans = [(one.moment.start, one.moment.end) for one in found]
    assert len(spans) >= 7
    assert all(start < end <= start + 2.1 for start, end in spans)
    assert [end for _, end in spans[:6]] == pytest.approx([2, 4, 6, 8, 10, 12], abs=0.1)
    sky = load("image-text", "meaning-clip@1").embed_texts(["blue sky"])[0]
    best = max(found, key=lambda one: float(_vector(one) @ sky))
    assert best.moment.start < 2  # the rocks under the blue sky


def test_pages_and_their_texts(run: Run, media: Path) -> None:
    path = media / "documents" / "MEDRPT-2024-PAT-3847_medical_report_scan.pdf"
    found = run(path, image_text="meaning-clip@1", text_embedding="meaning-texts@1")
    assert [one.moment.page for one in found if one.label == "picture"] == [1, 2, 3]
    found = run(media / "documents" / "white_paper.pdf", text_embedding="meaning-texts@1", image_text="meaning-clip@1")
    assert [one.moment.page for one in found if one.label == "picture"] == [1]
    texts = [one for one in found if one.label == "text"]
    assert len(texts) > 5
    assert all(one.moment.page and one.space == "meaning-texts@1" for one in texts)


def test_a_text_finds_its_passage(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("The doctor saw the patient in the hospital.\n\n" + "Filler words stand here. " * 40
                    + "\n\nWe had bread, cheese and soup for dinner.", encoding="utf-8")  # fmt: skip
    found = run(path, text_embedding="meaning-texts@1")
    asked = load("text-embedding", "meaning-texts@1").embed_texts(["what did you eat for lunch"])[0]
    best = max(found, key=lambda one: float(_vector(one) @ asked))
    assert len(found) == 2  # the filler between them says nothing that the model knows
    assert best is found[-1]


def test_what_a_file_says_of_itself_is_a_passage(run: Run, media: Path) -> None:
    facts = Facts(title="x", description="Our dog with a cat and a horse")
    found = run(media / "photos" / "coffee.png", facts, text_embedding="meaning-texts@1")
    assert [(one.label, one.moment, one.data["text"]) for one in found] == [("text", WHOLE, facts.description)]


def test_safety_is_judged_from_the_same_pass(run: Run, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = load_pair(monkeypatch)
    found = run(media / "photos" / "coffee.png", image_text="meaning-clip@1", safety="meaning-safety@1")
    assert [one.kind for one in found] == [FindingKind.VECTOR, FindingKind.OPINION]
    assert found[1].label == "safe"
    assert pair == [1]


def test_a_head_whose_pair_is_absent_costs_only_the_opinion(run: Run, shelf: Path, media: Path) -> None:
    tiny.clip_safety(shelf, "lonely-safety", over="absent@7")
    found = run(media / "photos" / "coffee.png", image_text="meaning-clip@1", safety="lonely-safety@1")
    assert [one.kind for one in found] == [FindingKind.NOTICE, FindingKind.VECTOR]
    assert "absent@7" in found[0].text


def test_real_models_judge_and_compare(
    models: Path, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINORA_PACKS", str(real_packs(models, tmp_path, ["mobilenet-embed", "nsfw-mobilenet"])))
    options = {"packs": {"picture-embedding": "mobilenet-embed@1", "safety": "nsfw-mobilenet@1"}}
    found = []
    for path in sorted((media / "duplicates" / "family1").iterdir())[:2]:
        with Source(os.fsencode(path), Kind.PHOTO, sniff(os.fsencode(path)).mime) as source:
            found.append([one for one in Meaning().analyze(source, options) if isinstance(one, Finding)])
    one, other = (_vector(each[0]) for each in found)
    assert len(one) == 1024
    assert one @ other > 0.9
    assert all(each[1].kind is FindingKind.OPINION and 0 <= (each[1].score or 0) <= 1 for each in found)


def test_one_frame_of_many_decides_nothing() -> None:
    safe = [("safe", 0.9, Moment(float(time))) for time in range(30)]
    bad = ("explicit", 0.99, Moment(50.0))
    assert whole_opinion([*safe, bad])[0] == "safe"
    assert whole_opinion([*safe, bad, bad])[0] == "safe"  # of thirty-two, two are not one in twenty and one more
    assert whole_opinion([*safe, bad, bad, bad]) == bad
    assert whole_opinion([bad]) == bad
    assert whole_opinion([safe[0], bad]) == bad


def test_it_is_in_the_registry() -> None:
    assert BY_NAME["meaning"] is Meaning


def load_pair(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pictures that the pair embeds, call by call."""
    from engine.packs.adapters.imagetext import ImageText

    calls: list[int] = []
    original = ImageText.embed

    def counted(self: ImageText, images: Any) -> Any:
        calls.append(len(images))
        return original(self, images)

    monkeypatch.setattr(ImageText, "embed", counted)
    return calls


def test_text_read_in_a_picture_has_a_vector(run: Run, tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (640, 120), "white")
    ImageDraw.Draw(image).text((20, 30), "the dog and the cat", fill="black", font=ImageFont.load_default(48))
    image.save(tmp_path / "sign.png")
    raw = os.fsencode(tmp_path / "sign.png")
    with Source(raw, Kind.PHOTO, "image/png") as source:
        options = {"packs": {"text-embedding": "meaning-texts@1"}}
        found = [one for one in BY_NAME["ocr"]().analyze(source, options) if isinstance(one, Finding)]
    assert [one.kind for one in found] == [FindingKind.TEXT, FindingKind.VECTOR]
    assert found[1].data["text"] == found[0].text
    assert found[1].moment == WHOLE
