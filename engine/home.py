"""Where the library is when nobody says otherwise."""

import os
from pathlib import Path


def default_library() -> Path:
    """$KINORA_LIBRARY, or a folder in the user's data."""
    if named := os.environ.get("KINORA_LIBRARY"):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("kinora", appauthor=False) / "library"
