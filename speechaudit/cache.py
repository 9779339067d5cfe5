"""The folders in which models and unfinished work lie, and the names of files by what is in them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of assembled and remembered things: $SPEECHAUDIT_CACHE, else the user's cache folder."""
    own = os.environ.get("SPEECHAUDIT_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "speechaudit"


def models_folder() -> Path:
    """Return the folder of registered models: $SPEECHAUDIT_MODELS, else one in the user's data folder."""
    own = os.environ.get("SPEECHAUDIT_MODELS")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "speechaudit" / "models"


def sha256(path: Path) -> str:
    """Return the hex digest of the file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(folder: Path, sums: Mapping[str, str]) -> bool:
    """Return whether the files of a folder are there, each with its hex digest (sha256)."""
    return all((folder / name).is_file() and sha256(folder / name) == digest for name, digest in sums.items())


def put_in_place(building: Path, folder: Path, names: Iterable[str]) -> None:
    """Move finished files; whoever comes second replaces equal files by equal files. Raises OSError."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (building / name).replace(folder / name)
