"""Thresholds of registered models: theirs alone, and no part of the rulebook's version."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from speechaudit.rules import rulebook


def test_a_registered_model_brings_its_thresholds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rulebook.load()
    known = rulebook.default_folder() / "calibration" / "whisper-base.yml"
    for name in ("made", "whisper-base", ".building-x"):
        (tmp_path / name).mkdir()
        shutil.copy(known, tmp_path / name / "calibration.yml")
    text = known.read_text("utf-8").replace("pass: 0.973", "pass: 0.999")
    (tmp_path / "whisper-base" / "calibration.yml").write_text(text, "utf-8")
    monkeypatch.setenv("SPEECHAUDIT_MODELS", str(tmp_path))
    book = rulebook.load()
    assert before.thresholds("made") == {}
    assert book.thresholds("made") == book.thresholds("whisper-base") == before.thresholds("whisper-base")
    assert book.least_charge("made") == before.least_charge("whisper-base")
    assert set(book.calibrations) == {*before.calibrations, "made"}
    assert book.version == before.version
