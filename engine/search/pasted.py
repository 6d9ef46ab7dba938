"""Pictures that were pasted to search with: kept as files for a while, never added to the library."""

import contextlib
from pathlib import Path

from blake3 import blake3

from engine.errors import SettingInvalid, not_written
from engine.language import tr

MOST = 24  # pictures that are kept
LARGEST = 32 << 20  # bytes of one
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n"


class Pasted:
    """`library.pasted`: a folder among the previews, which are disposable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, picture: bytes) -> Path:
        """Keep a picture (JPEG or PNG); the same one is kept once. Returns where it lies.

        Raises:
            SettingInvalid: these are not the bytes of such a picture.
            StoreError, StorageFull: it cannot be written.
        """
        sort = "jpg" if picture.startswith(_JPEG) else "png" if picture.startswith(_PNG) else ""
        if not sort or len(picture) > LARGEST:
            raise SettingInvalid(tr("This picture cannot be searched with."), hint=tr("Save it as a JPEG first."))
        target = self._folder / f"{blake3(picture).hexdigest()[:24]}.{sort}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                part = target.with_suffix(".part")
                part.write_bytes(picture)
                part.replace(target)
            target.touch()
        except OSError as error:
            raise not_written(error, tr("keep the picture")) from error
        self._tidy()
        return target

    def _tidy(self) -> None:
        found = sorted(self._folder.glob("*.*"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in found[MOST:]:
            with contextlib.suppress(OSError):
                old.unlink()
