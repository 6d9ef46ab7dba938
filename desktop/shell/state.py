"""What the window remembers over a restart, in `window.ini` inside the library's folder and nowhere else."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings


class State:
    """Reads and writes `window.ini`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def get(self, key: str) -> Any:
        """A plain value that was stored, or None."""
        raw = self._settings.value(key)
        try:
            return json.loads(str(raw)) if raw is not None else None
        except ValueError:
            return None

    def put(self, key: str, value: Any) -> None:
        """Store a plain value."""
        self._settings.setValue(key, json.dumps(value))

    def table(self, key: str) -> dict[str, Any]:
        """A stored mapping; empty when there is none."""
        value = self.get(key)
        return value if isinstance(value, dict) else {}

    def bytes(self, key: str) -> QByteArray:
        """Bytes that Qt gave for a geometry."""
        value = self.get(key)
        return QByteArray.fromBase64(QByteArray(value.encode())) if isinstance(value, str) else QByteArray()

    def put_bytes(self, key: str, value: QByteArray) -> None:
        """Store the bytes of a geometry."""
        self.put(key, value.toBase64().toStdString())

    def save(self) -> None:
        """Write to the disk, when the library's folder is there."""
        if self._path.parent.is_dir():
            self._settings.sync()
