"""A folder of recordings of which several are heard at once: told in order, each failure its own, Ctrl-C loses none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from speechaudit import pipeline
from speechaudit.asr import whisper
from speechaudit.errors import AudioError
from speechaudit.model import Audit
from speechaudit.pipeline import BY_HAND
from speechaudit.rules import rulebook

from .test_transcripts import GOOD, run

PATIENCE = 60
NAMES = ("a.wav", "b.wav", "c.wav")
Hear = Callable[[Path], None]


@pytest.fixture
def audited(tmp_path: Path) -> Audit:
    path = tmp_path / "good.play"
    path.write_text(GOOD, encoding="utf-8")
    return pipeline.audit_transcript(path, rulebook.load())


@pytest.fixture
def at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, audited: Audit) -> Callable[[Hear], Path]:
    """A folder of three recordings on a machine that hears three at once, each of them so."""
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in NAMES:
        (folder / name).touch()
    monkeypatch.setattr(whisper, "load", lambda _model: SimpleNamespace(made_by=BY_HAND, at_once=3))

    def begin(hear: Hear) -> Path:
        def audit(path: Path, *given: object) -> Audit:
            progress = given[-1]
            assert callable(progress)
            hear(path)
            progress(1.0)
            return replace(audited, recording=replace(audited.recording, file=path.name))

        monkeypatch.setattr(pipeline, "audit_recording", audit)
        return folder

    return begin


def files(lines: Sequence[str]) -> list[str]:
    return [json.loads(line)["recording"]["file"] for line in lines]


def test_what_is_heard_at_once_is_told_in_order(at_once: Callable[[Hear], Path]) -> None:
    together = threading.Barrier(3)

    def hear(_path: Path) -> None:
        together.wait(PATIENCE)

    result = run("audit", at_once(hear), "--json")
    assert (result.exit_code, files(result.stdout.splitlines())) == (0, list(NAMES))


def test_one_that_fails_is_told_and_the_others_are_heard(at_once: Callable[[Hear], Path]) -> None:
    def hear(path: Path) -> None:
        if path.name == "b.wav":
            raise AudioError(path, "没有检测到人声", "请检查")

    result = run("audit", at_once(hear), "--json")
    assert (result.exit_code, files(result.stdout.splitlines())) == (1, ["a.wav", "c.wav"])
    assert result.stderr.count("没有检测到人声") == 1
    assert "完成 2 个,失败 1 个" in result.stderr


def test_ctrl_c_tells_what_is_heard_and_leaves_no_thread(at_once: Callable[[Hear], Path]) -> None:
    heard = threading.Event()

    def hear(path: Path) -> None:
        if path.name == "a.wav":
            assert heard.wait(PATIENCE)
            raise KeyboardInterrupt
        if path.name == "b.wav":
            heard.set()
        else:
            threading.Event().wait(0.2)

    result = run("audit", at_once(hear), "--json")
    assert result.exit_code == 130
    assert set(files(result.stdout.splitlines())) <= {"b.wav", "c.wav"}
    assert "已中断,完成了" in result.stderr
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("recording")]
