"""Names of postures where the manifest says how somebody stands or sits."""

from engine.model import FindingKind
from tests.quality import reading
from tests.quality.rows import Row

WANTED = {
    "people/pose/squat.bmp": {"squat"},
    "people/pose/couple_snow.bmp": {"standing"},
    "people/groups/faces_six.jpg": {"standing", "sitting"},
    "people/collins/astronaut.png": {"standing", "sitting"},
    "people/single/dubai_sandboard.jpg": {"squat", "standing"},
}


def rows() -> list[Row]:
    """In how many pictures somebody has one of the wanted postures."""
    right, said = 0, []
    for name, wanted in WANTED.items():
        got = {one.label for one in reading.findings(name, FindingKind.POSE) if one.label}
        right += bool(got & wanted)
        said.append(f"{name.rpartition('/')[2]}: {', '.join(sorted(got)) or 'none'}")
    pack = reading.packs().get("pose", "none")
    return [Row("postures, right in", f"{right} of {len(WANTED)} pictures", pack, "; ".join(said))]
