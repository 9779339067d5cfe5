"""What other programs import: every name is documented, every example runs, and nothing is loaded unused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import speechaudit
from speechaudit import library

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
# An example, and what the page says that it prints.
EXAMPLES = re.findall(r"```python( model)?\n(.*?)```(?:\n\nprints\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)


def run(capsys: pytest.CaptureFixture[str], *, with_model: bool) -> None:
    """Each example sees the names of those before it, as a reader does."""
    names: dict[str, Any] = {}
    for model, code, printed in EXAMPLES:
        if with_model or not model:
            exec(compile(code, "docs/library.md", "exec"), names)
            assert capsys.readouterr().out == printed


def test_the_examples_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert len(EXAMPLES) == PAGE.count("```python") == 5
    run(capsys, with_model=False)


@pytest.mark.model
def test_the_examples_with_sound_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run(capsys, with_model=True)


@pytest.mark.parametrize("name", speechaudit.__all__)
def test_every_exported_name_is_documented(name: str) -> None:
    assert re.search(rf"^\| .*`{name}[`(]", PAGE, re.MULTILINE), f"docs/library.md has no row for {name}"
    assert getattr(speechaudit, name).__doc__


def test_the_page_promises_nothing_that_is_not_exported() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)", row)}
    assert named == set(speechaudit.__all__) == set(library.__all__)


def test_what_is_not_exported_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Whisper'"):
        speechaudit.Whisper  # noqa: B018


def test_importing_the_package_loads_none_of_its_parts() -> None:
    code = "import sys, speechaudit; print([m for m in sys.modules if m.startswith('speechaudit.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert loaded.stdout.strip() == "[]"
