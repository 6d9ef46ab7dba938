"""Pictures of single faces, cut out of the large picture of their asset and kept beside the previews."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import NotFound, not_written
from engine.language import tr
from engine.model import AppearanceRow, Box
from engine.pictures import write_whole

ROOM = 0.35  # of the face's size, left around it
LARGEST = 2048  # pixels, the side of the picture that a face is cut out of
QUALITY = 88  # of JPEG


class Crops:
    """The folder of faces."""

    def __init__(self, folder: Path, render: Callable[..., Path]) -> None:
        self.folder = folder
        self._render = render

    def picture(self, row: AppearanceRow, time: float | None, side: int) -> Path:
        """Return a square JPEG of a face, `side` pixels, drawing it if it is not there. Raises KinoraError."""
        box = row.moment.box
        if box is None:
            raise NotFound(tr("There is no place of this face in its picture."))
        spot = "-".join(f"{round(value * 1000)}" for value in box)
        target = self.folder / str(row.id % 256) / f"{row.id}-{side}-{spot}.jpg"
        if target.exists():
            return target
        large = self._large(row, box, time, side)
        try:
            write_whole(target, cut(large, box, side))
        except OSError as error:
            raise not_written(error, tr("keep the picture of a face")) from error
        return target

    def _large(self, row: AppearanceRow, box: Box, time: float | None, side: int) -> Path:
        wanted = side / max(max(box.w, box.h) * (1 + 2 * ROOM), 1e-3)
        large = next((step for step in (384, 768, 1536) if step >= wanted), LARGEST)
        options: dict[str, Any] = {"side": large, "page": row.moment.page}
        if row.moment.start is not None:
            middle = (row.moment.start + (row.moment.end if row.moment.end is not None else row.moment.start)) / 2
            options["time"] = middle if time is None else time
        return self._render(row.asset, **options)


def forget(folder: Path, appearance_ids: set[int] | None = None) -> None:
    """Delete the pictures of these faces (of all without them) in a folder."""
    if appearance_ids is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in of(folder, appearance_ids):
        with contextlib.suppress(OSError):
            path.unlink()


def keep(folder: Path, appearance_ids: set[int]) -> None:
    """Delete whatever is no picture of one of these faces, half-written ones included."""
    for path in folder.glob("*/*"):
        number = path.name.partition("-")[0]
        if not number.isdecimal() or int(number) not in appearance_ids:
            with contextlib.suppress(OSError):
                path.unlink()


def of(folder: Path, appearance_ids: set[int]) -> list[Path]:
    """The pictures of these faces that are kept."""
    return [path for number in appearance_ids for path in folder.glob(f"{number % 256}/{number}-*.jpg")]


def cut(picture: Path, box: Box, side: int) -> bytes:
    """A square around the box, scaled to `side` pixels, as JPEG."""
    from io import BytesIO

    from PIL import Image

    with Image.open(picture) as image:
        width, height = image.size
        half = max(box.w * width, box.h * height) * (0.5 + ROOM)
        half = max(1.0, min(half, min(width, height) / 2))
        x = min(max((box.x + box.w / 2) * width, half), width - half)
        y = min(max((box.y + box.h / 2) * height, half), height - half)
        edges = (round(x - half), round(y - half), round(x + half), round(y + half))
        face = image.convert("RGB").crop(edges).resize((side, side), Image.Resampling.LANCZOS)
    out = BytesIO()
    face.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
