"""Draw one large picture of an asset on request: the viewer's worker, with the contract of an analyzer."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.analyzers.base import Analyzer, Yield
from engine.errors import DamagedFile
from engine.language import mark, tr
from engine.media.source import Source
from engine.model import Kind, Preview

QUALITY = 88  # of JPEG: text on pages stays clean


class Render(Analyzer):
    """Yields a preview of the asked side: of the picture, of a page, or of a second of a video. Not in the registry."""

    name: ClassVar[str] = "render"
    version: ClassVar[int] = 1
    title: ClassVar[str] = mark("Picture on request")
    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)

    def analyze(self, source: Source, options: Mapping[str, Any]) -> Iterator[Yield]:
        """Yield one `Preview`.

        Raises:
            DamagedFile: there is no picture of this asset.
        """
        side, page, time = int(options["side"]), options.get("page"), options.get("time")
        if page is not None:
            yield _drawn(source.page(int(page)).image(side))
        elif time is not None:
            yield _drawn(source.picture_at(float(time), side))
        else:
            preview = source.preview(side)
            if preview is None:
                raise DamagedFile(tr("There is no picture of this file."), hint="")
            yield preview


def _drawn(pixels: Any) -> Preview:
    from PIL import Image

    from engine.media.pixels import jpeg

    image = Image.fromarray(pixels)
    return Preview(max(image.size), jpeg(image, QUALITY))
