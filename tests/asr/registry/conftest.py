"""A models folder of its own for each test, and a registered model that is none inside."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from speechaudit.asr.registry import records, shelf
from speechaudit.asr.registry.records import ModelCheck, ModelRecord

CHECK = ModelCheck(language="zh", language_share=0.99, cer=0.131, characters=268, times="own", plausible=1.0, speed=0.2)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPEECHAUDIT_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def register(name: str = "made", check: ModelCheck = CHECK) -> ModelRecord:
    """Register a model of four small files that hears nothing."""
    with shelf.building() as folder:
        for file in ("model.bin", "config.json", "tokenizer.json", "preprocessor_config.json", "vocabulary.json"):
            (folder / file).write_text(json.dumps([file] * 50), encoding="utf-8")
        record = ModelRecord(
            name=name,
            source="owner/made",
            license="apache-2.0",
            made_from="ctranslate2",
            compute_type="int8",
            added_on=date(2026, 11, 28),
            program="speechaudit 0.1.0",
            check=check,
            files=records.files_of(folder),
        )
        shelf.place(folder, record)
    return record
