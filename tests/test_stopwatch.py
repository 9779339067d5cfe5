"""Seconds of each stage, by a clock that the test moves."""

from __future__ import annotations

import pytest

from speechaudit.stopwatch import Stopwatch


def test_a_stage_that_comes_again_or_fails_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([10.0, 12.5, 20.0, 20.25, 30.0, 31.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(moments))
    watch = Stopwatch()
    with watch.stage("words"):
        pass
    with watch.stage("voices"):
        pass
    with pytest.raises(ValueError, match="broken"), watch.stage("words"):
        raise ValueError("broken")
    assert watch.seconds == {"words": 3.5, "voices": 0.25}
    assert list(watch.seconds) == ["words", "voices"]
