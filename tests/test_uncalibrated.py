"""A recogniser without thresholds is told on every audit: what it did not write down was not listened for again."""

from __future__ import annotations

from dataclasses import replace

from speechaudit import pipeline
from speechaudit.reasons import in_chinese
from speechaudit.rules import rulebook

WHISPER = replace(pipeline.BY_HAND, model="large-v3-turbo", model_sha256="0" * 64)


def test_only_a_recogniser_that_has_no_thresholds_is_remarked() -> None:
    book = rulebook.load()
    assert "large-v3-turbo 没有校准" in in_chinese(pipeline._uncalibrated(book, WHISPER))
    assert pipeline._uncalibrated(book, replace(WHISPER, model="whisper-base")) == ()
    assert pipeline._uncalibrated(book, pipeline.BY_HAND) == ()
