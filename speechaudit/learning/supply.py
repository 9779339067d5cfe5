"""Where lines come from: files in a folder, or another package that offers them by an entry point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from speechaudit import formats
from speechaudit.errors import InputError
from speechaudit.learning import exchange
from speechaudit.learning.lines import LabelledLine
from speechaudit.learning.reviewed import Meanings, reviewed

GROUP = "speechaudit.reviews"
MOST_LINES = 100_000  # a large centre reviews so many in years; each is read by the model


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Lines, the folder of the models that learn from them, and where it is noted what came of it."""

    lines: Callable[[], Sequence[LabelledLine]]
    folder: Path
    noted: Callable[[str], None] = lambda _: None


def offered(name: str) -> Supply | None:
    """Return what a package offers under this name; None if there is none."""
    for point in entry_points(group=GROUP, name=name):
        offer: Callable[[], Supply] = point.load()
        return offer()
    return None


def from_files(path: Path, known: Meanings) -> tuple[LabelledLine, ...]:
    """Return the lines of a file or of all in a folder: reviewed audits, and lines that a service gave out.

    Raises InputError if a file cannot be read, there is none, or there are more than `MOST_LINES` lines.
    """
    labels = frozenset(label for labels in known.values() for label in labels)
    found = [path] if path.is_file() else sorted(path.rglob("*"))
    kinds = (formats.AUDIT_SUFFIX, exchange.SUFFIX)
    files = [file for file in found if file.name.endswith(kinds) and file.is_file()]
    if not files:
        raise InputError(
            path, "没有可以学习的文件", f"请给出复核过的稽核结果(*{kinds[0]})或服务导出的句子(*{kinds[1]})"
        )
    found_lines: list[LabelledLine] = []
    for file in files:
        found_lines += _from_file(file, known, labels)
        if len(found_lines) > MOST_LINES:
            raise InputError(path, f"超过 {MOST_LINES} 句", "请只给最近几年的复核")
    return tuple(found_lines)


def _from_file(file: Path, known: Meanings, labels: frozenset[str]) -> Sequence[LabelledLine]:
    if file.name.endswith(exchange.SUFFIX):
        return exchange.read(file, labels)
    return tuple(reviewed([formats.read_audit(file)], known))
