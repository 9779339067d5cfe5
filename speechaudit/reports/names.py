"""File names for any name of a member of staff: readable where safe, never two alike, never outside the folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from speechaudit.fingerprints import digest
from speechaudit.text import file_name_form

UNREGISTERED: Final = "未登记人员"
OVERVIEW: Final = "index"
LONGEST: Final = 40  # characters; three bytes each in UTF-8, and file systems stop at 255 bytes
_RESERVED = re.compile(rf"(?i)^({OVERVIEW}|{UNREGISTERED}|con|prn|aux|nul|com\d|lpt\d|.*-[0-9a-f]{{12}})$")
_UNSAFE = re.compile(r"[^\w-]+|^-")


def display_name(staff: str | None) -> str:
    """Return the name of a member of staff in the reports."""
    return UNREGISTERED if staff is None else staff


def stems(staff: Sequence[str | None]) -> tuple[str, ...]:
    """Return one file stem for each of `staff`, in their order; all differ, also where case or Unicode form is ignored.

    A name that had to be changed, that is reserved, or that differs from another in case or form only carries
    12 hex digits of its SHA-256.
    """
    plain = [UNREGISTERED if name is None else _UNSAFE.sub("_", name)[:LONGEST] for name in staff]
    seen = Counter(map(file_name_form, plain))
    return tuple(
        stem if name is None or _keeps(name, stem, seen) else f"{stem}-{digest(name, 12)}"
        for name, stem in zip(staff, plain, strict=True)
    )


def _keeps(name: str, stem: str, seen: Counter[str]) -> bool:
    return stem == name and seen[file_name_form(stem)] == 1 and not _RESERVED.match(name)
