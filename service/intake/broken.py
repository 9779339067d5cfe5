"""Where a file stops being what it should be, for whoever looks into it."""

from __future__ import annotations

from json import JSONDecodeError
from xml.etree.ElementTree import ParseError


def place_in(problem: Exception) -> str:
    """Return line and column, from 1, from which a text could not be read, in Chinese; empty where nobody knows."""
    if isinstance(problem, JSONDecodeError):
        return f"(第 {problem.lineno} 行第 {problem.colno} 个字起看不懂)"
    if isinstance(problem, ParseError):
        line, column = problem.position
        return f"(第 {line} 行第 {column + 1} 个字起看不懂)"
    return ""
