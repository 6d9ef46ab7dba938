"""Where the library and the packs are when nobody says otherwise."""

import os
from pathlib import Path


def default_library() -> Path:
    """$KINORA_LIBRARY, or a folder in the user's data."""
    if named := os.environ.get("KINORA_LIBRARY"):
        return Path(named)
    return _data() / "library"


def packs_folder() -> Path:
    """$KINORA_PACKS, or a folder in the user's data: packs serve every library of the user."""
    if named := os.environ.get("KINORA_PACKS"):
        return Path(named)
    return _data() / "packs"


def account_folder() -> Path:
    """$KINORA_ACCOUNT, or a folder in the user's data: what rented machines cost is one budget for all libraries."""
    if named := os.environ.get("KINORA_ACCOUNT"):
        return Path(named)
    return _data() / "account"


def _data() -> Path:
    from platformdirs import user_data_path

    return user_data_path("kinora", appauthor=False)
