"""The syntax of our own files, read once for all tests that look at it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def files(*rooms: str) -> tuple[Path, ...]:
    """The modules of these folders in order, without migrations, which are as long as the tables they make."""
    found = (path for room in rooms for path in sorted((ROOT / room).rglob("*.py")))
    return tuple(path for path in found if "migrations" not in path.parts)


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a file's syntax, read when the first test asks for it."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
