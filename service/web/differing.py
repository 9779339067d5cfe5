"""How two texts of a file differ, as the histories show it."""

from __future__ import annotations

import difflib


def difference(before: str, after: str) -> tuple[str, ...]:
    """Return the lines that went and came with two around them, without the heads of files."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return tuple(line for line in lines if not line.startswith(("---", "+++")))
