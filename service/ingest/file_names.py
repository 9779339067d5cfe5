"""Names and types of files as senders state them, made safe to show and to hand out."""

from __future__ import annotations

import mimetypes
import re
from typing import Final

_LONGEST_NAME: Final = 200
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")
_PLAYABLE: Final = re.compile(r"(audio|video)/[a-z0-9.+-]{1,80}")


def safe_name(name: str) -> str:
    """Return the last part of a file name, without what cannot be shown."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return _UNPRINTABLE.sub("", last)[-_LONGEST_NAME:] or "recording"


def media_type(stated: str, file_name: str) -> str:
    """Return what the sender says of sound and film only: no browser shall run an upload as a page."""
    guess = mimetypes.guess_type(file_name)[0] or ""
    found = (each for each in (stated.partition(";")[0].strip().lower(), guess) if _PLAYABLE.fullmatch(each))
    return next(found, "application/octet-stream")
