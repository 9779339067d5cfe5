"""The ceilings that keep the house small: lengths of functions and files, and what `--help` may cost."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Migrations are as long as the tables they make.
SOURCES = sorted(
    path
    for room in ("speechaudit", "service")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts
)
# Where a job must end with its reason, whatever happened, and the log has the rest.
SUPERVISORS = {"service/jobs/work.py", "service/intake/folder.py", "service/intake/watcher.py"}
FUNCTION_CEILING, FILE_CEILING, MEDIAN_CEILING = 50, 400, 10
HEAVY = (
    "torch",
    "faster_whisper",
    "ctranslate2",
    "transformers",
    "numpy",
    "pydantic",
    "jieba",
    "av",
    "soundfile",
    "sqlalchemy",
    "fastapi",
)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


LENGTHS = dict(item for path in SOURCES for item in functions(path))


def test_no_function_is_long() -> None:
    assert {name: lines for name, lines in LENGTHS.items() if lines > FUNCTION_CEILING} == {}


def test_the_median_function_is_short() -> None:
    assert statistics.median(LENGTHS.values()) < MEDIAN_CEILING


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_CEILING


@pytest.mark.parametrize(
    "command",
    [["--help"], *([name, "--help"] for name in ("audit", "evaluate", "report", "worker")), ["rules", "try", "--help"]],
)
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    code = f"import sys; sys.argv = ['speechaudit', *{command!r}]\nfrom speechaudit.cli import main\n"
    code += f"try: main()\nexcept SystemExit: pass\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_no_class_name_is_defined_twice() -> None:
    places: dict[str, list[str]] = {}
    for path in (path for path in SOURCES if path.is_relative_to(ROOT / "speechaudit")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_nothing_is_caught_blindly() -> None:
    blind = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if str(path.relative_to(ROOT)) not in SUPERVISORS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert blind == []
