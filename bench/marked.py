"""Pages of the documentation whose tables a bench writes: text by hand around, marks where the tables stand."""

from __future__ import annotations

from pathlib import Path


def put(path: Path, command: str, tables: str) -> None:
    """Put Markdown between the marks that name this command. Raises ValueError if the page has none."""
    begin, end = f"<!-- 以下由 {command} 写入 -->", f"<!-- 以上由 {command} 写入 -->"
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{path}: no marks of {command}")
    path.write_text(f"{before}{begin}\n\n{tables.strip()}\n\n{end}{after}", encoding="utf-8")
