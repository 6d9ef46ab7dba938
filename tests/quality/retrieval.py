"""Search: the wanted file among the first hits, by words, by likeness and by meaning."""

from engine.errors import KinoraError
from tests.quality import reading, truth
from tests.quality.rows import Row

WORDS = {
    "chickadee": {"photos/bird.bmp"}, "hotdog": {"photos/hot_dog.jpg"}, "espresso": {"photos/coffee.png"},
    "samoyed": {"photos/dog_white_256.bmp"}, "dragonfly": {"photos/dragonfly.bmp"},
    "balloon": {"photos/balloons-landscape.jpg"}, "peacock": {"photos/favorite-bird-2.jpg"},
    "military uniform": {"people/hopper/grace_hopper.bmp", "people/hopper/grace_hopper_517.jpg"},
    "shows:cat": {"photos/cat.bmp", "photos/cat_lying.jpg", "photos/chelsea.png", "photos/cats_and_dogs.jpg"},
    "shows:kite": {"photos/kite_and_cold.jpg"}, "shows:skateboard": {"people/pose/skateboarder.jpg"},
    "shows:dog type:photo": {"photos/pets.jpg", "photos/dog.jpg", "photos/cats_and_dogs.jpg"},
    "moose": {"text/plate_ak.jpg"}, "lincoln university": {"text/plate_pa.jpg"},
    "sound:music type:audio": {"audio/guitar.ogg"}, "pose:squat": {"people/pose/squat.bmp"},
    "\"how much is this\"": {"text/multi_lingual.png"},
}  # fmt: skip


def rows() -> list[Row]:
    """Recall at 1 and at 5 of words, and of pictures that are alike."""
    return [*_words(), *_alike()]


def _words() -> list[Row]:
    queries = {query: _with_copies(wanted) & reading.assets().keys() for query, wanted in WORDS.items()}
    queries = {query: wanted for query, wanted in queries.items() if wanted}
    firsts = {query: _first(query) for query in queries}
    missed = [query for query, wanted in queries.items() if not wanted & set(firsts[query][:5])]
    packs = ", ".join(
        reading.packs()[task] for task in ("objects", "tags", "pose", "sounds") if task in reading.packs()
    )
    return [
        _recall("words", at, [bool(wanted & set(firsts[query][:at])) for query, wanted in queries.items()], packs,
                f"missed: {', '.join(missed)}" if missed and at == 5 else "")
        for at in (1, 5)
    ]  # fmt: skip


def _with_copies(wanted: set[str]) -> set[str]:
    """The names and those of their changed copies, which are as right."""
    copies = {entry.name for entry in truth.entries("duplicates/") if any(name in entry.truth for name in wanted)}
    return wanted | copies | {name for name in _mirrored() if any(name.split("/")[1] in one for one in wanted)}


def _mirrored() -> set[str]:
    return {entry.name for entry in truth.entries("duplicates/") if "mirror" in entry.name}


def _alike() -> list[Row]:
    pack = reading.packs().get("picture-embedding", reading.packs().get("image-text", "none"))
    entries = [entry.name for entry in truth.entries("few_shot/") if entry.name in reading.assets()]
    hits: dict[int, list[bool]] = {1: [], 5: []}
    for name in entries:
        others = [other for other in _first(f"like:#{reading.assets()[name]}", 8) if other != name]
        for at, found in hits.items():
            found.append(any(other.rpartition("/")[0] == name.rpartition("/")[0] for other in others[:at]))
    return [_recall("pictures alike (few_shot)", at, found, pack, "") for at, found in hits.items()]


def _first(query: str, limit: int = 5) -> list[str]:
    """The names of the first hits."""
    names = {asset: name for name, asset in reversed(reading.assets().items())}
    try:
        return [names.get(hit.asset.id, "") for hit in reading.library().search(query, limit).hits]
    except KinoraError:
        return []


def _recall(what: str, at: int, found: list[bool], packs: str, note: str) -> Row:
    return Row(f"retrieval, {what}, recall@{at}", f"{sum(found)} of {len(found)}", packs, note)
